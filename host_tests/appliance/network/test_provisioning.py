# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""When the box's own access point comes and goes, and what becomes of a network that a guest names there."""

import sys

import pytest

from host_tests.support.fake_radio import Point
from host_tests.support.wifi_rig import Rig

NEW = ("Cellar", "battery staple")
NO_NETWORK = {"WIFI_SSID": "", "WIFI_PASSWORD": ""}
DAY_S = 24 * 3600


def offering(*air, **settings):
    """A box without a network that offers its access point, with a guest who has the page open."""
    rig = Rig(*air, Point(*NEW, channel=11, bssid=bytes(6)), **(settings or NO_NETWORK))
    rig.until(lambda: rig.provisioning.offered)
    rig.until(lambda: rig.station.networks.complete)
    rig.guest_opens_page()
    return rig


def enter(rig, ssid=NEW[0], password=NEW[1]):
    assert rig.provisioning.ask_join(ssid, password, rig.clock.now)


def result(rig, seconds=60):
    rig.until(lambda: rig.provisioning.outcome is not None, seconds)
    return rig.provisioning.outcome


def skip(rig, seconds):
    """Time goes by in steps of a minute, with a pass in each."""
    for _ in range(int(seconds / 60)):
        rig.clock.wait(60_000)
        rig.turn()


# ---- offering


def test_with_no_network_known_the_access_point_is_there_at_once_and_networks_are_searched():
    rig = Rig(**NO_NETWORK)
    assert rig.until(lambda: rig.provisioning.offered) < 0.1
    assert rig.station.reachable and not rig.station.connected
    assert rig.texts("info") == ["access point socbox-CAFE, page at http://192.168.4.1"]
    assert rig.texts("console") == ["access point socbox-CAFE, password abcdefghjk"]
    rig.until(lambda: rig.station.networks.complete)
    assert [network.ssid for network in rig.station.networks.shown] == ["Home"]
    assert rig.point.channels == [1]


def test_it_comes_after_the_second_failure():
    rig = Rig(Point("Neighbour"))
    rig.until(lambda: len(rig.texts("failed")) == 2)
    assert not rig.provisioning.offered
    rig.run(0.2)
    assert rig.provisioning.offered


def test_it_comes_on_the_channel_of_the_network_that_refuses():
    rig = Rig(Point(password="changed today"))
    rig.until(lambda: rig.provisioning.offered)
    assert rig.point.channels == [6]


def test_it_comes_at_once_after_a_join_that_hung():
    marked = Rig()
    marked.mark_hung_joins(1)
    rig = Rig(chip=marked.chip)
    assert rig.until(lambda: rig.provisioning.offered) < 0.2


def test_a_router_that_restarts_brings_no_access_point_one_that_is_gone_does_after_three_minutes():
    rig = Rig()
    rig.until(lambda: rig.station.connected)
    (home,) = rig.radio.air
    rig.radio.air.clear()
    rig.radio.lose()
    rig.run(140)
    assert not rig.provisioning.offered
    rig.radio.air.append(home)
    rig.until(lambda: rig.station.connected)
    rig.radio.air.clear()
    rig.radio.lose()
    rig.until(lambda: not rig.station.connected)
    assert 180 <= rig.until(lambda: rig.provisioning.offered, 300) < 185


def test_an_access_point_that_cannot_be_is_tried_again():
    rig = Rig(**NO_NETWORK)
    rig.point.fault = RuntimeError("out of memory")
    rig.run(5)
    assert rig.texts("info") == ["no access point: out of memory"] and not rig.provisioning.offered
    rig.point.fault = None
    assert 24 < rig.until(lambda: rig.provisioning.offered, 60) < 31


def test_a_box_in_its_network_loads_nothing_of_it():
    rig = Rig()
    rig.until(lambda: rig.station.connected)
    assert rig.station.provisioning is None and not rig.station.offered
    rig.radio.air.clear()
    rig.radio.lose()
    rig.until(lambda: rig.station.offered, 300)
    assert rig.station.provisioning.access_point is rig.point


def test_a_file_that_is_missing_is_told_and_tried_again(monkeypatch):
    monkeypatch.setitem(sys.modules, "appliance.network.provisioning", None)
    rig = Rig(**NO_NETWORK)
    rig.run(35)
    (first, second) = rig.texts("info")
    assert first == second and first.startswith("no access point: ") and not rig.station.offered
    monkeypatch.undo()
    rig.until(lambda: rig.station.offered, 35)


