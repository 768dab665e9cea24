# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box against the Josev car (PyPI iso15118, Java codec) over the Linux kernel's IPv6, ND and TCP."""

import pytest

from host_tests.peers import namespace

pytestmark = [pytest.mark.slow, pytest.mark.real_time]
SESSIONS = 200
SAMPLE = 20  # of them in every run of the suite, which stays short; all of them in `make soak`
COMPARED = 4
ISO2 = 10
PLUG_INS = 2
UNFRIENDLY = 2


@pytest.fixture
def josev(figures):
    """``josev(scenario, n, timeout_s)`` gives what the scenario tells, which is also told at the end of the run."""

    def play(scenario, count, timeout_s, *more):
        namespace.need(f"the Josev car, {scenario}", "java")
        told = namespace.run("run_josev.py", scenario, count, *more, timeout_s=timeout_s)
        for line in told.strip().splitlines():
            figures(line)
        return told

    return play


@pytest.mark.timeout(1200)
def test_sessions_in_a_row(josev):
    assert f"{SAMPLE} of {SAMPLE} sessions" in josev("clean", SAMPLE, 1180)


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_two_hundred_sessions_in_a_row(josev):
    assert f"{SESSIONS} of {SESSIONS} sessions" in josev("clean", SESSIONS, 1450)


@pytest.mark.timeout(1200)
def test_iso_15118_2_without_tls(josev):
    assert f"{ISO2} of {ISO2} sessions" in josev("iso2", ISO2, 1180)


@pytest.mark.timeout(1200)
def test_time_to_the_state_of_charge_beside_josevs_own_charger(josev):
    told = josev("beside_josev", COMPARED, 1180)
    assert "socbox" in told and "Josev's SECC" in told


@pytest.mark.timeout(1200)
def test_the_whole_twin_reads_and_delivers(josev):
    assert f"{PLUG_INS} of {PLUG_INS} plug-ins" in josev("twin", PLUG_INS, 1180)


@pytest.mark.timeout(1200)
def test_messages_in_segments_of_88_bytes(josev):
    assert "10 of 10 sessions" in josev("small_segments", 10, 1180)


@pytest.mark.timeout(1800)
def test_lost_late_doubled_and_swapped_frames(josev):
    """netem where the kernel has it, else the same faults, seeded, between the veths; the output says which."""
    assert josev("unfriendly", UNFRIENDLY, 1780).count(" sessions; ") == 5


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("half", [1, 2])
def test_two_hundred_sessions_with_every_wait_as_it_is(josev, half):
    """In two halves: each waits most of its time, so both can at once."""
    assert f"{SESSIONS // 2} of {SESSIONS // 2} sessions" in josev("patient", SESSIONS // 2, 3500, half)
