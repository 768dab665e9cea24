# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The ring of frames: what it keeps, what it forgets, and that it knows how much."""

import random
from types import SimpleNamespace

import pytest
from appliance.state.frame_ring import FROM_BOX, TO_BOX, FrameRing


def at(ms):
    return SimpleNamespace(seconds=ms // 1000, millis=ms % 1000)


def test_frames_come_back_as_they_went_in():
    ring = FrameRing(1000)
    ring.add(TO_BOX, b"\x01" * 60, at(5))
    ring.add(FROM_BOX, memoryview(b"\x02" * 99), at(4_294_967_999))
    assert list(ring.frames()) == [(0, 5, TO_BOX, b"\x01" * 60), (4_294_967, 999, FROM_BOX, b"\x02" * 99)]
    assert ring.dropped == 0


def test_a_frame_that_is_too_large_is_counted_only():
    ring = FrameRing(1000)
    ring.add(TO_BOX, bytes(600), at(1))
    assert (ring.kept, ring.dropped) == (0, 1)


@pytest.mark.parametrize("size", [997, 1000, 4096, 65536])
def test_the_frame_ring_keeps_the_newest_in_order(size):
    """Against a plain list: whatever the ring keeps is the end of what went in, and it wastes little room."""
    rng = random.Random(size)
    ring = FrameRing(size)
    written = []
    for number in range(3000):
        frame = number.to_bytes(4, "big") + bytes(rng.randrange(10, 200))
        ring.add(number & 1, frame, at(number))
        written.append((number // 1000, number % 1000, number & 1, frame))
        kept = list(ring.frames()) if number % 37 == 0 or number > 2950 else None
        if kept is not None:
            assert kept == written[-len(kept) :]
            assert len(kept) == ring.kept == len(written) - ring.dropped
    assert sum(len(frame) + 8 for *_, frame in ring.frames()) > size - 2 * 220
