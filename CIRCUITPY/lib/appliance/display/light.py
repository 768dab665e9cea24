# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The status light: one NeoPixel (GPIO48 on a DevKitC-1) that shows the mood of the display from across the yard."""

import digitalio
import neopixel_write
from plc.ticks import expired, ticks_add

from appliance.display import setup_stage, views

STEP_MS = 120
# Brightness of a breath, in 16ths.
BREATH = (2, 3, 5, 8, 11, 14, 16, 16, 14, 11, 8, 5, 3, 2, 2, 2)
BLINK = (16, 16, 16, 16, 0, 0, 0, 0)
ALWAYS = (16,)
NEVER = (0,)
_RHYTHMS = {
    views.BREATHING: BREATH,
    views.BLINKING: BLINK,
    views.STEADY: ALWAYS,
    views.OFF: NEVER,
}


def mood_at(status, wifi, display, now):
    """What the display shows, in one word, one of ``views.MOODS``; ``display`` is None without one."""
    if display is not None and display.updating:
        return views.UPDATE
    if setup_stage.kind(status, wifi, now) is not None:
        return views.SETUP
    return views.mood_of(status)


class Led:
    """Piece of the loop. ``mood(now)`` gives one of ``views.MOODS``; ``percent`` is the brightness."""

    def __init__(self, pin, percent, mood):
        self._pin = digitalio.DigitalInOut(pin)
        self._pin.direction = digitalio.Direction.OUTPUT
        self.percent = percent
        self._mood_of = mood
        self._bytes = bytearray(3)
        self._next = None
        self._step = 0
        self._shown = -1
        self._mood = None

    def poll(self, now):
        """A step of the rhythm when one is due; allocates nothing while nothing changes."""
        if self._next is not None and not expired(self._next, now):
            return False
        self._next = ticks_add(now, STEP_MS)
        mood = self._mood_of(now)
        if mood != self._mood:
            self._mood = mood
            self._step = 0
        _, colour, rhythm = views.MOODS[mood]
        steps = _RHYTHMS[rhythm]
        self._step = (self._step + 1) % len(steps)
        return self._put(colour, steps[self._step] * self.percent)

    def _put(self, colour, part):
        """``colour`` at ``part`` of 1600; NeoPixels take green first."""
        red = (colour >> 16) * part // 1600
        green = (colour >> 8 & 0xFF) * part // 1600
        blue = (colour & 0xFF) * part // 1600
        packed = green << 16 | red << 8 | blue
        if packed == self._shown:
            return False
        self._bytes[0], self._bytes[1], self._bytes[2] = green, red, blue
        neopixel_write.neopixel_write(self._pin, self._bytes)
        self._shown = packed
        return True
