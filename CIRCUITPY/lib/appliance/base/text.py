# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Digits and letters: ``int`` and ``str`` take more for one than is meant here, and not the same on every interpreter."""

import binascii

DIGITS = "0123456789"
HEX = "0123456789abcdefABCDEF"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def consists_of(text, letters):
    """True when every letter of ``text`` is one of ``letters``."""
    for letter in text:
        if letter not in letters:
            return False
    return True


def is_digits(text):
    """True for one to nine of the digits 0 to 9: ``int`` also takes signs, blanks, _ and other scripts."""
    for letter in text:
        if letter not in DIGITS:
            return False
    return 0 < len(text) < 10


def hex_text(data):
    """Bytes as lower-case hexadecimal digits, None stays None."""
    return None if data is None else str(binascii.hexlify(bytes(data)), "ascii")
