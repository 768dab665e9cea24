# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Records in two files: each whole or not there, whatever one of the files lost."""

import pytest
from appliance.diary import ring as rings
from appliance.diary.ring import ROOM, Ring, head_of, sector_of

SALT = b"saltsalt"


@pytest.fixture
def ring(tmp_path):
    ring = Ring(str(tmp_path), lambda path, readonly: None, lambda count: SALT[:count])
    ring.make_room()
    for copy in (0, 1):
        ring.write(copy, 0, ring.head.sector())
    return ring


def put(ring, number, body, copies=(0, 1)):
    data = ring.with_record(number, body)
    for copy in copies:
        ring.write(copy, sector_of(number), data)


def again(tmp_path):
    ring = Ring(str(tmp_path), None, None)
    ring.open()
    return ring


def path_of(ring, copy):
    return ring._path(copy)


def spoil(ring, copy, start, data):
    with open(path_of(ring, copy), "r+b") as file:
        file.seek(start)
        file.write(data)


def test_a_record_comes_back_with_its_number(ring, tmp_path):
    put(ring, 1, b"one")
    put(ring, 2, b"two")
    found = again(tmp_path).records(1)
    assert [(number, body.rstrip(b"\0")) for number, body in found] == [(1, b"one"), (2, b"two")]


def test_places_go_round():
    assert [sector_of(number) for number in (1, 4, 5, ROOM, ROOM + 1)] == [1, 1, 2, rings.SECTORS, 1]


def test_there_is_no_diary_before_there_is_room(tmp_path):
    ring = Ring(str(tmp_path), None, None)
    assert not ring.open() and ring.lacks_room() and ring.records(1) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("copy", [0, 1])
def test_what_one_file_lost_is_in_the_other(ring, tmp_path, copy):
    put(ring, 1, b"one")
    spoil(ring, copy, rings.PAGE, b"\xff" * 4096)
    after = again(tmp_path)
    assert [number for number, _ in after.records(1)] == [1]
    assert after.sector(0)[1] and after.sector(1)[1]


def test_a_record_that_the_second_file_has_not_got_yet_counts(ring, tmp_path):
    put(ring, 1, b"one")
    put(ring, 1, b"with its time", (0,))
    after = again(tmp_path)
    assert after.records(1)[0][1].startswith(b"with its time") and after.sector(1)[1]


def test_every_flipped_bit_of_a_record_is_noticed(ring):
    data = ring.with_record(5, b"content")
    for bit in range(rings.RECORD * 8):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        assert ring.number_at(bytes(broken), 2, 0) == 0
    assert ring.number_at(data, 2, 0) == 5


def test_a_record_in_a_place_of_another_number_is_none(ring):
    data = ring.with_record(5, b"content")
    assert ring.number_at(data, 3, 0) == 0
    assert ring.number_at(data[rings.RECORD :] + data[: rings.RECORD], 2, 3) == 0


def test_every_flipped_bit_of_the_head_is_noticed(ring):
    data = ring.head.sector()
    for bit in range(24 * 8):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        assert head_of(bytes(broken)) is None
    assert head_of(data).salt == SALT


def test_after_a_deletion_no_record_is_whole_not_even_in_a_file_that_missed_it(ring, tmp_path):
    put(ring, 1, b"one")
    old_head = ring.head.sector()
    ring._random_bytes = lambda count: b"othersal"
    ring.void()
    ring.write(1, 0, old_head)
    after = again(tmp_path)
    assert after.records(1) == [] and after.head.unwiped and after.head.deletions == 1


def test_what_lay_on_the_flash_before_counts_for_nothing(ring, tmp_path):
    put(ring, 1, b"one")
    for copy in (0, 1):
        spoil(ring, copy, rings.PAGE, bytes(rings.SECTOR))
    after = Ring(str(tmp_path), lambda path, readonly: None, lambda count: b"othersal")
    assert not after.open()
    after.make_room()
    assert after.records(1) == []


def test_the_drive_is_given_back_after_a_write_that_fails(ring, tmp_path):
    calls = []
    ring._remount = lambda path, readonly: calls.append(readonly)
    (tmp_path / "diary" / "1" / "diary.bin").unlink()
    with pytest.raises(OSError):
        ring.write(0, 1, bytes(rings.SECTOR))
    assert calls == [False, True]


def test_head_and_records_share_no_page_with_a_stranger_wherever_the_file_begins():
    assert rings.PAGE >= 4096 and rings.SIZE - rings.PAGE - (1 + rings.SECTORS) * rings.SECTOR >= 4096
    assert ROOM >= 400
