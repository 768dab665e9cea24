# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem's parameters are read and written on MicroPython as on CPython."""

from pathlib import Path

from host_tests.interpreter import micropython

SCRIPT = Path(__file__).with_name("run_modem_parameters.py")


def test_the_parameters_are_read_made_a_chargers_and_read_back(tmp_path):
    _, paths = micropython.drive(tmp_path, "")
    done = micropython.run(SCRIPT, heap="2M", paths=paths)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("passed 8")
