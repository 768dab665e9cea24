# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the radio is set to for a join."""

import sys
import types

from appliance.network.link import ANYWHERE, Link
from appliance.settings.settings import Settings

from host_tests.support.fake_radio import HOME, Clock, Point, Radio


def link(**settings):
    """A Link, its radio and what it told."""
    values = Settings()
    for key, value in settings.items():
        values.use(key, value)
    told = []
    radio = Radio(Clock(), Point(), Point("Work"))
    return Link(values, radio, lambda radio: [radio], None, lambda *text: told.append(text)), radio, told


def test_a_board_without_a_radio_has_no_link():
    assert not Link(Settings(), None, None, None, None).exists
    assert link()[0].exists


def test_an_access_point_is_asked_for_by_channel_or_also_bssid_or_the_firmware_chooses():
    found, radio, _ = link()
    for place in ((6, None), (6, HOME), ANYWHERE):
        found.join("Home", "correct horse", place)
        radio.lose()
    assert [asked[2:] for asked in radio.joins] == [(6, None), (6, HOME), (0, None)]


def test_where_the_box_is_can_be_asked_while_it_is_there():
    found, _, _ = link()
    assert (found.address(), found.place(), found.rssi()) == (None, None, None)
    found.join("Home", "correct horse", ANYWHERE)
    assert (found.place(), found.rssi(), found.address()) == ((6, HOME), -50, "192.168.1.50")


def test_a_link_that_dhcp_has_not_answered_yet_has_no_address():
    found, radio, _ = link()
    found.join("Home", "correct horse", ANYWHERE)
    radio.joined.dhcp = False
    radio.lease()
    assert str(radio.ipv4_address) == "0.0.0.0"
    assert found.is_joined() and found.address() is None


FIXED = {
    "WIFI_SSID": "Home",
    "WIFI_STATIC_ADDRESS": "192.168.1.9",
    "WIFI_NETMASK": "255.255.255.0",
    "WIFI_GATEWAY": "192.168.1.1",
}


def test_a_name_server_that_the_radio_does_not_take_costs_no_join():
    class Refusing(Radio):
        @property
        def dns(self):
            return ()

        @dns.setter
        def dns(self, addresses):
            if addresses:
                raise OSError(-2)

    found, radio, told = link(**FIXED)
    radio.__class__ = Refusing
    found.join("Home", "correct horse", ANYWHERE)
    assert found.address() == "192.168.1.9" and told == [("info", "name server not taken: -2")]


def test_the_fixed_address_is_left_and_taken_again_with_its_network():
    found, radio, _ = link(**FIXED)
    addresses = []
    for ssid in ("Home", "Work", "Work", "Home"):
        found.join(ssid, "correct horse", ANYWHERE)
        addresses.append(found.address())
    assert addresses == ["192.168.1.9", "192.168.1.50", "192.168.1.50", "192.168.1.9"]
    assert radio.dhcp_starts == 1


def test_the_pool_is_made_once():
    found, _, _ = link()
    found.open_pool()
    pool = found.pool
    found.open_pool()
    assert found.pool is pool


def test_modem_sleep_is_switched_off_where_the_firmware_can(monkeypatch):
    found, radio, _ = link()
    monkeypatch.setitem(sys.modules, "wifi", types.ModuleType("wifi"))
    found.stay_awake()
    assert radio.power_management == "MIN", "CircuitPython 9 has no such switch"
    sys.modules["wifi"].PowerManagement = types.SimpleNamespace(NONE="NONE")
    found.stay_awake()
    assert radio.power_management == "NONE"


# ---- transmit power


def test_the_board_keeps_its_own_power_unless_the_settings_have_another():
    for setting, dbm in ((0, 20), (13, 13), (2, 2)):
        found, radio, _ = link(WIFI_TX_POWER_DBM=setting)
        found.join("Home", "correct horse", ANYWHERE)
        assert radio.powers == [dbm]


def test_low_power_is_never_more_than_the_settings_have():
    for setting, usual, low in ((0, 20, 7), (13, 13, 7), (7, 7, 7), (5, 5, 5)):
        found, radio, _ = link(WIFI_TX_POWER_DBM=setting)
        found.enable()
        for is_low in (False, True, False):
            found.use_power(is_low)
            assert radio.tx_power == (low if is_low else usual)
        assert found.has_less_power() == (usual > 7)


def test_low_power_is_kept_while_it_helps():
    found, radio, _ = link()
    for needed in (True, True, False):
        found.keep_low_power(needed)
        found.join("Home", "correct horse", ANYWHERE)
        assert found.has_less_power() != needed
        radio.lose()
    assert radio.powers == [7, 7, 20]


def test_a_chip_whose_power_cannot_be_set_joins_all_the_same():
    class Fixed(Radio):
        tx_power = property()

    found = Link(Settings(), Fixed(Clock(), Point()), None, None, None)
    found.join("Home", "correct horse", ANYWHERE, True)
    assert found.address() and not found.has_less_power()
