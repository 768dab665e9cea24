# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What goes wrong between the modem and the box: one frame at a time or by rates, in both directions.

A fault counts only when it changed what one side got. `counts` holds hits by kind since `clear`.
"""

from host_tests.twin.powerline import Rng

TO_BOX, FROM_BOX = "to_box", "from_box"
KINDS = ("drop", "double", "delay", "reorder", "truncate", "flip")
DELAY_US = 150_000
# A frame that nothing overtakes arrives late all the same.
HOLD_US = 60_000
SHORTEST = 60
_NOTHING = ()


def truncated(frame, rng):
    """The beginning, padded as the modem pads it; None when that changes nothing."""
    cut = bytes(frame[: 14 + rng.below(len(frame) - 14)])
    cut += bytes(max(0, SHORTEST - len(cut)))
    return cut if cut != frame else None


def flipped(frame, rng):
    """One bit behind the addresses is another one."""
    damaged = bytearray(frame)
    damaged[12 + rng.below(len(frame) - 12)] ^= 1 << rng.below(8)
    return bytes(damaged)


class Faults:
    """The wire between modem and box.

    `single`: None or (direction, index, kind), that frame since `clear` is damaged; a kind
    ("bit", n) is that bit of it alone. `percent`: rates by kind.
    `block_until_us`: the write buffer takes nothing before. `tap`: None or callable (direction, frame): what the box gets
    and what it sends.
    """

    def __init__(self, rig):
        self._clock = rig.clock
        self._seed = rig.seed
        self.tap = None
        # Set by the modem: takes a held frame that nothing overtook, (direction, frame).
        self.late = None
        self.clear()

    def clear(self, seed=0):
        """No faults; hits count from zero."""
        self.single = None
        self.percent = {}
        self.block_until_us = None
        self.active = False
        self.counts = {}
        self.seen = {TO_BOX: 0, FROM_BOX: 0}
        self._held = {TO_BOX: None, FROM_BOX: None}
        self._rng = Rng(self._seed * 64 + seed)

    def hit(self, kind, count=1):
        """A fault did something to this session."""
        if count:
            self.counts[kind] = self.counts.get(kind, 0) + count

    @property
    def hits(self):
        return sum(self.counts.values())

    def blocked(self):
        """True while the modem has no room for a frame."""
        if self.block_until_us is None:
            return False
        if self._clock.now_us >= self.block_until_us:
            self.block_until_us = None
            return False
        self.hit("no_room")
        return True

    def to_box(self, frame):
        """[(delay in us, frame), ...]: what becomes of a frame for the box."""
        return self._pass(TO_BOX, frame)

    def from_box(self, frame):
        return self._pass(FROM_BOX, frame)

    def _pass(self, direction, frame):
        index = self.seen[direction]
        self.seen[direction] = index + 1
        if direction == FROM_BOX and self.tap is not None:
            self.tap(direction, frame)
        if self.single is not None:
            kind = self.single[2] if self.single[:2] == (direction, index) else None
        else:
            kind = self._draw()
        passed = self._damaged(kind, frame, direction) if kind else [(0, frame)]
        held = self._held[direction]
        if held is not None and kind != "reorder":
            self._held[direction] = None
            passed.append((100, held))
        if direction == TO_BOX and self.tap is not None:
            for _, one in passed:
                self.tap(direction, one)
        return passed

    def _draw(self):
        if not self.percent:
            return None
        for kind in KINDS:
            if self._rng.hits(self.percent.get(kind, 0)):
                return kind
        return None

    def _damaged(self, kind, frame, direction):
        rng = self._rng
        if isinstance(kind, tuple):
            damaged = bytearray(frame)
            damaged[kind[1] >> 3] ^= 0x80 >> (kind[1] & 7)
            self.hit(kind[0])
            return [(0, bytes(damaged))]
        if kind == "truncate":
            cut = truncated(frame, rng)
            if cut is None:
                return [(0, frame)]
            self.hit(kind)
            return [(0, cut)]
        self.hit(kind)
        if kind == "drop":
            return []
        if kind == "double":
            return [(0, frame), (200, frame)]
        if kind == "delay":
            return [(DELAY_US, frame)]
        if kind == "flip":
            return [(0, flipped(frame, rng))]
        if self._held[direction] is not None:
            return [(0, frame)]
        self._held[direction] = frame
        self._clock.after(HOLD_US, self._let_go, direction, frame)
        return []

    def _let_go(self, direction, frame):
        if self._held[direction] is frame:
            self._held[direction] = None
            if direction == TO_BOX and self.tap is not None:
                self.tap(direction, frame)
            self.late(direction, frame)
