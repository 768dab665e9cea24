# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""countio: edges of a pin, counted while the program does something else."""

from twin_device import device

from host_tests.twin.circuitpython import _pins
from host_tests.twin.circuitpython._names import names


class Edge:
    pass


names(Edge, "countio", "RISE FALL RISE_AND_FALL")


class Counter:
    def __init__(self, pin, *, edge=Edge.FALL, pull=None):
        self._number = _pins.claim(device, pin, self)
        self._pin = device.hardware.pins[self._number]
        self._pin.pull = None if pull is None else pull.name
        self._edge = edge
        self._count = 0
        self._pin.counters.append(self._heard)
        device.hardware.counted_pins.append(self._pin)
        self._pin.sample()

    def _heard(self, level):
        if self._edge is Edge.RISE_AND_FALL or (level == 1) == (self._edge is Edge.RISE):
            self._count += 1

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.deinit()

    def deinit(self):
        if self._number is not None:
            if self._heard in self._pin.counters:
                self._pin.counters.remove(self._heard)
                device.hardware.counted_pins.remove(self._pin)
            _pins.release(device, self._number)
            self._number = None

    @property
    def count(self):
        device.spend(device.costs.pin_us)
        self._pin.sample()
        return self._count

    @count.setter
    def count(self, value):
        self._pin.sample()
        self._count = value

    def reset(self):
        self.count = 0
