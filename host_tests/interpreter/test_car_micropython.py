# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The virtual car on MicroPython sends the same bytes at the same times as on CPython."""

from pathlib import Path

from host_tests.interpreter import run_car
from host_tests.interpreter.micropython import run

SCRIPT = Path(run_car.__file__)
NAMES = ("generic", "ioniq", "tesla_y", "audi_q4", "polestar2", "tiny_segments", "iso_only")


def test_same_frames_on_micropython():
    expected = []
    for name in NAMES:
        expected += run_car.lines_of(name)
    result = run(SCRIPT, *NAMES, heap="2M")
    assert result.returncode == 0, result.stdout[-500:] + result.stderr[-2000:]
    assert result.stdout.splitlines() == expected


def test_every_run_ends_with_a_charging_car():
    for name in NAMES:
        lines = run_car.lines_of(name)
        assert lines[-1] == name + ": charging, cp C, unsafe [], complaints []"
