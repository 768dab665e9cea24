# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""busio of a board whose SPI carries the modem and whose I2C carries the display."""

import bench_state


def _exchange(mosi):
    miso = bench_state.chip.exchange(mosi)
    bench_state.clock.advance(45 + len(mosi))
    return miso


class SPI:
    def __init__(self, clock, MOSI=None, MISO=None):
        self.pins = (clock, MOSI, MISO)

    def try_lock(self):
        return True

    def unlock(self):
        """Nobody else wants it."""

    def configure(self, *, baudrate=100000, polarity=0, phase=0, bits=8):
        """The device does it again when it selects the chip."""

    def write(self, buffer, *, start=0, end=None):
        books = bench_state.books
        books.enter()
        _exchange(bytes(memoryview(buffer)[start : len(buffer) if end is None else end]))
        books.leave()

    def readinto(self, buffer, *, start=0, end=None, write_value=0):
        books = bench_state.books
        books.enter()
        end = len(buffer) if end is None else end
        buffer[start:end] = _exchange(bytes([write_value]) * (end - start))
        books.leave()

    def write_readinto(self, out_buffer, in_buffer):
        books = bench_state.books
        books.enter()
        in_buffer[:] = _exchange(bytes(out_buffer))
        books.leave()

    def deinit(self):
        """Nothing is held."""


class I2C:
    def __init__(self, scl, sda, *, frequency=100000):
        self.pins = (scl, sda)

    def deinit(self):
        """Nothing is held."""
