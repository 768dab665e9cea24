# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The status light: one NeoPixel (GPIO48 on a DevKitC-1) that shows the mood of the display from across the yard."""

from plc.ticks import expired, ticks_add

from appliance.display import setup_stage, views
from appliance.state import faults, status

STEP_MS = 120


def mood_at(state, wifi, display, now):
    """What the display shows, as a mood of ``views``; ``display`` is None without one."""
    if display is not None and display.updating:
        return views.UPDATE
    if setup_stage.kind(state, wifi, now) is not None:
        return views.SETUP
    return mood_of(state)


def mood_of(state):
    """The mood of the usual screens: a reading that could not be delivered is not a success either."""
    stage = state.stage()
    if stage != status.SOC:
        return views.STAGES[stage][1]
    if state.reading.soc_percent is None:
        return views.ATTENTION
    estimate = state.estimate
    if state.age_s() >= status.FRESH_S and estimate is None:
        return views.STALE
    if views.has_news(state, estimate):
        return views.estimate_mood(state, estimate)
    return views.DONE if state.faults.of(faults.SMARTEVSE) is None else views.ATTENTION


class Led:
    """Piece of the loop. ``mood(now)`` gives a mood of ``views``; ``percent`` is the brightness."""

    def __init__(self, pin, percent, mood):
        import digitalio
        import neopixel_write

        self._write = neopixel_write.neopixel_write
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
        _, colour, steps = mood
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
        self._write(self._pin, self._bytes)
        self._shown = packed
        return True
