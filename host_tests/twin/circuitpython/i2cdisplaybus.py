# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""i2cdisplaybus: finds out whether the display is there, then speaks SSD1306-style control bytes."""

from twin_device import device

from host_tests.twin.circuitpython import _displaybus, _pins
from host_tests.twin.errors import DeviceOSError


class I2CDisplayBus:
    def __init__(self, i2c_bus, *, device_address, reset=None):
        import displayio

        _displaybus.allocate(device, displayio, self)
        self._i2c = i2c_bus
        self._address = device_address
        self._reset_pin = None
        try:
            self._reset_pin = _pins.claim(device, reset, self, kept=True)
            # The firmware resets the display first and asks for it then.
            if self._reset_pin is not None:
                self.reset()
            if not i2c_bus.probe_address(device_address):
                raise ValueError(f"Unable to find I2C Display at {device_address:x}")
        except (ValueError, TypeError):
            displayio.display_buses.remove(self)
            _pins.release(device, self._reset_pin)
            raise
        i2c_bus.keep()

    def _drive_reset(self, level):
        if self._reset_pin is not None:
            device.hardware.pins[self._reset_pin].drive(level)

    def deinit(self):
        _pins.release(device, self._reset_pin)

    _release = deinit

    def reset(self):
        if self._reset_pin is None:
            raise RuntimeError("no reset pin available")
        self._drive_reset(0)
        device.spend(4)
        self._drive_reset(1)

    def send(self, command, data, *, toggle_every_byte=False):
        self._begin_transaction()
        try:
            self._send(_displaybus.COMMAND, 0, bytes((command,)) + bytes(data))
        finally:
            self._end_transaction()

    def _send(self, data_type, _chip_select, data):
        if data_type == _displaybus.COMMAND:
            pairs = bytearray()
            for byte in bytes(data):
                pairs += bytes((0x80, byte))
            self._write(pairs)
            return
        for piece in _displaybus.pieces(data):
            device.spend(
                device.costs.display_piece_us + len(piece) * 8 * device.costs.fill_ns_per_pixel_mono // 1000
            )
            self._write(b"\x40" + bytes(piece))

    def _write(self, data):
        """What the bus says about it is not looked at (I2CDisplayBus.c common_hal_i2cdisplaybus_i2cdisplaybus_send)."""
        try:
            self._i2c.transfer(self._address, data)
        except DeviceOSError:
            return

    def _free(self):
        if not self._i2c.try_lock():
            return False
        self._i2c.unlock()
        return True

    def _begin_transaction(self):
        return self._i2c.try_lock()

    def _end_transaction(self):
        self._i2c.unlock()
