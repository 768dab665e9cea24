# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every screen on every display, as pictures: `python -m host_tests.tools.contact_sheet`.

Writes docs/images/screens_WIDTHxHEIGHT.png and screens.png for people, and one strip a screen into
host_tests/appliance/display/images, with which test_panel.py beside it compares what the box draws. Whoever changed
a screen runs this, looks at the pictures and commits them.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "CIRCUITPY" / "lib"))

from appliance.display import button_views, setup_stage, setup_views, views  # noqa: E402
from appliance.display.panel import Panel  # noqa: E402
from appliance.network.provisioning import Wish  # noqa: E402
from appliance.smartevse.estimate import Estimate  # noqa: E402
from appliance.state import cars  # noqa: E402
from appliance.state.log import Uptime  # noqa: E402
from appliance.state.status import Status  # noqa: E402
from v2g.reading import Reading  # noqa: E402

from host_tests.support.evening import Evening  # noqa: E402
from host_tests.support.qr_codes import modules  # noqa: E402
from host_tests.tools import glass  # noqa: E402
from host_tests.twin.car.battery import Battery  # noqa: E402

STORED = ROOT / "host_tests" / "appliance" / "display" / "images"
DOCS = ROOT / "docs" / "images"
CAR = b"\x02\x04\x06\x08\x0a\x0c"

# name: (make, width, height); the displays that the settings allow, and what else may be soldered on.
DISPLAYS = {
    "128x64": (glass.SSD1306, 128, 64),
    "128x32": (glass.SSD1306, 128, 32),
    "160x80": (glass.Display, 160, 80),
    "240x135": (glass.Display, 240, 135),
    "240x240": (glass.Display, 240, 240),
    "320x170": (glass.Display, 320, 170),
    "320x240": (glass.Display, 320, 240),
    "170x320": (glass.Display, 170, 320),
}
# The few screens that stand for all: README and user guide.
CHOSEN = ("setup offer", "waiting", "reading", "target and time", "modem missing", "updating")
# Shown in the documentation, with the magnification of the picture.
SHEETS = {"128x64": 3, "240x135": 2, "320x170": 2, "240x240": 1}


class Evse:
    last_delivery = None
    waits_for = None


class Access:
    made_up = None


class Point:
    name = "socbox-4AFE"
    password = "abcdefghjk"


class Provisioning:
    """The access point as the screens see it, with nothing to set up."""

    wish = None
    access_point = Point()
    offered = False

    def just_joined(self, _now):
        return False

    def has_guest(self, _now):
        return False


class Net:
    """A WiFi connection as the screens see it."""

    address = "192.168.178.24"
    hostname = "socbox"
    ssid = "Home"
    cause = None
    connected = False

    def __init__(self):
        self.provisioning = Provisioning()

    def port_text(self):
        return ""


def new_status(modem="READY", stage="WAITING"):
    """A Status of a box that has just started."""
    state = Status(Uptime(0), str)
    state.watch(modem, stage)
    return state


