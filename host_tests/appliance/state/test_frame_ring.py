# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The ring of frames: what it keeps, what it forgets, and that it knows how much."""

import random

import pytest
from appliance.state.frame_ring import FROM_BOX, TO_BOX, FrameRing


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
