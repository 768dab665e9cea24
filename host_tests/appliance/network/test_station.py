# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How the box joins the owner's network and comes back to it, on a radio of the test's own."""

import pytest
from appliance.network.scan import CHANNELS
from appliance.storage import memory

from host_tests.support.fake_radio import Point
from host_tests.support.wifi_rig import Mdns, Rig, survival

OTHER = bytes.fromhex("02aabbccddee")
STATIC = {
    "WIFI_STATIC_ADDRESS": "192.168.1.9",
    "WIFI_NETMASK": "255.255.255.0",
    "WIFI_GATEWAY": "192.168.1.1",
}


def joined(rig):
    rig.until(lambda: rig.station.connected)
    return rig


def rejoin(rig):
    joins = rig.station.joins
    rig.radio.lose()
    rig.until(lambda: rig.station.joins > joins and rig.station.connected)


def not_announced(rig):
    return [text for text in rig.texts("info") if "not announced" in text]


@pytest.fixture
def mdns():
    yield Mdns
    Mdns.later = None


# ---- joining


def test_a_search_of_single_channels_leads_to_a_join_on_one():
    rig = joined(Rig(Point(), Point(rssi=-70, channel=11, bssid=OTHER), mdns=Mdns))
    assert rig.radio.scanned == list(range(1, CHANNELS + 1))
    assert rig.radio.joins == [("Home", "correct horse", 6, None)]
    assert (rig.station.state, rig.station.cause, rig.station.address) == ("connected", None, "192.168.1.50")
    assert rig.station.pool == ("pool of", rig.radio)
    assert rig.radio.hostname == "socbox"
    assert rig.texts("connected") == ["connected to Home, http://192.168.1.50"]
    assert rig.watchdog.fed == 2, "before the join and behind it"


def test_of_two_access_points_on_a_channel_the_stronger_is_asked_for():
    rig = joined(Rig(Point(rssi=-70), Point(rssi=-50, bssid=OTHER)))
    assert rig.radio.joins == [("Home", "correct horse", 6, OTHER)]
    rejoin(rig)
    assert rig.radio.joins[1:] == [("Home", "correct horse", 6, OTHER)]


def test_nothing_stands_still_for_longer_than_one_channel_but_the_join():
    rig = Rig()
    rig.until(lambda: len(rig.radio.scanned) == CHANNELS)
    assert rig.slowest_ms == 360


def test_without_a_network_in_the_settings_nothing_is_searched_or_joined():
    rig = Rig(WIFI_SSID="")
    rig.point.fault = RuntimeError("no memory")
    rig.run(100)
    assert (rig.station.state, rig.radio.joins, rig.radio.scanned) == ("off", [], [])


def test_the_name_is_announced_once_with_the_port_of_the_page():
    made = []
    rig = joined(Rig(mdns=lambda radio: made.append(Mdns(radio)) or made[-1], HTTP_PORT=8080))
    rig.radio.lose()
    rig.run(20)
    assert len(rig.radio.joins) == 2
    (server,) = made
    assert (server.hostname, server.services) == ("socbox", [("_http", "_tcp", 8080)])


def test_a_name_that_cannot_be_announced_is_told_and_tried_at_the_next_join():
    Mdns.faults[:] = [RuntimeError("mDNS already initialized")]
    rig = joined(Rig(mdns=Mdns))
    assert "name socbox.local not announced: mDNS already initialized" in rig.texts("info")
    rig.radio.lose()
    rig.run(20)
    assert len(rig.radio.joins) == 2 and Mdns.faults == []
    assert len([text for text in rig.texts("info") if "not announced" in text]) == 1


@pytest.mark.parametrize(
    "fault", [ValueError("Object has been deinitialized"), RuntimeError("no"), MemoryError(), ImportError("mdns")]
)
def test_an_mdns_server_that_fails_later_is_given_up_and_costs_no_join(mdns, fault):
    mdns.later = fault
    rig = joined(Rig(mdns=mdns))
    assert rig.station.connected and mdns.living is None
    mdns.later = None
    rejoin(rig)
    assert mdns.living.services == [("_http", "_tcp", 80)]
    assert len(not_announced(rig)) == 1


def test_a_name_that_is_refused_at_each_join_is_asked_for_three_times(mdns):
    mdns.later = RuntimeError("no")
    rig = joined(Rig(mdns=mdns))
    for _ in range(4):
        rejoin(rig)
    assert rig.station.connected and mdns.living is None
    assert not_announced(rig) == ["name socbox.local not announced: no"] * 3


def test_a_host_name_that_is_refused_is_told_and_the_box_joins_all_the_same():
    rig = joined(Rig(HOSTNAME=""))
    assert rig.texts("info")[0].startswith("host name not taken: ")


