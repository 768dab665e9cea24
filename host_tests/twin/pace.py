# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Virtual time held back to wall time, so that people and browsers can watch; it may be slower."""

import queue
import time


class Pace:
    """Clock hook. `call_soon(function)` from any thread runs it between two advances, where the world may be changed.

    `rate`: virtual seconds per wall second, may be changed at any moment; `lag_s`: how far virtual time is behind when the
    machine is too slow.
    """

    # Sleeping costs a switch of threads, so small debts are saved up.
    _SLACK_S = 0.005
    # More is not made up for, in virtual time: while the box races, the programs beside it stand still, and it would take
    # them for dead.
    _MOST_MADE_UP_S = 0.1

    def __init__(self, clock, rate=1.0):
        self._clock = clock
        self._rate = rate
        self._calls = queue.SimpleQueue()
        self.lag_s = 0.0
        self.paused = False
        self._restart()
        clock.hooks.append(self._hook)

    @property
    def rate(self):
        return self._rate

    @rate.setter
    def rate(self, rate):
        if rate != self._rate:
            self._rate = rate
            self._restart()

    def _restart(self):
        self._wall = time.monotonic()
        self._virtual_us = self._clock.now_us

    def close(self):
        """Let time run free again."""
        if self._hook in self._clock.hooks:
            self._clock.hooks.remove(self._hook)

    def call_soon(self, function, *arguments):
        """Thread-safe; `function` may schedule and change the world, it may not let time pass."""
        self._calls.put((function, arguments))

    def _hook(self):
        while not self._calls.empty():
            function, arguments = self._calls.get()
            function(*arguments)
        if self.paused:
            self._hold()
        ahead_s = (self._clock.now_us - self._virtual_us) / 1e6 / self._rate - (time.monotonic() - self._wall)
        if ahead_s > self._SLACK_S:
            time.sleep(ahead_s)
            self.lag_s = 0.0
        else:
            self.lag_s = max(-ahead_s, 0.0)
            if self.lag_s * self._rate > self._MOST_MADE_UP_S:
                self._restart()

    def _hold(self):
        while self.paused:
            function, arguments = self._calls.get()
            function(*arguments)
        self._restart()
