# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A light that nobody sees."""


def neopixel_write(pin, octets):
    """Taken."""
