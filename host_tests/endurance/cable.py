# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One cable, one car: cars that search on and on, real swaps, a car that waits for the sun.

    python -m host_tests.endurance.cable [--swaps N] [--seed N]
"""

import argparse

from host_tests.endurance.faults import TO_BOX
from host_tests.endurance.rig import MODEM_WAIT, MODEM_WAIT_US, STATE_C, Charger, Rig
from host_tests.twin import cars
from host_tests.twin.car.car import STEADY
from host_tests.twin.powerline import Rng

_PARM_REQ, _PARM_CNF = 0x6064, 0x6065
WAITING_FOR_POWER = 9
# Second cars of a swap, of different makers, and one of the same maker as one of them.
FIRST = ("id3", "ioniq5", "taycan_iso2", "tesla_y", "polestar2", "atto3", "id4")
SECOND = ("id4", "ioniq", "eqe", "mg4_din", "id3", "taycan_left", "ampera_e")


class Fixed(Charger):
    """A charger that shows 5 % for ever, says one state for ever and lets no POST change that.

    No real one is so: it is what a box must bear that hears a car search on and on.
    """

    told = STATE_C

    def plug(self, plug):
        super().plug(plug)
        self._cancel()
        self.state = self.told

    def _done(self):
        """Nothing changes."""


def _fixed(state):
    return type("Fixed%d" % state, (Fixed,), {"told": state})


# name: (the charger's class, its mood, is a SmartEVSE set up)
SITUATIONS = {
    "free": (_fixed(0), "ok", True),
    "charging": (_fixed(STATE_C), "ok", True),
    "5 %": (_fixed(MODEM_WAIT), "ok", True),
    "unreachable": (_fixed(STATE_C), "off", True),
    "none": (_fixed(STATE_C), "off", False),
}


class Ear:
    """Times of each CM_SLAC_PARM.REQ that reached the box, by MAC, and of its first answer to each MAC."""

    def __init__(self, rig):
        self.asked = {}
        self.answered = {}
        self._rig = rig
        rig.faults.tap = self._frame

    def _frame(self, direction, frame):
        self._rig.oracle.frame(direction, frame)
        if frame[12:14] != b"\x88\xe1":
            return
        kind = frame[15] | frame[16] << 8
        if direction == TO_BOX and kind == _PARM_REQ:
            self.asked.setdefault(bytes(frame[6:12]), self._rig.clock.now_ms)
        elif direction != TO_BOX and kind == _PARM_CNF:
            self.answered.setdefault(bytes(frame[0:6]), self._rig.clock.now_ms)

    def first_after(self, times, since_ms):
        return min((ms for ms in times.values() if ms >= since_ms), default=None)


def meb(situation, seconds=600, seed=1):
    """(readings, MACs that searched, questions asked) of an id.3 that stays plugged in and searches all the time."""
    charger, mood, can_ask = SITUATIONS[situation]
    rig = Rig(seed, charger=charger, can_ask=can_ask)
    rig.charger.mood = mood
    # A box that just started asks, and waits 20 s for a SmartEVSE that says nothing.
    rig.run(30_000)
    ear = Ear(rig)
    rig.events.clear()
    rig.charger.questions = 0
    rig.plug_in(cars.CARS["id3"].build(rig.random_bytes, habits={"slac_pauses_ms": (9_850,)}))
    rig.run(seconds * 1000)
    readings = sum(event[1] == "reading" for event in rig.events)
    return readings, len(ear.asked), rig.charger.questions


def swap(seed):
    """ms from the second car's first CM_SLAC_PARM.REQ to the answer, None for none; names of both cars.

    It comes 20 to 40 s after the first one's release, or after its leaving.
    """
    rng = Rng(seed)
    first, second = FIRST[rng.below(len(FIRST))], SECOND[rng.below(len(SECOND))]
    rig = Rig(seed)
    rig.run(3_000)
    ear = Ear(rig)
    rig.plug_in(cars.CARS[first].build(rig.random_bytes))
    rig.run_until(lambda: any(event[1] == "released" for event in rig.events), 60_000)
    gap_ms = 20_000 + rng.below(20_001)
    if rng.hits(50):
        rig.run(8_000 + rng.below(4_000))
        rig.unplug()
        rig.run(gap_ms - 12_000)
    else:
        rig.run(10_000 + rng.below(120_000))
        rig.unplug()
        rig.run(gap_ms)
    since_ms = rig.clock.now_ms
    rig.plug_in(cars.CARS[second].build(rig.random_bytes))
    rig.run_until(lambda: ear.first_after(ear.answered, since_ms) is not None, 45_000)
    asked, answered = ear.first_after(ear.asked, since_ms), ear.first_after(ear.answered, since_ms)
    return (None if answered is None else answered - asked), first, second


class Sun(Charger):
    """No power from the roof yet: the car waits in B, and its modem phase comes by itself."""

    waits_ms = 0

    def plug(self, plug):
        self._plug = plug
        self.posts = []
        self.plug_ins.append(self.posts)
        self._go(WAITING_FOR_POWER, STEADY, self.waits_ms * 1000, self._power)

    def _power(self):
        self._go(MODEM_WAIT, 50, MODEM_WAIT_US, self._done)


def sun(seed, name):
    """What was posted of a car that was read, left, came back and waited 1 to 30 min for its modem phase."""
    rng = Rng(seed)
    rig = Rig(seed, charger=Sun)
    rig.run(3_000)
    rig.charger.waits_ms = 1_000
    car = cars.CARS[name].build(rig.random_bytes)
    rig.plug_in(car)
    rig.run_until(lambda: rig.charger.state == STATE_C, 90_000)
    rig.unplug()
    rig.run(20_000)
    rig.charger.waits_ms = 60_000 + rng.below(1_740_000)
    rig.plug_in(car)
    rig.run(rig.charger.waits_ms + 30_000)
    return [post["current_soc"] for post in rig.charger.posts]


def main():
    parser = argparse.ArgumentParser(description="one cable, one car")
    parser.add_argument("--swaps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for situation in SITUATIONS:
        print("%s: %d readings, %d MACs, %d questions" % (situation, *meb(situation)))
    results = [swap(options.seed + number) for number in range(options.swaps)]
    late = [result for result in results if result[0] is None or result[0] > 10_000]
    times = sorted(result[0] for result in results if result[0] is not None)
    print(f"{len(results)} swaps, {len(late)} answered later than 10 s: {late[:20]}")
    print(f"answered after {times[len(times) // 2]} ms in the middle, {times[-1]} ms at most")


if __name__ == "__main__":
    main()
