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


def channels_of_a_search(air, first, wanted="Home", meanwhile=None):
    radio = Radio(air)
    networks = Networks(radio)
    networks.begin(first)
    if meanwhile is not None:
        meanwhile(networks)
    while not networks.look(wanted):
        pass
    return networks, radio.scanned


def test_a_search_ends_on_its_first_channel_when_the_network_is_heard_well_there():
    air = [Found("Home", -60, 6), Found("Home", -40, 11), Found("Guests", -40, 6)]
    networks, scanned = channels_of_a_search(air, 6)
    assert scanned == [6] and networks.best("Home").channel == 6
    assert not networks.complete and networks.shown == []


@pytest.mark.parametrize("first", range(1, CHANNELS + 1))
@pytest.mark.parametrize(
    "air", [[], [Found("Home", -69, 6)], [Found("Guests", -30, 6)]], ids=["away", "faint", "another"]
)
def test_a_search_goes_on_over_all_channels_once_when_the_first_has_not_what_is_wanted(first, air):
    networks, scanned = channels_of_a_search(air, first)
    assert scanned == [first, *(channel for channel in range(1, CHANNELS + 1) if channel != first)]
    assert networks.complete and len(networks._last) == len(air)


def test_a_search_that_somebody_waits_for_meanwhile_is_not_cut_short():
    networks, scanned = channels_of_a_search(
        [Found("Home", -60, 6)], 6, meanwhile=lambda networks: networks.begin()
    )
    assert len(scanned) == CHANNELS and networks.complete


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
