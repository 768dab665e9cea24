# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""When a version counts as proved, when it is given up, and what the owner reads about those that did not start."""

from types import SimpleNamespace

import pytest
from appliance.update.health import (
    AGAIN_MS,
    HEALTHY_S,
    PATIENCE_S,
    Health,
    failed_starts,
    skipped_text,
    working,
)

from host_tests.update import device_files

slots = device_files.module("slots")

MODEM, WIFI = slots.MODEM, slots.WIFI


class Counts:
    def __init__(self):
        self.done = []

    def prove(self, place, _seal):
        self.done.append(("prove", place))

    def give_up(self, place, _seal):
        self.done.append(("give up", place))

    def leave(self):
        self.done.append(("leave",))

    def state(self, _place, _seal):
        return 2

    def starts(self, _place):
        return 1


class Bench:
    def __init__(self, proved=False, expects=MODEM | WIFI):
        self.uptime = SimpleNamespace(seconds=0)
        self.works = 0
        self.told = []
        self.resets = 0
        self.counts = Counts()
        seal = SimpleNamespace(version="0.2.0", expects=expects)
        self.start = SimpleNamespace(proved=proved, seal=seal, place=slots.A, counts=self.counts, skipped=[])
        self.health = Health(self.uptime, self.start, lambda: self.works, self.reset, self.told.append)

    def reset(self):
        self.resets += 1

    def at(self, seconds):
        """Let that uptime come, and the piece have its turns until then."""
        while self.uptime.seconds < seconds:
            self.uptime.seconds += 1
            if self.health.due(self.uptime.seconds * 1000):
                self.health.run(self.uptime.seconds * 1000)
        return self


def test_a_new_version_is_proved_when_all_that_worked_before_works_after_a_minute():
    bench = Bench()
    bench.works = MODEM | WIFI
    assert bench.at(HEALTHY_S - 1).counts.done == []
    assert bench.at(HEALTHY_S + 1).counts.done == [("prove", slots.A)]
    assert bench.told == ["version 0.2.0 runs well"] and bench.health.done


@pytest.mark.parametrize("works", (0, MODEM, WIFI))
def test_a_new_version_that_lost_something_goes_after_five_minutes(works):
    bench = Bench()
    bench.works = works
    assert bench.at(PATIENCE_S - 1).counts.done == [] and bench.resets == 0
    bench.at(PATIENCE_S + AGAIN_MS // 1000)
    assert bench.counts.done[0] == ("give up", slots.A) and bench.resets


def test_what_comes_late_is_in_time_within_five_minutes():
    bench = Bench()
    bench.works = MODEM
    bench.at(PATIENCE_S - 10)
    bench.works = MODEM | WIFI
    assert bench.at(PATIENCE_S + 10).counts.done == [("prove", slots.A)] and bench.resets == 0


def test_what_did_not_work_before_is_not_expected():
    bench = Bench(expects=MODEM)
    bench.works = MODEM
    assert bench.at(HEALTHY_S + 1).counts.done == [("prove", slots.A)]


def test_a_proved_version_may_lose_its_network_and_stays():
    bench = Bench(proved=True)
    bench.at(PATIENCE_S + 10)
    assert bench.counts.done == [("prove", slots.A)] and (bench.told, bench.resets) == ([], 0)


def test_without_slots_there_is_nothing_to_judge():
    health = Health(SimpleNamespace(seconds=HEALTHY_S), None, lambda: 0, None, print)
    assert health.due(0)
    health.run(0)
    assert health.done and not health.due(0)
    health.leave()


def test_a_restart_that_was_asked_for_is_told_to_the_counts():
    bench = Bench()
    bench.health.leave()
    assert bench.counts.done == [("leave",)]


def test_what_works_is_the_modem_and_the_page_on_the_network():
    modem = SimpleNamespace(ready=True)
    assert working(slots, modem, True) == MODEM | WIFI
    assert working(slots, modem, False) == MODEM
    assert working(None, modem, True) == 0


def test_failed_starts_are_the_larger_of_both_counts():
    assert failed_starts(None) == 0
    assert failed_starts(Bench().start) == 2
    assert failed_starts(Bench(proved=True).start) == 1


@pytest.mark.parametrize(
    ("version", "why", "runs", "text"),
    (
        ("0.3.0", "failed", "0.2.0", "Version 0.3.0 did not run well, so it was disabled; version 0.2.0 runs instead."),
        ("0.3.0", "damaged", None, "Version 0.3.0 is damaged; the one that was copied to the drive runs instead."),
        (
            None,
            "failed",
            "0.2.0",
            "The version that was copied to the drive did not run well, so it was disabled; version 0.2.0 runs instead.",
        ),
    ),
)
def test_a_version_that_was_skipped_is_named_with_the_one_that_runs(version, why, runs, text):
    def seal(name):
        return None if name is None else SimpleNamespace(version=name)

    start = SimpleNamespace(skipped=[(slots.B, seal(version), why)], seal=seal(runs))
    assert skipped_text(start) == text


def test_nothing_skipped_is_nothing_to_tell():
    assert skipped_text(None) is None
    assert skipped_text(Bench().start) is None
