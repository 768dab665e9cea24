# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""watchdog: the timer that only `feed` or a new `timeout` satisfies."""

from twin_device import device

from host_tests.twin.circuitpython._names import names


class WatchDogTimeout(Exception):
    def __init__(self):
        super().__init__("Watchdog timer expired.")


class WatchDogMode:
    pass


names(WatchDogMode, "watchdog", "RAISE RESET")


class WatchDogTimer:
    def feed(self):
        if device.watchdog.mode is None:
            raise ValueError("WatchDogTimer is not currently running")
        device.watchdog.feed()

    @property
    def timeout(self):
        return device.watchdog.timeout_s

    @timeout.setter
    def timeout(self, seconds):
        if seconds <= 0:
            raise ValueError("watchdog timeout must be greater than 0")
        device.watchdog.timeout_s = seconds
        if device.watchdog.mode is not None:
            device.watchdog.feed()

    @property
    def mode(self):
        mode = device.watchdog.mode
        return None if mode is None else getattr(WatchDogMode, mode)

    @mode.setter
    def mode(self, mode):
        if mode is None:
            device.watchdog.disarm()
            return
        if device.watchdog.timeout_s <= 0:
            raise ValueError("WatchDogTimer.timeout must be greater than 0")
        device.watchdog.arm(mode.name, WatchDogTimeout)
