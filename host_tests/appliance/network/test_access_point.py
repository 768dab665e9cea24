# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's own access point: how it goes on the air, leaves it, and knows who is there."""

import sys
import types

import pytest
from appliance.network import access_point, captive_dns
from appliance.network.access_point import GUEST_MS, LOOK_MS, MOST_GUESTS, AccessPoint, is_guest, qr_text

from host_tests.support.fake_radio import Clock


class Radio:
    mac_address = bytes.fromhex("02005e00cafe")
    enabled = False

    def __init__(self):
        self.asked = None
        self.ap_active = True

    def start_ap(self, *arguments, **keywords):
        assert self.enabled
        self.asked = (arguments, keywords)

    def stop_ap(self):
        self.asked = None


class Dns:
    """The name server; `fault` is raised when it is made."""

    fault = None
    made = ()

    def __init__(self, pool, poller, address, subnet, seen):
        if Dns.fault is not None:
            raise Dns.fault
        self.seen = seen
        self.closed = False
        self.queries = 0
        Dns.made = (*Dns.made, self)

    def poll(self):
        self.queries -= 1
        return self.queries >= 0

    def close(self):
        self.closed = True


@pytest.fixture
def point(monkeypatch):
    wifi = types.ModuleType("wifi")
    wifi.AuthMode = types.SimpleNamespace(WPA2="WPA2", PSK="PSK")
    monkeypatch.setitem(sys.modules, "wifi", wifi)
    monkeypatch.setattr(captive_dns, "CaptiveDns", Dns)
    monkeypatch.setattr(Dns, "fault", None)
    monkeypatch.setattr(Dns, "made", ())
    clock = Clock()
    made = AccessPoint(Radio(), "abcdefghjk", clock.ticks)
    made.clock = clock
    return made


def test_it_is_named_after_the_chip_and_protected_by_its_password(point):
    point.start("pool", 6)
    arguments, keywords = point._radio.asked
    assert arguments == ("socbox-CAFE", point.password)
    assert keywords == {"channel": 6, "authmode": ("WPA2", "PSK"), "max_connections": MOST_GUESTS}
    assert point.active


def test_leaving_the_air_frees_the_socket_of_the_name_server(point):
    point.start("pool", 6)
    point.stop()
    assert not point.active and point._radio.asked is None
    assert Dns.made[0].closed
    assert not point.poll(point.clock.now)


def test_a_name_server_without_a_socket_leaves_an_access_point_that_can_be_stopped(point):
    Dns.fault = RuntimeError("Out of sockets")
    with pytest.raises(RuntimeError):
        point.start("pool", 6)
    assert point.active
    point.stop()
    assert point._radio.asked is None and not point.active


@pytest.mark.parametrize("on_air", [True, False])
def test_the_radio_is_asked_once_whether_it_is_on_the_air(point, on_air):
    assert not point.wants_look(point.clock.now)
    point.start("pool", 6)
    point._radio.ap_active = on_air
    point.clock.wait(LOOK_MS - 1)
    assert not point.wants_look(point.clock.now)
    point.clock.wait(1)
    assert point.wants_look(point.clock.now) and point.is_on_air() == on_air
    assert not point.wants_look(point.clock.now)
    point.start("pool", 6)
    point.stop()
    point.clock.wait(LOOK_MS)
    assert not point.wants_look(point.clock.now)


def test_one_name_is_answered_a_pass(point):
    assert not point.poll(0)
    point.start("pool", 6)
    Dns.made[0].queries = 2
    assert [point.poll(0) for _ in range(3)] == [True, True, False]


def test_a_phone_that_asks_for_a_name_is_a_guest_but_no_reader(point):
    point.start("pool", 6)
    now = point.clock.now
    assert not point.guest.holds(now)
    Dns.made[0].seen()
    assert point.guest.holds(now) and not point.reader.holds(now)
    point.reader_seen()
    assert point.reader.holds(now)
    point.clock.wait(GUEST_MS)
    assert not point.guest.holds(point.clock.now) and not point.reader.holds(point.clock.now)


def test_guests_of_an_earlier_time_on_the_air_are_forgotten(point):
    point.start("pool", 6)
    point.guest_seen()
    point.reader_seen()
    point.stop()
    point.start("pool", 6)
    assert not point.guest.holds(point.clock.now) and not point.reader.holds(point.clock.now)


@pytest.mark.parametrize(
    ("address", "guest"), [("192.168.4.2", True), ("192.168.40.2", False), ("192.168.1.4", False)]
)
def test_who_is_a_guest(address, guest):
    assert is_guest(address) == guest


def test_the_code_for_phones_names_network_and_password():
    assert qr_text("socbox-CAFE", "abcdefghjk") == "WIFI:T:WPA;S:socbox-CAFE;P:abcdefghjk;;"
    assert access_point.ADDRESS.startswith(access_point.SUBNET)
