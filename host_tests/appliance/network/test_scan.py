# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The search for networks, a channel at a time."""

import pytest
from appliance.network import scan
from appliance.network.scan import (
    CHANNELS,
    LOGIN,
    MOST_KEPT,
    MOST_SHOWN,
    OPEN,
    PASSWORD,
    UNKNOWN,
    Networks,
    bars,
)


class Found:
    def __init__(self, ssid, rssi, channel, modes=("WPA2", "PSK"), bssid=b"\x02\x00\x00\x00\x00\x01"):
        self._ssid = ssid
        self.rssi = rssi
        self.channel = channel
        self.bssid = bssid
        self.authmode = [f"wifi.AuthMode.{mode}" for mode in modes]

    @property
    def ssid(self):
        if isinstance(self._ssid, Exception):
            raise self._ssid
        return self._ssid


class Radio:
    def __init__(self, air):
        self.air = air
        self.scanned = []
        self.scanning = False
        self.fail = False

    def start_scanning_networks(self, *, start_channel, stop_channel):
        assert start_channel == stop_channel and not self.scanning
        if self.fail:
            raise RuntimeError("Already scanning for wifi networks")
        self.scanning = True
        self.scanned.append(start_channel)
        return iter([found for found in self.air if found.channel == start_channel])

    def stop_scanning_networks(self):
        self.scanning = False


def search(air):
    radio = Radio(air)
    found = Networks(radio)
    found.begin()
    while not found.look():
        assert not radio.scanning
        found.begin()
    assert radio.scanned == list(range(1, CHANNELS + 1))
    return found


def test_the_strongest_of_each_name_first():
    found = search(
        [
            Found("Home", -70, 1),
            Found("Guests", -60, 6, ("OPEN",)),
            Found("Home", -50, 11, bssid=b"\x02\x00\x00\x00\x00\x02"),
            Found("Office", -80, 13, ("WPA2", "ENTERPRISE")),
            Found("Cafe", -84, 2, ()),
            Found("", -40, 3),
            Found(UnicodeError(), -40, 3),
        ]
    )
    assert [(one.ssid, one.rssi, one.kind) for one in found.shown] == [
        ("Home", -50, PASSWORD),
        ("Guests", -60, OPEN),
        ("Office", -80, LOGIN),
        ("Cafe", -84, UNKNOWN),
    ]
    best = found.best("Home")
    assert (best.channel, best.bssid) == (11, b"\x02\x00\x00\x00\x00\x02")
    assert found.best("Elsewhere") is None


def test_a_block_of_flats():
    found = search([Found(f"N{number}", -40 - number, number % 13 + 1) for number in range(200)])
    assert len(found._last) == MOST_KEPT
    assert len(found.shown) == MOST_SHOWN
    levels = [one.rssi for one in found.shown]
    assert levels == sorted(levels, reverse=True)


def test_the_last_list_stays_while_the_next_is_made():
    found = search([Found("Home", -50, 6)])
    found.begin()
    found.look()
    assert [one.ssid for one in found.shown] == ["Home"] and found.best("Home")


def test_a_radio_that_refuses_is_left_alone():
    radio = Radio([])
    radio.fail = True
    found = Networks(radio)
    found.begin()
    with pytest.raises(RuntimeError):
        found.look()
    assert not radio.scanning


@pytest.mark.parametrize(("rssi", "count"), [(-30, 4), (-60, 4), (-61, 3), (-70, 2), (-80, 1), (-90, 0)])
def test_bars(rssi, count):
    assert bars(rssi) == count


def test_weak_is_less_than_one_bar():
    assert bars(scan.WEAK_DBM - 1) <= 1
