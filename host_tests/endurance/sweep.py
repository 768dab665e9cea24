# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One fault per session, every frame between modem and box, every kind.

python -m host_tests.endurance.sweep [--car NAME] [--every N]
"""

import argparse
import functools

from host_tests.endurance.faults import FROM_BOX, KINDS, TO_BOX
from host_tests.endurance.rig import Rig
from host_tests.endurance.session import play
from host_tests.twin import cars

SEED = 1
# One damaged frame may cost its own repetition, never the plug-in.
LATER_MS = 2_500


def _rig(car, seed, driver=False):
    rig = Rig(seed, driver)
    # A key is set and the SmartEVSE was asked before a car comes.
    rig.run(3_000)
    rig.faults.clear(seed)
    return rig, cars.CARS[car].build(rig.random_bytes)


@functools.cache
def baseline(car, seed=SEED, driver=False):
    """(frames in each direction when nothing is wrong, ms until the car is released, reads of the data port)."""
    rig, one = _rig(car, seed, driver)
    verdict = play(rig, one)
    if verdict.wrong or not verdict.delivered:
        raise AssertionError(f"{car} without a fault: {verdict.wrong}")
    return dict(rig.faults.seen), verdict.ms, rig.modem.device.reads if driver else 0


def cases(car, every=1, seed=SEED):
    """(direction, index, kind) of each session."""
    counts = baseline(car, seed)[0]
    every_one = [
        (direction, index, kind)
        for direction in (TO_BOX, FROM_BOX)
        for index in range(counts[direction])
        for kind in KINDS
    ]
    return every_one[::every]


def run(car, case, seed=SEED):
    """The verdict of one session with one fault."""
    rig, one = _rig(car, seed)
    rig.faults.single = case
    verdict = _judged(play(rig, one), car, seed)
    if case[2] in ("drop", "double", "delay", "reorder") and one.complaints:
        verdict.wrong.append(f"the car complains: {one.complaints[0]}")
    return verdict


def _judged(verdict, car, seed, driver=False):
    if not verdict.delivered:
        verdict.wrong.append(f"not delivered: {verdict.cause}")
    elif verdict.ms > baseline(car, seed, driver)[1] + LATER_MS:
        verdict.wrong.append(f"released after {verdict.ms} ms")
    return verdict


def bus_cases(car, every=1, seed=SEED):
    """(number of a read of the data port, bit): the head of a frame, some of its middle, its end."""
    reads = baseline(car, seed, True)[2]
    bits = (*range(0, 96), *range(96, 700, 67))
    return [(read, bit) for read in range(reads) for bit in bits][::every]


def run_bus(car, case, seed=SEED):
    """The verdict of one session in which one bit was misread on the bus; a reset of the chip is wrong."""
    rig, one = _rig(car, seed, True)
    device = rig.modem.device
    device.bent = (device.reads + case[0], case[1])
    resets = rig.modem.model.counts["resets"]
    verdict = _judged(play(rig, one), car, seed, True)
    verdict.hits = {"bit": device.hits} if device.hits else {}
    if rig.modem.model.counts["resets"] != resets:
        verdict.wrong.append("the chip was reset")
    return verdict


def parameters_frame(car, seed=SEED):
    """Index of the frame for the box that brings the state of charge, and its length."""
    rig, one = _rig(car, seed)
    last = []
    found = []

    def tap(direction, frame):
        if direction == TO_BOX:
            last[:] = [rig.faults.seen[TO_BOX] - 1, len(frame)]

    rig.faults.tap = tap
    story = rig.loop._story
    inner = story.event

    def handle(event, secc, now):
        if event[0] == "reading" and not found:
            found.extend(last)
        inner(event, secc, now)

    story.event = handle
    play(rig, one)
    return tuple(found)


def bit_cases(car, every=1, seed=SEED):
    """(direction, index, kind) of sessions in which one bit of the frame with the state of charge is another one."""
    index, length = parameters_frame(car, seed)
    return [(TO_BOX, index, ("bit", bit)) for bit in range(12 * 8, length * 8, every)]


def bits(car, every=1, seed=SEED):
    """Their verdicts."""
    for case in bit_cases(car, every, seed):
        yield case[2][1], run(car, case, seed)


def main():
    parser = argparse.ArgumentParser(description="one fault per session, every frame, every kind")
    parser.add_argument("--car", default="virtual")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--bus", action="store_true", help="bits misread on the modem's bus instead")
    options = parser.parse_args()
    find, play_one = (bus_cases, run_bus) if options.bus else (cases, run)
    hit = bad = 0
    for case in find(options.car, options.every):
        verdict = play_one(options.car, case)
        if not verdict.hits:
            continue
        hit += 1
        if verdict.wrong:
            bad += 1
            print(case, *verdict.wrong)
    print(f"{options.car}: {hit} sessions with one fault, {bad} to look at")


if __name__ == "__main__":
    main()
