# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Was this machine late? Tests against programs in real time judge the box, not the computer that both run on.

A ticker sleeps a hundredth of a second again and again and looks how late it is woken. A thread that mostly sleeps is
woken in time on a computer whose cores are all taken, where whoever computes gets half of what he needs; so the kernel is
asked as well how long somebody waited for a core. What failed while the machine was late is made again, counted, and told
in the figures; what failed on a machine in time has failed.
"""

import re
import threading
import time
from pathlib import Path
from typing import NamedTuple

TICK_S = 0.01
# Once so late, or by so much on the average: a quiet machine wakes a thread within a few milliseconds.
LATE_S = 0.1
LATE_ON_AVERAGE_S = 0.005
MOST_REPEATS = 3
# Somebody waited for a core in more than this share of the time. One endless loop per core makes it 0.9 and more.
# Where the kernel does not count that: the cores idled in less than this share.
STALLED_SHARE = 0.2
IDLE_SHARE = 0.03
# Less says nothing about shares: the kernel counts in steps.
SHORTEST_S = 0.5
PRESSURE = Path("/proc/pressure/cpu")
STAT = Path("/proc/stat")


def stalled_s(text):
    """Seconds in which somebody waited for a core, of what PRESSURE says. It is brought up to date every two seconds."""
    return int(re.search(r"^some .*total=(\d+)", text, re.M)[1]) / 1e6


def idle_ticks(text):
    """(ticks in which a core had nothing to do, all ticks) of what STAT says."""
    user, nice, system, idle, iowait, *others = map(int, text.split("\n", 1)[0].split()[1:9])
    return idle + iowait, user + nice + system + idle + iowait + sum(others)


class Load(NamedTuple):
    """What the kernel has counted up to now; None where it does not count."""

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
    """True when there were not cores enough between two Loads."""
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
    """What failed shows by itself that the machine was late: nothing of the box had a part in it."""


def patiently(attempt, ticker, repeats, before_again=None, most=MOST_REPEATS):
    """What ``attempt()`` gives. Made again when it fails while the machine was late; ``repeats`` gets how late, a text each.

    ``before_again()`` brings things in order for the next try; there are ``most`` repeats in all.
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
