# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The SPI device of the S3 builds, where it is C: locks and configures the bus, holds chip select."""

import bench_state


class SPIDevice:
    def __init__(
        self,
        spi,
        chip_select=None,
        *,
        baudrate=100000,
        polarity=0,
        phase=0,
        cs_active_value=False,
        extra_clocks=0,
    ):
        self.spi = spi
        self.chip_select = chip_select
        self._mode = (baudrate, polarity, phase)

    def __enter__(self):
        books = bench_state.books
        books.enter()
        # The figures of the twin's cost table for one access.
        bench_state.clock.advance(100)
        bench_state.chip.configure(*self._mode)
        bench_state.chip.select()
        books.leave()
        return self.spi

    def __exit__(self, kind, value, trace):
        books = bench_state.books
        books.enter()
        bench_state.chip.deselect()
        books.leave()
        return False
