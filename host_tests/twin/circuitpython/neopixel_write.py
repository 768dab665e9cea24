# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""neopixel_write: the last colours written, by pin number, in `hardware.pixels`."""

from twin_device import device

# A raw tick of the firmware is 1/1024 s; two of them lie between two writes, so that the lights take the first.
_PAUSE_US = 2000
_next_start_us = 0


def neopixel_write(digitalinout, buf):
    global _next_start_us
    device.spend(max(0, _next_start_us - device.clock.now_us) + 50 + len(buf) * 10)
    _next_start_us = device.clock.now_us + _PAUSE_US
    device.hardware.pixels[digitalinout._number] = bytes(buf)
