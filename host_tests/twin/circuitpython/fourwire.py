# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""fourwire: SPI with a data/command line."""

from twin_device import device

from host_tests.twin.circuitpython import _displaybus, _pins


class FourWire:
    def __init__(
        self,
        spi_bus,
        *,
        command=None,
        chip_select=None,
        reset=None,
        baudrate=24000000,
        polarity=0,
        phase=0,
    ):
        import displayio

        _displaybus.allocate(device, displayio, self)
        self._spi = spi_bus
        self._settings = {"baudrate": baudrate, "polarity": polarity, "phase": phase}
        self._dc = self._cs = self._reset_pin = None
        try:
            self._dc = _pins.claim(device, command, self, kept=True)
            self._cs = _pins.claim(device, chip_select, self, kept=True)
            self._reset_pin = _pins.claim(device, reset, self, kept=True)
        except (ValueError, TypeError):
            displayio.display_buses.remove(self)
            _pins.release(device, self._dc, self._cs)
            raise
        spi_bus.keep()
        self._drive(self._dc, 0)
        self._drive(self._cs, 1)
        self._drive(self._reset_pin, 1)
        self._last_command = None
        if self._reset_pin is not None:
            self.reset()

    @staticmethod
    def _drive(pin, level):
        if pin is not None:
            device.hardware.pins[pin].drive(level)

    def deinit(self):
        for pin in (self._dc, self._cs, self._reset_pin):
            self._drive(pin, None)
        _pins.release(device, self._dc, self._cs, self._reset_pin)

    _release = deinit

    def reset(self):
        if self._reset_pin is None:
            raise RuntimeError("no reset pin available")
        self._drive(self._reset_pin, 0)
        device.spend(1000)
        self._drive(self._reset_pin, 1)
        device.spend(1000)

    def send(self, command, data, *, toggle_every_byte=False):
        if not 0 <= command <= 255:
            raise ValueError("command must be 0-255")
        self._begin_transaction()
        try:
            self._send(_displaybus.COMMAND, 0, bytes((command,)))
            self._send(_displaybus.DATA, 0, data)
        finally:
            self._end_transaction()

    def _send(self, data_type, _chip_select, data):
        self._drive(self._dc, data_type)
        fill_ns = 0
        if data_type == _displaybus.COMMAND:
            self._last_command = data[0] if len(data) else None
        elif self._last_command == _displaybus.RAMWR:
            fill_ns = device.costs.fill_ns_per_pixel_colour // 2
        for piece in _displaybus.pieces(data):
            device.spend(device.costs.display_piece_us + len(piece) * fill_ns // 1000)
            self._spi.write(piece)

    def _free(self):
        if not self._spi.try_lock():
            return False
        self._spi.unlock()
        return True

    def _begin_transaction(self):
        if not self._spi.try_lock():
            return False
        self._spi.configure(**self._settings)
        self._drive(self._cs, 0)
        return True

    def _end_transaction(self):
        self._drive(self._cs, 1)
        self._spi.unlock()
