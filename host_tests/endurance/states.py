# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Trouble that has nothing to do with frames, at every step of a plug-in: one (step, what happens) per session.

python -m host_tests.endurance.states [--driver]
"""

import argparse

from host_tests.endurance.campaign import start, witness
from host_tests.endurance.faults import FROM_BOX
from host_tests.endurance.mixtures import calm
from host_tests.endurance.rig import Rig
from host_tests.endurance.session import QUIET_MS, as_posted, play
from host_tests.twin import cars
from host_tests.twin.plug import CarPlug

# The checkpoints of a plug-in, and the moment before the first.
LATER_MS = 300  # also this long after each: between two of them
STEPS = (0, 100, 104, 120, 150, 155, 190, 202, 303, 403, 505, 515, 525, 538, 540, 545, 905)
SEED = 3


def _reboot(rig):
    rig.modem.reboot()


def _overrun(rig):
    rig.modem.overrun()


def _no_room(rig):
    if rig.driver:
        rig.modem.model.never_free_write_buffer = True
    else:
        rig.faults.block_until_us = rig.clock.now_us + 700_000
    rig.clock.after(700_000, _well, rig)


def _noise(rig):
    rig.modem.model.wire.flip_rate = rig.modem.model.wire.flip_rate_mosi = 0.002
    rig.clock.after(300_000, _well, rig)


def _stuck_low(rig):
    rig.modem.model.wire.stuck = 0
    rig.clock.after(400_000, _well, rig)


def _stuck_high(rig):
    rig.modem.model.wire.stuck = 1
    rig.clock.after(400_000, _well, rig)


def _well(rig):
    rig.faults.block_until_us = None
    if rig.driver:
        calm(rig)


def _slac_again(rig):
    rig.plug.car._quiet()
    rig.plug.car.wake_at = rig.clock.now_ms + 50
    rig.plug.pump()


def _cut(rig):
    """The line is dead for a second."""
    plug = rig.plug
    rig.line.set_attenuation(plug.modem, rig.modem.modem, None)
    rig.clock.after(1_000_000, rig.line.set_attenuation, plug.modem, rig.modem.modem, 24)


def _car_dies(rig):
    rig.plug._gone = True


def _unplug(rig):
    rig.unplug()


def _replug(rig):
    """Out and, within a second, in again."""
    car = rig.plug.car
    rig.unplug()
    rig.clock.after(800_000, _plug, rig, car)


def _plug(rig, car):
    rig.plug_in(car)


def _wifi(rig):
    rig.network.switch(False)
    rig.clock.after(20_000_000, rig.network.switch, True)


def _evse_off(rig):
    rig.charger.mood = "off"
    rig.clock.after(20_000_000, setattr, rig.charger, "mood", "ok")


def _evse_deaf(rig):
    rig.charger.mood = "deaf"
    rig.clock.after(8_000_000, setattr, rig.charger, "mood", "ok")


# what: (function, must the reading arrive all the same?)
WHAT = {
    "modem reboot": (_reboot, True),
    "read buffer overrun": (_overrun, True),
    "no room in the write buffer": (_no_room, True),
    "SLAC again": (_slac_again, True),
    "line dead for 1 s": (_cut, True),
    "car's computer dies": (_car_dies, False),
    "unplugged": (_unplug, False),
    "plugged in again": (_replug, True),
    "WiFi gone for 20 s": (_wifi, True),
    "SmartEVSE off for 20 s": (_evse_off, True),
    "SmartEVSE deaf for 8 s": (_evse_deaf, True),
}
BUS = {
    "noise on the bus": (_noise, True),
    "MISO stuck low": (_stuck_low, True),
    "MISO stuck high": (_stuck_high, True),
}


def run(step, what, driver=False, later_ms=0):
    """`what` happens so long after `step`.

    The Verdict of one session; `wrong` says as well when the reading or the next car should have been read.
    """
    function, must_arrive = WHAT.get(what) or BUS[what]
    rig = start(SEED, driver)
    one = cars.CARS["virtual"].build(rig.random_bytes)
    due, done = [], []

    def script(rig):
        reached = step == 0 or any(event[1] == "checkpoint" and event[2] == step for event in rig.events)
        if reached and not due:
            due.append(rig.clock.now_ms + later_ms)
        if due and not done and rig.clock.now_ms >= due[0] and rig.plug is not None:
            done.append(True)
            function(rig)

    verdict = play(rig, one, script)
    if not done:
        verdict.wrong.append(f"step {step} was not reached")
    if must_arrive and not verdict.delivered:
        verdict.wrong.append(f"not delivered: {verdict.cause}")
    if driver:
        calm(rig)
    after = witness(rig, 1)
    verdict.wrong += after.wrong
    if not after.delivered:
        verdict.wrong.append(f"the next car is not read: {after.cause}")
    return verdict


def ten_in_a_minute(seed=SEED, plugged_ms=3_000):
    """Ten plug-ins of ten cars in a minute, 3 s plugged and 3 s not; the Rig and what is wrong."""
    rig = Rig(seed)
    rig.run(3_000)
    wrong = []
    for number in range(10):
        car = cars.CARS["virtual"].build(
            rig.random_bytes, mac=b"\x02\x99\0\0\0" + bytes((number,)), soc_percent=number
        )
        rig.charger.plug_ins.clear()
        rig.plug_in(car)
        rig.run(plugged_ms)
        rig.unplug()
        posts = [post["current_soc"] for posts in rig.charger.plug_ins for post in posts]
        if posts not in ([], *([soc] for soc in as_posted(number))):
            wrong.append(f"car {number}: {posts}")
        rig.run(6_000 - plugged_ms)
    rig.run(QUIET_MS)
    after = witness(rig, 1)
    if after.wrong or not after.delivered:
        wrong.append(f"the next car is not read: {after.cause} {after.wrong}")
    return rig, wrong


def returning_car(seed=SEED):
    """A car comes back a minute after it left, the SmartEVSE is silent, and the first answer is lost: what is wrong."""
    rig = start(seed)
    car = cars.CARS["virtual"].build(rig.random_bytes)
    first = play(rig, car)
    rig.charger.mood = "off"
    rig.run(75_000)
    rig.faults.clear()
    rig.faults.single = (FROM_BOX, 0, "drop")
    second = play(rig, car)
    # The reading cannot be sent; that it was made is what counts.
    made = any(event[1] == "reading" for event in rig.events)
    rig.charger.mood = "ok"
    after = witness(rig, 1)
    wrong = first.wrong + second.wrong + after.wrong
    if not made or not second.hits:
        wrong.append(f"the car that came back was not read: {second.cause}")
    return wrong if after.delivered else [*wrong, "the next car is not read"]


def swapped_cars(seed=SEED):
    """The SmartEVSE comes back with another car on its cable than the one whose reading waits: what is wrong."""
    wrong = []
    # (first car out -> second car in, second car in -> SmartEVSE back)
    for pause_ms, back_ms in ((15_000, -14_000), (20_000, 1_000), (36_000, 3_000), (48_000, 2_000)):
        rig = start(seed)
        rig.charger.mood = "off"
        rig.plug_in(cars.CARS["virtual"].build(rig.random_bytes, soc_percent=77))
        rig.run_until(lambda rig=rig: rig.delivering, 30_000)
        rig.unplug()
        rig.clock.after((pause_ms + back_ms) * 1000, setattr, rig.charger, "mood", "ok")
        rig.run(pause_ms)
        # A sleeper: it takes eight seconds until it speaks.
        habits = {"wake_ms": 8_000}
        mac = b"\x02\x55\0\0\0\1"
        late = cars.CARS["virtual"].build(rig.random_bytes, mac=mac, soc_percent=12, habits=habits)
        verdict = play(rig, late)
        wrong += verdict.wrong
        if not verdict.delivered:
            wrong.append(f"not delivered: {verdict.cause}")
    return wrong


def swapped_in_the_phase(seed=SEED):
    """A car is read and pulled out unheard, another one is plugged in while the SmartEVSE's phase goes on: what is wrong."""
    wrong = []
    # (maker of the second car, first car out -> second car in, how long it takes to speak)
    for maker, pause_ms, wake_ms in ((b"\x02\x55", 4_000, 9_000), (b"\x02\x55", 9_000, 300), (b"\x02\x77", 12_000, 5_000)):
        rig = start(seed)
        rig.line.ageing_us = 12_000_000
        first = cars.CARS["silent"].build(rig.random_bytes, mac=b"\x02\xab\0\0\0\1", soc_percent=77)
        rig.plug_in(first)
        rig.run_until(lambda rig=rig: rig.box.status.reading is not None, 30_000)
        rig.run(500)
        rig.plug.unplug()
        rig.run(pause_ms)
        second = cars.CARS["virtual"].build(
            rig.random_bytes, mac=maker + b"\0\0\0\2", soc_percent=12, habits={"wake_ms": wake_ms}
        )
        rig.plug = rig.charger._plug = CarPlug(rig, second)
        rig.plug.pilot(50, rig.clock.now_ms)
        rig.run(60_000)
        told = [post["current_soc"] for post in rig.charger.posts]
        if told != [12]:
            wrong.append(f"{maker.hex()} after {pause_ms} ms: told {told}")
    return wrong


