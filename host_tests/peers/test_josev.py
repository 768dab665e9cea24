# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box against the Josev car (PyPI iso15118, Java codec) over the Linux kernel's IPv6, ND and TCP."""

import pytest

from host_tests.peers import namespace

pytestmark = [pytest.mark.slow, pytest.mark.real_time]
SESSIONS = 200
COMPARED = 20
PLUG_INS = 2
# How often each way is gone in every run of the suite, which stays short, and in `make soak`.
SAMPLE = {"clean": 10, "iso2": 4, "small_segments": 4, "unfriendly": 2}
MANY = {"clean": SESSIONS, "iso2": 50, "small_segments": 50, "unfriendly": 10}


class Player:
    """One car for all scenarios of this file; another one after a scenario that went wrong."""

    def __init__(self):
        self._script = None

    def play(self, *order):
        self._script = self._script or namespace.Kept("run_josev.py")
        try:
            return self._script.play(*order)
        except BaseException:
            self.close()
            raise

    def close(self):
        if self._script is not None:
            self._script.close()
            self._script = None


@pytest.fixture(scope="module")
def player():
    player = Player()
    yield player
    player.close()


@pytest.fixture
def josev(player, figures):
    """``josev(scenario, n)`` gives what the scenario tells, which is also told at the end of the run."""

    def play(scenario, *numbers):
        namespace.need(f"the Josev car, {scenario}", "java")
        told = player.play(scenario, *numbers)
        for line in told.strip().splitlines():
            figures(line)
        return told

    return play


def in_a_row(josev, count):
    assert f"{count} of {count} sessions" in josev("clean", count)


def iso_15118_2(josev, count):
    assert f"{count} of {count} sessions" in josev("iso2", count)


def segments_of_88_bytes(josev, count):
    assert f"{count} of {count} sessions" in josev("small_segments", count)


def unfriendly_lines(josev, count):
    """netem where the kernel has it, else the same faults, seeded, between the veths; the output says which."""
    assert josev("unfriendly", count).count(" sessions; ") == 5


@pytest.mark.timeout(1200)
def test_sessions_in_a_row(josev):
    in_a_row(josev, SAMPLE["clean"])


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_two_hundred_sessions_in_a_row(josev):
    in_a_row(josev, MANY["clean"])


@pytest.mark.timeout(1200)
def test_iso_15118_2_without_tls(josev):
    iso_15118_2(josev, SAMPLE["iso2"])


@pytest.mark.timeout(1200)
def test_messages_in_segments_of_88_bytes(josev):
    segments_of_88_bytes(josev, SAMPLE["small_segments"])


@pytest.mark.timeout(1800)
def test_lost_late_doubled_and_swapped_frames(josev):
    unfriendly_lines(josev, SAMPLE["unfriendly"])


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_each_of_these_ways_many_times(josev):
    iso_15118_2(josev, MANY["iso2"])
    segments_of_88_bytes(josev, MANY["small_segments"])
    unfriendly_lines(josev, MANY["unfriendly"])


@pytest.mark.timeout(1200)
def test_the_whole_twin_reads_and_delivers(josev):
    assert f"{PLUG_INS} of {PLUG_INS} plug-ins" in josev("twin", PLUG_INS)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_time_to_the_state_of_charge_beside_josevs_own_charger(josev):
    told = josev("beside_josev", COMPARED)
    assert "socbox" in told and "Josev's SECC" in told


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("half", [1, 2])
def test_two_hundred_sessions_with_every_wait_as_it_is(josev, half):
    """In two halves: each waits most of its time, so both can at once."""
    assert f"{SESSIONS // 2} of {SESSIONS // 2} sessions" in josev("patient", SESSIONS // 2, half)