def after(state, seconds):
    """Let time pass, in steps that the clock of the box can take."""
    for _ in range(seconds // 3600):
        state.uptime.advance((state.uptime.seconds + 3600) * 1000 % (1 << 29))
    state.uptime.advance((state.uptime.seconds + seconds % 3600) * 1000 % (1 << 29))
    return state


def read(soc, seconds=20, stage="WAITING", **values):
    """A box that read a car so many seconds ago."""
    state = after(new_status(stage="READING"), 60)
    state.car_plugged(CAR)
    reading = Reading("DIN 70121", CAR, CAR)
    reading.soc_percent = soc
    for name, value in values.items():
        setattr(reading, name, value)
    state.read(reading)
    state.replugged = True
    if stage == "WAITING":
        state.session_ended("ok")
    state.watch("READY", stage)
    return after(state, seconds)


def _named_car():
    return cars.parse("02*; name=Ioniq 5; capacity_wh=77400; full_soc=80")


def _soc(state, delivery="ok", cause=None):
    evse = Evse()
    evse.last_delivery = delivery
    if cause:
        state.set_cause(cause)
    return views.view(state, evse, Net(), Access())


def _charging(percent, full_in_s, told_s=20, **values):
    """A car that was read at 42 % half an hour ago, and what the meter said `told_s` ago."""
    state = read(42, 1800, energy_capacity_wh=58000, **values)
    state.estimate = estimate = Estimate(state)
    estimate.percent, estimate.full_in_s = percent, full_in_s
    estimate.full_percent = values.get("full_soc_percent", 100)
    estimate.charging = full_in_s is not None
    estimate.told_s = state.uptime.seconds - told_s
    return _soc(state)


def _gone():
    state = read(42, 600)
    state.plug_told(False)
    return views.view(state, Evse(), Net(), Access())


def _of(stage):
    state = new_status(stage="READING")
    state.car_plugged(CAR)
    state.watch("READY", stage)
    return views.view(state, Evse(), Net(), Access())


def _kept_waiting(what):
    evse, wifi = Evse(), Net()
    evse.waits_for, wifi.connected = what, True
    return views.view(new_status(), evse, wifi, Access())


def _present():
    state = new_status()
    state.plug_told(True)
    return views.view(state, Evse(), Net(), Access())


def _waiting(made_up=None, cause=None, net=True):
    access = Access()
    access.made_up = made_up
    state = new_status()
    if cause:
        state.set_cause(cause)
    wifi = Net()
    if not net:
        wifi.address = None
    return views.view(state, Evse(), wifi, access)


def _failed(cause):
    state = new_status(stage="READING")
    state.car_plugged(CAR)
    state.session_ended(cause)
    state.watch("READY", "WAITING")
    return views.view(state, Evse(), Net(), Access())


def _modem(status):
    return views.view(new_status(status, "NO_KEY"), Evse(), Net(), Access())


def _page(page, state=None, **wifi_values):
    wifi = Net()
    for name, value in wifi_values.items():
        setattr(wifi, name, value)
    return button_views.view(page, state or new_status(), wifi, Access())


def _setup(which, cause=None, wish=None):
    def make(layout):
        wifi = Net()
        wifi.cause = cause
        wifi.provisioning.wish = wish
        return setup_views.view(which, wifi, layout)

    return make


# name: a function that gives the view, or one that gives it for a layout of QR code and words
SCREENS = {
    "starting": lambda: views.view(new_status("BOOTING", "NO_KEY"), Evse(), Net(), Access()),
    "setup offer": _setup(setup_stage.OFFER),
    "setup wrong password": _setup(setup_stage.OFFER, cause="wifi_auth"),
    "setup page": _setup(setup_stage.GUEST),
    "joining": _setup(setup_stage.JOINING, wish=Wish("Home", "", 0)),
    "joined": _setup(setup_stage.JOINED),
    "waiting": _waiting,
    "waiting, first password": lambda: _waiting("kmrt4w7x"),
    "waiting without WiFi": lambda: _waiting(cause="wifi_auth", net=False),
    "no power yet": lambda: _kept_waiting("power"),
    "SmartEVSE off": lambda: _kept_waiting("off"),
    "SmartEVSE paused": lambda: _kept_waiting("pause"),
    "car plugged in": _present,
    "finding": lambda: _of("JOINING"),
    "reading": lambda: _of("READING"),
    "read, leaving": lambda: _soc(read(81, 2, "LEAVING"), None),
    "delivered": lambda: _soc(read(81)),
    "target and time": lambda: _soc(
        read(42, 30, full_soc_percent=80, remaining_s=1500, profile=_named_car())
    ),
    "full": lambda: _soc(read(100)),
    "nearly empty": lambda: _soc(read(7, full_soc_percent=100)),
    "old": lambda: _soc(read(63, 2 * 3600)),
    "yesterday": lambda: _soc(read(63, 30 * 3600)),
    "charging": lambda: _charging(57, 7800),
    "charging to 80": lambda: _charging(71, 1500, full_soc_percent=80, profile=_named_car()),
    "charging paused": lambda: _charging(57, None),
    "charger silent": lambda: _charging(57, 7800, 400),
    "full now": lambda: _charging(100, None),
    "charge not certain": lambda: _soc(read(None, soc_doubtful_percent=0)),
    "last car": _gone,
    "not delivered": lambda: _soc(read(81, 150), "failed", "smartevse_off"),
    "not readable": lambda: _failed("no_sdp"),
    "modem missing": lambda: _modem("ABSENT_LOW"),
    "modem wiring": lambda: _modem("BAD_SIGNATURE"),
    "updating": lambda: views.updating(40, "version 1.1.0"),
    "page network": lambda: _page(button_views.NETWORK),
    "page car": lambda: _page(button_views.LAST_CAR, read(42, 300, profile=_named_car())),
    "page about": lambda: _page(button_views.ABOUT),
}


class ReadyCodes:
    """QR codes without waiting."""

    def __init__(self):
        self._made = {}

    def get(self, text):
        if text not in self._made:
            self._made[text] = modules(text)
        return self._made[text]


def new_panel(name):
    """A Panel on the glass `name` of DISPLAYS; the glass is its `_display`."""
    make, width, height = DISPLAYS[name]
    return Panel(make(width, height), lambda: 0, ReadyCodes())


def view_of(screen, panel):
    """The view `screen` of SCREENS for a display."""
    make = SCREENS[screen]
    return make() if make.__code__.co_argcount == 0 or make is _waiting else make(panel.code_layout)


def draw(panel, view, turn=0):
    """Show `view` by the box's own steps; gives the picture."""
    panel.show(view, turn)
    while panel.step("WAITING"):
        pass
    return panel._display.shown.copy()


def pictures(name):
    """[(screen, picture)] of one display; each screen's turns follow one another."""
    panel = new_panel(name)
    found = []
    for screen in SCREENS:
        view = view_of(screen, panel)
        found.append((screen, draw(panel, view)))
        for turn in range(1, panel.pages):
            found.append((f"{screen} ({turn + 1})", draw(panel, view, turn)))
    return found


# What is drawn of a whole charge: minutes after the reading.
CHARGE_MINUTES = (0, 1, 60, 120, 180, 240, 300, 340)
PAUSED_MINUTES = range(110, 140)


def charge(name):
    """[(when, picture)] of a car that is read at 28 % and charges, with a pause, until it is full."""
    panel = new_panel(name)
    evening = Evening(current_a=16, phases=3)
    evening.plug(Battery(58_000, 28))
    evening.status.replugged = True
    evse = Evse()
    evse.last_delivery = "ok"
    found = []
    for minute in range(CHARGE_MINUTES[-1] + 1):
        evening.evse.has_current = minute not in PAUSED_MINUTES
        if minute:
            evening.charge(1)
        if minute in CHARGE_MINUTES:
            view = views.view(evening.status, evse, Net(), Access())
            label = f"{minute // 60} h {minute % 60:02d} min: battery {evening.evse.car.battery.percent:.1f} %"
            found.append((label, draw(panel, view)))
    return found


def strip(found):
    """Pictures of one size on top of one another."""
    width, height = found[0][1].size
    whole = Image.new("RGB", (width, height * len(found)))
    for at, (_, picture) in enumerate(found):
        whole.paste(picture, (0, at * height))
    return whole


GROUND, FRAME, INK = (244, 245, 247), (20, 22, 26), (70, 76, 84)
GAP, LABEL, COLUMNS = 18, 20, 4
CHOSEN_COLUMNS = 3


def sheet(found, zoom, columns=COLUMNS):
    """All of them side by side with their names, as people look at them."""
    width, height = found[0][1].size
    cell = width * zoom + 2 * GAP, height * zoom + GAP + LABEL + 8
    rows = (len(found) + columns - 1) // columns
    whole = Image.new("RGB", (cell[0] * columns, cell[1] * rows + GAP), GROUND)
    draw_on = ImageDraw.Draw(whole)
    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 13)
    for at, (label, picture) in enumerate(found):
        left = at % columns * cell[0] + GAP
        top = at // columns * cell[1] + GAP
        large = picture.resize((width * zoom, height * zoom), Image.Resampling.NEAREST)
        draw_on.rounded_rectangle(
            [left - 6, top - 6, left + large.width + 5, top + large.height + 5], 5, fill=FRAME
        )
        whole.paste(large, (left, top))
        draw_on.text((left, top + large.height + 8), label, INK, font=font)
    return whole


def save(image, path):
    """A small PNG: the screens have few colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path, path.stat().st_size)


def main():
    """Write all pictures; gives the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--docs", type=Path, default=DOCS, metavar="DIR")
    options.add_argument("--stored", type=Path, default=STORED, metavar="DIR")
    chosen = options.parse_args()
    with glass.fitted():
        for name in DISPLAYS:
            found = pictures(name)
            chosen.stored.mkdir(parents=True, exist_ok=True)
            strip(found).save(chosen.stored / f"{name}.png", optimize=True)
            if name in SHEETS:
                save(sheet(found, SHEETS[name]), chosen.docs / f"screens_{name}.png")
            if name in SHEETS:
                save(sheet(charge(name), SHEETS[name]), chosen.docs / f"charge_{name}.png")
            if name == "320x170":
                few = [(screen, picture) for screen, picture in found if screen in CHOSEN]
                save(sheet(few, 1, CHOSEN_COLUMNS), chosen.docs / "screens.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
