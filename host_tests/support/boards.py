# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A board with a few lines of device code on it, for the tests of the fake CircuitPython."""

from textwrap import dedent

from host_tests.twin.clock import Clock
from host_tests.twin.device import Device, Services


def board(tmp_path, code="", files=None, services=None, start=True, **options):
    """A Device whose drive holds `code` as code.py and `files` {name: text}; switched on unless `start` is False."""
    drive = tmp_path / "drive"
    for name, text in {"code.py": code, **(files or {})}.items():
        path = drive / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    device = Device(services or Services(Clock()), drive, **options)
    if start:
        device.start()
    return device


def run_code(tmp_path, code, limit_s=60, **options):
    """Run `code` to its end; gives the Device. An exception in it fails the test."""
    device = board(tmp_path, code, **options)
    try:
        assert device.run_until(lambda: device.state == "DONE", limit_s), device.console_text()
        device.run(0.1)
        assert "Traceback" not in device.console_text(), device.console_text()
    finally:
        device.close()
    return device


def said(device):
    """What the device printed, without the supervisor's closing words."""
    lines = [line for _, line in device.console]
    return lines[: lines.index("Code done running.") - 1] if "Code done running." in lines else lines
