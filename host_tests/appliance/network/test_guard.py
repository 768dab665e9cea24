# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What is remembered of a join that stood still until the watchdog bit, and what that costs."""

import pytest
from appliance.network.guard import PAUSES_MS, JoinGuard

from host_tests.support.wifi_rig import Chip, Watchdog, survival


class Nvm(bytearray):
    writes = 0

    def __setitem__(self, index, value):
        self.writes += 1
        super().__setitem__(index, value)


class Box:
    """`run` gives the guard of the next run of the box, after a reset by its watchdog or another one."""

    def __init__(self, rtc):
        self.chip = Chip(rtc)
        self.chip.nvm = Nvm(8192)
        self.clears_rtc = not rtc

    def run(self, reason=survival.WATCHDOG):
        kept = self.chip.kept(reason)
        return JoinGuard(kept, Watchdog(), lambda: 4711)


@pytest.fixture(params=[True, False], ids=["10.3", "10.1"])
def box(request):
    return Box(request.param)


def test_a_join_that_came_back_is_no_hang(box):
    first = box.run(survival.POWER)
    for _ in range(3):
        first.begin(False)
        assert first.end() == 4711
    assert first._watchdog.fed == 6, "before and behind each"
    after = box.run(survival.OTHER)
    assert not after.hung and after.pause_ms() == 0


def test_ordinary_joins_write_nothing(box):
    for reason in (survival.POWER, survival.OTHER):
        guard = box.run(reason)
        for _ in range(100):
            guard.begin(False)
            guard.end()
    assert box.chip.nvm.writes == 0


def test_the_first_hang_has_a_short_pause_the_second_a_long_one(box):
    """Without RTC memory the first one is only suspected; from then on joins are marked in NVM."""
    box.run(survival.POWER).begin(False)
    seen = []
    for _ in range(4):
        after = box.run()
        seen.append((after.hung, after.pause_ms()))
        # As slots.py does at every start.
        after._kept.save()
        after.begin(False)
    first = box.chip.rtc is not None
    assert seen == [(first, PAUSES_MS[1])] + [(True, PAUSES_MS[2])] * 3


def test_after_a_join_that_came_back_the_next_hang_is_a_first_one(box):
    box.run(survival.POWER).begin(False)
    once = box.run()
    once.begin(False)
    once.end()
    once.begin(False)
    assert box.run().pause_ms() == PAUSES_MS[1]


def test_a_join_that_somebody_asked_for_is_known_at_once(box):
    box.run(survival.POWER).begin(True)
    after = box.run()
    assert after.hung and after.pause_ms() == PAUSES_MS[1]


def test_a_power_cut_in_the_middle_of_a_join_is_no_hang(box):
    box.run(survival.POWER).begin(True)
    after = box.run(survival.POWER)
    assert not after.hung and after.pause_ms() == 0


def test_a_hang_elsewhere_after_a_marked_join_is_not_taken_for_one():
    box = Box(False)
    box.run(survival.POWER).begin(True)
    hung = box.run()
    assert hung.hung
    hung._kept.save()
    assert not box.run().hung, "no join was begun in that run"
