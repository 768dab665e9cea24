# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The two rings: what they keep, what they forget, and that they know how much."""

import random

import pytest
from appliance.log import ERROR, FROM_BOX, INFO, TO_BOX, FrameRing, Log, Uptime


def make(size=5, level="D"):
    uptime = Uptime(0)
    lines = []
    return uptime, lines, Log(uptime, size, level, lines.append)


def test_console_lines_have_their_form():
    uptime, lines, log = make()
    uptime.advance(12_345)
    log.checkpoint("car", 403, "schema negotiated: DIN 70121")
    log.caution("wifi", "connection lost")
    assert lines == [
        "12.345 I car [CHECKPOINT403] schema negotiated: DIN 70121",
        "12.345 W wifi connection lost",
    ]


def test_uptime_goes_on_across_the_wrap_of_the_ticks():
    uptime = Uptime((1 << 29) - 500)
    uptime.advance((1 << 29) - 100)
    uptime.advance(700)
    assert (uptime.seconds, uptime.millis) == (1, 200)
    uptime.advance(600)
    assert (uptime.seconds, uptime.millis) == (1, 200)


def test_the_ring_forgets_the_oldest_and_counts():
    _uptime, _lines, log = make(3)
    for number in range(5):
        log.note("box", f"line {number}")
    assert log.dropped == 2
    assert [record[5] for record in log.records()] == ["line 2", "line 3", "line 4"]
    assert [record[0] for record in log.records(4)] == [4]
    assert list(log.records(99)) == []


def test_the_level_keeps_details_out():
    _uptime, lines, log = make(level=INFO)
    log.detail("box", "detail")
    log.fail("box", "bad")
    assert len(lines) == 1
    assert log.errors == 1


def test_an_exception_becomes_lines_with_its_traceback():
    _uptime, lines, log = make(50)
    try:
        raise KeyError("planted")
    except KeyError as error:
        log.trace("box", error, "piece failed\n")
    assert lines[0].endswith("E box piece failed")
    assert any("planted" in line for line in lines)
    assert all(record[3] == ERROR for record in log.records())


def test_frames_come_back_as_they_went_in():
    ring = FrameRing(1000)
    ring.add(TO_BOX, b"\x01" * 60, 5)
    ring.add(FROM_BOX, memoryview(b"\x02" * 99), 6)
    assert list(ring.frames()) == [(5, TO_BOX, b"\x01" * 60), (6, FROM_BOX, b"\x02" * 99)]
    assert ring.dropped == 0


def test_a_frame_that_is_too_large_is_counted_only():
    ring = FrameRing(1000)
    ring.add(TO_BOX, bytes(600), 1)
    assert (ring.kept, ring.dropped) == (0, 1)


@pytest.mark.parametrize("size", [997, 1000, 4096, 65536])
def test_the_frame_ring_keeps_the_newest_in_order(size):
    """Against a plain list: whatever the ring keeps is the end of what went in, and it wastes little room."""
    rng = random.Random(size)
    ring = FrameRing(size)
    written = []
    for number in range(3000):
        frame = number.to_bytes(4, "big") + bytes(rng.randrange(10, 200))
        ring.add(number & 1, frame, number)
        written.append((number, number & 1, frame))
        kept = list(ring.frames()) if number % 37 == 0 or number > 2950 else None
        if kept is not None:
            assert kept == written[-len(kept) :]
            assert len(kept) == ring.kept == len(written) - ring.dropped
    assert sum(len(frame) + 8 for _tick, _direction, frame in ring.frames()) > size - 2 * 220
