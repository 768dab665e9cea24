# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""gc: a collection costs time and finds abandoned sockets. There is no `threshold` on the device."""

import sys

from twin_device import device

# 8 MB PSRAM, less what the firmware takes.
_HEAP = 8_000_000
_enabled = True


def collect():
    device.gc_collections += 1
    device.spend(device.costs.gc_collect_us)
    for socket in list(device.open_sockets):
        # One reference from the list of open sockets, one from its copy, one from `socket`, one from getrefcount.
        if sys.getrefcount(socket) <= 4:
            socket.close()
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
