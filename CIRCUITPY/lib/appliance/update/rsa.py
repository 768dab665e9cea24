# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""RSA with the exponent 65537 (RFC 8017, 5.2.2), one multiplication at a time, because ``pow`` would block for 110 ms."""

_SQUARINGS = 16


def power_65537(base, modulus):
    """Generator with steps of 7 ms of device time at 2048 bits; returns ``base`` ** 65537 modulo ``modulus``."""
    result = base
    for _ in range(_SQUARINGS):
        result = result * result % modulus
        yield
    return result * base % modulus
