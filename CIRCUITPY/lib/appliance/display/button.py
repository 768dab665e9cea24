# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The button: the board's BOOT button, or one between a pin and ground. It wakes the display and turns its pages."""

import digitalio
from plc.ticks import expired, ticks_add

# Contacts bounce for some milliseconds and a press lasts a hundred: read this rarely, one press counts once.
LOOK_MS = 50


class Button:
    """``pressed(now)`` is True once for each press."""

    def __init__(self, pin):
        self._input = digitalio.DigitalInOut(pin)
        self._input.direction = digitalio.Direction.INPUT
        self._input.pull = digitalio.Pull.UP
        # A button that is held from the start, or a pin tied low, is no press before it was released.
        self._down = True
        self._look_at = None

    def pressed(self, now):
        """Allocates nothing."""
        if self._look_at is not None and not expired(self._look_at, now):
            return False
        self._look_at = ticks_add(now, LOOK_MS)
        was_down = self._down
        self._down = not self._input.value
        return self._down and not was_down
