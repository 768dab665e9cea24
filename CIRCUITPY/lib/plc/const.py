# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""``const``: the compiler of the device folds ``_NAME = const(1)``, so that such a name costs nothing there."""

try:
    from micropython import const
except ImportError:

    def const(value):
        """Other Pythons just take the value."""
        return value
