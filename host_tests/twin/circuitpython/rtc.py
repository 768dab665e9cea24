# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""rtc: the clock starts at 2000-01-01 until the program sets it."""

import calendar
import time as host_time

from twin_device import device

_EPOCH = 946684800


class RTC:
    calibration = 0

    @property
    def datetime(self):
        seconds = _EPOCH + device.raw_ticks_us() // 1_000_000 + getattr(device, "rtc_offset_s", 0)
        return host_time.gmtime(seconds)

    @datetime.setter
    def datetime(self, fields):
        now = _EPOCH + device.raw_ticks_us() // 1_000_000
        device.rtc_offset_s = calendar.timegm(tuple(fields)) - now


def set_time_source(rtc):
    pass
