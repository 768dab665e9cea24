# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""RSA with the usual exponent (RFC 8017, 5.2.2), a multiplication at a time: ``pow`` does the same and blocks for 110 ms."""

_SQUARINGS = 16


def power_65537(base, modulus):
    """Generator, 7 ms of device time a step at 2048 bits; its value is ``base`` to the power of 65537 modulo ``modulus``."""
    result = base
    for _ in range(_SQUARINGS):
        result = result * result % modulus
        yield
    return result * base % modulus
