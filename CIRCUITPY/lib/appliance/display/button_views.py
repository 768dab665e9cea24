# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The screens that the button turns to; loaded when it is pressed for the first time."""

from appliance.base import version
from appliance.base.text import hex_text
from appliance.display import views, words
from appliance.display.words import say
from appliance.state import cars

AUTO, NETWORK, LAST_CAR, ABOUT = "auto", "network", "last_car", "about"
PAGES = (AUTO, NETWORK, LAST_CAR, ABOUT)


def _network_page(_state, wifi, access):
    if wifi.address:
        return views.View(views.IDLE, [wifi.ssid] + views.address_texts(wifi, access), say("Network"), views.WIFI)
    texts = words.sentences(wifi.cause) if wifi.cause else [say("WiFi is not connected")]
    return views.View(views.ATTENTION, list(texts), say("Network"), views.WIFI)


def _car_page(state, _wifi, _access):
    reading = state.reading
    if reading is None:
        return views.View(views.IDLE, [say("none read since start-up")], say("Last car"), views.CAR)
    name = cars.name_in(reading) or say("Last car")
    texts = [say("%s, read %s") % (views.soc_text(reading), views.age_text(state.age_s()))]
    capacity = cars.filled(reading, "energy_capacity_wh")
    if capacity is not None:
        texts.append(say("battery %d kWh") % ((capacity + 500) // 1000))
    if reading.evccid:
        texts.append("EVCCID " + hex_text(cars.low_six(reading.evccid)))
    texts.append(reading.protocol)
    return views.View(views.IDLE, texts, name, views.CAR)


def _about_page(state, _wifi, _access):
    texts = [
        say("version %s") % version.VERSION,
        say("running for %s") % views.span_text(state.uptime.seconds),
        say("modem %s") % state.modem_status,
    ]
    return views.View(views.IDLE, texts + [words.short(code) for code in state.causes()], "socbox", views.PLUG)


_PAGE_VIEWS = {NETWORK: _network_page, LAST_CAR: _car_page, ABOUT: _about_page}


def view(page, state, wifi, access):
    """The screen of any of PAGES except the first."""
    return _PAGE_VIEWS[page](state, wifi, access)
