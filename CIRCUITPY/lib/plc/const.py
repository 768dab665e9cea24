# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""``const``: MicroPython's compiler folds ``_NAME = const(1)``, so that such a name costs no memory on the device."""

try:
    from micropython import const
except ImportError:

    def const(value):
        """CPython has nothing to fold: the value itself."""
        return value
