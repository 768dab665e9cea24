# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Pins and a NeoPixel as firmware modules that a test can look at."""

import sys
import types


def fake_pins(monkeypatch):
    """digitalio and neopixel_write; gives (pins, what was written)."""
    pins, written = [], []

    class Pin:
        value = True

        def __init__(self, number):
            self.number = number
            pins.append(self)

    digital = types.ModuleType("digitalio")
    digital.DigitalInOut = Pin
    digital.Direction = types.SimpleNamespace(INPUT="in", OUTPUT="out")
    digital.Pull = types.SimpleNamespace(UP="up")
    pixel = types.ModuleType("neopixel_write")
    pixel.neopixel_write = lambda _pin, data: written.append(bytes(data))
    for name, module in (("digitalio", digital), ("neopixel_write", pixel)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "appliance.display.button", raising=False)
    return pins, written
