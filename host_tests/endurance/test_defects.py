# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every planted defect is caught by the part of the campaign that is there for it, and by none without a defect."""

import pytest

from host_tests.endurance import defects


@pytest.mark.parametrize("name", defects.DEFECTS)
def test_a_planted_defect_is_caught(name):
    assert defects.caught(name) is not None


# What test_campaign.py plays to the letter in every run: those lives, that car, those cars.
PLAYED = {defects.mixtures, defects.returning_car, defects.swapped_cars}


@pytest.mark.parametrize(
    "part", sorted({row[3] for row in defects.DEFECTS.values()} - PLAYED, key=lambda one: one.__name__)
)
def test_without_a_defect_nothing_is_said(part):
    assert part() is None


@pytest.mark.parametrize("begin", [0, 2, 4])
def test_wherever_a_part_begins_it_looks_at_every_case(begin):
    seen = []
    assert defects._first_wrong("abcde", seen.append, begin) is None
    assert sorted(seen) == list("abcde")
    assert defects._first_wrong("abcde", lambda case: case == "b" and "wrong", begin) == "case 1, b: wrong"
