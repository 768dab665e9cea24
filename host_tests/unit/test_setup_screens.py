# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes and words for setting up WiFi: readable by a program no one here wrote, and inside every display."""

import pytest
import zxingcpp
from appliance import qr, scenes, setup_screens, status
from appliance.access_point import ALPHABET, PASSWORD_LENGTH, new_password, own_password, qr_text
from appliance.log import Uptime
from appliance.setup_screens import GUEST, JOINED, JOINING, OFFER
from appliance.status import Status
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from v2g.reading import Reading

SIZES = [(128, 64), (128, 32), (160, 80), (240, 135), (240, 240), (320, 170), (320, 240)]
NAME = "socbox-4AFE"


class Point:
    name = NAME
    password = "abcdefghjk"
    active = True
    guest_at = None


class Wifi:
    ssid = ""
    cause = None
    address = "192.168.178.205"
    hostname = "socbox"
    wish = None
    access_point = Point()
    offered = True
    connected = False
    joined = False
    guest = False

    def port_text(self):
        return ""

    def just_joined(self, _now):
        return self.joined

    def has_guest(self, _now):
        return self.guest


def layout_of(width, height):
    """As the panel of a display of this size has it; an OLED keeps a margin."""
    colour = height > 64
    wander = 0 if colour else scenes.WANDER
    return setup_screens.Layout(width - wander, height, scenes.Fonts(width, height, colour).text)


def drawn(view, layout, width, height):
    """The light square of a view as a picture of the display, a pixel a pixel."""
    image = Image.new("L", (width, height), 0)
    pixels = layout.pixels
    rows = qr.modules(view.code)
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
    view = setup_screens.view(which, Wifi(), layout)
    image = drawn(view, layout, *size)
    found = zxingcpp.read_barcodes(image.resize((size[0] * 3, size[1] * 3), Image.Resampling.NEAREST))
    assert [code.text for code in found] == [view.code]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("which", [OFFER, GUEST, JOINED])
@pytest.mark.parametrize("cause", [None, *setup_screens._TITLES])
def test_words_fit_beside_the_code(which, size, cause):
    wifi = Wifi()
    wifi.cause = cause
    layout = layout_of(*size)
    view = setup_screens.view(which, wifi, layout)
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


def test_a_long_name_of_the_box_is_cut_and_nothing_else():
    wifi = Wifi()
    wifi.hostname = "the-box-in-the-garage-of-number-7"[:32]
    view = setup_screens.view(JOINED, wifi, layout_of(128, 64))
    assert view.lines[0] == "Connected" and "".join(view.lines[1:3]) == "192.168.178.205"
    assert len(view.lines) == 5


def test_while_joining_the_name_of_the_network_is_shown():
    wifi = Wifi()
    wifi.wish = ("Home", "secret")
    view = setup_screens.view(JOINING, wifi, layout_of(128, 64))
    assert view.texts == ["Home"] and "secret" not in view.heading
    wifi.wish = None
    assert setup_screens.view(JOINING, wifi, layout_of(128, 64)).texts == [""]


# ---- which screen


def make(stage="WAITING", modem="READY"):
    state = Status(Uptime(0))
    state.watch(modem, stage)
    return state


def test_which_screen_is_due():
    wifi = Wifi()
    assert setup_screens.kind(make(), None, 0) is None
    assert setup_screens.kind(make(), wifi, 0) == OFFER
    wifi.guest = True
    assert setup_screens.kind(make(), wifi, 0) == GUEST
    wifi.wish = ("Home", "")
    assert setup_screens.kind(make(), wifi, 0) == JOINING
    wifi.wish = None
    wifi.joined = True
    assert setup_screens.kind(make(), wifi, 0) == JOINED
    wifi.joined = wifi.guest = wifi.offered = False
    assert setup_screens.kind(make(), wifi, 0) is None


