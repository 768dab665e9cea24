# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Digits and letters: ``int`` and ``str`` take more for one than is meant here, and not the same on every interpreter."""

import binascii

DIGITS = "0123456789"
HEX = "0123456789abcdefABCDEF"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
VISIBLE = LETTERS + "._-/:!\"#$%&'()*+,;<=>?@[\\]^`{|}~"
PLAIN = VISIBLE + " "


def consists_of(text, letters):
    """True when every letter of ``text`` is one of ``letters``, all of them plain ones."""
    # A loop would make a text of each letter, and MicroPython looks for each new text among all names of the program.
    return not text.strip(letters)


def is_digits(text):
    """True for one to nine of the digits 0 to 9: ``int`` also takes signs, blanks, _ and other scripts."""
    return 0 < len(text) < 10 and not text.strip(DIGITS)


def hex_text(data):
    """Bytes as lower-case hexadecimal digits, None stays None."""
    return None if data is None else str(binascii.hexlify(bytes(data)), "ascii")
