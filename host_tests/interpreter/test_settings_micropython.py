# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Saving, restoring, logging in and downloading on MicroPython: the same code, another interpreter."""

from pathlib import Path

from host_tests.interpreter import micropython

SCRIPT = Path(__file__).with_name("run_settings.py")


def test_settings_sessions_and_downloads(tmp_path):
    _, paths = micropython.drive(tmp_path, 'HOSTNAME = "garage"\nWIFI_SSID = "home"\n')
    done = micropython.run(SCRIPT, tmp_path, heap="2M", paths=paths)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split("passed ")[1]) > 20
