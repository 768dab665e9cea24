# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The twin's parameter block against Qualcomm's own tools, ``plctool``, ``chkpib`` and ``setpib`` (Debian plc-utils)."""

import pytest

from host_tests.peers import namespace


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.timeout(300)
def test_plctool_reads_the_modems_parameters_and_makes_it_a_chargers(figures):
    namespace.need("the parameter block against Qualcomm's plctool", "plctool", "chkpib", "setpib")
    told = namespace.run("run_plctool.py", timeout_s=280).strip()
    figures(told)
    assert "read again" in told
