# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A mistyped key is told with the one that was meant, a foreign one without."""

import pytest
from appliance.settings.schema import KEY, SCHEMA
from appliance.settings.typos import hint_for


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("WIFI_SSDI", "WIFI_SSID"), ("smartevse_url", "SMARTEVSE_URL"), ("LOGLEVEL", "LOG_LEVEL"), ("HOSTNAM", "HOSTNAME")],
)
def test_a_key_with_a_letter_or_two_wrong_is_known_again(typed, meant):
    assert hint_for(typed) == f"; did you mean {meant}?"


@pytest.mark.parametrize("typed", ["TOTALLY_ELSE", "MY_OWN_KEY"])
def test_another_word_is_no_mistyped_key(typed):
    assert hint_for(typed) == ""


def test_of_every_key_a_lost_letter_is_found():
    for row in SCHEMA:
        assert row[KEY][:4] in hint_for(row[KEY][:-1]), row[KEY]