@pytest.mark.parametrize(
    "fault",
    [RuntimeError("Already scanning for wifi networks"), MemoryError("Failed to allocate wifi scan memory")],
)
def test_a_radio_that_cannot_search_joins_by_name(fault):
    rig = Rig()
    rig.radio.scan_fault = fault
    joined(rig)
    assert rig.radio.joins == [("Home", "correct horse", 0, None)]
    assert rig.texts("info")[0] == f"no search for networks: {fault}"


def test_a_fixed_address_is_taken_for_the_network_of_the_settings():
    rig = joined(Rig(**STATIC))
    assert rig.station.address == "192.168.1.9"
    assert rig.radio.dhcp_starts == 0


# ---- failing


@pytest.mark.parametrize(
    ("air", "cause", "pauses"),
    [
        (Point("Neighbour"), "wifi_no_ssid", [2, 5, 10, 20, 30, 30]),
        (Point(password="changed today"), "wifi_auth", [5, 15, 30, 60, 300, 300]),
    ],
)
def test_every_failure_has_a_longer_pause_and_the_network_is_never_given_up(air, cause, pauses):
    rig = Rig(air)
    rig.until(lambda: len(rig.texts("failed")) == len(pauses), 900)
    assert [text.rsplit("next try in ", 1)[1] for text in rig.texts("failed")] == [
        f"{pause} s" for pause in pauses
    ]
    assert (rig.station.state, rig.station.cause) == ("down", cause)
    rig.radio.air[:] = [Point()]
    assert rig.until(lambda: rig.station.connected, 400) < pauses[-1] + 10
    assert rig.station.cause is None


def test_a_network_that_is_not_in_the_air_is_joined_blindly_every_fifth_time_for_it_may_be_hidden():
    rig = Rig(Point("Neighbour"))
    rig.until(lambda: len(rig.texts("failed")) == 11, 900)
    assert rig.radio.joins == [("Home", "correct horse", 0, None)] * 3
    assert [number for number, text in enumerate(rig.texts("failed")) if text.startswith("No network")] == [
        0,
        5,
        10,
    ]


def test_a_hidden_network_is_found():
    point = Point()
    point.hidden = True
    rig = Rig(point)
    rig.until(lambda: rig.station.connected)


def test_of_many_access_points_one_that_refuses_is_passed_over_in_the_end():
    bad = Point(rssi=-40, channel=1, bssid=OTHER)
    bad.refuse = 17
    rig = Rig(Point(rssi=-70), bad)
    rig.radio.air.sort(key=lambda point: point.rssi)
    rig.until(lambda: rig.station.connected, 300)
    assert [channel for _, _, channel, _ in rig.radio.joins] == [1] * 4 + [0]


@pytest.mark.parametrize("error", [ValueError("Invalid BSSID"), MemoryError(), OSError(5)])
def test_whatever_a_join_raises_is_a_failure_and_not_the_end(error):
    rig = Rig()
    connect = rig.radio.connect

    def fail(*_arguments, **_keywords):
        rig.radio.connect = connect
        raise error

    rig.radio.connect = fail
    joined(rig)
    assert len(rig.texts("failed")) == 1


# ---- boards whose antenna takes little power


def test_a_join_that_is_refused_is_tried_at_once_with_less_power_before_anything_is_blamed():
    rig = Rig()
    rig.radio.most_dbm = 11
    joined(rig)
    assert rig.radio.powers == [20, 7]
    assert rig.radio.joins[0] == rig.radio.joins[1]
    assert rig.texts("failed") == []
    assert rig.texts("info") == [
        "Unknown failure 2; trying again with less transmit power",
        "joined with less transmit power; WIFI_TX_POWER_DBM = 7 saves the first try",
    ]


def test_what_helped_once_is_used_until_it_fails():
    rig = Rig()
    rig.radio.most_dbm = 11
    joined(rig)
    for _ in range(2):
        rig.radio.lose()
        rig.until(lambda: not rig.station.connected, 2)
        joined(rig)
    assert rig.radio.powers == [20, 7, 7, 7]
    rig.radio.most_dbm = 20
    rig.radio.lose()
    (point,) = rig.radio.air
    rig.radio.air.clear()
    rig.until(lambda: rig.texts("failed"))
    rig.radio.air.append(point)
    joined(rig)
    assert rig.radio.powers[-1] == 20, "it was far away, and not badly understood"


def test_a_wrong_password_fails_with_both_and_costs_the_second_try_every_fifth_time():
    rig = Rig(Point(password="changed today"))
    rig.until(lambda: len(rig.texts("failed")) == 6, 1200)
    assert rig.radio.powers == [20, 7, 20, 20, 20, 20, 20, 7]
    assert rig.station.cause == "wifi_auth"
    rig.radio.air[:] = [Point()]
    joined_after = rig.until(lambda: rig.station.connected, 400)
    assert joined_after and rig.radio.powers[-1] == 20, "the power was not what was wrong"


