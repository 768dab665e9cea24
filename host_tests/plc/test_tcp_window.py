# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.tcp_window: text in order out of segments in any order, and never more than there is room for."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plc.tcp_segment import SEQUENCE_MASK, distance
from plc.tcp_window import RECEIVE_BUFFER, ReceiveWindow

BEGIN = SEQUENCE_MASK - 99  # the numbers wrap behind 100 bytes


def window():
    one = ReceiveWindow()
    one.begin(BEGIN)
    return one


def segment(at, data, length=None):
    sequence = (BEGIN + at) & SEQUENCE_MASK
    return SimpleNamespace(sequence=sequence, data=data, length=len(data) if length is None else length)


def test_what_is_stored_is_read_once_and_makes_room_again():
    one = window()
    one.store(b"abc")
    assert (one.room, distance(one.next, BEGIN)) == (RECEIVE_BUFFER - 3, 3)
    one.store(memoryview(b"def"))
    assert one.read() == b"abcdef"
    assert (one.read(), one.room, distance(one.next, BEGIN)) == (b"", RECEIVE_BUFFER, 6)


def test_a_fin_takes_a_number_and_no_room():
    one = window()
    one.skip(1)
    assert (one.room, distance(one.next, BEGIN)) == (RECEIVE_BUFFER, 1)


@pytest.mark.parametrize(
    ("at", "length", "accepted"),
    [
        (0, 0, True),
        (0, 10, True),
        (-1, 0, False),  # a keep-alive: older than what is expected
        (-5, 10, True),  # its second half is new
        (-10, 10, False),
        (RECEIVE_BUFFER - 1, 1, True),
        (RECEIVE_BUFFER, 1, False),
        (RECEIVE_BUFFER, 0, False),
    ],
)
def test_which_numbers_are_inside_the_window(at, length, accepted):
    assert window().accepts(segment(at, b"", length)) is accepted


def test_the_very_next_number_is_let_in_without_room_for_its_acknowledgement():
    one = window()
    one.store(bytes(RECEIVE_BUFFER))
    assert one.room == 0
    assert one.accepts(segment(RECEIVE_BUFFER, b"x")) and not one.accepts(segment(RECEIVE_BUFFER + 1, b""))


def test_no_more_than_four_segments_wait_and_a_copy_takes_no_place():
    one = window()
    for at in (100, 100, 200, 300, 400, 500):
        one.keep_early(segment(at, bytes(100)))
    one.store(bytes(100))
    one.join_early()
    assert distance(one.next, BEGIN) == 500


def test_a_longer_copy_is_kept_beside_the_shorter():
    one = window()
    one.keep_early(segment(10, b"ab"))
    one.keep_early(segment(10, b"abcd"))
    one.store(bytes(10))
    one.join_early()
    assert one.read()[10:] == b"abcd"


def test_a_new_connection_begins_empty():
    one = window()
    one.store(b"old")
    one.keep_early(segment(10, b"early"))
    one.begin(7)
    one.store(bytes(20))
    one.join_early()
    assert (one.read(), one.next) == (bytes(20), 27)


@given(st.permutations(range(5)), st.lists(st.integers(1, 60), min_size=5, max_size=5))
def test_five_segments_in_any_order_give_the_text(order, sizes):
    """The one that is next is stored, four others may wait."""
    text = bytes(number & 0xFF for number in range(sum(sizes)))
    begins = [sum(sizes[:index]) for index in range(5)]
    one = window()
    for index in order:
        piece = segment(begins[index], text[begins[index] : begins[index] + sizes[index]])
        if distance(piece.sequence, one.next) == 0:
            one.store(piece.data)
            one.join_early()
        else:
            one.keep_early(piece)
    assert one.read() == text
