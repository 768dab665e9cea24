# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Takes the place of ``sys``: Adafruit's libraries leave out type hints where the name is "circuitpython"."""

import sys as interpreter


class implementation:
    name = "circuitpython"
    version = (10, 1, 0)


def __getattr__(name):
    return getattr(interpreter, name)
