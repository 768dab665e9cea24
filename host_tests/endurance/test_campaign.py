# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Faults, one at a time and in mixtures: right once, or not at all with the reason, and ready for the next car."""

import os

import pytest

from host_tests.endurance import campaign, states, sweep

SOAK_SESSIONS = 10_000
# One of so many cases of the whole sweep is run each time.
SAMPLE = 5
SOAK_CARS = ("virtual", "ioniq", "audi_q4", "tesla_y", "polestar2", "ix3", "iso_only", "silent", "id_buzz")
# What the processes of this run leave for each of them.
JOBS = max(1, (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def swept(find, play, car, every):
    """(sessions whose fault hit, what is wrong with any)."""
    hit, wrong = 0, []
    for case in find(car, every):
        verdict = play(car, case)
        if verdict.hits:
            hit += 1
            wrong += [(case, text) for text in verdict.wrong]
    return hit, wrong


def in_every_state(driver, later_ms, every=1):
    """(sessions, what is wrong with any)."""
    cases = [
        (what, step) for what in (*states.WHAT, *(states.BUS if driver else ())) for step in states.STEPS
    ][::every]
    wrong = [
        (what, step, text) for what, step in cases for text in states.run(step, what, driver, later_ms).wrong
    ]
    return len(cases), wrong


def test_no_single_fault_of_any_frame_costs_the_reading(figures):
    hit, wrong = swept(sweep.cases, sweep.run, "virtual", SAMPLE)
    assert wrong == []
    assert hit > 80
    figures(f"one fault: {hit} sessions (every {SAMPLE}th case), none 2.5 s later than without")


def test_no_misread_bit_on_the_bus_costs_the_reading_or_a_reset(figures):
    hit, wrong = swept(sweep.bus_cases, sweep.run_bus, "virtual", 14 * SAMPLE)
    assert wrong == []
    assert hit > 60
    figures(f"one bit misread on the bus: {hit} sessions, no reset, none 2.5 s later than without")


def test_a_delivery_that_failed_is_told_although_the_smartevse_answers_again_later():
    tally = campaign.life(1033)
    assert tally.wrong == [] and tally.causes["smartevse_500"]


def test_a_syn_whose_source_address_is_misread_costs_its_repetition_only():
    verdict = sweep.run_bus("virtual", (34, 163))
    assert verdict.hits and verdict.wrong == []


@pytest.mark.parametrize("driver", [False, True])
def test_trouble_at_every_step(driver, figures):
    count, wrong = in_every_state(driver, 0, SAMPLE)
    assert wrong == []
    figures(f"trouble at every step: {count} sessions (every {SAMPLE}th), driver {driver}: none wrong")


@pytest.mark.parametrize("plugged_ms", [500, 2_000, 4_500])
def test_ten_plug_ins_in_a_minute(plugged_ms):
    assert states.ten_in_a_minute(plugged_ms=plugged_ms)[1] == []


def test_a_car_that_comes_back_to_a_box_that_cannot_ask():
    assert states.returning_car() == []


def test_a_late_reading_never_goes_to_another_car():
    assert states.swapped_cars() == []


def test_the_number_of_a_car_that_was_pulled_out_unheard_never_goes_to_the_next_one_in_its_phase():
    assert states.swapped_in_the_phase() == []


def test_a_vw_that_falls_silent_and_searches_with_another_mac_is_delivered_in_its_phase():
    assert states.silent_meb() == []


def test_a_sample_of_random_mixtures(figures):
    tally = campaign.run(120, seed=1)
    assert tally.wrong == []
    assert tally.sessions >= 120 and len(tally.hits) > 18
    assert tally.delivered > tally.sessions * 0.6
    figures("mixtures: " + tally.line())


def test_with_five_percent_of_the_frames_lost_the_reading_arrives(figures):
    hit, delivered, wrong = campaign.run_lossy(100, 5.0)
    assert wrong == []
    assert hit > 75 and delivered >= hit * 0.99
    figures(f"5 % loss: {delivered} of {hit} plug-ins that lost frames delivered")


def test_the_driver_on_a_noisy_bus(figures):
    tally = campaign.run(20, seed=1, driver=True)
    assert tally.wrong == []
    figures("driver: " + tally.line())


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("car", SOAK_CARS)
def test_one_fault_per_session_every_frame_every_kind(car, figures):
    hit, wrong = swept(sweep.cases, sweep.run, car, 1)
    assert wrong == []
    figures(f"one fault: {car}, {hit} sessions, none 2.5 s later than without")


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_bit_of_the_frame_that_tells_the_charge():
    hit, wrong = swept(sweep.bit_cases, sweep.run, "virtual", 1)
    assert hit and wrong == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_bit_on_the_bus(figures):
    hit, wrong = swept(sweep.bus_cases, sweep.run_bus, "virtual", 1)
    assert wrong == []
    figures(f"one bit misread on the bus: {hit} sessions, no reset")


@pytest.mark.soak
@pytest.mark.parametrize("later_ms", [0, states.LATER_MS])
@pytest.mark.parametrize("driver", [False, True])
def test_trouble_everywhere(driver, later_ms, figures):
    count, wrong = in_every_state(driver, later_ms)
    assert wrong == []
    figures(f"trouble {later_ms} ms after every step: {count} sessions, driver {driver}: none wrong")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_mixtures(figures):
    tally = campaign.run(SOAK_SESSIONS, seed=1, jobs=JOBS)
    figures("mixtures: " + tally.line())
    figures("causes shown: " + ", ".join(f"{name} {count}" for name, count in tally.causes.most_common()))
    assert tally.wrong == []
    assert tally.sessions >= SOAK_SESSIONS


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_two_thousand_mixtures_on_the_bus(figures):
    tally = campaign.run(SOAK_SESSIONS // 5, seed=1, driver=True, jobs=JOBS)
    figures("mixtures with the driver: " + tally.line())
    assert tally.wrong == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_five_percent_loss_a_thousand_times(figures):
    hit, delivered, wrong = campaign.run_lossy(5000, 5.0, jobs=JOBS)
    assert wrong == []
    assert delivered >= hit * 0.99
    figures(f"5 % loss: {delivered} of {hit} plug-ins that lost frames delivered ({delivered / hit:.2%})")
