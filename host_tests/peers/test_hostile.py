# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A client that breaks every rule of TCP in every state; afterwards honest cars are served."""

import pytest

from host_tests.peers import namespace
from host_tests.peers.run_hostile import SCENARIOS


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.timeout(900)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_box_is_ready_for_the_next_car(scenario, figures):
    namespace.need(f"hostile TCP client, {scenario}")
    told = namespace.run("run_hostile.py", scenario, timeout_s=880)
    for line in told.strip().splitlines():
        figures(line)
    assert "honest cars" in told
