# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whole boxes with odd settings, through every way in: none stands still, none restarts, each answers the next car.

Each box has an odd value for all of its settings at once. What the checks make of every single value is in
`host_tests/appliance/settings/test_odd_values.py`.
"""

import pytest

from host_tests.support.odd_boxes import OddBoxes

COUNT = 500


@pytest.fixture(scope="module")
def boxes():
    return OddBoxes(COUNT)


@pytest.mark.parametrize("number", range(12))
def test_the_next_car_is_answered_whatever_the_file_says(boxes, number):
    boxes.file(number)


@pytest.mark.parametrize("number", range(4))
def test_the_next_car_is_answered_whatever_was_typed_on_the_page(boxes, number):
    boxes.page(number)


@pytest.mark.parametrize("number", range(4, 8))
def test_the_next_car_is_answered_whatever_was_restored(boxes, number):
    boxes.restore(number)


def test_the_next_car_is_answered_whatever_the_phone_said_at_the_set_up(boxes):
    boxes.set_up(0, 30)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_odd_value_of_every_setting_in_a_whole_box(figures):
    boxes = OddBoxes(COUNT)
    for number in range(2 * COUNT):
        boxes.file(number)
    for number in range(boxes.most_taken):
        boxes.page(number)
        boxes.restore(number)
    boxes.set_up(0, COUNT)
    # Two of the four values of ANSWER_CARS, and the modem's pins in every fourth box, forbid it.
    assert boxes.answered > boxes.silent
    figures(
        f"whole boxes with odd settings: {boxes.answered} answered the next car, {boxes.silent} had no modem or may not, "
        "0 stood still or restarted"
    )
