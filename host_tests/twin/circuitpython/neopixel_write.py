# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""neopixel_write: the last colours written, by pin number, in `hardware.pixels`."""

from twin_device import device


def neopixel_write(digitalinout, buf):
    device.spend(50 + len(buf) * 10)
    device.hardware.pixels[digitalinout._number] = bytes(buf)