def test_a_network_that_was_away_is_joined_again_with_less_power_at_once():
    rig = Rig(Point("Neighbour"))
    rig.radio.most_dbm = 11
    rig.until(lambda: len(rig.texts("failed")) == 3)
    rig.radio.air.append(Point())
    joined(rig)
    assert rig.radio.powers[-2:] == [20, 7]
    assert len(rig.texts("failed")) == 3


def test_a_network_that_is_not_there_is_not_looked_for_with_less_power():
    rig = Rig(Point("Neighbour"))
    rig.until(lambda: len(rig.texts("failed")) == 1)
    assert rig.radio.powers == [20]


# ---- where it was last time


def after_a_power_cut(before, *air):
    return joined(Rig(*air, chip=before.chip, reason=survival.POWER))


def test_a_start_looks_first_where_the_network_was_last_time():
    first = joined(Rig())
    again = after_a_power_cut(first)
    assert again.radio.scanned == [6] and again.radio.joins == [("Home", "correct horse", 6, None)]


def test_a_network_that_moved_while_the_box_was_off_is_found_and_kept():
    first = joined(Rig())
    again = after_a_power_cut(first, Point(channel=11))
    assert again.radio.scanned[0] == 6 and len(again.radio.scanned) == CHANNELS
    assert after_a_power_cut(again, Point(channel=11)).radio.scanned == [11]


def test_a_faint_access_point_at_the_known_channel_does_not_keep_the_box_from_the_stronger_one():
    first = joined(Rig())
    again = after_a_power_cut(first, Point(rssi=-75), Point(channel=11, bssid=OTHER))
    assert [channel for _, _, channel, _ in again.radio.joins] == [11]


def test_a_router_that_changes_its_channel_all_the_time_does_not_wear_out_nvm():
    rig = joined(Rig())
    kept = bytes(rig.chip.nvm)
    for channel in (11, 1, 11, 1):
        rig.radio.lose()
        rig.radio.air[:] = [Point(channel=channel)]
        rig.until(lambda: not rig.station.connected, 2)
        rig.until(lambda: rig.station.connected, 30)
    assert bytes(rig.chip.nvm) == kept


@pytest.mark.parametrize("told", [14, 255])
def test_a_channel_that_is_none_is_not_looked_at(told):
    chip = Rig().chip
    kept = chip.kept()
    kept.set_byte(memory.CHANNEL, told)
    kept.save()
    assert joined(Rig(chip=chip)).radio.scanned == list(range(1, CHANNELS + 1))


# ---- losing


def test_a_lost_network_is_joined_again_where_it_was_without_a_search():
    rig = joined(Rig())
    searched = len(rig.radio.scanned)
    rig.radio.lose()
    rig.until(lambda: not rig.station.connected, 2)
    assert (rig.station.state, rig.station.cause, rig.station.address) == ("down", "wifi_down", None)
    assert rig.station.losses == 1 and rig.texts("lost") == ["connection lost"]
    assert rig.until(lambda: rig.station.connected, 10) < 4
    assert rig.radio.joins[1] == ("Home", "correct horse", 6, None)
    assert len(rig.radio.scanned) == searched


def test_after_a_failure_the_access_point_is_searched_for_again_it_may_have_moved():
    rig = joined(Rig())
    rig.radio.lose()
    rig.radio.air[:] = [Point(channel=11)]
    rig.until(lambda: not rig.station.connected, 2)
    rig.until(lambda: rig.station.connected, 30)
    assert [channel for _, _, channel, _ in rig.radio.joins] == [6, 6, 11]


def test_a_link_that_the_firmware_brought_back_is_taken_without_a_join():
    rig = joined(Rig())
    rig.radio.lose()
    rig.until(lambda: not rig.station.connected, 2)
    rig.radio.come_back(rig.radio.air[0])
    joined(rig)
    assert len(rig.radio.joins) == 1 and rig.station.joins == 1


def test_a_link_that_came_back_counts_when_its_address_is_there():
    rig = joined(Rig())
    (point,) = rig.radio.air
    rig.radio.kick()
    rig.until(lambda: not rig.station.connected, 2)
    point.dhcp = False
    rig.radio.come_back(point)
    rig.run(8)
    assert (rig.station.state, rig.station.address) == ("down", None)
    point.dhcp = True
    rig.radio.lease()
    assert rig.until(lambda: rig.station.connected, 10) < 2
    assert (rig.station.address, rig.station.cause, len(rig.radio.joins)) == ("192.168.1.50", None, 1)
    assert not [text for _, text in rig.told if "0.0.0.0" in text or "None" in text]