@pytest.mark.parametrize("stage", ["MATCHING", "JOINING", "READING", "LEAVING"])
def test_a_car_has_the_display(stage):
    state = make()
    state.car_plugged(bytes(6))
    state.watch("READY", stage)
    assert setup_screens.kind(state, Wifi(), 0) is None


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
        seen.append(setup_screens.kind(state, Wifi(), now))
    assert set(seen[:598]) == {None}
    assert set(seen[602:]) == {None, OFFER}


def test_a_missing_modem_and_the_offer_take_turns():
    state = make(modem="ABSENT_LOW")
    assert state.stage() == status.MODEM_MISSING
    seen = set()
    for second in range(40):
        state.uptime.advance(second * 1000)
        seen.add(setup_screens.kind(state, Wifi(), 0))
    assert seen == {None, OFFER}


# ---- codes


@pytest.mark.parametrize(("length", "version"), [(1, 1), (17, 1), (18, 2), (32, 2), (33, 3), (53, 3)])
def test_the_smallest_version_that_fits(length, version):
    text = "x" * length
    assert qr.version_for(text) == version
    assert len(qr.modules(text)) == 17 + 4 * version


def test_nothing_larger_is_made():
    with pytest.raises(ValueError):
        qr.version_for("x" * 54)


def test_every_network_of_ours_fits_64_pixels_at_two_a_module():
    text = qr_text(NAME, ALPHABET[:PASSWORD_LENGTH])
    assert qr.version_for(text) == 3
    assert 2 * len(qr.modules(text)) + 2 * 3 <= 64


@given(st.lists(st.integers(0, 255), min_size=10, max_size=30))
def test_passwords_need_no_escape_and_no_guess(numbers):
    noise = bytes(numbers) + bytes(20)
    password = new_password(lambda _count: noise)
    assert len(password) == PASSWORD_LENGTH
    assert not set(password) & set('\\;,:"0O1lI')
    assert qr_text(NAME, password) == f"WIFI:T:WPA;S:{NAME};P:{password};;"


def test_the_password_is_made_once_and_a_damaged_one_is_made_anew():
    nvm = bytearray(b"\xff" * 8192)
    numbers = iter(range(1000))
    random_bytes = lambda count: bytes(next(numbers) % 248 for _ in range(count))  # noqa: E731
    first = own_password(nvm, random_bytes)
    assert own_password(nvm, random_bytes) == first
    nvm[nvm.index(first.encode())] = ord("0")
    second = own_password(nvm, random_bytes)
    assert second != first and own_password(nvm, random_bytes) == second
    assert len(nvm) == 8192
    assert own_password(None, random_bytes) != own_password(None, random_bytes)


class Counter:
    def __init__(self):
        self.made = 0
        self.told = []

    def count(self):
        self.made += 1


def test_codes_are_made_one_a_step_and_the_last_ones_kept():
    counter = Counter()
    codes = qr.Codes(counter.count, counter.told.append)
    assert not codes.due(0)
    texts = [f"http://192.168.1.{number}" for number in range(5)]
    assert [codes.get(text) for text in texts] == [None] * 5
    assert codes.get(texts[0]) is None
    codes._loaded = True
    steps = 0
    while codes.due(0):
        codes.run(0)
        steps += 1
    assert steps == 5 and counter.made == 5
    assert codes.get(texts[4]) == qr.modules(texts[4])
    assert codes.get(texts[0]) is None, "only the last ones are kept"


def test_without_the_library_the_words_must_do(monkeypatch):
    def missing(_text):
        raise ImportError("no module named 'adafruit_miniqr'")

    counter = Counter()
    codes = qr.Codes(counter.count, counter.told.append)
    codes._loaded = True
    monkeypatch.setattr(qr, "modules", missing)
    codes.get("x")
    codes.run(0)
    assert counter.told == ["no QR code: no module named 'adafruit_miniqr'"]
    assert codes.get("x") is None and not codes.due(0)