def test_an_access_point_that_cannot_be_made_is_told_and_tried_again():
    rig = Rig(**NO_NETWORK)
    made = []

    def make_point():
        if not made:
            made.append(1)
            raise RuntimeError("no address")
        return rig.point

    rig.station.make_point = make_point
    rig.run(5)
    assert rig.texts("info") == ["no access point: no address"] and not rig.station.offered
    rig.until(lambda: rig.station.offered, 35)


def test_an_access_point_that_the_radio_did_not_start_is_told_and_tried_again():
    rig = Rig(WIFI_SSID="")
    rig.radio.refuses_ap = True
    rig.until(lambda: rig.point.channels, 5)
    assert rig.until(lambda: not rig.provisioning.offered, 5) < 3
    assert rig.texts("info")[-1] == "no access point: the radio did not start it"
    rig.radio.refuses_ap = False
    assert 28 < rig.until(lambda: rig.provisioning.offered, 60) < 32
    rig.run(60)
    assert rig.provisioning.offered and len(rig.point.channels) == 2


# ---- a network is named


def test_the_network_that_was_named_is_joined_and_kept():
    rig = offering()
    rig.run(60)
    enter(rig)
    assert rig.provisioning.wish is not None and rig.provisioning.outcome is None
    assert (result(rig).ssid, result(rig).cause) == ("Cellar", None)
    assert rig.provisioning.wish is None
    assert (rig.station.ssid, rig.station.connected) == ("Cellar", True)
    rig.run(1)
    assert rig.saved == [NEW] and rig.provisioning.save_problem is None
    assert rig.provisioning.just_joined(rig.clock.now)


def test_the_answer_to_the_page_leaves_before_the_join_stands_still():
    rig = offering()
    enter(rig)
    assert rig.until(lambda: rig.radio.joins) >= 1.5


def test_a_fresh_search_is_not_made_again_an_old_one_is():
    rig = offering()
    searched = len(rig.radio.scanned)
    enter(rig, password="wrong password")
    result(rig)
    assert len(rig.radio.scanned) == searched
    rig.run_with_reader(55)
    enter(rig)
    result(rig)
    assert len(rig.radio.scanned) == searched + 13


def test_one_network_is_tried_at_a_time_and_none_while_the_box_is_in_one():
    rig = offering()
    enter(rig)
    assert not rig.provisioning.ask_join(*NEW, rig.clock.now)
    result(rig)
    assert not rig.provisioning.ask_join("Home", "correct horse", rig.clock.now)


def test_a_network_that_fails_is_told_and_the_known_one_stays():
    rig = offering(Point(password="changed today"), WIFI_SSID="Home")
    enter(rig, password="wrong password")
    found = result(rig, 120)
    assert (found.ssid, found.cause) == ("Cellar", "wifi_auth")
    assert rig.station.ssid == "Home" and rig.saved == []
    assert rig.texts("failed")[-1] == "Cellar: not joined: Authentication failure"
    joins = len(rig.radio.joins)
    rig.run(55)
    assert len(rig.radio.joins) == joins, "time to type it again"
    rig.until(lambda: len(rig.radio.joins) > joins)
    assert rig.radio.joins[-1][0] == "Home"


def test_a_hidden_network_can_be_named():
    rig = offering()
    rig.radio.air[-1].hidden = True
    rig.station.ask_search()
    rig.run(5)
    enter(rig)
    assert result(rig).cause is None


def test_a_network_that_cannot_be_saved_is_used_and_saved_later():
    rig = offering()
    rig.save_fault = "The drive belongs to a computer."
    enter(rig)
    assert result(rig).cause is None
    rig.run(1)
    assert rig.provisioning.save_problem == rig.save_fault
    assert rig.texts("info")[-1] == "network not saved: The drive belongs to a computer."
    rig.save_fault = None
    rig.run(55)
    assert rig.saved == []
    rig.run(6)
    assert rig.saved == [NEW] and rig.provisioning.save_problem is None


def test_a_fixed_address_is_not_taken_into_another_network():
    fixed = {
        "WIFI_STATIC_ADDRESS": "192.168.1.9",
        "WIFI_NETMASK": "255.255.255.0",
        "WIFI_GATEWAY": "192.168.1.1",
    }
    rig = offering(Point(password="changed today"), WIFI_SSID="Home", **fixed)
    enter(rig)
    result(rig, 120)
    assert rig.station.address == "192.168.1.50"
    assert rig.radio.dhcp_starts == 1


def test_the_access_point_needs_little_power_and_leaves_the_usual_one_to_joins():
    rig = offering()
    assert rig.radio.tx_power == 7
    enter(rig)
    result(rig)
    assert rig.radio.powers == [20] and rig.radio.tx_power == 20


