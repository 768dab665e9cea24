# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""digitalio: chip select, and the modem's interrupt as input."""

import bench_state


class Direction:
    INPUT = "INPUT"
    OUTPUT = "OUTPUT"


class DigitalInOut:
    def __init__(self, pin):
        self.pin = pin
        self.direction = Direction.INPUT

    @property
    def value(self):
        books = bench_state.books
        books.enter()
        level = bench_state.chip.int_level
        books.leave()
        return level


class Pull:
    UP = "up"
    DOWN = "down"
