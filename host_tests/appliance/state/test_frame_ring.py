# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The ring of frames: what it keeps, what it forgets, that it knows how much, and what it takes for that."""

import random
import tracemalloc
from types import SimpleNamespace

import pytest
from appliance.state.frame_ring import FROM_BOX, TO_BOX, FrameRing


def at(ms):
    return SimpleNamespace(seconds=ms // 1000, millis=ms % 1000)


def test_frames_come_back_as_they_went_in():
    ring = FrameRing()
    ring.add(TO_BOX, b"\x01" * 60, at(5))
    ring.add(FROM_BOX, memoryview(b"\x02" * 99), at(4_294_967_999))
    assert list(ring.frames()) == [(0, 5, TO_BOX, b"\x01" * 60), (4_294_967, 999, FROM_BOX, b"\x02" * 99)]
    assert ring.dropped == 0


def test_the_longest_frame_is_kept_and_one_that_is_too_large_is_counted_only():
    ring = FrameRing()
    ring.add(TO_BOX, bytes(1514), at(1))
    ring.add(TO_BOX, bytes(4000), at(2))
    assert [len(frame) for *_, frame in ring.frames()] == [1514]
    assert (ring.kept, ring.dropped) == (1, 1)


@pytest.mark.parametrize("longest", [61, 200, 1514])
def test_the_frame_ring_keeps_the_newest_in_order(longest):
    """Against a plain list: whatever the ring keeps is the end of what went in, and it wastes little room."""
    rng = random.Random(longest)
    ring = FrameRing()
    written = []
    for number in range(3000):
        frame = number.to_bytes(4, "big") + bytes(rng.randrange(56, longest - 3))
        ring.add(number & 1, frame, at(number))
        written.append((number // 1000, number % 1000, number & 1, frame))
        kept = list(ring.frames()) if number % 37 == 0 or number > 2950 else None
        if kept is not None:
            assert kept == written[-len(kept) :]
            assert len(kept) == ring.kept == len(written) - ring.dropped
    # 16 of its pieces are full, but for a frame less at the end of each.
    assert sum(len(frame) + 8 for *_, frame in ring.frames()) > 16 * (2048 - longest - 8)


def test_a_reader_who_is_slow_reads_what_he_began_although_all_of_it_is_forgotten_meanwhile():
    ring = FrameRing()
    for number in range(300):
        ring.add(TO_BOX, bytes((number % 251,)) * 60, at(number))
    before, reader = list(ring.frames()), ring.frames()
    read = [next(reader)]
    for number in range(1000):
        ring.add(FROM_BOX, b"\xff" * 60, at(number))
    read.extend(reader)
    assert read == before
    assert next(ring.frames())[2] == FROM_BOX


def test_memory_is_taken_when_more_frames_come_than_a_modem_tells_at_a_start_and_no_more_later():
    """A box may wait for its first car for days."""

    def taken(frames):
        tracemalloc.start()
        ring = FrameRing()
        for _ in range(frames):
            ring.add(TO_BOX, bytes(60), at(1))
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert ring.kept + ring.dropped == frames
        return size

    assert taken(0) < 1000
    assert taken(1) < 3500 and taken(30) < 3500
    assert 34_816 < taken(31) < 38_000
    assert 34_816 < taken(2000) < 38_000
