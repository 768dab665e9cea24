# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""digitalio: one pin, 7 us an access."""

from twin_device import device

from host_tests.twin.circuitpython import _pins
from host_tests.twin.circuitpython._names import names


class Direction:
    pass


class Pull:
    pass


class DriveMode:
    pass


names(Direction, "digitalio", "INPUT OUTPUT")
names(Pull, "digitalio", "UP DOWN")
names(DriveMode, "digitalio", "PUSH_PULL OPEN_DRAIN")


class DigitalInOut:
    def __init__(self, pin):
        self._number = _pins.claim(device, pin, self)
        self._pin = device.hardware.pins[self._number]
        self._direction = Direction.INPUT
        self._pull = None
        self._drive_mode = DriveMode.PUSH_PULL

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.deinit()

    def _check(self):
        if self._pin is None:
            raise ValueError("Object has been deinitialized and can no longer be used. Create a new object.")

    def deinit(self):
        if self._pin is None:
            return
        self._pin.pull = None
        self._pin.drive(None)
        _pins.release(device, self._number)
        self._pin = None

    def switch_to_output(self, value=False, drive_mode=DriveMode.PUSH_PULL):
        self._check()
        self._direction = Direction.OUTPUT
        self._drive_mode = drive_mode
        self._write(value)

    def switch_to_input(self, pull=None):
        self._check()
        self._direction = Direction.INPUT
        self._pin.drive(None)
        self._set_pull(pull)

    def _set_pull(self, pull):
        self._pull = pull
        self._pin.pull = None if pull is None else pull.name

    def _write(self, value):
        device.spend(device.costs.pin_us)
        level = 1 if value else 0
        if value and self._drive_mode is DriveMode.OPEN_DRAIN:
            level = None
        try:
            self._pin.drive(level)
        except Exception as error:
            device.world_failed(error)

    @property
    def direction(self):
        self._check()
        return self._direction

    @direction.setter
    def direction(self, direction):
        if direction is Direction.OUTPUT:
            self.switch_to_output()
        elif direction is Direction.INPUT:
            self.switch_to_input()
        else:
            raise ValueError("Invalid direction.")

    @property
    def value(self):
        self._check()
        device.spend(device.costs.pin_us)
        return bool(self._pin.level())

    @value.setter
    def value(self, value):
        self._check()
        if self._direction is not Direction.OUTPUT:
            raise AttributeError("Cannot set value when direction is input.")
        self._write(value)

    @property
    def pull(self):
        if self._direction is Direction.OUTPUT:
            raise AttributeError("Pull not used when direction is output.")
        return self._pull

    @pull.setter
    def pull(self, pull):
        if self._direction is Direction.OUTPUT:
            raise AttributeError("Pull not used when direction is output.")
        self._set_pull(pull)

    @property
    def drive_mode(self):
        return self._drive_mode

    @drive_mode.setter
    def drive_mode(self, drive_mode):
        self._drive_mode = drive_mode
