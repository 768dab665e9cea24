# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Puts the shims in place of modules that the interpreter has, and loads the others.

Loaded here, before anything is measured: on the device they are C and take nothing from the heap.
"""

import builtins
import sys

import bench_state
import collector
import regular
import system
import virtual_time

REPLACED = (("gc", collector), ("re", regular), ("sys", system), ("time", virtual_time))
LOADED = (
    "alarm",
    "adafruit_bus_device.spi_device",
    "bitmaptools",
    "board",
    "busdisplay",
    "busio",
    "digitalio",
    "displayio",
    "fourwire",
    "i2cdisplaybus",
    "ipaddress",
    "mdns",
    "microcontroller",
    "neopixel_write",
    "select",
    "socketpool",
    "ssl",
    "storage",
    "supervisor",
    "terminalio",
    "traceback",
    "vectorio",
    "watchdog",
    "wifi",
)


_print = builtins.print
_PASSWORD = "password of the page: "


def _console(*values):
    """``print`` of the box; whoever stands beside it can read the page's password there."""
    _print(*values)
    text = str(values[0]) if values else ""
    if _PASSWORD in text:
        bench_state.page_password = text.split(_PASSWORD)[1].strip()


def install():
    """From here on ``import time`` and its like give the device's."""
    builtins.print = _console
    for name, module in REPLACED:
        sys.modules[name] = module
    for name in LOADED:
        __import__(name)
