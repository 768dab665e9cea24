# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The flat document for other programs: always the same keys, and no number of a car that is not here."""

from types import SimpleNamespace

import pytest
from appliance.state import faults, makers, summary
from v2g.reading import Reading

EVCCID = bytes.fromhex("0000f07f0c123456")


def status(current=True, cause=None, **told):
    found = Reading("DIN 70121", EVCCID) if told else None
    for key, value in told.items():
        setattr(found, key, value)
    return SimpleNamespace(
        reading=found,
        current=current,
        estimate=None,
        car_present=True,
        firmware=None,
        uptime=SimpleNamespace(seconds=99),
        cause=lambda: cause,
        age_s=lambda: 12,
        stage=lambda: "soc",
        headline=lambda: "42 % charged",
    )


@pytest.mark.parametrize("state", [status(soc_percent=42), status(), status(False, soc_percent=42)])
def test_the_keys_are_the_same_whatever_is_known(state):
    assert set(summary.document(state, None, None)) == set(summary.KEYS)


def test_the_numbers_of_a_car_that_left_are_unknown_and_never_zero():
    told = summary.document(status(False, soc_percent=42, energy_capacity_wh=58000), "ok", -60)
    for key in ("soc_percent", "energy_capacity_wh", "evccid", "protocol", "age_s"):
        assert told[key] is None
    assert (told["delivery"], told["rssi_dbm"], told["uptime_s"]) == ("ok", -60, 99)


def test_the_evccid_is_the_six_bytes_by_which_other_programs_know_the_car():
    told = summary.document(status(soc_percent=42), "pending", None)
    assert told["evccid"] == EVCCID[-6:].hex() and told["age_s"] == 12
    assert told["likely_maker"] == makers.likely_maker(EVCCID)


def test_what_is_wrong_comes_with_what_to_do():
    told = summary.document(status(cause="no_sdp"), None, None)
    assert told["problem"] == "no_sdp"
    assert (told["problem_text"], told["problem_action"]) == (faults.text("no_sdp"), faults.action("no_sdp"))


def test_what_changes_by_itself_is_among_the_keys():
    assert set(summary.ALWAYS_CHANGING) < set(summary.KEYS)
