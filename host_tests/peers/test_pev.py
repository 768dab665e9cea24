# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SLAC against Qualcomm's own car program, ``pev`` of open-plc-utils (Debian package plc-utils-extra)."""

import pytest

from host_tests.peers import namespace

pytestmark = [pytest.mark.slow, pytest.mark.real_time]
RUNS = 50
SAMPLE = 6  # of them in every run of the suite, two by each of three cars


def matches(runs, figures):
    namespace.need("SLAC against Qualcomm's pev", "pev")
    told = namespace.run("run_pev.py", runs, timeout_s=1180)
    for line in told.strip().splitlines():
        figures(line)
    assert f"{runs} of {runs} runs" in told


@pytest.mark.timeout(1200)
def test_pev_matches_without_a_failure(figures):
    matches(SAMPLE, figures)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_pev_matches_fifty_times_without_a_failure(figures):
    matches(RUNS, figures)
