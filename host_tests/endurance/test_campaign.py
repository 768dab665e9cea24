# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Faults, one at a time and in mixtures: right once, or not at all with the reason, and ready for the next car."""

import os

import pytest

from host_tests.endurance import campaign, sweep

SOAK_SESSIONS = 10_000
# One of so many cases of the whole sweep is run each time.
SAMPLE = 5
SOAK_CARS = ("virtual", "ioniq", "audi_q4", "tesla_y", "polestar2", "ix3", "iso_only", "silent", "id_buzz")
JOBS = os.cpu_count() or 1


def swept(car, every):
    """(sessions whose fault hit, what is wrong with any)."""
    hit, wrong = 0, []
    for case in sweep.cases(car, every):
        verdict = sweep.run(car, case)
        if verdict.hits:
            hit += 1
            wrong += [(case, text) for text in verdict.wrong]
            if not verdict.delivered:
                wrong.append((case, f"not delivered: {verdict.cause}"))
    return hit, wrong


def test_no_single_fault_of_any_frame_costs_the_reading(figures):
    hit, wrong = swept("virtual", SAMPLE)
    assert wrong == []
    assert hit > 80
    figures(f"one fault: {hit} sessions (every {SAMPLE}th case), all delivered")


def test_a_sample_of_random_mixtures(figures):
    tally = campaign.run(200, seed=1)
    assert tally.wrong == []
    assert tally.sessions >= 200 and len(tally.hits) > 18
    assert tally.delivered > tally.sessions * 0.6
    figures("mixtures: " + tally.line())


def test_with_five_percent_of_the_frames_lost_the_reading_arrives(figures):
    hit, delivered, wrong = campaign.run_lossy(200, 5.0)
    assert wrong == []
    assert hit > 150 and delivered >= hit * 0.99
    figures(f"5 % loss: {delivered} of {hit} plug-ins that lost frames delivered")


def test_the_driver_on_a_noisy_bus(figures):
    tally = campaign.run(20, seed=1, driver=True)
    assert tally.wrong == []
    figures("driver: " + tally.line())


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("car", SOAK_CARS)
def test_every_frame_hurt_in_every_way(car, figures):
    hit, wrong = swept(car, 1)
    assert wrong == []
    figures(f"one fault: {car}, {hit} sessions, all delivered")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_mixtures(figures):
    tally = campaign.run(SOAK_SESSIONS, seed=1, jobs=JOBS)
    figures("mixtures: " + tally.line())
    figures("causes shown: " + ", ".join(f"{name} {count}" for name, count in tally.causes.most_common()))
    assert tally.wrong == []
    assert tally.sessions >= SOAK_SESSIONS


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_percent_loss_a_thousand_times(figures):
    hit, delivered, wrong = campaign.run_lossy(5000, 5.0, jobs=JOBS)
    assert wrong == []
    assert delivered >= hit * 0.99
    figures(f"5 % loss: {delivered} of {hit} plug-ins that lost frames delivered ({delivered / hit:.2%})")