def thrown_out_and_back_without_a_lease():
    rig = joined(Rig())
    (point,) = rig.radio.air
    point.dhcp = False
    rig.radio.kick()
    rig.until(lambda: not rig.station.connected, 2)
    rig.radio.come_back(point)
    return rig


def test_a_link_that_came_back_without_a_lease_is_named_and_brings_the_access_point():
    rig = thrown_out_and_back_without_a_lease()
    assert 12 < rig.until(lambda: rig.station.cause == "wifi_dhcp", 60) < 20
    assert rig.texts("failed") == ["no address from the router"]
    assert 150 < rig.until(lambda: rig.provisioning.offered, 200) < 180
    rig.run(300)
    assert len(rig.texts("failed")) == 1 and not rig.hung


def test_a_join_while_the_firmware_tries_by_itself_is_none():
    rig = joined(Rig())
    rig.radio.kick()
    rig.run(60)
    assert len(rig.radio.joins) > 1 and not rig.station.connected
    assert (rig.station.cause, rig.station.address) == ("wifi_down", None)
    assert len(rig.texts("connected")) == 1 and rig.station.losses == 1
    assert {text.partition(";")[0] for text in rig.texts("failed")} == {"the radio is still trying by itself"}
    rig.radio.lose()
    joined(rig)


def test_a_network_that_is_gone_after_the_firmwares_own_tries_is_not_found():
    rig = joined(Rig(Point(), Point("Neighbour", bssid=bytes(6))))
    rig.radio.kick()
    rig.until(lambda: rig.texts("failed"), 10)
    rig.radio.lose()
    del rig.radio.air[0]
    rig.until(lambda: len(rig.texts("failed")) == 2, 60)
    assert rig.texts("failed")[1].startswith("network not found")


def test_a_network_that_a_guest_names_is_refused_while_dhcp_is_silent_there():
    rig = thrown_out_and_back_without_a_lease()
    rig.until(lambda: rig.provisioning.offered, 200)
    assert rig.provisioning.ask_join("Home", "correct horse", rig.clock.now)
    rig.until(lambda: rig.provisioning.outcome is not None, 20)
    assert rig.provisioning.outcome.cause == "wifi_dhcp"


def test_a_lease_that_changes_without_a_loss_is_taken_and_told():
    rig = joined(Rig())
    rig.radio.joined.lease = "192.168.1.77"
    rig.radio.lease()
    rig.run(2)
    assert (rig.station.address, rig.station.losses) == ("192.168.1.77", 0)
    assert rig.texts("connected")[1:] == ["connected to Home, http://192.168.1.77"]


# ---- a join that never ends


def test_a_join_that_hangs_is_marked_while_it_lasts():
    point = Point()
    point.dhcp = False
    rig = Rig(point)
    rig.until(lambda: rig.hung)
    again = Rig(chip=rig.chip)
    assert again.station.cause == "wifi_dhcp"
    assert not joined(again).hung
    assert Rig(chip=again.chip).station.cause is None


@pytest.mark.parametrize(("count", "pause_s"), [(1, 30), (2, 600), (3, 600)])
def test_after_a_hang_the_next_join_comes_late_so_that_cars_can_be_read(count, pause_s):
    marked = Rig()
    marked.mark_hung_joins(count)
    rig = Rig(chip=marked.chip)
    assert rig.texts("info") == [
        f"the last join never ended: no address from the router; next try in {pause_s} s"
    ]
    assert pause_s <= rig.until(lambda: rig.station.connected, 700) < pause_s + 10


def test_a_hang_is_told_even_when_no_network_is_known():
    marked = Rig()
    marked.mark_hung_joins(1)
    rig = Rig(chip=marked.chip, WIFI_SSID="")
    assert rig.texts("info") == ["the last join never ended: no address from the router"]
    assert rig.station.cause == "wifi_dhcp"


# ---- reports


def test_what_the_pages_are_told():
    rig = joined(Rig())
    assert rig.station.document() == {
        "state": "connected",
        "ssid": "Home",
        "address": "192.168.1.50",
        "hostname": "socbox",
        "rssi": -50,
        "joins": 1,
        "losses": 0,
        "access_point": None,
    }
    rig.radio.lose()
    rig.run(2)
    assert rig.station.rssi() is None


def test_the_port_is_part_of_the_address_unless_it_is_the_usual_one():
    assert Rig().station.port_text() == ""
    assert Rig(HTTP_PORT=8080).station.port_text() == ":8080"


def test_a_faint_network_is_weak():
    rig = joined(Rig(Point(), Point("Shed", rssi=-86)))
    assert rig.station.networks.weak("Shed")
    assert not rig.station.networks.weak("Home") and not rig.station.networks.weak("Elsewhere")
