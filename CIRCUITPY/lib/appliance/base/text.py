# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Checks for digits and letters. Those of ``int`` and ``str`` accept more, and differ between interpreters."""

import binascii

DIGITS = "0123456789"
HEX = "0123456789abcdefABCDEF"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
VISIBLE = LETTERS + "._-/:!\"#$%&'()*+,;<=>?@[\\]^`{|}~"
PLAIN = VISIBLE + " "


def consists_of(text, letters):
    """True if every character of ``text`` is in ``letters`` (ASCII)."""
    # A loop would make a string of each character, and MicroPython looks up each among all interned names.
    return not text.strip(letters)


def is_digits(text):
    """True for one to nine digits 0 to 9; ``int`` also accepts signs, blanks, _ and digits of other scripts."""
    return 0 < len(text) < 10 and not text.strip(DIGITS)


def hex_text(data):
    """Bytes as lower-case hexadecimal digits; None for None."""
    return None if data is None else str(binascii.hexlify(bytes(data)), "ascii")
