# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Thirty days of uptime in virtual time, with plug-ins every day, one of them across each wrap of the ticks.

    python -m host_tests.endurance.month [--days N] [--seed N]

Simulated: the loop, modem at frame level, protocol stack, status, log, frame ring, SmartEVSE client and the questions
that it asks. While no car is there the loop turns every twenty seconds instead of every 10 ms. Not simulated: display,
web server and the sockets of CircuitPython.
"""

import argparse
import gc
import sys
import types

from host_tests.endurance.mixtures import Mixture
from host_tests.endurance.rig import TICKS, Rig
from host_tests.endurance.session import QUIET_MS, play
from host_tests.twin import cars

DAY_MS = 86_400_000
# After so many days every ring and table of bounded size is full.
WARM_DAYS = 5
IDLE_TURN_US = 20_000_000
PLUG_INS_A_DAY = 4
NAMES = ("virtual", "ioniq", "audi_q4", "tesla_y", "polestar2", "ix3", "iso_only", "id_buzz")
_NOT_OURS = (type, types.ModuleType, types.FunctionType, types.CodeType, types.BuiltinFunctionType, Rig)


def held(root):
    """(bytes, objects) of everything that can be reached from `root` but for code and the rig around the box."""
    seen = {}
    queue = [root]
    while queue:
        one = queue.pop()
        if id(one) in seen or isinstance(one, _NOT_OURS) or type(one).__module__.startswith("host_tests"):
            continue
        seen[id(one)] = one
        queue.extend(gc.get_referents(one))
    return sum(sys.getsizeof(one) for one in seen.values()), len(seen)


class Month:
    """`days`: (bytes, objects) held by the box at the end of each day; `wrong`: sentences."""

    def __init__(self, seed=1):
        self.rig = Rig(seed)
        self.days = []
        self.wrong = []
        self.plug_ins = self.delivered = self.wraps = 0
        self._seed = seed
        self.rig.run(3_000)

    def idle(self, until_ms):
        """Nothing happens until then; the loop turns now and then."""
        rig = self.rig
        while rig.clock.now_ms < until_ms:
            until_us = min(rig.clock.now_us + IDLE_TURN_US, until_ms * 1000)
            next_us = rig.clock.next_us
            if next_us is not None and next_us < until_us:
                until_us = max(next_us, rig.clock.now_us + 100)
            rig.clock.advance_to(until_us)
            rig.loop.turn()

    def until_wrap_ms(self):
        """How long until the ticks wrap."""
        return TICKS - self.rig.ticks()

    def day(self, number):
        """Four plug-ins and the time between them."""
        rig = self.rig
        begin_ms = number * DAY_MS
        for part in range(PLUG_INS_A_DAY):
            at_ms = begin_ms + (2 * part + 1) * DAY_MS // (2 * PLUG_INS_A_DAY)
            wrap_ms = rig.clock.now_ms + self.until_wrap_ms()
            if wrap_ms < at_ms:
                # The ticks wrap while this car is read.
                self.idle(wrap_ms - 2_000)
                self._plug_in(number * 10 + 9, faulty=False)
                self.wraps += 1
            self.idle(at_ms)
            self._plug_in(number * 10 + part, faulty=part == 3)
        self.idle(begin_ms + DAY_MS)
        gc.collect()
        self.days.append(held(rig.box))

    def _plug_in(self, number, faulty):
        rig = self.rig
        if faulty:
            mixture = Mixture(rig, self._seed * 1000 + number)
            verdict = play(rig, mixture.car, mixture.script, mixture.end)
            rig.charger.mood = "ok"
            rig.network.switch(True)
            rig.faults.clear()
        else:
            # Every car is a new one, of another maker: tables of cars must be full after a few days.
            mac = b"\0" + number.to_bytes(2, "big") + b"\0\0\1"
            car = cars.CARS[NAMES[number % len(NAMES)]].build(
                rig.random_bytes, mac=mac, soc_percent=number % 101
            )
            verdict = play(rig, car)
            if not verdict.delivered:
                self.wrong.append(f"plug-in {number}: {verdict.cause}")
        self.plug_ins += 1
        self.delivered += verdict.delivered
        self.wrong += [f"plug-in {number}: {text}" for text in verdict.wrong]
        rig.run(QUIET_MS)

    @property
    def grows(self):
        """True when the box holds more at the end than in the days after its rings and tables were full."""
        settled = self.days[WARM_DAYS : WARM_DAYS + 4]
        most = [max(day[part] for day in settled) for part in (0, 1)]
        return any(self.days[-1][part] > most[part] * 1.02 for part in (0, 1))

    def line(self):
        first, last = self.days[WARM_DAYS], self.days[-1]
        return (
            f"{len(self.days)} days, {self.plug_ins} plug-ins ({self.delivered} delivered), {self.wraps} wraps of the ticks "
            f"each in a session: the box holds {first[0]} bytes in {first[1]} objects after {WARM_DAYS + 1} days, "
            f"{last[0]} in {last[1]} at the end; {len(self.wrong)} wrong"
        )


def run(days=30, seed=1):
    """A Month that is over."""
    month = Month(seed)
    for number in range(days):
        month.day(number)
    return month


def main():
    parser = argparse.ArgumentParser(description="thirty days of uptime")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    month = run(options.days, options.seed)
    for number, (size, objects) in enumerate(month.days, 1):
        print(f"day {number:2}: {size} bytes in {objects} objects")
    print(month.line(), *month.wrong, sep="\n")


if __name__ == "__main__":
    main()
