# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Floats as the board has them: single precision without its two lowest bits (object representation C, py/obj.h), and six
digits of them where they are printed (py/objfloat.c float_print)."""

import math
import struct


def board(value):
    """The float that is kept of `value`."""
    try:
        bits = struct.unpack("<I", struct.pack("<f", value))[0] & 0xFFFFFFFC
    except OverflowError:
        return math.copysign(math.inf, value)
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def shown(value):
    """What `print`, `str` and `json.dumps` make of it."""
    text = f"{board(value):.6g}"
    return text if set(text) & set(".en") else text + ".0"


def milliseconds(seconds):
    """Whole milliseconds of a time in seconds, as C code takes them: multiplied as a float, then cut."""
    return int(struct.unpack("<f", struct.pack("<f", 1000 * board(seconds)))[0])
