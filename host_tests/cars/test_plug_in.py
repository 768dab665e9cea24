# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every recorded car, and every way of leaving: right state of charge, delivered once, released, nothing unsafe.

Each car as it is, and each way of leaving once, run against the whole box. All cars by all ways run against the
station alone, twenty times cheaper: how a car leaves changes nothing below it but the moment of release. `make
cars` runs that matrix against the whole box too.
"""

import pytest

from host_tests.cars.plug_in import at_station, on_twin, soc_of
from host_tests.interpreter.run_car import Lcg
from host_tests.interpreter.run_session import Bench
from host_tests.twin import cars
from host_tests.twin.car.car import named
from host_tests.twin.car.recorded import RECORDED
from host_tests.twin.car.session import LEAVING

REAL = [name for name, car in cars.CARS.items() if car.origin != "made up"]
# Each way of leaving with a car that was seen to go that way, where there is one, else with another maker each.
DIAGONAL = {
    "standard": "polestar2",
    "power_delivery_first": "ioniq_bulbs_2",
    "stops_at_once": "tesla_y",
    "ignores_shutdown": "audi_q4",
    "closes_tcp_at_first_cpdres": "ix3",
    "falls_silent": "audi_q4_run_3",
    "loops_after_failed": "taycan_left",
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_car_on_the_whole_box(name):
    outcome = on_twin(name)
    assert outcome.problems(soc_of(name)) == []
    assert 0 not in outcome.deliveries
    assert outcome.slac_rounds == 1
    assert outcome.sdp_requests == 1


def test_the_diagonal_shows_every_way_of_leaving():
    assert set(DIAGONAL) == set(LEAVING)


@pytest.mark.parametrize("leave", LEAVING)
def test_a_way_of_leaving_on_the_whole_box(leave):
    name = DIAGONAL[leave]
    assert on_twin(name, leave).problems(soc_of(name, leave)) == []


@pytest.mark.parametrize("leave", LEAVING)
@pytest.mark.parametrize("name", REAL)
def test_every_car_leaves_in_every_way(name, leave):
    assert at_station(name, leave).problems(soc_of(name, leave)) == []


@pytest.mark.parametrize("name", ["seres3_din", "seres3_iso2"])
def test_a_seres_that_leaves_when_told_to_is_posted_as_unknown_and_charges(name):
    outcome = on_twin(name, "power_delivery_first")
    assert outcome.problems(None) == []
    assert (outcome.deliveries, outcome.doubtful) == ([-1], 0)


SENT = {
    "standard": ["SessionStop"],
    "stops_at_once": ["SessionStop"],
    "closes_tcp_at_first_cpdres": [],
    "falls_silent": [],
    "ignores_shutdown": ["CableCheck", "PreCharge", "SessionStop"],
    "loops_after_failed": ["CableCheck", "PreCharge"],
}


@pytest.mark.parametrize("leave", LEAVING)
def test_a_car_really_leaves_that_way(leave):
    """The matrix proves nothing when a habit does not show in what the car asked for."""
    welding = {"polestar2": ["WeldingDetection"], "ioniq_bulbs_2": []}
    for name, requests in welding.items():
        ways = dict(SENT, power_delivery_first=["PowerDelivery", *requests, "SessionStop"])
        assert at_station(name, leave).sent == ["ChargeParameterDiscovery", *ways[leave]]


def test_an_outcome_can_be_a_failure():
    outcome = at_station("audi_q4")
    assert outcome.problems(68) == ["read 67, told 68", "deliveries [67]"]
    outcome.unsafe.append("the car closes its contactors")
    outcome.deliveries.append(67)
    outcome.times["released"] = outcome.times["read"] + 30
    assert len(outcome.problems(67)) == 3


def test_the_audi_comes_back_without_tls():
    """Recorded: ten seconds behind a broken session it matches anew, then with security 0x10 and sooner."""
    car = named("audi_q4", Lcg(7))
    bench = Bench(car)
    car.pilot(50, bench.clock.now_ms)
    securities, rounds = [], 0
    while len(securities) < 2 and bench.clock.now_ms < 60000:
        bench.step()
        if len(car.session.trace) == 3 and not car.past:  # before its state of charge: the box wants that
            car.link(False, bench.clock.now_ms)
            rounds += 1
        if car.sdp.sent_total > len(securities):
            securities.append(car.sdp.asked[-1])
    assert (securities, rounds) == ([0x00, 0x10], 1)
    assert car.past[0][1] is False
