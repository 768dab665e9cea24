# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What fails is made again only when this machine was late, and not for ever."""

import time

import pytest

from host_tests.support.lateness import MOST_REPEATS, Ticker, patiently


class Late(Ticker):
    """A ticker that says what it is told to."""

    def __init__(self, late):
        super().__init__()
        self.late = late

    def was_late(self):
        return self.late


def failing(times):
    """Fails so often, then gives 42."""
    left = [times]

    def attempt():
        left[0] -= 1
        assert left[0] < 0
        return 42

    return attempt


def test_what_fails_on_a_machine_in_time_has_failed():
    repeats = []
    with pytest.raises(AssertionError):
        patiently(failing(1), Late(False), repeats)
    assert repeats == []


def test_what_fails_on_a_late_machine_is_made_again_and_counted():
    repeats, again = [], []
    assert patiently(failing(2), Late(True), repeats, lambda: again.append(1)) == 42
    assert len(repeats) == len(again) == 2


def test_a_machine_that_is_always_late_does_not_repeat_for_ever():
    repeats = []
    with pytest.raises(AssertionError):
        patiently(failing(100), Late(True), repeats)
    assert len(repeats) == MOST_REPEATS


def test_a_ticker_that_is_woken_late_says_so_until_it_is_reset(monkeypatch):
    ticker = Ticker()
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda s: sleep(s + 0.15))
    with ticker:
        sleep(0.4)
    assert ticker.was_late() and ticker.worst_s >= 0.15
    ticker.reset()
    assert not ticker.was_late() and ticker.ever_late
