# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The charge while the car charges: whole charges of the twin's SmartEVSE against the battery of the twin's car."""

import json

import pytest
from appliance.smartevse.estimate import Meter
from appliance.smartevse.target import EvseState
from appliance.state import cars, status

from host_tests.support.evening import SECOND, Evening
from host_tests.twin import smartevse
from host_tests.twin.car.battery import Battery


def never_backwards(evening):
    numbers = [shown for shown, _ in evening.shown]
    return numbers == sorted(numbers)


@pytest.mark.slow
@pytest.mark.parametrize("efficiency", [0.90, 0.915, 0.93])
@pytest.mark.parametrize(("capacity_wh", "phases"), [(28_000, 1), (58_000, 3), (107_000, 3)])
def test_a_whole_charge_is_within_two_points_of_the_battery(capacity_wh, phases, efficiency, figures):
    evening = Evening(phases=phases, current_a=16)
    evening.plug(Battery(capacity_wh, 10, efficiency=efficiency))
    evening.charge()
    assert evening.evse.car.battery.percent == 100 and len(evening.shown) > 100
    assert evening.worst() <= 2 and never_backwards(evening)
    figures(
        f"estimate, {capacity_wh // 1000} kWh at {efficiency:.1%}: {evening.worst():.1f} points off at most "
        f"in {len(evening.shown)} minutes"
    )


def test_a_charge_to_the_cars_own_target_never_goes_past_it():
    evening = Evening(phases=3, current_a=16)
    evening.plug(Battery(58_000, 40, efficiency=0.90, target_percent=80))
    evening.charge()
    assert evening.worst() <= 2 and max(evening.shown)[0] <= 80
    assert evening.status.estimate.document(True)["full_soc_percent"] == 80


def test_time_until_full_is_that_of_the_power_it_draws():
    evening = Evening(phases=3, current_a=16)
    evening.plug(Battery(58_000, 20))
    evening.charge(10)
    began = evening.clock.now_us
    told_s = evening.status.estimate.full_in_s
    evening.charge()
    took_s = (evening.clock.now_us - began) / 1e6
    assert told_s == pytest.approx(took_s, rel=0.1), "the last per cent take longer"


@pytest.mark.slow
def test_a_pause_without_sun_stands_still_and_says_so():
    evening = Evening()
    evening.plug(Battery(28_000, 42))
    evening.charge(60)
    before = evening.status.estimate.percent
    assert evening.status.estimate.charging and before > 50
    evening.evse.has_current = False
    evening.charge(90)
    estimate = evening.status.estimate
    assert (estimate.percent, estimate.charging, estimate.full_in_s) == (before, False, None)
    evening.evse.has_current = True
    evening.charge(60)
    assert evening.status.estimate.charging and evening.status.estimate.percent > before
    assert evening.worst() <= 2 and never_backwards(evening)


def test_a_charger_that_is_restarted_in_the_middle_starts_from_the_next_reading():
    evening = Evening()
    evening.plug(Battery(28_000, 30))
    evening.charge(60)
    car = evening.evse.car
    evening.evse.restart()
    evening.run(1)
    evening.ask()  # its meter is not read yet
    assert evening.status.estimate.percent == pytest.approx(car.battery.percent, abs=2)
    evening.shown.clear()
    evening.plug(car.battery)
    evening.charge()
    assert evening.worst() <= 2 and never_backwards(evening)


def test_a_charger_that_is_restarted_and_asks_nobody_keeps_the_estimate():
    """Its own count begins at 0 again; the meter's total goes on."""
    evening = Evening()
    evening.plug(Battery(28_000, 30))
    evening.charge(60)
    evening.evse.modem_phase = False
    evening.evse.restart()
    evening.charge()
    assert evening.worst() <= 2 and never_backwards(evening)


def test_without_a_meter_there_is_no_estimate_and_the_questions_end():
    evening = Evening(has_meter=False)
    evening.plug(Battery(28_000, 30))
    evening.charge(20)
    assert evening.evse.state == smartevse.STATE_C and evening.shown == []
    assert evening.status.estimate is None and not evening.estimate.can_go_on


def test_without_a_capacity_there_is_no_estimate_and_a_profile_helps():
    evening = Evening()
    reading = evening.plug(Battery(28_000, 30), energy_capacity_wh=None)
    evening.charge(20)
    assert evening.status.estimate is None and not evening.estimate.can_go_on
    evening = Evening()
    evening.plug(Battery(28_000, 30), energy_capacity_wh=None, profile=cars.parse("02*; capacity_wh=28000"))
    evening.charge(60)
    assert reading.energy_capacity_wh is None and evening.worst() <= 2 and len(evening.shown) > 50


