# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The screens that the button turns to; loaded when it is pressed for the first time."""

from appliance import cars, causes, screens, status

AUTO, NETWORK, LAST_CAR, ABOUT = "auto", "network", "last_car", "about"
PAGES = (AUTO, NETWORK, LAST_CAR, ABOUT)


def _network_page(_state, wifi, access):
    if wifi is None:
        return screens.View(screens.IDLE, ["no WiFi on this board"], "Network", screens.WIFI)
    if wifi.address:
        return screens.View(screens.IDLE, [wifi.ssid] + screens.address_texts(wifi, access), "Network", screens.WIFI)
    texts = [causes.text(wifi.cause), causes.action(wifi.cause)] if wifi.cause else ["WiFi is not connected"]
    return screens.View(screens.ATTENTION, texts, "Network", screens.WIFI)


def _car_page(state, _wifi, _access):
    reading = state.reading
    if reading is None:
        return screens.View(screens.IDLE, ["none read since the start"], "Last car", screens.CAR)
    name = reading.profile.name if reading.profile is not None and reading.profile.name else "Last car"
    texts = ["%d%%, read %s" % (reading.soc_percent, screens.age_text(state.age_s()))]
    capacity = cars.filled(reading, "energy_capacity_wh")
    if capacity is not None:
        texts.append("battery %d kWh" % ((capacity + 500) // 1000))
    if reading.evccid:
        texts.append("EVCCID " + status.hex_text(cars.low_six(reading.evccid)))
    texts.append(reading.protocol)
    return screens.View(screens.IDLE, texts, name, screens.CAR)


def _about_page(state, _wifi, _access):
    texts = [
        "version " + status.VERSION,
        "running for " + screens.span_text(state.uptime.seconds),
        "modem " + state.modem_status,
    ]
    return screens.View(screens.IDLE, texts + [causes.short(code) for code in state.causes()], "socbox", screens.PLUG)


_PAGE_VIEWS = {NETWORK: _network_page, LAST_CAR: _car_page, ABOUT: _about_page}


def view(page, state, wifi, access):
    """The screen of one of PAGES but the first."""
    return _PAGE_VIEWS[page](state, wifi, access)
