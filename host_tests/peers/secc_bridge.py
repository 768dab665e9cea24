# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""``v2g.Secc`` on one end of a veth pair, in real time: a box without a board, for peers that need thousands of frames.

SLAC is taken as done ("matched"). One ``Secc`` serves all sessions, as the box's one does. What lies between
two sessions can be left out (`Bridge.skip`): the box's clock jumps, the peer notices nothing.
"""

import os
import random
import select
import time

from v2g.secc import Secc

from host_tests.twin.wire import Wire

BOX_MAC = bytes.fromhex("025e0ba1b2c3")
_TICKS = 1 << 29


class Faults:
    """What the line does to frames, both ways, seeded: percentages, and ms for the jitter."""

    def __init__(self, seed=1, loss=0, duplicate=0, reorder=0, jitter_ms=0, delay_ms=0):
        self.loss, self.duplicate, self.reorder = loss, duplicate, reorder
        self.delay_ms, self.jitter_ms = delay_ms, jitter_ms
        self.counts = dict.fromkeys(("frames", "lost", "duplicated", "overtaken"), 0)
        self._random = random.Random(seed)

    def times_s(self):
        """When copies of the next frame arrive, in s from now; reordered ones arrive at once, as netem does it."""
        hits = [self._random.random() * 100 for _ in range(3)]
        self.counts["frames"] += 1
        if hits[0] < self.loss:
            self.counts["lost"] += 1
            return ()
        delay = self.delay_ms + self._random.uniform(-self.jitter_ms, self.jitter_ms)
        if hits[2] < self.reorder:
            delay = 0
            self.counts["overtaken"] += 1
        delay = max(delay, 0) / 1000
        if hits[1] < self.duplicate:
            self.counts["duplicated"] += 1
            return (delay, delay)
        return (delay,)


class Bridge:
    """Carries frames between ``interface`` and a Secc. ``events``: (s of the monotonic clock, event)."""

    def __init__(self, interface, faults=None, start_ms=_TICKS - 5000, random_bytes=os.urandom):
        self.wire = Wire(interface)
        self.faults = faults
        self.events = []
        self.frames_in = self.frames_out = 0
        self.worst_answer_ms = 0.0
        self.first_sdp_s = None
        self._skip_ms = 0
        self._clock_ms = start_ms - time.monotonic_ns() // 1_000_000
        self._line = []  # [(due s, order, to the box?, frame)]
        self._order = 0
        self.secc = Secc(BOX_MAC, random_bytes, {"matched": True, "answer": "always"})

    @property
    def now(self):
        return (time.monotonic_ns() // 1_000_000 + self._clock_ms) % _TICKS

    def skip(self, ms):
        """The box's clock jumps ahead, up to 20 s at a time, and every timer that is due runs."""
        self._clock_ms += ms
        self._serve()

    def skip_at_next_request(self, ms):
        """The same when the peer's next data arrive, which acknowledge what the box sent: nothing is resent."""
        self._skip_ms = ms

    def close(self):
        self.wire.close()

    # ---- frames

    def step(self, wait_s=0.005, others=()):
        """Wait for a frame or the next timer, serve both. Gives those of ``others`` that can be read."""
        if self._line:
            wait_s = min(wait_s, max(self._line[0][0] - time.monotonic(), 0))
        readable = select.select([self.wire, *others], [], [], wait_s)[0]
        if self.wire in readable:
            readable.remove(self.wire)
            for _ in range(64):
                frame = self.wire.read()
                if frame is None:
                    break
                self._travel(frame, True)
        while self._line and self._line[0][0] <= time.monotonic():
            _, _, to_the_box, frame = self._line.pop(0)
            self._arrive(frame, to_the_box)
        self._serve()
        return readable

    def _travel(self, frame, to_the_box):
        if self.faults is None:
            self._arrive(frame, to_the_box)
            return
        for delay_s in self.faults.times_s():
            self._order += 1
            self._line.append((time.monotonic() + delay_s, self._order, to_the_box, frame))
        self._line.sort()

    def _arrive(self, frame, to_the_box):
        if not to_the_box:
            self.frames_out += 1
            self.wire.send(frame)
            return
        self.frames_in += 1
        before = time.perf_counter()
        if frame[12:14] == b"\x86\xdd" and frame[20] == 17 and frame[56:58] == b"\x3b\x0e":
            self.first_sdp_s = self.first_sdp_s or time.monotonic()
        elif self._skip_ms and frame[12:14] == b"\x86\xdd" and frame[20] == 6 and len(frame) > 54 + 40:
            self._clock_ms += self._skip_ms
            self._skip_ms = 0
        # The modem pads and hands out a buffer that is used again.
        buffer = bytearray(frame + bytes(max(0, 60 - len(frame))))
        self.secc.receive(memoryview(buffer), self.now)
        for index in range(len(buffer)):
            buffer[index] = 0xEE
        self._serve()
        self.worst_answer_ms = max(self.worst_answer_ms, (time.perf_counter() - before) * 1000)

    def _serve(self):
        self.secc.poll(self.now)
        for frame in self.secc.take_frames():
            if frame[12:14] != b"\x88\xe1":  # there is no modem to take a management message
                self._travel(bytes(frame), False)
        stamp = time.monotonic()
        self.events.extend((stamp, event) for event in self.secc.take_events())

    # ---- for tests

    def of(self, kind, since=0):
        return [event for _, event in self.events[since:] if event[0] == kind]

    def run_until(self, condition, limit_s, others=()):
        end = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < end, f"too late; {self.secc.stage} {self.events[-12:]}"
            self.step(others=others)

    def next_car(self):
        """From the end of a session to where the next car is answered: the quiet time is left out."""
        self.run_until(lambda: not self.secc.active, 60)
        self.skip(10_001)
        self.first_sdp_s = None
        self._skip_ms = 0
        assert self.secc.stage in ("WAITING", "NO_KEY"), self.secc.stage
