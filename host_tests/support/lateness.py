# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Was this machine late? Tests against programs in real time judge the box, not the computer that both run on.

A ticker sleeps a hundredth of a second again and again and looks how late it is woken. What failed while it was woken
late is made again, counted, and told in the figures; what failed on a machine in time has failed.
"""

import threading
import time

TICK_S = 0.01
# Once so late, or by so much on the average: a quiet machine wakes a thread within a few milliseconds.
LATE_S = 0.1
LATE_ON_AVERAGE_S = 0.005
MOST_REPEATS = 3


class Ticker:
    """Measures from ``reset`` on, which is also how it begins; a context manager."""

    def __init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._late_before = False
        self.worst_s = self.total_s = 0.0
        self.ticks = 0

    def reset(self):
        """Forget what was, but for ``ever_late``."""
        self._late_before = self.ever_late
        self.worst_s = self.total_s = 0.0
        self.ticks = 0

    def was_late(self):
        """True when the machine was late since ``reset``."""
        return self.worst_s >= LATE_S or self.total_s >= LATE_ON_AVERAGE_S * max(self.ticks, 10)

    @property
    def ever_late(self):
        """True when it was late at any time."""
        return self._late_before or self.was_late()

    def told(self):
        """How late, in words."""
        return f"{self.worst_s * 1000:.0f} ms at worst, {self.total_s * 1000 / max(self.ticks, 1):.1f} ms on the average"

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
