# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Resets a box that hangs in C: a WiFi join without DHCP answer ends in no other way.

An armed watchdog cannot be changed: ports/espressif/common-hal/watchdog/WatchDogTimer.c adds the task a second time
and raises ``espidf.IDFError``, an OSError, although the hardware has taken the new time already. So it is always
switched off, set and switched on again, here and nowhere else. The box can do without one: whatever it raises is logged and
the box runs on without it.
"""

import microcontroller

USUAL_S = 30
# Three name servers that do not answer, for IPv6 and then for IPv4; or a slow flash on which room is made.
LONG_S = 90
# How often a refusal is logged and tried again.
_MOST_TRIES = 3


class Watchdog:
    """``tell(text)`` gets why there is none."""

    def __init__(self, tell):
        self._tell = tell
        self._dog = getattr(microcontroller, "watchdog", None)
        self._tries = _MOST_TRIES
        self._long = False
        self._arm(USUAL_S)

    def feed(self):
        """The loop is alive. What needed more patience is over then, however it ended. Allocates nothing."""
        if self._long:
            self.stretch(False)
        if self._dog is None:
            return
        try:
            self._dog.feed()
        except Exception as error:
            # It does not run: switching it on again failed.
            if self._tries:
                self._lost(error)
                self._arm(USUAL_S)

    def stretch(self, longer):
        """More patience while a name is looked up or room is made on the drive, which nothing can shorten."""
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
