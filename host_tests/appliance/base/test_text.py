# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What counts as a digit, a letter, a hexadecimal text: less than Python takes for one."""

import pytest
from appliance.base.text import DIGITS, HEX, consists_of, hex_text, is_digits


@pytest.mark.parametrize("text", ["1", "0", "999999999"])
def test_digits(text):
    assert is_digits(text)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1_0", " 1", "1 ", "\u0661", "1e3", "0x1", "nan", "1234567890"])
def test_what_int_would_take_is_not_all_digits(text):
    assert not is_digits(text)


def test_a_text_consists_of_letters_or_not():
    assert consists_of("", DIGITS) and consists_of("0a9F", HEX)
    assert not consists_of("12 ", DIGITS) and not consists_of("0g", HEX)


def test_bytes_become_small_hexadecimal_digits_and_nothing_stays_nothing():
    assert hex_text(b"\x00\xab\xff") == hex_text(bytearray(b"\x00\xab\xff")) == "00abff"
    assert hex_text(b"") == "" and hex_text(None) is None
