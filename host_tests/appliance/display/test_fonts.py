# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The letters themselves, as the device reads them: one baseline, none like another, none missing."""

import ast
from pathlib import Path

import pytest
from appliance.display import layout, typeset
from PIL import ImageChops

from host_tests.tools import contact_sheet, glass, make_fonts, spleen

DEVICE = Path(__file__).parents[3] / "CIRCUITPY" / "lib" / "appliance"
ROWS = layout.COLOUR_FONTS + layout.MONO_FONTS
TEXT_FONTS = sorted({name for row in ROWS for name in (row[3], row[4], *row[6:])})
DIGIT_FONTS = sorted({row[2] for row in ROWS})
LATIN_1 = [chr(code) for code in spleen.LATIN_1]
# Two more of these, blank and hyphen, are the same to the eye.
SEEN = [letter for letter in LATIN_1 if letter not in " \xa0\xad"]
STANDING = "ABCDEFGHIKLMNOPRSTUVWXYZabcdefhiklmnorstuvwxz0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What was taken for one another on a real display, and the usual suspects.
CONFUSED = "8B 5S 0D 0O 1l 1I UV 2Z 6G uv Yy WM wm rn CG 3B 68 38 89".split()
# Strokes that only their height tells apart in a face without serifs; a password that the box makes up has neither.
STROKES = "lI"


@pytest.fixture(autouse=True)
def _glass():
    with glass.fitted():
        yield


def picture(font, letter):
    """The letter as the device draws it, in mode L: 0 to 3, or 0 and 1."""
    font.load_some(letter)
    glyph = font.get_glyph(ord(letter))
    cut = glass.Image.frombytes("L", glyph.bitmap.image.size, glyph.bitmap.image.tobytes())
    image = glass.Image.new("L", (glyph.width, font.height))
    image.paste(cut, (0, font.height - glyph.height - glyph.dy))
    return image


def ink(font, letter):
    """(left, top, right, bottom) of what is at least half lit."""
    half = font.shades // 2
    return picture(font, letter).point(lambda level: 255 * (level >= half)).getbbox()


@pytest.mark.parametrize("name", TEXT_FONTS)
def test_all_letters_stand_on_one_line_and_capitals_are_of_one_height(name):
    font = typeset.Font(name)
    bottoms = {letter: ink(font, letter)[3] for letter in STANDING}
    assert set(bottoms.values()) == {bottoms["H"]}, bottoms
    tops = {letter: ink(font, letter)[1] for letter in CAPITALS + "0123456789"}
    # Where there are shades, round ones are a row higher, or they would look smaller.
    assert set(tops.values()) <= {tops["H"], tops["H"] - (font.shades > 2)}, tops


@pytest.mark.parametrize("name", DIGIT_FONTS)
def test_all_digits_are_of_one_height_and_one_width(name):
    font = typeset.Font(name)
    boxes = [ink(font, digit) for digit in "0123456789"]
    # Round digits are a little higher where there are shades to show it, else they would look smaller.
    round_off = 0 if font.shades == 2 else 1 + font.height // 32
    assert all(box[1] <= round_off and box[3] >= font.height - round_off for box in boxes), boxes
    assert len({font.width(digit) for digit in "0123456789"}) == 1


@pytest.mark.parametrize("name", TEXT_FONTS)
def test_no_two_letters_have_the_same_pixels(name):
    font = typeset.Font(name)
    seen = {}
    for letter in SEEN:
        image = picture(font, letter)
        seen.setdefault((image.size, image.tobytes()), []).append(letter)
    assert [letters for letters in seen.values() if len(letters) > 1] == []
    assert picture(font, "\xad").tobytes() == picture(font, "-").tobytes()


@pytest.mark.parametrize(
    ("name", "pair"),
    [(name, pair) for name in TEXT_FONTS for pair in [*CONFUSED, *([STROKES] if "mono" in name else [])]],
)
def test_letters_that_are_easily_confused_differ_by_several_pixels(name, pair):
    font = typeset.Font(name)
    one, other = (picture(font, letter) for letter in pair)
    size = max(one.width, other.width) + 1, one.height
    fewest = size[0] * size[1]
    for shift in (0, 1):
        for first, second in ((one, other), (other, one)):
            left, right = (glass.Image.new("L", size) for _ in range(2))
            left.paste(first, (shift, 0))
            right.paste(second, (0, 0))
            levels = ImageChops.difference(left, right).histogram()
            fewest = min(fewest, sum(levels[font.shades // 2 :]))
    assert fewest >= 2


@pytest.mark.parametrize("name", TEXT_FONTS)
def test_every_letter_of_latin_1_is_there_and_can_be_seen(name):
    font = typeset.Font(name)
    question = picture(font, "?").tobytes()
    for letter in SEEN:
        assert picture(font, letter).getbbox() is not None, letter
        assert letter == "?" or picture(font, letter).tobytes() != question, letter
    assert font.width("\xa0") == font.width(" ") > 0


def texts_of_the_display():
    """Every string of the files whose words come onto a display."""
    for path in [
        *(DEVICE / "display").glob("*.py"),
        DEVICE / "state" / "faults.py",
        DEVICE / "state" / "status.py",
    ]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_letter_of_the_texts_is_in_every_font():
    letters = {letter for text in texts_of_the_display() for letter in text}
    letters |= set((DEVICE / "state" / "faults.txt").read_text())
    letters -= set("\n\t")
    assert len(letters) > 60
    for name in TEXT_FONTS:
        font = typeset.Font(name)
        for letter in letters:
            assert font._code(ord(letter)) == ord(letter), (name, letter)


@pytest.mark.parametrize("name", ["128x64", "128x32", "320x170"])
def test_a_name_in_any_latin_spelling_is_shown_in_full(name):
    panel = contact_sheet.new_panel(name)

    def shown(text):
        return contact_sheet.draw(panel, contact_sheet.views.View(contact_sheet.views.IDLE, [text], text))

    assert not ImageChops.difference(shown("Škoda"), shown("Skoda")).getbbox()
    accents, bare = shown("Zoé von Jörg"), shown("Zoe von Jorg")
    assert ImageChops.difference(accents, bare).getbbox()
    assert panel.fonts.text.width("Zoé von Jörg") == panel.fonts.text.width("Zoe von Jorg")


def test_a_letter_of_another_script_is_a_question_mark():
    panel = contact_sheet.new_panel("128x64")
    view = contact_sheet.views.View
    odd = contact_sheet.draw(panel, view(contact_sheet.views.IDLE, ["Garage 車"], "x"))
    even = contact_sheet.draw(panel, view(contact_sheet.views.IDLE, ["Garage ?"], "x"))
    assert not ImageChops.difference(odd, even).getbbox()


def test_the_files_are_those_that_the_tool_makes_and_all_of_them_are_used():
    for name, content in make_fonts.fonts():
        assert (make_fonts.FOLDER / f"{name}.bin").read_bytes() == content, name
    used = {font for row in ROWS for font in row[2:]}
    assert used == {path.stem for path in make_fonts.FOLDER.glob("*.bin")}
