# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Letters of the bitmap font Spleen for displays whose pixels are on or off, drawn by hand for their size.

The files of fonts/ are Spleen's own (licence beside them). What they lack of Latin-1, and letters that look like others
there, come from letters_SIZE.txt beside them; in the smallest size, which has ASCII only, letters with an accent are put
together here. A letter takes as many columns as it lights and one behind it, so that more of them fit than in cells of
one width; figures keep theirs.
"""

import gzip
import unicodedata
from pathlib import Path

from PIL import Image, PcfFontFile

FOLDER = Path(__file__).parent / "fonts"
ASCII = range(32, 127)
LATIN_1 = (*ASCII, *range(160, 256))
NO_BREAK_SPACE, SOFT_HYPHEN = 160, 173

# Accent of Unicode: the rows above the letter, for letters four columns wide.
_ABOVE = {
    "\u0300": (".#..",),
    "\u0301": ("..#.",),
    "\u0302": (".##.",),
    "\u0303": ("#.#.",),
    "\u0308": ("#..#",),
    "\u030a": (".##.", "#..#"),
}
_CEDILLA = "\u0327"
_CAPITAL_TOP = 1


def _drawing(rows):
    """A picture in mode 1 of rows of . and #."""
    width = max(len(row) for row in rows)
    image = Image.new("1", (width, len(rows)))
    for y, row in enumerate(rows):
        for x, pixel in enumerate(row):
            image.putpixel((x, y), 255 * (pixel == "#"))
    return image


def _drawn_by_hand(size):
    """{letter: picture} of letters_SIZE.txt."""
    path = FOLDER / f"letters_{size}.txt"
    height = int(size.split("x")[1])
    found = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if line and not line.startswith("#"):
            letter, *rows = line.split()
            if len(rows) != height:
                raise ValueError(f"{path.name}: {letter} has {len(rows)} rows")
            found[letter] = _drawing(rows)
    return found


def _with_accent(letter, plain):
    """`letter`, one with an accent, in the smallest size from the picture of its base."""
    base, mark = unicodedata.normalize("NFD", letter)
    image = plain[base].copy()
    if mark == _CEDILLA:
        image.putpixel((1, image.height - 1), 255)
        return image
    if base in "ij":
        image.paste(0, (0, 0, image.width, 2))
    elif base.isupper():
        # One row less, so that there is room above: the second, where all capitals go straight down.
        image.paste(image.crop((0, _CAPITAL_TOP, image.width, _CAPITAL_TOP + 1)), (0, _CAPITAL_TOP + 1))
        image.paste(0, (0, 0, image.width, _CAPITAL_TOP + 1))
    for y, row in enumerate(_ABOVE[mark]):
        for x, pixel in enumerate(row):
            image.putpixel((x, y), 255 * (pixel == "#"))
    return image


def pictures(size):
    """{letter: picture in mode 1} of all Latin-1 in the size "5x8", "6x12" or "8x16"; all of one height."""
    with gzip.open(FOLDER / f"spleen-{size}.pcf.gz") as file:
        font = PcfFontFile.PcfFontFile(file, "iso8859-1")
    drawn = _drawn_by_hand(size)
    plain = {chr(code): font.glyph[code][3] for code in ASCII} | drawn
    found = {}
    for code in LATIN_1:
        letter = chr(code)
        if code in (NO_BREAK_SPACE, SOFT_HYPHEN):
            found[letter] = plain[" " if code == NO_BREAK_SPACE else "-"]
        elif letter in plain:
            found[letter] = plain[letter]
        elif size == "5x8":
            found[letter] = _with_accent(letter, plain)
        else:
            found[letter] = font.glyph[code][3]
    return found


def glyphs(size):
    """(letter, picture in mode L) as make_fonts packs them: cut to the rows in use, a gap of one column behind each."""
    found = pictures(size)
    height = max(image.getbbox()[3] for image in found.values() if image.getbbox())
    space = (int(size.split("x")[0]) + 2) // 2
    figures = [found[letter].getbbox() for letter in "0123456789"]
    left, right = min(box[0] for box in figures), max(box[2] for box in figures)
    for letter, image in found.items():
        box = image.getbbox()
        columns = (left, right) if letter.isdecimal() else (box[0], box[2]) if box else (0, space)
        cut = Image.new("L", (columns[1] - columns[0] + (box is not None), height))
        cut.paste(image.crop((columns[0], 0, columns[1], height)).convert("L"))
        yield letter, cut
