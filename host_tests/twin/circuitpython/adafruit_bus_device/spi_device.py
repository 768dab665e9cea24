# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SPIDevice: lock, configure and chip select around a `with` block."""

from twin_device import device


class SPIDevice:
    def __init__(
        self,
        spi,
        chip_select=None,
        *,
        cs_active_value=False,
        baudrate=100000,
        polarity=0,
        phase=0,
        extra_clocks=0,
    ):
        self.spi = spi
        self.baudrate = baudrate
        self.polarity = polarity
        self.phase = phase
        self.extra_clocks = extra_clocks
        self.cs_active_value = cs_active_value
        self.chip_select = chip_select
        if chip_select is not None:
            chip_select.switch_to_output(value=not cs_active_value)

    def __enter__(self):
        device.spend(device.costs.bus_device_us)
        device.wait_until(self.spi.try_lock)
        self.spi.configure(baudrate=self.baudrate, polarity=self.polarity, phase=self.phase)
        if self.chip_select is not None:
            self.chip_select.value = self.cs_active_value
        return self.spi

    def __exit__(self, *_error):
        if self.chip_select is not None:
            self.chip_select.value = not self.cs_active_value
        for _ in range((self.extra_clocks + 7) // 8):
            self.spi.write(b"\xff")
        self.spi.unlock()
        return False
