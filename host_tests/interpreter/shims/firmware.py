# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Puts the shims in place of modules that the interpreter has, and loads the others.

Loaded here, before anything is measured: on the device they are C and take nothing from the heap.
"""

import sys

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
    "select",
    "socketpool",
    "supervisor",
    "terminalio",
    "traceback",
    "vectorio",
    "watchdog",
    "wifi",
)


def install():
    """From here on ``import time`` and its like give the device's."""
    for name, module in REPLACED:
        sys.modules[name] = module
    for name in LOADED:
        __import__(name)
