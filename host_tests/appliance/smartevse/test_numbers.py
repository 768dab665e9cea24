# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Only numbers that are known and fit each other go to the SmartEVSE; its estimate then follows the car's battery."""

from types import SimpleNamespace

import pytest
from appliance.smartevse.numbers import Numbers
from appliance.state import cars
from v2g.reading import Reading

from host_tests.cars.estimates import KEYS, PROFILE, estimate_after, missing_wh, posted, read, recognised
from host_tests.cars.plug_in import soc_of
from host_tests.support.number_rows import ROWS
from host_tests.twin.car import recorded
from host_tests.twin.clock import Clock
from host_tests.twin.smartevse import SmartEvse

NAMES = ("soc_percent", "full_soc_percent", "energy_capacity_wh", "energy_request_wh")
# What sixteen more cars told when they were recorded: SoC, FullSOC, EVEnergyCapacity, EVEnergyRequest.
RECORDED = {
    "id.3 at 37 %": (37, 100, 62000, 5300),
    "id.3 at 94 %": (94, 100, 62000, 5300),
    "id.4 of an older firmware": (55, 100, 77000, 500),
    "Audi Q4": (67, 100, 78500, 5300),
    "Ampera-e": (97, 100, 18700, 16700),
    "BMW iX, ISO 15118-2": (72, 100, 100000, 50000),
    "MG4": (64, 0, 51000, 0),
    "Ioniq": (27, 100, 28000, 20440),
    "Tesla": (55, None, None, None),
}


def reading_of(told, profile=""):
    reading = Reading("DIN 70121", b"\x02\xab\x34\xcd\x00\x01")
    for name, value in zip(NAMES, told, strict=True):
        setattr(reading, name, value)
    return recognised(reading, profile)


@pytest.mark.parametrize(("name", "told", "profile", "sent"), ROWS, ids=[row[0] for row in ROWS])
def test_what_the_smartevse_gets(name, told, profile, sent):
    assert posted(reading_of(told, profile)) == sent


@pytest.mark.parametrize("profile", ["", PROFILE])
@pytest.mark.parametrize("name", RECORDED)
def test_the_smartevse_begins_and_ends_within_two_points_of_the_battery(name, profile):
    stays_beside(reading_of(RECORDED[name], profile))


@pytest.mark.parametrize("profile", ["", PROFILE])
@pytest.mark.parametrize("name", recorded.RECORDED)
def test_the_same_with_every_recorded_car_as_it_is_read(name, profile):
    reading = recognised(read(name), profile)
    assert reading.soc_percent == soc_of(name) == posted(reading)[0]
    stays_beside(reading)


def stays_beside(reading):
    """The estimate is where the battery is, within two points at both ends of the charge."""
    assert abs(estimate_after(reading, 0) - reading.soc_percent) <= 2
    lacking_wh = missing_wh(reading)
    if lacking_wh is None:
        return  # the SmartEVSE shows what was read and computes nothing
    capacity_wh = Numbers(reading).energy_capacity_wh
    # On the way it may be a little further off where the car's request is (an id.3 at 94 % asks for 2.5 % too much).
    for part, points in ((1, 3), (2, 3), (3, 3), (4, 2)):
        charged_wh = lacking_wh * part // 4
        battery = reading.soc_percent + charged_wh * 100 / capacity_wh
        assert abs(estimate_after(reading, charged_wh) - battery) <= points, (part, battery)


def test_a_request_that_fits_no_battery_would_mislead_the_smartevse():
    """The reason for the rule: with the Audi Q4's own request the SmartEVSE shows 94 % at 67 %."""
    evse = SmartEvse(Clock())
    evse._ev_state(dict(zip(KEYS, ("67", "100", "78500", "5300"), strict=True)), {})
    assert evse.computed_soc > 90


def test_a_profile_may_overrule_and_says_so():
    profile = cars.parse("02ab34*; capacity_wh=64000; overrule=yes")
    reading = SimpleNamespace(
        profile=profile, energy_capacity_wh=51000, full_soc_percent=None, soc_percent=50
    )
    document = cars.profile_document(reading)
    assert document["overrules"] is True
    assert document["used"] == ["energy_capacity_wh"]
    with pytest.raises(ValueError, match="yes or no"):
        cars.parse("02ab34*; overrule=maybe")
