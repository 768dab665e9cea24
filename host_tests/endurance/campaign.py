# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Plug-ins with random mixtures of faults, and what became of each.

    python -m host_tests.endurance.campaign [--sessions N] [--seed N] [--driver] [--loss PERCENT] [--jobs N]

A box lives for `LIFE` plug-ins. After one that did not deliver, and now and then after one that did, a car without
surprises plugs in and must be read: that is what "not wedged" means here.
"""

import argparse
import multiprocessing
from collections import Counter

from host_tests.endurance.mixtures import Mixture
from host_tests.endurance.rig import Rig
from host_tests.endurance.session import QUIET_MS, play
from host_tests.twin import cars

LIFE = 10
WITNESS_MAC = b"\x02\x77\x00\x00\x00\x01"
# What the box tells within the standard's time-outs.
LONGEST_DELIVERY_MS = 60_000


class Tally:
    """What became of the plug-ins."""

    def __init__(self):
        self.sessions = 0
        self.delivered = 0
        self.witnesses = 0
        self.hits = Counter()
        self.causes = Counter()
        self.wrong = []  # (seed of the life, number, what, sentences)
        self.slowest_ready_ms = 0

    def add(self, other):
        self.sessions += other.sessions
        self.delivered += other.delivered
        self.witnesses += other.witnesses
        self.hits.update(other.hits)
        self.causes.update(other.causes)
        self.wrong += other.wrong
        self.slowest_ready_ms = max(self.slowest_ready_ms, other.slowest_ready_ms)

    def line(self):
        return (
            f"{self.sessions} plug-ins with {sum(self.hits.values())} faults of {len(self.hits)} kinds that hit: "
            f"{self.delivered} delivered ({self.delivered / max(1, self.sessions):.1%}), the others with a cause shown; "
            f"{self.witnesses} times a car without faults after that; {len(self.wrong)} wrong"
        )


def start(seed, driver=False):
    """A box that has a key and asked its SmartEVSE."""
    rig = Rig(seed, driver)
    rig.run(3_000)
    return rig


def witness(rig, number):
    """A car without surprises, on a line without faults; its verdict."""
    rig.charger.mood = "ok"
    rig.network.switch(True)
    rig.run(QUIET_MS)
    rig.faults.clear()
    mac = WITNESS_MAC[:-1] + bytes((number & 0xFF,))
    car = cars.CARS["virtual"].build(rig.random_bytes, mac=mac, soc_percent=1 + number % 100)
    return play(rig, car)


def life(seed, sessions=LIFE, driver=False):
    """The Tally of one box."""
    tally = Tally()
    rig = start(seed, driver)
    number = 0
    while tally.sessions < sessions and number < 3 * sessions:
        number += 1
        mixture = Mixture(rig, seed * 1000 + number)
        verdict = play(rig, mixture.car, mixture.script, mixture.end)
        if not verdict.hits:
            rig.run(QUIET_MS)
            continue
        tally.sessions += 1
        tally.hits.update(verdict.hits)
        tally.delivered += verdict.delivered
        tally.slowest_ready_ms = max(tally.slowest_ready_ms, verdict.ready_ms)
        if not verdict.delivered:
            tally.causes[verdict.cause] += 1
        if verdict.wrong:
            tally.wrong.append((seed, number, f"{mixture.name} {mixture.what}", verdict.wrong))
        if not verdict.delivered or number % 4 == 0:
            tally.witnesses += 1
            after = witness(rig, number)
            if after.wrong or not after.delivered:
                text = after.wrong or [f"the next car is not read ({after.cause})"]
                tally.wrong.append((seed, number, f"after {mixture.name} {mixture.what}", text))
        rig.charger.mood = "ok"
        rig.network.switch(True)
        rig.run(QUIET_MS)
    return tally


def lossy(seed, percent):
    """One plug-in on a line that loses so many percent of its frames, each way: its verdict."""
    rig = start(seed)
    rig.line.faults.loss_percent = percent
    car = cars.CARS["virtual"].build(rig.random_bytes, soc_percent=seed % 101)
    lost = rig.line.faults.counts["lost"]
    verdict = play(rig, car)
    verdict.hits = {"lost": rig.line.faults.counts["lost"] - lost}
    return verdict


def _life(arguments):
    return life(*arguments)


def _lossy(arguments):
    verdict = lossy(*arguments)
    verdict.car = None  # does not travel between processes
    return verdict


def spread(function, arguments, jobs):
    """`map` over so many processes."""
    if jobs < 2:
        yield from map(function, arguments)
        return
    with multiprocessing.Pool(jobs) as pool:
        yield from pool.imap_unordered(function, arguments)


def run(sessions, seed=1, driver=False, jobs=1):
    """The Tally of so many plug-ins."""
    total = Tally()
    lives = [(seed + number, LIFE, driver) for number in range((sessions + LIFE - 1) // LIFE)]
    for tally in spread(_life, lives, jobs):
        total.add(tally)
    return total


def run_lossy(sessions, percent, seed=1, jobs=1):
    """(plug-ins that lost a frame, those of them that delivered, sentences about wrong ones)."""
    hit = delivered = 0
    wrong = []
    for verdict in spread(_lossy, [(seed + number, percent) for number in range(sessions)], jobs):
        if verdict.hits["lost"]:
            hit += 1
            delivered += verdict.delivered
        wrong += verdict.wrong
    return hit, delivered, wrong


def main():
    parser = argparse.ArgumentParser(description="plug-ins with random mixtures of faults")
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--driver", action="store_true", help="with the driver on the chip's model")
    parser.add_argument("--loss", type=float, help="only this: so many percent of the frames lost")
    options = parser.parse_args()
    if options.loss is not None:
        hit, delivered, wrong = run_lossy(options.sessions, options.loss, options.seed, options.jobs)
        print(
            f"{options.loss} % loss: {hit} plug-ins lost frames, {delivered} delivered ({delivered / hit:.2%})",
            *wrong,
        )
        return
    total = run(options.sessions, options.seed, options.driver, options.jobs)
    for entry in total.wrong:
        print(*entry)
    print(total.line())
    print("hits:", dict(total.hits.most_common()))
    print("causes shown:", dict(total.causes.most_common()))
    print(f"ready again after {total.slowest_ready_ms} ms at most")


if __name__ == "__main__":
    main()
