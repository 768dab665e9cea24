# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""From an empty settings.toml to the owner's network with a phone's camera and thumb, and every way it can go wrong.

The phone is in-process (host_tests/twin/phone.py): it reads the QR code off the display's pixels, joins, asks for
names, fetches what its system fetches, and posts what the page posts. Times are virtual.
"""

import json
import re

import pytest

from host_tests.bench.device_time import MATCHING_PIECE_US, PASS_BESIDES_PIECE_US, SESSION_PIECE_US
from host_tests.support.attacks import ATTACKS, Attack
from host_tests.support.shown_codes import code_on, network_on
from host_tests.support.starts import page_is_up, program_s, started
from host_tests.twin.errors import DeviceOSError
from host_tests.twin.network import AccessPoint
from host_tests.twin.phone import PROBES, Phone, query
from host_tests.twin.smartevse import STATE_MODEM_WAIT
from host_tests.twin.station import scan_of
from host_tests.twin.world import SETTINGS_IN_USE, World

NO_NETWORK = {"WIFI_SSID": None, "WIFI_PASSWORD": None}
OWN_PAGE = "http://192.168.4.1"
SETUP = OWN_PAGE + "/api/setup"
# Ether type, version and type of the message, little-endian.
SLAC_PARM_REQ = bytes.fromhex("88e1016460")
WAKES_US = 200_000


def minutes(**options):
    """A world for waits of many minutes: pure Python costs no time in it, all else does."""
    return World(device_options={"charge_lines": False}, **options)


def console(world):
    return world.device.console_text()


def faults(world):
    return [line for line in console(world).splitlines() if " E " in line or "Traceback" in line]


def on_the_air(world):
    return world.device.station.ap_active


def until_offered(world, limit_s=60):
    """Wait for the access point, its code on the display and its page; gives when the code was there."""
    assert world.run_until(lambda: on_the_air(world), limit_s)
    assert world.run_until(lambda: network_on(world.display) is not None, 20, 100_000)
    offered_s = world.now_s
    assert world.run_until(lambda: page_is_up(world), 30, 100_000)
    return offered_s


def phone_in(world, platform="android"):
    phone = Phone(world.network, platform)
    assert phone.join(*network_on(world.display)) == "joined"
    return phone


def state(phone):
    response = phone.get(SETUP, timeout_s=3)
    return response.json() if response is not None and response.status == 200 else None


def first_state(world, phone, limit_s=15):
    """As the page asks: again when the box did not answer, for example because it was joining."""
    end_s = world.now_s + limit_s
    while world.now_s < end_s:
        known = state(phone)
        if known is not None:
            return known
        world.run(1.2)
    raise AssertionError("no answer")


def result(world, phone, limit_s=60):
    """What the page would show: the result, asked for every 1.2 s."""
    end_s = world.now_s + limit_s
    while world.now_s < end_s:
        known = state(phone)
        if known is not None and known["result"] is not None:
            return known["result"]
        world.run(1.2)
    raise AssertionError("no result")


def enter(phone, ssid="Home", password="correct horse"):
    response = phone.post(SETUP + "/join", {"ssid": ssid, "password": password})
    assert response.status == 200, response.text
    return response.json()


def document(world):
    answer = world.network.http("GET", "/api/status", {"Authorization": "Bearer correct horse"})
    assert answer.status == 200
    return json.loads(answer.body)


# ---- all goes well


@pytest.mark.parametrize("platform", sorted(PROBES))
def test_from_empty_settings_to_the_owners_network(platform, figures):
    with World(seed=21, settings=NO_NETWORK) as world:
        offered_s = until_offered(world)
        offered_after_s = offered_s - program_s(world)
        assert offered_after_s < 10
        name, password = network_on(world.display)
        assert re.fullmatch("socbox-[0-9A-F]{4}", name) and len(password) == 10
        phone = Phone(world.network, platform)
        assert phone.join(name, "12345678") == "wrong password"
        assert phone.join(name, password) == "joined"
        world.run(2)

        assert phone.resolve("example.com").addresses == ["192.168.4.1"]
        assert phone.resolve("example.com", kind=28).addresses == []
        assert phone.open_portal() == OWN_PAGE + "/setup"
        page = phone.get(OWN_PAGE + "/")
        assert (page.status, page.url) == (200, OWN_PAGE + "/setup")
        assert b"Choose your WiFi" in page.body
        known = state(phone)
        assert known["networks"] == [{"ssid": "Home", "bars": 4, "kind": "password"}]
        assert known["state"] == "waiting" and known["trouble"] is None

        asked_s = world.now_s
        enter(phone)
        assert result(world, phone)["address"] == "http://192.168.1.50/"
        joined_s = world.now_s - asked_s
        # Most of it makes room for the first save.
        assert joined_s < 15
        # The system must not close the page before it is read.
        assert phone.probe() == "portal"
        assert phone.post(SETUP + "/finish", {}).status == 200
        assert phone.probe() == "online"
        assert world.run_until(lambda: not on_the_air(world), 10)
        assert not phone.associated
        assert world.run_until(lambda: code_on(world.display) == "http://192.168.1.50", 5, 100_000)
        assert world.network.mdns == {"services": [("_http", "_tcp", 80)], "hostname": "socbox"}
        assert world.device.station.power_management == "NONE"
        assert faults(world) == []

        world.power_cycle()
        assert world.run_until(lambda: world.device.station.address is not None, 30)
        again_s = world.now_s
        world.run(20)
        assert not on_the_air(world)
        if platform == "android":
            figures(
                f"first run: code on the display {offered_after_s:.1f} s after the program's start, result on "
                f"the phone {joined_s:.1f} s after Connect"
            )
            assert again_s > 0


def test_an_access_point_that_did_not_come_up_is_opened_again():
    with minutes(seed=21, settings=NO_NETWORK) as world:
        world.device.station.refuses_ap = True
        assert world.run_until(lambda: "no access point" in console(world), 60)
        world.device.station.refuses_ap = False
        assert world.run_until(lambda: on_the_air(world), 40)
        world.run(5)
        assert on_the_air(world) and console(world).count("no access point") == 1


@pytest.mark.parametrize("channel", [12, 13])
def test_the_access_point_is_ours_where_the_known_network_is_on_a_channel_that_the_radio_opens_none_on(channel):
    with minutes(seed=21, settings=dict(SETTINGS_IN_USE, WIFI_PASSWORD="changed since")) as world:
        world.wifi.channel = channel
        until_offered(world)
        station = world.device.station
        assert (station.ap_ssid[:7], station.ap_channel) == ("socbox-", 1)
        phone = phone_in(world)
        enter(phone)
        assert result(world, phone)["ok"]
        assert station.ap_channel == channel


def test_a_wrong_password_is_told_and_can_be_corrected():
    with World(seed=22, settings=NO_NETWORK) as world:
        until_offered(world)
        phone = phone_in(world)
        enter(phone, password="wrong password")
        told = result(world, phone)
        assert (told["ok"], told["code"]) == (False, "wifi_auth")
        assert "password" in told["text"] and "weak signal" in told["text"]
        assert on_the_air(world)
        # The reason that access points give when the four-way handshake ends in nothing.
        world.wifi.refuse = 15
        enter(phone, password="wrong password")
        assert result(world, phone)["code"] == "wifi_auth"
        world.wifi.refuse = None
        enter(phone)
        assert result(world, phone)["ok"]


def test_a_weak_network_is_named_as_a_reason():
    with World(seed=22, settings=NO_NETWORK) as world:
        world.wifi.rssi = -86
        until_offered(world)
        phone = phone_in(world)
        world.run(4)
        assert state(phone)["networks"][0]["bars"] == 0
        enter(phone, password="wrong password")
        assert "Its signal is weak here" in result(world, phone)["text"]


def test_a_network_that_hides_its_name_is_joined_by_name():
    with World(seed=23, settings=NO_NETWORK) as world:
        world.wifi.hidden = True
        until_offered(world)
        phone = phone_in(world)
        world.run(4)
        assert state(phone)["networks"] == []
        enter(phone)
        assert result(world, phone)["ok"]


@pytest.mark.parametrize(
    ("ssid", "password"),
    [
        ("Café \U0001f697", 'päss"wörd\\ \U0001f511'),
        ("two  spaces ", " leading blank"),
        ("semi;colon", "a,b:c;d\\e"),
    ],
)
def test_any_letters_survive_page_flash_and_restart(ssid, password):
    with World(seed=24, settings=NO_NETWORK) as world:
        world.wifi.ssid, world.wifi.password = ssid, password
        until_offered(world)
        phone = phone_in(world)
        enter(phone, ssid, password)
        assert result(world, phone)["ok"]
        world.run(3)
        world.power_cycle()
        assert world.run_until(lambda: world.device.station.address is not None, 30)


@pytest.mark.parametrize(
    ("ssid", "password", "field"),
    [
        ("", "correct horse", "ssid"),
        ("x" * 33, "correct horse", "ssid"),
        ("Home", "short", "password"),
        ("Home", "x" * 65, "password"),
        ("Home", "", "password"),
        ("Work", "correct horse", "password"),
    ],
)
def test_what_cannot_be_is_refused_before_the_radio_tries(ssid, password, field):
    with World(seed=25, settings=NO_NETWORK) as world:
        until_offered(world)
        phone = phone_in(world)
        world.run(4)
        networks = world.device.modules["appliance.network.scan"]
        if ssid == "Work":
            from host_tests.session.inside import box_of

            found = networks.Network("Work", -50, 1, bytes(6), networks.LOGIN)
            box_of(world).wifi.networks._last.append(found)
        response = phone.post(SETUP + "/join", {"ssid": ssid, "password": password})
        assert (response.status, response.json()["field"]) == (422, field)
        joins = world.device.station.joins
        world.run(5)
        assert world.device.station.joins == joins


def test_a_pc_that_has_the_drive_is_named_and_the_box_joins_all_the_same():
    with World(seed=26, settings=NO_NETWORK, device_options={"usb_host": True}) as world:
        until_offered(world)
        phone = phone_in(world)
        enter(phone)
        assert result(world, phone)["ok"]
        world.run(3)
        assert "Eject it" in state(phone)["result"]["problem"]
        world.device.drive.usb_host = False
        world.run(65)
        assert "settings saved" in console(world)
        world.power_cycle()
        assert world.run_until(lambda: world.device.station.address is not None, 30)


def test_the_access_point_waits_for_whoever_has_not_read_the_result():
    with minutes(seed=27, settings=NO_NETWORK) as world:
        until_offered(world)
        phone = phone_in(world)
        enter(phone)
        world.run(100)
        assert on_the_air(world), "nobody has asked for the result yet"
        assert state(phone)["result"]["ok"]
        world.run(31)
        assert on_the_air(world) and phone.probe() == "online"
        world.run(35)
        assert not on_the_air(world)


def test_a_router_with_the_addresses_of_the_access_point_ends_it_at_once():
    with World(seed=28, settings=NO_NETWORK) as world:
        world.wifi.lease, world.wifi.gateway = "192.168.4.50", "192.168.4.1"
        until_offered(world)
        phone = phone_in(world)
        enter(phone)
        assert world.run_until(lambda: world.device.station.address is not None, 30)
        world.run(1)
        assert not on_the_air(world)
        assert world.run_until(lambda: code_on(world.display) == "http://192.168.4.50", 10, 100_000)


def test_a_page_on_another_port_is_named_with_it():
    with World(seed=29, settings=dict(NO_NETWORK, HTTP_PORT=8080)) as world:
        until_offered(world)
        phone = phone_in(world)
        world.run(4)
        phone.resolve("example.com")
        assert world.run_until(lambda: code_on(world.display) == OWN_PAGE + ":8080", 5, 100_000)
        page = phone.get(OWN_PAGE + ":8080/")
        assert (page.status, page.url) == (200, OWN_PAGE + ":8080/setup")


# ---- the network is known, but


def test_a_router_that_starts_later_than_the_box(figures):
    with minutes(seed=31) as world:
        world.set_fault("wifi_off", True)
        offered_s = until_offered(world)
        assert offered_s < program_s(world) + 16
        assert "(wifi_no_ssid)" in console(world)
        world.run(300 - world.now_s)
        assert on_the_air(world)
        world.set_fault("wifi_off", False)
        back_s = world.now_s
        assert world.run_until(lambda: world.device.station.address is not None, 60)
        figures(
            f"router off at power-up: access point after {offered_s - program_s(world):.1f} s, "
            f"joined {world.now_s - back_s:.1f} s after the router came back"
        )
        assert world.now_s - back_s < 40
        world.run(15)
        assert not on_the_air(world)
        assert faults(world) == []


def test_a_router_that_comes_back_while_somebody_reads_the_page():
    with minutes(seed=32) as world:
        world.set_fault("wifi_off", True)
        until_offered(world)
        phone = phone_in(world)
        known = first_state(world, phone)
        assert known["known"] == "Home"
        assert known["trouble"]["code"] == "wifi_no_ssid"
        world.set_fault("wifi_off", False)
        assert result(world, phone, 100)["ok"]
        world.run(20)
        assert on_the_air(world), "time to read the result"
        world.run(60)
        assert not on_the_air(world)


def test_a_changed_password_offers_the_access_point_and_keeps_the_old_one(figures):
    with minutes(seed=33) as world:
        world.wifi.password = "changed today"
        offered_s = until_offered(world)
        assert offered_s < program_s(world) + 25
        assert "(wifi_auth)" in console(world)
        phone = phone_in(world)
        assert "Password?" not in console(world)
        assert state(phone)["trouble"]["code"] == "wifi_auth"
        joins = world.device.station.joins
        for _ in range(20):
            world.run(5)
            state(phone)
        assert world.device.station.joins == joins, "nobody who types is thrown out"
        # The page is closed, but the phone stays and goes on asking for names.
        for _ in range(6):
            world.run(60)
            phone.resolve("example.com")
        assert world.device.station.joins > joins
        phone.leave()
        world.wifi.password = SETTINGS_IN_USE["WIFI_PASSWORD"]
        began_s = world.now_s
        assert world.run_until(lambda: world.device.station.address is not None, 600)
        figures(
            f"changed WiFi password: access point after {offered_s - program_s(world):.1f} s; changed back: joined after "
            f"{world.now_s - began_s:.0f} s"
        )


@pytest.mark.parametrize("firmware", ["10.1.4", "10.3.0"])
def test_a_silent_dhcp_server_is_left_by_the_watchdog_and_not_tried_all_the_time(firmware, figures):
    """Up to 10.2.1 the first reset by the watchdog leaves nothing that tells why: the second one does."""
    with World(seed=34, device_options={"charge_lines": False, "firmware": firmware}) as world:
        world.wifi.dhcp = False
        first_known = 2 if firmware == "10.3.0" else 3
        assert world.run_until(lambda: world.device.starts == first_known, 140)
        bitten_s = world.now_s
        offered_s = until_offered(world)
        assert "(wifi_dhcp)" in console(world)
        world.run(900 - world.now_s)
        bites = len([reason for _, reason in world.device.resets if reason == "WATCHDOG"])
        assert bites <= 3, "the second after half a minute, from then on at most every ten minutes"
        assert until_offered(world) > 0
        world.wifi.dhcp = True
        back_s = world.now_s
        assert world.run_until(lambda: world.device.station.address is not None, 700)
        figures(
            f"silent DHCP server, CircuitPython {firmware}: known after {bitten_s:.0f} s, access point "
            f"{offered_s - bitten_s:.1f} s later, {bites} bites in 15 min, joined {world.now_s - back_s:.0f} s after it "
            "answers"
        )
        world.run(15)
        assert not on_the_air(world)


def test_a_silent_dhcp_server_met_from_the_page_is_told_after_the_restart():
    with World(seed=35, settings=NO_NETWORK) as world:
        world.wifi.dhcp = False
        until_offered(world)
        phone = phone_in(world)
        enter(phone)
        assert world.run_until(lambda: world.device.starts == 2, 60)
        assert world.run_until(lambda: on_the_air(world) and phone.associated, 30)
        # The page comes some seconds behind the access point.
        for _ in range(15):
            world.run(1)
            told = state(phone)
            if told is not None:
                break
        assert told["trouble"]["code"] == "wifi_dhcp"
        world.wifi.dhcp = True
        enter(phone)
        assert result(world, phone)["ok"]


def test_a_router_that_reboots_brings_no_access_point(figures):
    with minutes(seed=36) as world:
        assert world.run_until(lambda: world.device.station.address is not None, 60)
        world.set_fault("wifi_off", True)
        world.run(100)
        assert not on_the_air(world)
        world.set_fault("wifi_off", False)
        back_s = world.now_s
        assert world.run_until(lambda: world.device.station.address is not None, 60)
        figures(f"router rebooted: joined {world.now_s - back_s:.1f} s after it is back")
        world.set_fault("wifi_off", True)
        lost_s = world.now_s
        assert world.run_until(lambda: on_the_air(world), 240)
        figures(f"network gone for good: access point after {world.now_s - lost_s:.0f} s")


@pytest.mark.parametrize("dhcp_s", [0, 3])
def test_a_box_that_the_router_throws_out_waits_for_its_address(dhcp_s):
    with minutes(seed=37) as world:
        started(world)
        joins = world.device.station.joins
        world.wifi.dhcp = False
        world.device.station.kicked()
        world.run(dhcp_s)
        world.wifi.dhcp = True
        world.run(10)
        assert world.device.station.joins == joins, "the firmware came back by itself"
        answer = world.network.http("GET", "/", {"Host": "192.168.1.50"})
        assert answer.status not in (None, 421)
        lines = [line for line in console(world).splitlines() if "connect" in line]
        assert any("connection lost" in line for line in lines)
        assert not [line for line in lines if "0.0.0.0" in line or "None" in line]


def test_a_new_lease_without_a_loss_is_the_boxs_address():
    with minutes(seed=38) as world:
        started(world)
        world.wifi.lease = "192.168.1.77"
        world.device.station.renewed()
        world.run(3)
        answer = world.network.http("GET", "/", {"Host": "192.168.1.77"})
        assert answer.status not in (None, 421)
        assert "connected to Home, http://192.168.1.77" in console(world)


# ---- boards whose antenna takes little power


def poor_antenna(**options):
    world = World(**options)
    world.device.station.most_tx_dbm = 11
    return world


def test_a_board_that_is_understood_only_at_low_power_joins_without_a_word_of_a_wrong_password(figures):
    with World(seed=37) as usual:
        assert usual.run_until(lambda: usual.device.station.address is not None, 30)
        usual_s = usual.now_s
    with poor_antenna(seed=37) as world:
        assert world.run_until(lambda: world.device.station.address is not None, 30)
        joined_s = world.now_s
        assert "wifi_auth" not in console(world)
        # The join may be over before the box is complete, which tells it then.
        assert world.run_until(lambda: "WIFI_TX_POWER_DBM" in console(world), 15)
        figures(
            f"a board that needs low transmit power joins {joined_s - usual_s:.1f} s later than others"
        )
        joins = world.device.station.joins
        world.set_fault("wifi_off", True)
        world.run(20)
        world.set_fault("wifi_off", False)
        assert world.run_until(lambda: world.device.station.address is not None, 60)
        assert joins == 2 and "wifi_auth" not in console(world)
        assert world.device.station.is_understood


def test_a_setting_spares_the_first_try_in_vain():
    with poor_antenna(seed=38, settings=dict(SETTINGS_IN_USE, WIFI_TX_POWER_DBM=7)) as world:
        assert world.run_until(lambda: world.device.station.address is not None, 30)
        assert world.device.station.joins == 1


def test_a_phone_sets_up_a_board_that_is_understood_only_at_low_power():
    with poor_antenna(seed=39, settings=NO_NETWORK) as world:
        until_offered(world)
        phone = phone_in(world)
        enter(phone, password="wrong password")
        assert result(world, phone)["code"] == "wifi_auth"
        enter(phone)
        assert result(world, phone)["ok"]


# ---- cars come first


def test_a_network_lost_during_a_session_waits_for_its_end():
    with World(seed=41) as world:
        started(world)
        joins = world.device.station.joins
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 155 in world.checkpoints, 30)
        world.set_fault("wifi_off", True)
        world.run(7)
        world.set_fault("wifi_off", False)
        assert world.run_until(lambda: 910 in world.checkpoints, 60)
        assert world.device.station.joins == joins, "nothing joins while a car is read"
        assert world.run_until(lambda: world.device.station.address is not None, 30)
        assert world.run_until(lambda: world.smartevse.posts, 60)
        assert world.smartevse.posts[0]["values"]["current_soc"] == 42


def test_a_car_is_read_while_the_access_point_is_on_and_a_join_waits():
    with World(seed=42, settings=NO_NETWORK) as world:
        for number in range(60):
            point = AccessPoint(
                f"A neighbour's network {number}", "secret 12", number % 13 + 1, bytes((2, *range(4), number))
            )
            point.rssi = -50 - number % 40
            world.network.other_access_points.append(point)
        until_offered(world)
        phone = phone_in(world)
        world.run(4)
        device = world.device

        def phases(entry):
            number = entry.get("checkpoint")
            device.probe.phase = {100: "matching", 155: "session", 910: ""}.get(number, device.probe.phase)

        world.listeners.append(phases)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 100 in world.checkpoints, 30)
        joins = device.station.joins
        # No request is looked at while the car is matched; the page asks again.
        assert world.run_until(lambda: 155 in world.checkpoints, 30)
        enter(phone)
        phone.post(SETUP + "/search", {})
        assert state(phone)["car"] and len(state(phone)["networks"]) == 20
        while 910 not in world.checkpoints:
            phone.resolve("www.example.com")
            state(phone)
            assert world.now_s < 100
        assert device.station.joins == joins
        gaps = device.probe.worst_in
        assert gaps["matching"].us <= MATCHING_PIECE_US + PASS_BESIDES_PIECE_US, gaps["matching"]
        assert gaps["session"].us <= SESSION_PIECE_US + PASS_BESIDES_PIECE_US, gaps["session"]
        assert result(world, phone)["ok"]
        assert faults(world) == []


@pytest.mark.parametrize("channel", [12, 13])
def test_a_car_that_searches_while_the_radio_only_listens_on_a_channel_is_read(channel):
    with World(seed=42, settings=NO_NETWORK) as world:
        device, clock = world.device, world.clock
        look_at, searches = device.station.look_at, []
        look = []

        def watched(number):
            if number == channel and not look:
                # The SmartEVSE looks at its pilot line once a second, and a car needs its time from then on.
                clock.after(0, world.plug, world.new_car(soc_percent=42))
                device.wait_until(lambda: world.smartevse.state == STATE_MODEM_WAIT)
                device.wait_until(lambda: False, WAKES_US)
                look.append(clock.now_us)
                look_at(number)
                look.append(clock.now_us)
            else:
                look_at(number)

        def tap(now_us, frame):
            if frame[12:17] == SLAC_PARM_REQ:
                searches.append(now_us)

        device.station.look_at = watched
        world.powerline.pcap.append(tap)
        assert world.run_until(lambda: 910 in world.checkpoints, 120)
        begin_us, end_us = look
        assert end_us - begin_us == scan_of(channel) and begin_us < searches[0] < end_us
        assert faults(world) == []


@pytest.mark.parametrize(
    "attack", ["connect and stay silent", "50 connections at once", "a byte every 300 ms"]
)
def test_hostile_guests_on_the_access_point_while_a_car_is_read(attack):
    with World(seed=43, settings=NO_NETWORK, display=None) as world:
        assert world.run_until(lambda: on_the_air(world), 30)
        world.run(10)
        every_ms, keep, begin = ATTACKS[attack]
        device = world.device
        hostile = Attack(world, every_ms, keep, begin)
        number = [0]

        def bombard():
            """Name queries, answers and noise at port 53."""
            number[0] += 1
            data = (query("a.example"), bytes(600), b"\xff" * 40, query("b" * 63 + ".example"))[number[0] % 4]
            world.network.stack.datagram(53, data, ("192.168.4.99", 4000))
            world.clock.after(3_000, bombard)

        bombard()
        world.run(1)
        device.probe.reset()
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 910 in world.checkpoints, 90)
        assert device.probe.worst.us <= SESSION_PIECE_US + PASS_BESIDES_PIECE_US, device.probe.worst
        hostile.stop()
        world.run(3)
        station = device.station
        phone = Phone(world.network)
        assert phone.join(station.ap_ssid, station.ap_password) == "joined"
        assert state(phone) is not None
        assert faults(world) == []


def test_a_car_is_read_without_any_wifi_and_without_an_access_point():
    with World(seed=44) as world:
        world.set_fault("wifi_off", True)
        station = world.device.station
        station.start_ap = lambda *_: (_ for _ in ()).throw(RuntimeError("out of memory"))
        world.run(40)
        assert "no access point" in console(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 910 in world.checkpoints, 90)
        assert not on_the_air(world)


@pytest.mark.parametrize("fault", [MemoryError("Failed to allocate Wifi memory"), DeviceOSError("WiFi driver")])
def test_a_car_is_read_on_a_board_whose_radio_does_not_start(fault):
    with World(seed=44) as world:
        world.device.station.start_fault = fault
        world.run(20)
        assert f"no radio: {fault}" in console(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 910 in world.checkpoints, 90)
        assert world.device.station.joins == 0 and not on_the_air(world)
        assert faults(world) == []


def test_the_charge_has_the_display_and_the_offer_comes_back_later():
    with minutes(seed=45, settings=NO_NETWORK) as world:
        until_offered(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 910 in world.checkpoints, 60)
        for _ in range(30):
            world.run(1)
            assert code_on(world.display) is None
        world.unplug()
        world.run(600)
        seen = set()
        for _ in range(30):
            world.run(1)
            seen.add(code_on(world.display) is not None)
        assert seen == {True, False}, "charge and offer take turns"


# ---- who may


def test_the_password_is_the_boxs_own_for_ever_and_told_nowhere():
    passwords = {}
    for seed in (1, 2):
        with World(seed=seed, settings=dict(NO_NETWORK, WEB_PASSWORD="correct horse")) as world:
            until_offered(world)
            passwords[seed] = network_on(world.display)[1]
            world.power_cycle()
            until_offered(world)
            assert network_on(world.display)[1] == passwords[seed]
            assert world.device.nvm.count(passwords[seed].encode()) == 1
            phone = phone_in(world)
            owner = {"Authorization": "Bearer correct horse"}
            for path in ("/api/status", "/api/log", "/diagnostics.txt", "/api/backup", "/api/setup"):
                response = phone.request("GET", OWN_PAGE + path, owner)
                assert response.status == 200
                assert passwords[seed].encode() not in response.body, path
    assert passwords[1] != passwords[2]


def test_only_guests_set_up_and_the_rest_keeps_its_password():
    with World(seed=47, settings=NO_NETWORK) as world:
        until_offered(world)
        phone = phone_in(world)
        world.run(3)
        assert phone.request("GET", OWN_PAGE + "/config").status in (303, 401)
        assert phone.request("GET", OWN_PAGE + "/api/status").status in (303, 401)
        join = SETUP + "/join"
        body = json.dumps({"ssid": "Home", "password": "correct horse"})
        foreign = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
        assert phone.request("POST", join, foreign, body).status == 403
        assert phone.request("POST", "http://evil.example/api/setup/join", foreign, body).status == 421
        assert phone.request("GET", join).status in (404, 405)
        for broken in ("", "[]", "{}", '{"ssid": 1, "password": 2}', '{"ssid": "Home"}', "\xff"):
            assert phone.request("POST", join, {"Origin": OWN_PAGE}, broken).status == 422
        assert state(phone)["state"] == "waiting"
        enter(phone)
        assert result(world, phone)["ok"]
        lan = world.network.http("GET", "/api/setup", {"Host": "192.168.1.50"})
        assert lan.status == 404, "the set-up page is for guests only"
        lan_query = world.network.stack.datagram_sockets[53]
        answered = len(phone._received)
        lan_query.datagram_arrived(query("example.com"), ("192.168.1.77", 4000))
        world.run(1)
        assert len(phone._received) == answered
