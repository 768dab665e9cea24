# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Resets a box that hangs in C: nothing else ends a WiFi join to which no DHCP server answers.

A running watchdog cannot be changed: ports/espressif/common-hal/watchdog/WatchDogTimer.c adds the task a second time
and raises ``espidf.IDFError``, an OSError, although the hardware has the new time by then. So it is always switched off,
set and switched on again, and only here. The box can do without a watchdog: an error is logged, and the box runs on.
"""

import microcontroller

USUAL_S = 30
# Enough for three name servers that do not answer, for IPv6 and then for IPv4, and for making room on a slow flash.
LONG_S = 90
# How many errors are logged and followed by another try.
_MOST_TRIES = 3


class Watchdog:
    """``tell(text)`` gets why there is no watchdog."""

    def __init__(self, tell):
        self._tell = tell
        self._dog = getattr(microcontroller, "watchdog", None)
        self._tries = _MOST_TRIES
        self._long = False
        self._arm(USUAL_S)

    def feed(self):
        """The loop is alive; so what the time was stretched for is over. Allocates nothing."""
        if self._long:
            self.stretch(False)
        if self._dog is None:
            return
        try:
            self._dog.feed()
        except Exception as error:
            # It is not running, because switching it on again failed.
            if self._tries:
                self._lost(error)
                self._arm(USUAL_S)

    def stretch(self, longer):
        """LONG_S instead of USUAL_S while a name is looked up or room is made on the drive, which may block for so long."""
        if longer != self._long:
            self._long = longer
            self._arm(LONG_S if longer else USUAL_S)

    def _arm(self, seconds):
        if self._dog is None:
            return
        try:
            import watchdog

            self._dog.mode = None
            self._dog.timeout = seconds
            self._dog.mode = watchdog.WatchDogMode.RESET
        except Exception as error:
            if self._tries:
                self._lost(error)

    def _lost(self, error):
        self._tries -= 1
        self._tell("no watchdog: %s" % error)
