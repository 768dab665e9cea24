# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""watchdog: the timer that only `feed` satisfies.

Follows shared-bindings/watchdog/WatchDogTimer.c and ports/espressif/common-hal/watchdog/WatchDogTimer.c of
CircuitPython 10.0.3 to 10.2.1: `wdt_config` sets the hardware and then adds the task, which fails while it is added.
"""

from espidf import IDFError
from twin_device import device

from host_tests.twin.circuitpython._names import names


class WatchDogTimeout(Exception):
    def __init__(self):
        super().__init__("Watchdog timer expired.")


class WatchDogMode:
    pass


names(WatchDogMode, "watchdog", "RAISE RESET")


def _refuse(step):
    if step in device.watchdog.refuses:
        raise IDFError("Generic Failure")


def _configure(mode):
    """`wdt_config`: esp_task_wdt_reconfigure works on an armed watchdog, esp_task_wdt_add after it does not."""
    timer = device.watchdog
    was_armed = timer.mode is not None
    timer.arm(mode if not was_armed else timer.mode, WatchDogTimeout)
    if was_armed:
        raise IDFError("Invalid argument")


class WatchDogTimer:
    def feed(self):
        _refuse("feed")
        if device.watchdog.mode is None:
            raise ValueError("WatchDogTimer is not currently running")
        device.watchdog.feed()

    @property
    def timeout(self):
        return device.watchdog.timeout_s

    @timeout.setter
    def timeout(self, seconds):
        if seconds < 0:
            raise ValueError("timeout must be >= 0")
        _refuse("timeout")
        device.watchdog.timeout_s = seconds
        if device.watchdog.mode is not None:
            _configure(device.watchdog.mode)

    @property
    def mode(self):
        mode = device.watchdog.mode
        return None if mode is None else getattr(WatchDogMode, mode)

    @mode.setter
    def mode(self, mode):
        if mode is not None and device.watchdog.timeout_s <= 0:
            raise ValueError("timeout must be > 0")
        _refuse("mode off" if mode is None else "mode on")
        if mode is None:
            device.watchdog.disarm()
        elif mode.name != device.watchdog.mode:
            _configure(mode.name)
