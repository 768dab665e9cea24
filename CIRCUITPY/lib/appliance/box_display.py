# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of display, button and light. Loaded in steps after the first join, so that no car waits for it."""

from appliance import bus, hardware
from appliance.settings import settings

# In this order each import compiles one file.
PARTS = "appliance.display.layout appliance.display.views appliance.display.panel".split()


def steps(box):
    """A generator: each step loads or makes one thing."""
    try:
        yield from _display(box)
    except Exception as error:
        box.story.part_failed("display_missing", error)
    try:
        _add_light(box)
    except Exception as error:
        box.story.part_failed("extra_missing", error)


def _display(box):
    from appliance.display import drivers

    yield
    glass = drivers.open_display(box.settings, bus.find_pin, box.log)
    del drivers
    hardware.forget("appliance.display.drivers")
    if glass is not None:
        for name in PARTS:
            yield
            __import__(name)
        yield
        _add_display(box, glass)
    elif box.settings["DISPLAY"] not in ("auto", "none"):
        box.status.set_cause("display_missing")


def _add_display(box, glass):
    from appliance.display import panel

    def tell(text):
        box.log.note("display", text)

    screen = panel.Panel(glass, box.ticks)
    box.loop.add_slow_piece("codes", panel.CodesOnDemand(screen, lambda: _new_codes(box, tell), tell))
    box.display = panel.Display(
        screen,
        (box.status, box.smartevse, box.wifi, box.access),
        _button(box),
        [box.settings[key] for key in settings.REST_KEYS],
        box.updates.percent,
    )
    box.loop.add_piece("display", box.display)


def _new_codes(box, tell):
    from appliance.display.qr import Codes

    codes = Codes(box.status.changed, tell)
    box.loop.add_piece("codes", codes)
    box.status.changed()
    return codes


def _button(box):
    try:
        pin = bus.find_pin(box.settings["BUTTON"])
        if pin is None:
            return None
        from appliance.display.button import Button

        return Button(pin)
    except Exception as error:
        box.story.part_failed("extra_missing", error)
        return None


def _add_light(box):
    if not box.settings["LED"]:
        return
    from appliance.display import light

    pin = bus.find_pin(box.settings["LED"])
    box.led = light.Led(
        pin, box.settings["LED_BRIGHTNESS"], lambda now: light.mood_at(box.status, box.wifi, box.display, now)
    )
    box.loop.add_piece("led", box.led)