def test_what_the_owner_tells_of_the_car_while_it_is_there_counts_from_the_reading_on():
    evening = Evening()
    reading = evening.plug(Battery(28_000, 30), energy_capacity_wh=56_000)
    evening.charge(60)
    assert evening.worst() > 5
    charged_wh = evening.estimate.charged_wh
    reading.profile = cars.parse("02*; capacity_wh=28000; overrule=yes")
    evening.shown.clear()
    evening.charge(60)
    assert evening.worst() <= 2 and evening.estimate.charged_wh > charged_wh > 0
    assert not evening.status.others_numbers, "it has what it was told of this car"
    reading.profile = cars.parse("02*; capacity_wh=28000; full_soc=60; overrule=yes")
    evening.charge(1)
    assert evening.status.estimate.percent == 60, "a target that is lower than what was shown"


def test_a_capacity_that_is_told_while_the_car_charges_begins_an_estimate_and_one_that_is_taken_back_ends_it():
    evening = Evening()
    reading = evening.plug(Battery(28_000, 30), energy_capacity_wh=None)
    evening.charge(30)
    assert evening.status.estimate is None
    reading.profile = cars.parse("02*; capacity_wh=28000")
    evening.charge(30)
    assert evening.worst() <= 2 and len(evening.shown) == 30 and evening.estimate.can_go_on
    reading.profile = None
    evening.charge(1)
    assert evening.status.estimate is None and not evening.estimate.can_go_on


def test_a_large_battery_and_then_a_small_one():
    """The SmartEVSE computes the second car with the first one's capacity; the box does not, and says why."""
    evening = Evening()
    evening.plug(Battery(107_000, 20))
    evening.charge(60)
    assert not evening.status.others_numbers
    computed = evening.status.estimate.smartevse_percent
    assert computed == evening.evse.computed_soc
    evening.unplug()
    assert evening.status.estimate is None
    evening.shown.clear()
    evening.plug(Battery(28_000, 20, efficiency=0.90), SECOND)
    assert evening.status.others_numbers
    evening.charge(120)
    battery = evening.evse.car.battery.percent
    assert abs(evening.evse.computed_soc - battery) > 20
    assert evening.status.estimate.smartevse_percent is None
    assert evening.worst() <= 2
    evening.charge()
    assert evening.worst() <= 2 and never_backwards(evening)


def test_what_the_last_car_charged_is_not_taken_for_this_ones():
    """charged_wh keeps its value until the next car begins to charge."""
    evening = Evening()
    evening.plug(Battery(28_000, 50))
    evening.charge(120)
    evening.unplug()
    evening.shown.clear()
    assert json.loads(evening.settings().split(b"\r\n")[1])["ev_meter"]["charged_wh"] > 10_000
    evening.plug(Battery(28_000, 30), SECOND)
    assert evening.status.estimate.percent == 30
    evening.charge(60)
    assert evening.worst() <= 2


def test_a_first_answer_that_comes_late_counts_from_when_the_car_began_to_charge():
    evening = Evening()
    evening.silent = True
    evening.plug(Battery(28_000, 30))
    evening.charge(90)
    assert evening.status.estimate is None
    evening.silent = False
    evening.charge(30)
    assert len(evening.shown) == 30 and evening.worst() <= 2


def test_silence_makes_it_grey_and_then_away_and_it_comes_back():
    evening = Evening()
    evening.plug(Battery(28_000, 30))
    evening.charge(30)
    assert evening.status.estimate_is_fresh
    evening.silent = True
    evening.charge(4)
    assert evening.status.estimate is not None and not evening.status.estimate_is_fresh
    evening.charge(status.ESTIMATE_SHOWN_S // 60)
    assert evening.status.estimate is None
    assert never_backwards(evening)
    grey, evening.shown = evening.shown[-1][0], []
    evening.silent = False
    evening.charge(1)
    assert evening.status.estimate_is_fresh
    assert evening.shown[0][0] > grey and evening.worst() <= 2


def test_a_car_that_is_gone_takes_its_number_along():
    evening = Evening()
    evening.plug(Battery(28_000, 30))
    evening.charge(30)
    evening.unplug()
    assert (evening.status.estimate, evening.estimate.percent) == (None, None)


@pytest.mark.parametrize(
    ("meter", "told"),
    [
        ('"ev_meter":{"import_active_power":7360,"total_wh":1234567,"charged_wh":890}', (1_234_567, 890, 7360)),
        ('"ev_meter":{"import_active_power":7.4,"total_kwh":1234.6,"charged_kwh":0.9}', (1_234_600, 900, 7400)),
        ('"ev_meter":{"import_active_power":0,"total_wh":0,"charged_wh":0}', (0, 0, 0)),
        ('"ev_meter":{"import_active_power":nonsense}', (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_the_meter_of_old_and_new_firmware(meter, told):
    found = Meter(EvseState(("{" + meter + "}").encode()))
    assert (found.total_wh, found.charged_wh, found.power_w) == told
