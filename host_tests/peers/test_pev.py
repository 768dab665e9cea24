# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SLAC against Qualcomm's own car program, ``pev`` of open-plc-utils (Debian package plc-utils-extra)."""

import pytest

from host_tests.peers import namespace

RUNS = 50


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.timeout(1200)
def test_pev_matches_fifty_times_without_a_failure(figures):
    namespace.need("SLAC against Qualcomm's pev", "pev")
    told = namespace.run("run_pev.py", RUNS, timeout_s=1180)
    for line in told.strip().splitlines():
        figures(line)
    assert f"{RUNS} of {RUNS} runs" in told