def test_a_network_that_was_named_is_told_as_refused_only_after_a_try_with_less_power():
    rig = offering()
    rig.radio.most_dbm = 11
    enter(rig, password="wrong password")
    assert result(rig).cause == "wifi_auth"
    assert rig.radio.powers == [20, 7] and rig.radio.tx_power == 7
    enter(rig)
    rig.until(lambda: rig.station.connected)
    assert rig.radio.powers == [20, 7, 20, 7] and result(rig).cause is None


@pytest.mark.parametrize("refuse", [None, 17])
def test_nobody_who_types_is_thrown_out_by_a_join_that_is_in_vain(refuse):
    home = Point(password="changed today")
    home.refuse = refuse
    rig = offering(home, WIFI_SSID="Home")
    joins = len(rig.radio.joins)
    rig.run_with_reader(180)
    # What the password cannot cure is tried once a minute; a wrong password is not.
    assert len(rig.radio.joins) - joins == (0 if refuse is None else 3)
    rig.run(250)
    assert len(rig.radio.joins) > joins + 1


# ---- going


def joined_with_reader():
    rig = offering()
    rig.run(3)
    rig.guest_opens_page()
    enter(rig)
    result(rig)
    return rig


def gone_after(rig, limit=300):
    seconds = rig.until(lambda: not rig.provisioning.offered, limit)
    assert rig.texts("info")[-1] == "access point closed"
    return round(seconds)


def test_with_nobody_there_it_goes_soon():
    rig = Rig(Point("Neighbour"))
    rig.until(lambda: rig.provisioning.offered)
    rig.radio.air.append(Point(channel=1))
    rig.until(lambda: rig.station.connected)
    assert gone_after(rig) == 10
    assert rig.station.reachable


def test_a_guest_has_three_minutes_to_come_for_the_result():
    assert gone_after(joined_with_reader()) == 180


def test_it_stays_a_minute_after_the_result_was_shown_and_the_phones_probe_is_content_after_half_of_it():
    rig = joined_with_reader()
    rig.run(100)
    rig.provisioning.read_result(rig.clock.now)
    assert not rig.provisioning.is_done(rig.clock.now)
    rig.run(31)
    assert rig.provisioning.is_done(rig.clock.now)
    rig.provisioning.read_result(rig.clock.now)
    assert gone_after(rig) == 29


def test_it_goes_when_the_guest_has_read_enough():
    rig = joined_with_reader()
    rig.provisioning.finish(rig.clock.now)
    assert rig.provisioning.is_done(rig.clock.now)
    assert gone_after(rig) == 4


def test_it_goes_at_once_where_the_router_gives_out_the_same_addresses():
    rig = offering()
    rig.radio.air[-1].lease = "192.168.4.50"
    enter(rig)
    result(rig)
    assert gone_after(rig) == 0


def test_it_stays_when_the_network_is_lost_before_it_went():
    rig = joined_with_reader()
    rig.radio.air.clear()
    rig.radio.lose()
    rig.run(200)
    assert rig.provisioning.offered
    assert not rig.provisioning.is_done(rig.clock.now)


# ---- guests, and ticks that come round


def test_a_guest_is_there_for_two_minutes_after_the_last_request():
    rig = offering()
    now = rig.clock.now
    assert rig.provisioning.has_guest(now) and rig.provisioning.has_reader(now)
    rig.run(119)
    assert rig.provisioning.has_guest(rig.clock.now)
    rig.run(2)
    assert not rig.provisioning.has_guest(rig.clock.now) and not rig.provisioning.has_reader(rig.clock.now)


def test_a_guest_of_four_days_ago_is_not_here():
    rig = offering()
    skip(rig, 4 * DAY_S)
    assert rig.provisioning.offered
    assert not rig.provisioning.has_guest(rig.clock.now) and not rig.provisioning.has_reader(rig.clock.now)


def test_the_display_tells_the_new_address_for_three_minutes_and_never_again():
    rig = joined_with_reader()
    rig.run(170)
    assert rig.provisioning.just_joined(rig.clock.now)
    rig.run(20)
    assert not rig.provisioning.just_joined(rig.clock.now)
    skip(rig, 4 * DAY_S)
    assert not rig.provisioning.just_joined(rig.clock.now)


def test_a_search_of_four_days_ago_is_not_fresh():
    rig = offering()
    skip(rig, 4 * DAY_S)
    searched = len(rig.radio.scanned)
    enter(rig)
    result(rig)
    assert len(rig.radio.scanned) == searched + 13
