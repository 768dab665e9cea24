# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A board with a few lines of device code on it, for the tests of the fake CircuitPython."""

from textwrap import dedent

from host_tests.twin.clock import Clock
from host_tests.twin.device import Device, Services
from host_tests.twin.panels import ST7789


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


# Device code: `display` and its group `root`.
GLASS = """
import adafruit_st7789, busio, displayio, fourwire, microcontroller, time, vectorio
pin = microcontroller.pin
bus = fourwire.FourWire(busio.SPI(pin.GPIO4, pin.GPIO5), command=pin.GPIO7, chip_select=pin.GPIO6)
display = adafruit_st7789.ST7789(bus, width=240, height=240, rowstart=80, auto_refresh=False)
display.root_group = root = displayio.Group()
"""


class CountedST7789(ST7789):
    """Counts the pixels that come."""

    @classmethod
    def attached(cls, services):
        """One of 240 x 240, wired as GLASS has it."""
        panel = cls((0, 80, 240, 240))
        panel.came = 0
        services.hardware.attach_spi(panel, sck=4, mosi=5, miso=None, cs=6, dc=7)
        return panel

    def _pixels(self, data):
        self.came += len(data) // 2
        super()._pixels(data)

    def count(self):
        """Pixels since it was last asked."""
        came, self.came = self.came, 0
        return came
