# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The screens that the button turns to."""

from types import SimpleNamespace

import pytest
from appliance.display import button_views
from appliance.display.button_views import ABOUT, LAST_CAR, NETWORK
from appliance.state import faults
from appliance.state.log import Uptime
from appliance.state.status import Status
from v2g.reading import Reading


def wifi(address=None, cause=None):
    return SimpleNamespace(address=address, cause=cause, ssid="Home", hostname="socbox", port_text=lambda: "")


ACCESS = SimpleNamespace(made_up="abcd efgh")


def texts(page, state=None, net=None):
    return button_views.view(page, state or Status(Uptime(0), str), net, ACCESS).texts


def test_the_network_page_has_the_address_and_the_password_that_the_box_made_up():
    shown = texts(NETWORK, net=wifi("192.168.1.51"))
    assert shown[0] == "Home"
    assert any("192.168.1.51" in text for text in shown) and any("abcd efgh" in text for text in shown)


def test_without_a_network_the_page_says_why_and_what_to_do():
    assert texts(NETWORK, net=wifi(cause="wifi_auth")) == [faults.text("wifi_auth"), faults.action("wifi_auth")]
    assert texts(NETWORK, net=wifi()) == ["WiFi is not connected"]


def state_with(**told):
    state = Status(Uptime(0), str)
    reading = Reading("DIN 70121", bytes.fromhex("02ab34cd56ef"))
    for key, value in told.items():
        setattr(reading, key, value)
    state.read(reading)
    return state


def test_the_last_car_is_shown_with_what_it_told_and_nothing_that_it_did_not():
    full = texts(LAST_CAR, state_with(soc_percent=42, energy_capacity_wh=57600))
    assert full[0].startswith("42") and full[1:] == ["battery 58 kWh", "EVCCID 02ab34cd56ef", "DIN 70121"]
    assert texts(LAST_CAR, state_with(soc_percent=42))[1:] == ["EVCCID 02ab34cd56ef", "DIN 70121"]
    assert texts(LAST_CAR) == ["none read since start-up"]


def test_the_page_about_the_box_lists_everything_that_is_wrong():
    state = Status(Uptime(0), str)
    for code in ("settings_error", "smartevse_off"):
        state.set_cause(code)
    shown = texts(ABOUT, state)
    assert {faults.short("settings_error"), faults.short("smartevse_off")} <= set(shown)


@pytest.mark.parametrize("page", button_views.PAGES[1:])
def test_every_page_but_the_first_has_a_screen(page):
    assert button_views.view(page, Status(Uptime(0), str), wifi(), ACCESS).texts
