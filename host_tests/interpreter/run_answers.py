# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How long ``Secc`` takes from a frame to its answer on this interpreter: one line a kind of frame.

    run_answers.py CAR SESSIONS      prints "KIND COUNT MIN MEDIAN" in microseconds

The machine is noisy, so the median over all frames of a kind stands for the kind.
"""

import gc
import sys
import time

from host_tests.interpreter.run_car import Lcg
from host_tests.interpreter.run_session import LIMIT_MS, Bench
from host_tests.twin.car.car import named

if hasattr(time, "ticks_us"):
    ticks_us, ticks_diff = time.ticks_us, time.ticks_diff
else:

    def ticks_us():
        return time.perf_counter_ns() // 1000

    def ticks_diff(later, earlier):
        return later - earlier


class Timed:
    """Stands where ``Secc`` stands and times it. Frames that got no answer are of no interest."""

    def __init__(self, secc, times):
        self.secc = secc
        self.times = times
        self.asked = None

    def receive(self, frame, now):
        begun = ticks_us()
        self.secc.receive(frame, now)
        out = self.secc.take_frames()
        took = ticks_diff(ticks_us(), begun)
        for answer in out:
            self.secc._frames.append(answer)
        kind = self._kind(frame, out)
        if kind:
            self.times.setdefault(kind, []).append(took)

    def _kind(self, frame, out):
        if frame[12] == 0x88:
            kind = frame[15] | frame[16] << 8
            # Three frames arrive per sound; they have no answer of their own and count as SLAC all the same.
            return "SLAC %04x" % kind if out or kind in (0x6076, 0x6086) else None
        if frame[20] == 6 and any(len(answer) > 90 for answer in out):
            return "V2G %d bytes" % len(frame)
        return None

    def poll(self, now):
        self.secc.poll(now)

    def take_frames(self):
        return self.secc.take_frames()

    def take_events(self):
        return self.secc.take_events()


def main(name, sessions):
    times = {}
    for session in range(sessions):
        car = named(name, Lcg(7 + session), soc_percent=42)
        bench = Bench(car)
        bench.secc = Timed(bench.secc, times)
        bench.step()
        bench.step()
        car.plug(bench.clock.now_ms)
        car.pilot(50, bench.clock.now_ms)
        while bench.clock.now_ms < LIMIT_MS and not bench.kinds("session_end"):
            bench.step()
            if gc.mem_free() < 5 * gc.mem_alloc() // 4:
                gc.collect()  # between passes, as in idle: beyond half of the heap this interpreter is half as fast
    for kind in sorted(times):
        measured = sorted(times[kind])
        print(kind.replace(" ", "_"), len(measured), measured[0], measured[len(measured) // 2])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
