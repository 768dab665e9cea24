# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""pwmio: one output; the twin keeps its duty cycle for a look at the backlight."""

from twin_device import device

from host_tests.twin.circuitpython import _pins


class PWMOut:
    def __init__(self, pin, *, duty_cycle=0, frequency=500, variable_frequency=False):
        self._number = _pins.claim(device, pin, self)
        self.frequency = frequency
        self.duty_cycle = duty_cycle

    @property
    def duty_cycle(self):
        return self._duty_cycle

    @duty_cycle.setter
    def duty_cycle(self, value):
        self._duty_cycle = int(value)
        device.hardware.pins[self._number].duty_cycle = int(value)

    def deinit(self):
        _pins.release(device, self._number)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.deinit()
