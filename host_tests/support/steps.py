# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Work of the device that is a generator, a step a pass."""


def to_the_end(steps):
    """(value, number of steps)"""
    count = 1
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, count
        count += 1
