# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.tcp_segment: headers read and written; scapy has the second opinion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plc import tcp_segment
from plc.tcp_segment import ACK, FIN, MSS, MSS_DEFAULT, RST, SYN, Segment, distance, refusal, syn_ack
from scapy.layers.inet import TCP


def segment(flags="A", seq=1000, ack=2000, payload=b"", options=(), **fields):
    header = TCP(
        sport=50000, dport=49200, seq=seq, ack=ack, flags=flags, window=777, options=list(options), **fields
    )
    return memoryview(bytes(header / payload if payload else header))


def read(octets):
    one = Segment()
    return one if one.read(octets) else None


def test_the_fields_of_a_segment():
    one = read(segment("PA", payload=b"hello"))
    assert (one.source_port, one.destination_port, one.sequence, one.acknowledgement) == (
        50000,
        49200,
        1000,
        2000,
    )
    assert (one.window, bytes(one.data), one.length) == (777, b"hello", 5)


@pytest.mark.parametrize(("flags", "length"), [("S", 1), ("FA", 1), ("A", 0), ("FPA", 1)])
def test_syn_and_fin_take_a_number_each(flags, length):
    assert read(segment(flags)).length == length


@pytest.mark.parametrize("offset", [0, 4, 6, 15])
def test_a_header_that_does_not_fit_is_refused(offset):
    octets = bytearray(segment())
    octets[12] = offset << 4
    assert read(memoryview(octets)) is None


def test_nobody_sends_from_port_0():
    octets = bytearray(segment())
    octets[0:2] = b"\0\0"
    assert read(memoryview(octets)) is None


@pytest.mark.parametrize(
    ("options", "mss"),
    [
        ([], MSS_DEFAULT),
        ([("MSS", 350)], 350),
        ([("NOP", None), ("NOP", None), ("MSS", 512)], 512),
        ([("SAckOK", b""), ("MSS", 1440)], 1440),
        ([("MSS", 9000)], MSS),
        ([("MSS", 1)], 64),
    ],
)
def test_the_size_that_a_syn_asks_for_within_what_can_be_used(options, mss):
    assert read(segment("S", options=options)).mss() == mss


@given(st.binary(max_size=40))
def test_any_options_end(octets):
    one = Segment()
    one.options = octets
    assert 64 <= one.mss() <= MSS


def test_a_syn_ack_offers_our_size_and_nothing_else():
    parsed = TCP(bytes(syn_ack(49200, 50000, 7, 1001, 4096)))
    assert (parsed.sport, parsed.dport, parsed.seq, parsed.ack, parsed.flags) == (49200, 50000, 7, 1001, "SA")
    assert (parsed.window, parsed.options) == (4096, [("MSS", 1440)])


def test_a_refusal_of_a_segment_with_an_acknowledgement_takes_its_number():
    parsed = TCP(bytes(refusal(read(segment("PA", payload=b"x")))))
    assert (parsed.flags, parsed.seq, parsed.sport, parsed.dport) == ("R", 2000, 49200, 50000)


def test_a_refusal_of_a_syn_acknowledges_it():
    parsed = TCP(bytes(refusal(read(segment("S", seq=0xFFFFFFFF)))))
    assert (parsed.flags, parsed.seq, parsed.ack) == ("RA", 0, 0)


@given(st.integers(0, 0xFFFFFFFF), st.integers(-(1 << 31), (1 << 31) - 1))
def test_the_distance_between_two_numbers_is_signed(earlier, steps):
    assert distance((earlier + steps) & tcp_segment.SEQUENCE_MASK, earlier) == steps


def test_flags_are_those_of_the_header():
    parsed = TCP(flags=FIN | SYN | RST | ACK)
    assert str(parsed.flags) == "FSRA"