def silent_meb(seed=SEED):
    """A VW that falls silent after its reading and searches again with another MAC, as it does after each session: what is
    wrong. Behind a car that nobody heard leave another one is waited for, and this is none."""
    wrong = []
    for wake_ms, ageing_us in ((300, 4_000_000), (300, 60_000_000), (6_000, 12_000_000), (9_500, 12_000_000)):
        rig = start(seed)
        rig.line.ageing_us = ageing_us
        habits = {"mac_rotates": True, "again_after_ms": 9850, "again_when_orderly": True, "wake_ms": wake_ms}
        rig.plug_in(cars.CARS["silent"].build(rig.random_bytes, soc_percent=77, habits=habits))
        rig.run(58_000)
        told = [post["current_soc"] for post in rig.charger.posts]
        if told != [77]:
            wrong.append(f"awake after {wake_ms} ms: told {told} in its phase")
    return wrong


def main():
    parser = argparse.ArgumentParser(description="trouble at every step of a plug-in")
    parser.add_argument("--driver", action="store_true", help="with the driver on the chip's model")
    options = parser.parse_args()
    count = bad = 0
    for what in (*WHAT, *BUS) if options.driver else WHAT:
        for step in STEPS:
            for later_ms in (0, LATER_MS):
                verdict = run(step, what, options.driver, later_ms)
                count += 1
                if verdict.wrong:
                    bad += 1
                    print(step, later_ms, what, verdict.wrong)
    print(f"{count} sessions, {bad} to look at")


if __name__ == "__main__":
    main()
