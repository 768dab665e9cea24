# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""time: virtual, whole-second `time()`, and `monotonic()` with the precision of a 30-bit float."""

import time as host_time

from twin_device import device

from host_tests.twin.circuitpython._floats import board

struct_time = host_time.struct_time
# Unix time of 2000-01-01: the clock of a board that nobody has set.
_EPOCH = 946684800
_LOOK_US = 1_000_000


def sleep(seconds):
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    us = round(seconds * 1_000_000)
    # Ctrl-C ends it.
    while us > _LOOK_US:
        device.spend(_LOOK_US)
        us -= _LOOK_US
    device.nap(us, device.costs.ticks_us)


def monotonic():
    device.spend(device.costs.ticks_us)
    return board(device.raw_ticks_us() // 1000 / 1000)


def monotonic_ns():
    device.spend(device.costs.ticks_us)
    return device.raw_ticks_us() * 1000


def time():
    device.spend(device.costs.ticks_us)
    return _EPOCH + device.raw_ticks_us() // 1_000_000 + getattr(device, "rtc_offset_s", 0)


def localtime(seconds=None):
    return host_time.gmtime(time() if seconds is None else seconds)


def mktime(fields):
    import calendar

    return calendar.timegm(tuple(fields))
