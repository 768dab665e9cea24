# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""paralleldisplaybus: eight data lines and a write strobe; leaves both SPI hosts free."""

from twin_device import device

from host_tests.twin.circuitpython import _displaybus, _pins


class ParallelBus:
    def __init__(
        self,
        *,
        data0=None,
        data_pins=None,
        command,
        chip_select,
        write,
        read=None,
        reset=None,
        frequency=30000000,
    ):
        import displayio

        _displaybus.allocate(device, displayio, self)
        self._pins = [
            _pins.claim(device, pin, self, kept=True)
            for pin in (data0, command, chip_select, write, read, reset)
        ]
        self._part = device.hardware.parallel_part(tuple(self._pins[:4]))
        self._frequency = frequency
        self._level = 0
        self._locked = False
        self._last_command = None
        if self._part is not None:
            self._part.dc = lambda: self._level == 1

    def deinit(self):
        _pins.release(device, *self._pins)

    _release = deinit

    def reset(self):
        if self._pins[5] is None:
            raise RuntimeError("no reset pin available")
        device.spend(2000)

    def send(self, command, data, *, toggle_every_byte=False):
        self._send(_displaybus.COMMAND, 0, bytes((command,)))
        self._send(_displaybus.DATA, 0, data)

    def _send(self, data_type, _chip_select, data):
        self._level = data_type
        fill_ns = 0
        if data_type == _displaybus.COMMAND:
            self._last_command = data[0] if len(data) else None
        elif self._last_command == _displaybus.RAMWR:
            fill_ns = device.costs.fill_ns_per_pixel_colour // 2
        for piece in _displaybus.pieces(data):
            wire_us = len(piece) * 1_000_000 // self._frequency
            device.spend(device.costs.display_piece_us + wire_us + len(piece) * fill_ns // 1000)
            if self._part is not None:
                self._part.exchange(piece)

    def _free(self):
        return not self._locked

    def _begin_transaction(self):
        if self._locked:
            return False
        self._locked = True
        return True

    def _end_transaction(self):
        self._locked = False
