# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What fails is made again only when this machine was late, and not for ever."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from host_tests.support import lateness
from host_tests.support.lateness import MOST_REPEATS, Load, Ticker, crowded, idle_ticks, patiently, stalled_s

ROOT = Path(__file__).parents[2]


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
    monkeypatch.setattr(lateness, "crowded", lambda before, after: False)
    ticker = Ticker()
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda s: sleep(s + 0.15))
    with ticker:
        sleep(0.4)
    assert ticker.was_late() and ticker.worst_s >= 0.15
    ticker.reset()
    assert not ticker.was_late()


def load(at_s, stalled=None, idle=None, ticks=None):
    return Load(at_s, stalled, idle, ticks)


def test_cores_that_others_take_make_a_machine_late_that_wakes_in_time(monkeypatch):
    loads = [load(0, 0.0), load(10, 3.0)]
    monkeypatch.setattr(Load, "now", lambda: loads[0])
    ticker = Ticker()
    monkeypatch.setattr(Load, "now", lambda: loads[1])
    assert ticker.worst_s == 0 and ticker.was_late() and "cores were taken" in ticker.told()
    ticker.reset()
    assert not ticker.was_late()


@pytest.mark.parametrize(
    ("after", "is_crowded"),
    [
        (load(10, 1.9), False),
        (load(10, 2.1), True),
        # Two programs on two cores: none waits for the other.
        (load(10, 0.0, 0, 2000), False),
        (load(10, None, 20, 2000), True),
        (load(10, None, 1500, 2000), False),
        (load(10), False),
        (load(0.3, 0.3, 0, 60), False),
    ],
)
def test_how_long_somebody_waits_for_a_core_and_how_little_they_idle(after, is_crowded):
    assert crowded(load(0, 0.0, 0, 0), after) is is_crowded


def test_what_the_kernel_says():
    assert stalled_s("some avg10=0.54 avg60=0.78 avg300=9.53 total=2500000\nfull avg10=0.00 avg60=0.00 total=7\n") == 2.5
    assert idle_ticks("cpu  100 5 50 800 20 0 3 2 9 9\ncpu0 1 1 1 1\n") == (820, 980)


# As host_tests/conftest.py makes it, in a run of its own on a machine that is always late.
CONFTEST = """
from host_tests import conftest
from host_tests.conftest import pytest_runtest_protocol

conftest.Ticker.was_late = lambda self: True
"""
TRIES = """
import pathlib, time
import pytest

pytestmark = pytest.mark.real_time
made = []

@pytest.fixture(scope="module")
def box():
    made.append("box")
    return []

def test_dirt(box):
    assert box == []
    box.append("dirt")
    assert len(made) == 2

@pytest.mark.timeout(2)
def test_time(box):
    made.append("try")
    assert made.count("try") > 1
    time.sleep(0 if made.count("try") > 2 else 30)
"""


def test_what_is_made_again_gets_a_box_and_a_time_of_its_own(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_tries.py").write_text(TRIES)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "CIRCUITPY" / "lib")))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
