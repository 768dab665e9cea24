# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The status light: its colour, rhythm and brightness for every mood."""

import pytest
from appliance.display import views

from host_tests.support.fake_pins import fake_pins

NAMES = ("IDLE", "SETUP", "WORK", "DONE", "CHARGING", "STALE", "ATTENTION", "FAULT", "UPDATE")
MOODS = {name: getattr(views, name) for name in NAMES}


def light(monkeypatch, percent=100):
    """A light whose mood the test sets: (led, mood box, written)."""
    _, written = fake_pins(monkeypatch)
    from appliance.display.light import Led

    now_mood = [views.IDLE]
    return Led("IO48", percent, lambda _now: now_mood[0]), now_mood, written


def test_the_light_has_a_colour_and_a_rhythm_for_every_mood(monkeypatch):
    pixel, now_mood, written = light(monkeypatch)
    now, colours = 0, {}
    for name, mood in MOODS.items():
        _, colour, rhythm = now_mood[0] = mood
        written.clear()
        for _ in range(40):
            now += 120
            pixel.poll(now)
        green, red, blue = max(written, default=b"\0\0\0", key=sum)
        colours[name] = red << 16 | green << 8 | blue
        assert colours[name] == (0 if rhythm == views.OFF else colour), name
        assert (len(written) <= 1) == (rhythm in (views.STEADY, views.OFF)), name
    assert len({colours[name] for name in ("DONE", "FAULT", "ATTENTION", "UPDATE")}) == 4


def test_a_colour_that_could_not_be_written_is_written_again(monkeypatch):
    pixel, now_mood, written = light(monkeypatch)

    def refuses(_pin, _data):
        raise OSError("no RMT channel")

    now_mood[0] = views.FAULT
    with monkeypatch.context() as patch:
        patch.setattr(pixel, "_write", refuses)
        with pytest.raises(OSError):
            pixel.poll(0)
    assert pixel.poll(1000) and written == [bytes((0, 255, 0))]


def test_the_light_is_no_brighter_than_asked_for(monkeypatch):
    pixel, now_mood, written = light(monkeypatch, 20)
    now_mood[0] = views.FAULT
    pixel.poll(0)
    assert written == [bytes((0, 51, 0))]
    assert not pixel.poll(10), "nothing between two steps"
    from appliance.display.light import STEP_MS

    assert len(views.BREATHING) * STEP_MS >= 1500
