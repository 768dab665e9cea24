# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Was this machine late? Tests against programs in real time judge the box, not the computer that both run on.

A ticker sleeps for a hundredth of a second again and again and measures how late it is woken. That is not enough: with all
cores busy a thread that mostly sleeps is still woken in time, while one that computes gets half of what it needs. So the
kernel is asked as well how long tasks waited for a core. A test that failed while the machine was late is repeated, and the
figures say so; a failure on a machine that was in time counts.
"""

import re
import threading
import time
from pathlib import Path
from typing import NamedTuple

TICK_S = 0.01
# Late: by this much once, or by this much on average. A quiet machine wakes a thread within a few milliseconds.
LATE_S = 0.1
LATE_ON_AVERAGE_S = 0.005
MOST_REPEATS = 3
# Late: tasks waited for a core in more than this share of the time. One endless loop per core makes it 0.9 and more.
# Late, if the kernel does not count that: the cores were idle in less than this share.
STALLED_SHARE = 0.2
IDLE_SHARE = 0.03
# Shorter times say nothing about shares, because the kernel counts in steps.
SHORTEST_S = 0.5
PRESSURE = Path("/proc/pressure/cpu")
STAT = Path("/proc/stat")


def stalled_s(text):
    """Seconds in which a task waited for a core, from the text of PRESSURE, which is updated every two seconds."""
    return int(re.search(r"^some .*total=(\d+)", text, re.M)[1]) / 1e6


def idle_ticks(text):
    """(ticks in which a core was idle, all ticks), from the text of STAT."""
    user, nice, system, idle, iowait, *others = map(int, text.split("\n", 1)[0].split()[1:9])
    return idle + iowait, user + nice + system + idle + iowait + sum(others)


class Load(NamedTuple):
    """The kernel's counters up to now; None for those that it does not have."""

    at_s: float
    stalled_s: float | None
    idle: int | None
    ticks: int | None

    @classmethod
    def now(cls):
        pressure, stat = (_read(path) for path in (PRESSURE, STAT))
        ticks = (None, None) if stat is None else idle_ticks(stat)
        return cls(time.monotonic(), None if pressure is None else stalled_s(pressure), *ticks)


def _read(path):
    try:
        return path.read_text()
    except OSError:  # a kernel without it, or with it switched off
        return None


def crowded(before, after):
    """True if there were too few cores between two Loads."""
    took_s = after.at_s - before.at_s
    if took_s < SHORTEST_S:
        return False
    if None not in (before.stalled_s, after.stalled_s):
        return after.stalled_s - before.stalled_s > STALLED_SHARE * took_s
    if None in (before.ticks, after.ticks):
        return False
    return after.idle - before.idle < IDLE_SHARE * (after.ticks - before.ticks)


class Ticker:
    """Measures from ``reset`` on, which is also how it begins; a context manager."""

    def __init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.reset()

    def reset(self):
        """Forget what was."""
        self.worst_s = self.total_s = 0.0
        self.ticks = 0
        self._load = Load.now()

    def was_late(self):
        """True when the machine was late since ``reset``."""
        woken_late = self.worst_s >= LATE_S or self.total_s >= LATE_ON_AVERAGE_S * max(self.ticks, 10)
        return woken_late or crowded(self._load, Load.now())

    def told(self):
        """How late, in words."""
        woken = f"{self.worst_s * 1000:.0f} ms at worst, {self.total_s * 1000 / max(self.ticks, 1):.1f} ms on the average"
        return woken + (", its cores were taken" if crowded(self._load, Load.now()) else "")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.is_set():
            due = time.monotonic() + TICK_S
            time.sleep(TICK_S)
            late_s = time.monotonic() - due
            self.worst_s = max(self.worst_s, late_s)
            self.total_s += late_s
            self.ticks += 1


class Late(Exception):
    """Raised for a failure that itself shows that the machine was late, without any part of the box."""


def patiently(attempt, ticker, repeats, before_again=None, most=MOST_REPEATS):
    """The result of ``attempt()``, repeated if it fails while the machine was late; ``repeats`` gets a text about each.

    ``before_again()`` prepares the next try; there are at most ``most`` repeats.
    """
    while True:
        ticker.reset()
        try:
            return attempt()
        except Exception as error:
            if not (isinstance(error, Late) or ticker.was_late()) or len(repeats) >= most:
                raise
            repeats.append(ticker.told())
            if before_again is not None:
                before_again()
