# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""gc: a collection costs time and finds abandoned sockets. There is no `threshold` on the device."""

from twin_device import device

# 8 MB PSRAM, less what the firmware takes.
_HEAP = 8_000_000
_enabled = True


def collect():
    device.collect(device.costs.gc_collect_us)
    return 0


def mem_alloc():
    return 300_000


def mem_free():
    return _HEAP - mem_alloc()


def enable():
    global _enabled
    _enabled = True


def disable():
    global _enabled
    _enabled = False


def isenabled():
    return _enabled
