# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""I2CDevice: lock and address around a `with` block."""

from twin_device import device


class I2CDevice:
    def __init__(self, i2c, device_address, probe=True):
        self.i2c = i2c
        self.device_address = device_address
        if probe:
            device.wait_until(i2c.try_lock)
            found = i2c.probe_address(device_address)
            i2c.unlock()
            if not found:
                raise ValueError(f"No I2C device at address: 0x{device_address:x}")

    def __enter__(self):
        device.wait_until(self.i2c.try_lock)
        return self

    def __exit__(self, *_error):
        self.i2c.unlock()
        return False

    def write(self, buffer, *, start=0, end=None):
        self.i2c.writeto(self.device_address, buffer, start=start, end=end)

    def readinto(self, buffer, *, start=0, end=None):
        self.i2c.readfrom_into(self.device_address, buffer, start=start, end=end)

    def write_then_readinto(
        self, out_buffer, in_buffer, *, out_start=0, out_end=None, in_start=0, in_end=None
    ):
        self.write(out_buffer, start=out_start, end=out_end)
        self.readinto(in_buffer, start=in_start, end=in_end)
