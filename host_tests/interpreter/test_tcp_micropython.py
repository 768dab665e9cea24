# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""IPv6 and TCP on MicroPython: the same bytes as on CPython, no memory when idle, and within a cost."""

import subprocess
import sys
from pathlib import Path

import pytest

from host_tests.interpreter.micropython import LIBRARY, run

SCRIPT = Path(__file__).with_name("run_tcp.py")


def test_a_session_is_byte_for_byte_the_same_as_on_cpython():
    here = subprocess.run(
        [sys.executable, str(SCRIPT), "script"],
        env={"PYTHONPATH": str(LIBRARY)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    there = run(SCRIPT, "script")
    assert there.returncode == 0, there.stdout + there.stderr
    assert there.stdout.splitlines() == here.splitlines()
    lines = here.splitlines()
    assert [line for line in lines if line.startswith("event")] == [
        "event connected",
        "event peer_closed",
        "event closed",
        "event connected",
        "event closed",
        "event connected",
        "event reset",
        "event connected",
        "event timeout",
    ]
    assert sum(line.startswith("out") for line in lines) > 25


@pytest.fixture(scope="module")
def figures():
    result = run(SCRIPT, "cost", heap="4M")
    assert result.returncode == 0, result.stdout + result.stderr
    rows = (line.split() for line in result.stdout.splitlines())
    return {row[0]: float(row[1]) for row in rows if row[0].endswith(("_us", "_bytes"))}


@pytest.mark.parametrize("state", ["listen", "established"])
def test_idle_takes_no_memory(figures, state):
    assert figures["idle_" + state + "_bytes"] == 0


def test_a_segment_costs_little(figures, record_property):
    """Bounds are loose in time, because this machine may be busy, and close in bytes, which do not vary."""
    for name, value in figures.items():
        record_property(name, value)
    assert figures["segment_to_ack_bytes"] < 1300
    assert figures["request_to_answer_bytes"] < 1800
    assert figures["request_to_answer_us"] < 200
