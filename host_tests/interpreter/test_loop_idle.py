# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""An idle pass of the loop allocates nothing: every byte would bring the next collection nearer."""

import re
from pathlib import Path

from host_tests.interpreter import micropython

SCRIPT = Path(__file__).with_name("run_loop_idle.py")


def test_idle_passes_allocate_nothing():
    result = micropython.run(SCRIPT, heap="2M")
    assert result.returncode == 0, result.stderr
    assert "stage WAITING" in result.stdout
    total, worst = re.search(r"allocated (\d+) worst (\d+)", result.stdout).groups()
    assert (int(total), int(worst)) == (0, 0), result.stdout
