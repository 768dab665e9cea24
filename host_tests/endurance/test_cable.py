# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One cable, one car: one reading in a plug-in, a second car answered in time, whatever MACs they show."""

import pytest
from v2g import admission

from host_tests.endurance import cable

# The rest of so many swaps are for `make soak`.
SWAPS = 100
SOAK_SWAPS = 1000


def late_swaps(seeds):
    """(seed, (ms or None, first car, second car)) of each that was answered later than 10 s after it asked."""
    found = [(seed, cable.swap(seed)) for seed in seeds]
    return [entry for entry in found if entry[1][0] is None or entry[1][0] > 10_000]


@pytest.mark.parametrize("situation", cable.SITUATIONS)
def test_a_meb_that_searches_for_ten_minutes_with_ever_new_macs_is_read_once(situation, figures):
    readings, macs, questions = cable.meb(situation)
    assert readings == 1
    assert macs > 40
    # Once a minute, and one at the start.
    assert questions <= 11
    figures(f"MEB, SmartEVSE {situation}: {readings} reading in 10 minutes, {macs} MACs, {questions} questions")


def test_a_gate_that_went_by_the_mac_would_read_it_again_and_again(monkeypatch):
    monkeypatch.setattr(admission, "maker_of", bytes)
    for situation in ("unreachable", "none", "5 %"):
        assert cable.meb(situation, 180)[0] > 2, situation


def test_a_second_car_is_answered_within_ten_seconds_of_its_first_request(figures):
    assert late_swaps(range(1, SWAPS + 1)) == []
    figures(f"{SWAPS} swaps, seeds from 1: every second car answered within 10 s of its first request")


def test_a_box_that_asked_once_a_minute_only_would_answer_some_too_late(monkeypatch):
    monkeypatch.setattr(admission, "ASK_NEW_MS", 600_000)
    monkeypatch.setattr(admission, "NEW_MS", 600_000)
    assert late_swaps(range(1, 21))


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_thousand_swaps(figures):
    assert late_swaps(range(1, SOAK_SWAPS + 1)) == []
    figures(f"{SOAK_SWAPS} swaps, seeds from 1: none answered later than 10 s")


@pytest.mark.parametrize("name", ["virtual", "id3", "ioniq5", "taycan_left"])
def test_a_car_that_waited_for_the_sun_is_read_when_its_modem_phase_comes(name):
    told = cable.cars.CARS[name].values["soc_percent"]
    assert [cable.sun(seed, name) for seed in (1, 2)] == [[told], [told]]
