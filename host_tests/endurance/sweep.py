# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every frame between modem and box hurt in every way, one a session.

    python -m host_tests.endurance.sweep [--car NAME] [--every N]
"""

import argparse

from host_tests.endurance.faults import FROM_BOX, KINDS, TO_BOX
from host_tests.endurance.rig import Rig
from host_tests.endurance.session import play
from host_tests.twin import cars

SEED = 1


def _rig(car, seed):
    rig = Rig(seed)
    # A key is set and the SmartEVSE was asked before a car comes.
    rig.run(3_000)
    rig.faults.clear(seed)
    return rig, cars.CARS[car].build(rig.random_bytes)


def frames_of(car, seed=SEED):
    """How many frames pass in each direction when nothing is wrong, {direction: count}."""
    rig, one = _rig(car, seed)
    verdict = play(rig, one)
    if verdict.wrong or not verdict.delivered:
        raise AssertionError(f"{car} without a fault: {verdict.wrong}")
    return dict(rig.faults.seen)


def cases(car, every=1, seed=SEED):
    """(direction, index, kind) of each session."""
    counts = frames_of(car, seed)
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
    return play(rig, one)


def main():
    parser = argparse.ArgumentParser(description="every frame of a session hurt in every way, one a session")
    parser.add_argument("--car", default="virtual")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    hit = delivered = bad = 0
    for case in cases(options.car, options.every):
        verdict = run(options.car, case)
        if not verdict.hits:
            continue
        hit += 1
        delivered += verdict.delivered
        if verdict.wrong or not verdict.delivered:
            bad += 1
            print(case, "delivered" if verdict.delivered else f"not delivered ({verdict.cause})", *verdict.wrong)
    print(f"{options.car}: {hit} sessions with one fault, {delivered} delivered, {bad} to look at")


if __name__ == "__main__":
    main()
