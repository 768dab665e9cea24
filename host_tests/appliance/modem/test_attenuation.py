# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How well a car was heard, in words that say what to do."""

import pytest
from appliance.modem.attenuation import attenuation_document, mean_db


@pytest.mark.parametrize(
    ("mean", "word"),
    ((0, "good"), (8, "good"), (35, "good"), (36, "weak"), (42, "weak"), (43, "very weak"), (255, "very weak")),
)
def test_the_mean_decides_the_word(mean, word):
    assert attenuation_document([mean] * 58)["word"] == word


def test_the_document_has_every_group_and_what_to_do():
    values = list(range(10, 68))
    document = attenuation_document(values)
    assert document["groups_db"] == values and document["mean_db"] == sum(values) // 58
    assert document["action"]


def test_before_the_first_car_there_is_nothing_to_show():
    assert attenuation_document(None) is None
    assert attenuation_document([]) is None and mean_db([]) is None


def test_a_single_deep_notch_does_not_make_a_good_car_weak():
    assert attenuation_document([20] * 57 + [90])["word"] == "good"
