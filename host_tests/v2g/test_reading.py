# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.reading: numbers off the wire."""

import pytest
from appliance.state import cars
from v2g.reading import (
    CAPACITY_LEAST_WH,
    CAPACITY_MOST_WH,
    Reading,
    capacity,
    number,
    percent,
    physical,
    would_fill,
)


@pytest.mark.parametrize(
    ("value", "whole"), [(7, 7), ("127", 127), ("-3", -3), ("many", None), ("", None), (None, None)]
)
def test_a_number_that_an_exi_stack_wrote_as_text_counts(value, whole):
    assert number(value) == whole


@pytest.mark.parametrize(("least", "most"), [(-32768, 32767), ("-32768", "32767")])
def test_a_number_beyond_xs_short_is_none(least, most):
    """An EXI integer may have sixty digits, text a hundred: a broker would be told all of them."""
    assert (number(least), number(most)) == (-32768, 32767)
    for beyond in (-32769, 32768, 10**60, "9" * 125, "-" + "9" * 124):
        assert number(beyond) is None
        assert physical({"Multiplier": 3, "Unit": "Wh", "Value": beyond}, "Wh") is None


@pytest.mark.parametrize(
    ("value", "whole"), [(0, 0), (100, 100), ("42", 42), (101, None), (-1, None), (None, None)]
)
def test_a_percentage_is_from_0_to_100(value, whole):
    assert percent(value) == whole


@pytest.mark.parametrize("multiplier", ["9999999999", "-9999999999", 4, -4, "x"])
def test_a_multiplier_outside_its_facet_is_unknown_and_costs_nothing(multiplier):
    """As text it may have 125 digits, and ten to the power of it would take all the memory there is."""
    assert physical({"Multiplier": multiplier, "Unit": "W", "Value": 5}, "W") is None


@pytest.mark.parametrize(
    ("value", "digits", "amount"),
    [
        ({"Multiplier": 0, "Unit": "A", "Value": 12}, 0, 12),
        ({"Multiplier": 0, "Unit": "A", "Value": 12}, 3, 12000),
        ({"Multiplier": -1, "Unit": "A", "Value": 129}, 0, 12),
        ({"Multiplier": -1, "Unit": "A", "Value": 129}, 3, 12900),
        ({"Multiplier": 3, "Unit": "A", "Value": 2}, 0, 2000),
        ({"Multiplier": 0, "Value": 5}, 0, 5),  # DIN 70121: the unit may be left out
        ({"Multiplier": 0, "Unit": "V", "Value": 5}, 0, None),
        ({"Multiplier": 0, "Unit": "A", "Value": -5}, 0, None),
        ({"Multiplier": "x", "Unit": "A", "Value": 5}, 0, None),
        (None, 0, None),
    ],
)
def test_a_physical_value_in_whole_units(value, digits, amount):
    assert physical(value, "A", digits) == amount


@pytest.mark.parametrize(
    ("capacity_wh", "full", "request_wh", "fills"),
    [
        (60000, 100, 60000, True),
        (60000, 100, 54000, True),
        (60000, 100, 53999, False),
        (60000, 80, 48000, True),
        (60000, None, 60000, True),
        (None, 100, 60000, False),
        (60000, 100, None, False),
    ],
)
def test_a_car_that_asks_for_all_that_its_battery_holds(capacity_wh, full, request_wh, fills):
    one = Reading("DIN 70121")
    one.energy_capacity_wh, one.full_soc_percent, one.energy_request_wh = capacity_wh, full, request_wh
    assert would_fill(one) is fills


@pytest.mark.parametrize(
    ("value", "multiplier", "wh"),
    [(100, 0, None), (999, 0, None), (1000, 0, 1000), (30000, 1, 300000), (301, 3, None), (0, 0, None), (-5, 3, None)],
)
def test_a_capacity_is_that_of_a_car_or_unknown(value, multiplier, wh):
    assert capacity({"Multiplier": multiplier, "Unit": "Wh", "Value": value}) == wh


def test_a_capacity_that_is_left_out_is_unknown():
    assert capacity(None) is None


def test_an_owner_may_tell_the_capacities_that_a_car_may_tell():
    assert cars._NUMBERS["capacity_wh"][1:] == (CAPACITY_LEAST_WH, CAPACITY_MOST_WH)
