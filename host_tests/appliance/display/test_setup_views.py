# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes and words for setting up WiFi: readable by a program no one here wrote, and inside every display."""

import pytest
import zxingcpp
from appliance.display import layout, setup_stage, setup_views
from appliance.display.setup_stage import GUEST, JOINED, JOINING, OFFER
from appliance.network.provisioning import Wish
from appliance.state import status
from appliance.state.log import Uptime
from appliance.state.status import Status
from PIL import Image
from v2g.reading import Reading

from host_tests.support.qr_codes import modules

SIZES = [(128, 64), (128, 32), (160, 80), (240, 135), (240, 240), (320, 170), (320, 240)]
NAME = "socbox-4AFE"


class Point:
    name = NAME
    password = "abcdefghjk"
    active = True


class Provisioning:
    wish = None
    access_point = Point()
    offered = True
    joined = False
    guest = False

    def just_joined(self, _now):
        return self.joined

    def has_guest(self, _now):
        return self.guest


class Wifi:
    ssid = ""
    cause = None
    address = "192.168.178.205"
    hostname = "socbox"
    connected = False

    def __init__(self):
        self.provisioning = Provisioning()

    def port_text(self):
        return ""


def layout_of(width, height):
    """As the panel of a display of this size has it; an OLED keeps a margin."""
    colour = height > 64
    wander = 0 if colour else layout.WANDER
    return setup_views.Layout(width - wander, height, layout.Fonts(width, height, colour).small)


def drawn(view, layout, width, height):
    """The light square of a view as a picture of the display, a pixel a pixel."""
    image = Image.new("L", (width, height), 0)
    pixels = layout.pixels
    rows = modules(view.code)
    left, top = (layout.across - len(rows)) // 2, (layout.down - len(rows)) // 2
    for row in range(layout.down):
        for column in range(layout.across):
            inside = 0 <= row - top < len(rows) and 0 <= column - left < len(rows)
            if not (inside and rows[row - top][column - left] == "1"):
                x, y = layout.left + column * pixels, layout.top + row * pixels
                image.paste(255, (x, y, x + pixels, y + pixels))
    return image


@pytest.mark.parametrize("size", [size for size in SIZES if size != (128, 32)])
@pytest.mark.parametrize("which", [OFFER, GUEST, JOINED])
def test_codes_are_read_off_every_display(which, size):
    layout = layout_of(*size)
    view = setup_views.view(which, Wifi(), layout)
    image = drawn(view, layout, *size)
    found = zxingcpp.read_barcodes(image.resize((size[0] * 3, size[1] * 3), Image.Resampling.NEAREST))
    assert [code.text for code in found] == [view.code]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("which", [OFFER, GUEST, JOINED])
@pytest.mark.parametrize("cause", [None, *setup_views.TITLES])
def test_words_fit_beside_the_code(which, size, cause):
    wifi = Wifi()
    wifi.cause = cause
    layout = layout_of(*size)
    view = setup_views.view(which, wifi, layout)
    assert layout.text_left >= layout.left + layout.across * layout.pixels
    assert len(view.lines) <= layout.lines
    assert layout.lines * layout.line <= size[1]
    for line in view.lines:
        assert layout.text_left + layout.font.width(line) <= size[0], line
        assert ".." not in line, "nothing of it may be cut"
    text = "".join(view.lines)
    if which == OFFER:
        assert NAME in text and Point.password in text
    elif which == GUEST:
        assert "http://192.168.4.1" in text
    else:
        assert "192.168.178.205" in text and "socbox.local" in text


@pytest.mark.parametrize("size", SIZES)
def test_after_joining_the_password_that_the_box_made_up_stands_there_whole(size):
    layout = layout_of(*size)
    view = setup_views.view(JOINED, Wifi(), layout, "mwmw-2345")
    text = "".join(view.lines)
    assert "192.168.178.205" in text and "mwmw-2345" in text and ".." not in text
    for line in view.lines:
        assert layout.text_left + layout.font.width(line) <= size[0], line


def test_a_long_name_of_the_box_is_cut_and_nothing_else():
    wifi = Wifi()
    wifi.hostname = "the-box-in-the-garage-of-number-7"[:32]
    view = setup_views.view(JOINED, wifi, layout_of(128, 64))
    assert view.lines[0] == "Connected" and "".join(view.lines[1:3]) == "192.168.178.205"
    assert len(view.lines) == 5


def test_while_joining_the_name_of_the_network_is_shown():
    wifi = Wifi()
    wifi.provisioning.wish = Wish("Home", "secret", 0)
    view = setup_views.view(JOINING, wifi, layout_of(128, 64))
    assert view.texts == ["Home"] and "secret" not in view.heading
    wifi.provisioning.wish = None
    assert setup_views.view(JOINING, wifi, layout_of(128, 64)).texts == [""]


# ---- which screen


def make(stage="WAITING", modem="READY"):
    state = Status(Uptime(0), str)
    state.watch(modem, stage)
    return state


def test_which_screen_is_due():
    wifi = Wifi()
    assert setup_stage.kind(make(), wifi, 0) == OFFER
    provisioning = wifi.provisioning
    provisioning.guest = True
    assert setup_stage.kind(make(), wifi, 0) == GUEST
    provisioning.wish = Wish("Home", "", 0)
    assert setup_stage.kind(make(), wifi, 0) == JOINING
    provisioning.wish = None
    provisioning.joined = True
    assert setup_stage.kind(make(), wifi, 0) == JOINED
    provisioning.joined = provisioning.guest = provisioning.offered = False
    assert setup_stage.kind(make(), wifi, 0) is None


@pytest.mark.parametrize("stage", ["MATCHING", "JOINING", "READING", "LEAVING"])
def test_a_car_has_the_display(stage):
    state = make()
    state.car_plugged(bytes(6))
    state.watch("READY", stage)
    assert setup_stage.kind(state, Wifi(), 0) is None


def test_a_charge_has_the_display_for_ten_minutes_and_then_takes_turns():
    state = make()
    state.car_plugged(bytes(6))
    value = Reading("DIN 70121", bytes(6))
    value.soc_percent = 81
    state.read(value)
    state.session_ended("ok")
    assert state.stage() == status.SOC
    now = 0
    seen = []
    for _ in range(700):
        now += 1000
        state.uptime.advance(now)
        seen.append(setup_stage.kind(state, Wifi(), now))
    assert set(seen[:598]) == {None}
    assert set(seen[602:]) == {None, OFFER}


def test_a_missing_modem_and_the_offer_take_turns():
    state = make(modem="ABSENT_LOW")
    assert state.stage() == status.MODEM_MISSING
    seen = set()
    for second in range(40):
        state.uptime.advance(second * 1000)
        seen.add(setup_stage.kind(state, Wifi(), 0))
    assert seen == {None, OFFER}
