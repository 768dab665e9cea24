# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The first try of a start, and the station that goes on from it: together they do what a station alone does."""

import sys

import pytest
from appliance.network.first_join import FirstJoin
from appliance.network.guard import JoinGuard
from appliance.network.link import Link
from appliance.network.scan import Networks

from host_tests.support.fake_radio import Point
from host_tests.support.wifi_rig import PASS_MS, Mdns, Rig

OTHER = bytes.fromhex("02aabbccddee")


class Started(Rig):
    """A Rig whose station goes on from a first try. `between` are the times (ms) of the moments between two steps."""

    def _build(self, mdns):
        Mdns.living = None
        link = Link(self.settings, self.radio, lambda radio: ("pool of", radio), mdns, self._tell)
        guard = JoinGuard(self.kept, self.watchdog, self.clock.ticks)
        self.first = FirstJoin(self.settings, link, Networks(self.radio), guard, self._tell)
        self.before(self.radio)
        self.between = []
        for _ in self.first.steps():
            self.between.append(self.clock.now)
            self.clock.wait(PASS_MS)
        self.told_first = list(self.told)
        self.loading(self.radio)
        self.station = self.first.station(self._save)
        self.station.make_point = lambda: self.point
        self.station.start(self.clock.now, self.first)

    @staticmethod
    def before(_radio):
        """What is amiss with the radio at the start."""

    @staticmethod
    def loading(_radio):
        """What happens to it while the rest of the box is loaded."""


def started(amiss=None, *air, **settings):
    class Amiss(Started):
        before = staticmethod(amiss or Started.before)

    return Amiss(*air, **settings)


def refusing(number):
    point = Point()
    point.refuse = number
    return point


def hidden():
    point = Point()
    point.hidden = True
    return point


AIRS = {
    "one access point": lambda: (Point(),),
    "a strong one where the network was last": lambda: (Point(channel=1),),
    "two on a channel": lambda: (Point(rssi=-70), Point(rssi=-50, bssid=OTHER)),
    "two on two channels": lambda: (Point(), Point(rssi=-40, channel=11, bssid=OTHER)),
    "a hidden one": lambda: (hidden(),),
    "none": lambda: (Point("Other"),),
    "a wrong password": lambda: (Point(password="another one"),),
    "one that refuses for another reason": lambda: (refusing(39),),
}


@pytest.mark.parametrize("air", AIRS)
def test_a_first_try_and_the_station_ask_the_radio_for_what_a_station_alone_asks(air):
    alone = Rig(*AIRS[air](), mdns=Mdns)
    alone.run(60)
    both = started(None, *AIRS[air](), mdns=Mdns)
    both.run(60)
    assert both.radio.joins == alone.radio.joins and both.radio.powers == alone.radio.powers
    assert both.told == alone.told
    state = [(rig.station.state, rig.station.cause, rig.station.address, rig.station.joins) for rig in (alone, both)]
    assert state[0] == state[1]
    assert both.radio.power_management == alone.radio.power_management


def test_the_first_try_alone_has_address_sockets_and_says_so_before_there_is_a_station():
    rig = started()
    assert rig.first.connected and rig.first.pool == ("pool of", rig.radio)
    assert rig.told_first == [("connected", "connected to Home, http://192.168.1.50")]
    assert rig.station.connected and rig.told == rig.told_first
    rig.radio.lose()
    rig.run(20)
    assert rig.station.connected and (rig.station.joins, rig.station.losses) == (2, 1)


@pytest.mark.parametrize("lease", [None, "192.168.1.77"], ids=["lost", "another address"])
def test_a_network_that_is_lost_while_the_box_is_loaded_is_joined_again(lease):
    class Changed(Started):
        @staticmethod
        def loading(radio):
            if lease is None:
                radio.lose()
            else:
                radio.joined.lease = lease
                radio.lease()

    rig = Changed(mdns=Mdns)
    # Not told at once: what was told before the box was there is still to be read to its story.
    assert rig.told == rig.told_first
    rig.run(2)
    assert rig.texts("lost") == ([] if lease else ["connection lost"])
    rig.run(20)
    assert rig.station.connected and rig.station.address == (lease or "192.168.1.50")
    assert rig.texts("connected")[1:] == ["connected to Home, http://" + rig.station.address]
    assert rig.station.joins == (1 if lease else 2) and not rig.station.offered


def test_the_modem_is_served_between_two_channels_of_the_search():
    rig = started()
    gaps = [after - before for before, after in zip(rig.between, rig.between[1:], strict=False)]
    assert len(rig.between) == 12 and max(gaps) <= 360 + PASS_MS


def test_a_search_that_fails_is_told_by_the_station_which_joins_without():
    def amiss(radio):
        radio.scan_fault = RuntimeError("no memory")

    rig = started(amiss)
    assert not rig.first.tried and rig.told_first == []
    rig.until(lambda: rig.station.connected)
    assert rig.radio.joins == [("Home", "correct horse", 0, None)]
    assert rig.texts("info")[0] == "no search for networks: no memory"


def test_a_search_that_failed_once_is_not_finished_before_the_next_one_begins():
    def amiss(radio):
        radio.scan_fault = RuntimeError("no memory")

    rig = started(amiss)
    rig.radio.scan_fault = None
    rig.until(lambda: rig.station.connected)
    assert len(rig.radio.scanned) == len(set(rig.radio.scanned)), "no channel twice"


@pytest.mark.parametrize("rig_of", [Rig, lambda air: started(None, air)], ids=["alone", "behind the first try"])
def test_a_refused_join_offers_the_access_point_on_a_drive_that_was_copied_in_part(monkeypatch, rig_of):
    monkeypatch.setitem(sys.modules, "appliance.network.join_errors", None)
    monkeypatch.delattr("appliance.network.join_errors", raising=False)
    rig = rig_of(Point(password="another one"))
    rig.until(lambda: rig.station.offered, 60)
    assert rig.station.cause == "wifi_down" and rig.texts("failed")[0].startswith("Authentication failure; next try")


def test_a_radio_that_is_in_the_network_already_is_left_there():
    def amiss(radio):
        radio.enabled = True
        radio.connect("Home", "correct horse")

    rig = started(amiss)
    assert rig.first.connected and len(rig.radio.joins) == 1 and rig.radio.scanned == []
    assert (rig.station.connected, rig.station.joins) == (True, 0)


def test_a_refused_join_is_tried_again_at_once_with_less_power():
    def amiss(radio):
        radio.most_dbm = 10

    rig = started(amiss)
    assert not rig.first.connected and rig.first.tried
    rig.until(lambda: rig.station.connected, 15)
    assert rig.radio.powers == [20.0, 7.0] and rig.station.joins == 2
