# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Text as lines of a font: which letter stands for which, what is read of a file, where a line breaks."""

import unicodedata
from pathlib import Path

from appliance.base import text
from appliance.display import typeset
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.support.boards import GLASS, CountedST7789, board
from host_tests.twin.clock import Clock
from host_tests.twin.device import Services
from host_tests.twin.world import CIRCUITPY


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
    assert font.load_some("ab") and not font.load_some("ab")
    assert sorted(font._glyphs) == [ord("a"), ord("b")]
    glyph = font.get_glyph(ord("a"))
    font.load_some("aă")
    assert font.get_glyph(ord("a")) is font.get_glyph(ord("ă")) is glyph


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=120), st.integers(20, 300))
@settings(max_examples=200, deadline=None)
def test_wrapping_loses_nothing_and_fits(words, width):
    font = typeset.Font("text_mono_12")
    lines = font.wrapped(words, width)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert all(font.width(line) <= width for line in lines)
    assert font.width(font.shortened(words, width)) <= width


GROWS = GLASS + """
from appliance.display.typeset import Bar
bar = Bar(10, 200, 12)
root.append(bar.group)
bar.put(41, None, 0xFFFFFF, 30)
display.refresh()
time.sleep(1)
bar.put(42, None, 0xFFFFFF, 30)
display.refresh()
"""


def test_a_bar_that_grows_sends_no_more_than_a_bar(tmp_path):
    services = Services(Clock())
    panel = CountedST7789.attached(services)
    files = {"lib/appliance/__init__.py": "", "lib/appliance/display/__init__.py": ""}
    for module in (typeset, text):
        path = Path(module.__file__)
        files[str(path.relative_to(CIRCUITPY))] = path.read_text()
    files["lib/appliance/base/__init__.py"] = ""
    with board(tmp_path, GROWS, files, services=services) as device:
        assert device.run_until(lambda: panel.came >= 240 * 240, 10)
        device.run(0.5)
        panel.count()
        assert device.run_until(lambda: device.state == "DONE", 10)
    assert 0 < panel.count() <= 200 * 12
