# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The owner's cars: profiles and what they fill in, EVCCIDs that rotate."""

import pytest
from appliance.settings import settings
from appliance.smartevse import numbers
from appliance.state import cars, status
from v2g.reading import Reading

from host_tests.support.settings_text import taken

IONIQ = bytes.fromhex("0465650064c3")
VW = bytes.fromhex("007dfa06bb7e")


def reading(evccid=IONIQ, ev_mac=None, **values):
    result = Reading("DIN 70121", evccid, ev_mac or evccid)
    result.soc_percent = 42
    for name, value in values.items():
        setattr(result, name, value)
    return result


def recognised(texts, *readings):
    garage = cars.Garage(texts)
    for one in readings:
        garage.recognise(one)
    return readings[-1]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("0465650064c3; name=Ioniq", True),
        ("04:65:65:00:64:C3;name=Ioniq", True),
        ("046565*; name=Ioniq", True),
        ("*; name=Any", True),
        ("00000465650064c3; name=Padded", True),
        ("046566*; name=Other", False),
    ],
)
def test_a_profile_is_for_an_evccid_or_its_beginning(text, fits):
    profile = recognised([text], reading()).profile
    assert (profile is not None) == fits


@pytest.mark.parametrize("evccid", [IONIQ, b"\0\0" + IONIQ, IONIQ + b"\0\0", IONIQ + b"\0", IONIQ + bytes(14)])
def test_zeros_on_either_side_of_an_evccid_are_the_same_car(evccid):
    assert cars.low_six(evccid) == IONIQ and cars.low_six(VW + b"\0\0") == VW
    assert recognised(["0465650064c3; name=Ioniq"], reading(evccid)).profile.name == "Ioniq"


@pytest.mark.parametrize("evccid", ["046565000000", "0000046565000000", "000000000000", "0000000000000000"])
def test_zeros_of_the_evccid_itself_stay(evccid):
    assert cars.low_six(bytes.fromhex(evccid)).hex() == evccid[-12:]


def test_the_first_profile_that_fits_counts():
    texts = ["", "0465650064c3; name=Mine", "*; name=Guest"]
    assert recognised(texts, reading()).profile.name == "Mine"
    assert recognised(texts, reading(VW)).profile.name == "Guest"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "hexadecimal"),
        ("Ioniq", "hexadecimal"),
        ("04656*5", "hexadecimal"),
        ("046565", "too short"),
        ("046565*; soc=50", "not soc=50"),
        ("046565*; capacity_wh=28 kWh", "whole number"),
        ("046565*; capacity_wh=28", "between 1000 and 300000"),
        ("046565*; full_soc=0", "between 1 and 100"),
        ("046565*; full_soc", "not full_soc"),
        ("046565*; name=", "name"),
        ("046565*; name=" + "x" * 25, "name"),
    ],
)
def test_a_line_that_means_nothing_says_why(text, word):
    with pytest.raises(ValueError, match=word):
        cars.parse(text)


def test_a_wrong_line_costs_that_line_only():
    result = taken([b'CAR_1 = "046565*; capacity=28"\n', b'CAR_2 = "98ed5c*; full_soc=80"\n'])
    assert result["CAR_1"] == "" and result["CAR_2"]
    assert "not capacity=28" in settings.error_texts(result)[0]


def test_the_profile_fills_what_the_car_left_out_and_nothing_else():
    line = "*; name=Model Y; capacity_wh=75000; full_soc=80"
    silent = recognised([line], reading())
    path = numbers.delivery_path("/ev_state", silent)
    assert "current_soc=42&full_soc=80&energy_capacity=75000&energy_request=-1" in path
    told = recognised([line], reading(full_soc_percent=94, energy_capacity_wh=28000))
    path = numbers.delivery_path("/ev_state", told)
    assert "current_soc=42&full_soc=94&energy_capacity=28000&energy_request=-1" in path
    nothing = recognised([line], reading(soc_percent=None))
    assert "current_soc=-1" in numbers.delivery_path("/ev_state", nothing)


def test_what_comes_from_the_profile_is_marked_and_the_reading_keeps_its_unknowns():
    one = recognised(["*; name=Model Y; capacity_wh=75000; full_soc=80"], reading(full_soc_percent=94))
    document = status.reading_document(one, 3)
    assert document["energy_capacity_wh"] is None and document["full_soc_percent"] == 94
    assert document["profile"]["name"] == "Model Y"
    assert document["profile"]["used"] == ["energy_capacity_wh"]
    assert status.reading_document(recognised([], reading()), 3)["profile"] is None


def test_without_a_profile_unknown_stays_minus_one():
    path = numbers.delivery_path("/ev_state", recognised([], reading()))
    assert "full_soc=-1&energy_capacity=-1" in path


def test_a_car_that_comes_back_is_fixed():
    assert recognised([], reading()).evccid_kind is None
    assert recognised([], reading(), reading()).evccid_kind == cars.FIXED


def test_the_same_station_under_another_evccid_rotates():
    first, second = reading(VW, VW), reading(VW[:3] + b"\x11\x22\x33", VW)
    assert recognised([], first, second).evccid_kind == cars.ROTATING


def test_a_wildcard_that_fits_two_evccids_is_a_car_that_rotates():
    other = VW[:3] + b"\x11\x22\x33"
    texts = ["007dfa*; name=Buzz"]
    assert recognised(texts, reading(VW, VW), reading(other, other)).evccid_kind == cars.ROTATING
    assert recognised([], reading(VW, VW), reading(other, other)).evccid_kind is None


def test_a_locally_administered_evccid_is_made_up():
    assert recognised([], reading(b"\x02" + VW[1:])).evccid_kind == cars.MADE_UP


def test_an_empty_evccid_is_nobody():
    one = recognised(["*; name=Any"], reading(b"", VW))
    assert one.profile is None and one.evccid_kind is None


@pytest.mark.parametrize(
    ("lines", "power_kw", "complaints"),
    [
        ([], 50, 0),
        ([b"EVSE_MAX_POWER_KW = 60\n"], 60, 0),
        ([b"EVSE_MAX_POWER_KW = 90\n"], 62, 1),
        ([b"EVSE_MAX_CURRENT_A = 32\n"], 16, 0),
        ([b"EVSE_MAX_VOLTAGE_V = 1000\n", b"EVSE_MAX_POWER_KW = 125\n"], 125, 0),
        ([b"EVSE_MAX_VOLTAGE_V = 1001\n"], 50, 1),
    ],
)
def test_announced_limits_fit_together(lines, power_kw, complaints):
    result = taken(lines)
    assert result["EVSE_MAX_POWER_KW"] == power_kw
    assert len(result.errors) == complaints
