# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Text as lines of a font: which letter stands for which, what is read of a file, where a line breaks."""

import unicodedata

from appliance.display import typeset
from hypothesis import given, settings
from hypothesis import strategies as st


def test_latin_letters_beyond_latin_1_lose_their_accent_and_never_become_a_question_mark():
    for code in range(0x100, 0x180):
        shown = chr(typeset.plain(code))
        base = unicodedata.normalize("NFKD", chr(code))[0]
        assert shown.isascii() and shown.isalpha(), chr(code)
        assert shown == base or not base.isascii(), chr(code)
        assert shown.isupper() == chr(code).isupper(), chr(code)
    assert [chr(typeset.plain(ord(letter))) for letter in "ȘșȚț"] == list("SsTt")
    assert [chr(typeset.plain(ord(letter))) for letter in "ŁłŒœĐıŚ‘’“„–€"] == list("LlOoDiS''\"\"-E")


def test_one_letter_is_read_without_the_others():
    font = typeset.Font("text_21")
    assert font.get_glyph(ord("a")) is None
    font.load_glyphs({ord("a"), ord("b")})
    assert sorted(font._glyphs) == [ord("a"), ord("b")]
    glyph = font.get_glyph(ord("a"))
    font.load_glyphs({ord("a"), ord("ă")})
    assert font.get_glyph(ord("a")) is font.get_glyph(ord("ă")) is glyph


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=120), st.integers(20, 300))
@settings(max_examples=200, deadline=None)
def test_wrapping_loses_nothing_and_fits(text, width):
    font = typeset.Font("text_mono_12")
    lines = font.wrapped(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(font.width(line) <= width for line in lines)
    assert font.width(font.shortened(text, width)) <= width
