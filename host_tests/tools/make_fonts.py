# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Letters for the display, drawn at the size at which they are shown: `python -m host_tests.tools.make_fonts`.

Each file of CIRCUITPY/lib/appliance/display/fonts is one font at one size:

    offset  bytes  what
    0       1      bits a pixel: 1 for a display that is on or off, 2 for one with shades
    1       1      height of every letter
    2       224    width of the letters 32 to 255 of Latin-1, the gap behind it included; 0: not in this font
    226     448    where in the file each of them begins, 16 bits, low byte first
    674     ...    letter by letter: how many rows above it are dark, how many it has, and these rows, each filled up to
                   whole bytes, first pixel in the highest bits

So one letter can be read without the others. Smooth letters, the big digits and their like are DejaVu's; those of a
display whose pixels are on or off are Spleen's, drawn by hand for their size (docs/display.md names both licences). The
pictograms are drawn here. Each font is cut to its letters' own height, so that a layout can count in what is seen.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from host_tests.tools import spleen

FOLDER = Path(__file__).parents[2] / "CIRCUITPY" / "lib" / "appliance" / "display" / "fonts"
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
CONDENSED = "DejaVuSansCondensed.ttf"
BOLD = "DejaVuSansCondensed-Bold.ttf"
LETTERS = "".join(chr(code) for code in spleen.LATIN_1)
# What the line's height is for; a capital with an accent is made to fit.
USUAL = "".join(chr(code) for code in spleen.ASCII)
FIRST, LAST = 32, 255
DIGITS = "0123456789~-%?"
PICTOGRAMS = "cpwutx"
OVERSAMPLE = 8

# file: size of Spleen
BITMAPS = {"small_mono_8": "5x8", "text_mono_12": "6x12", "head_mono_15": "8x16"}
# file: (face, height of a line)
TEXTS = {
    "text_12": (CONDENSED, 12),
    "head_18": (BOLD, 18),
    "text_17": (CONDENSED, 17),
    "head_24": (BOLD, 24),
    "text_21": (CONDENSED, 21),
    "head_34": (BOLD, 34),
}
# file: (bits, height of a digit, columns for "100%" or None for the designer's own width)
NUMBERS = {
    "digits_mono_18": (1, 18, None),
    "digits_mono_50": (1, 50, 126),
    "digits_44": (2, 44, None),
    "digits_70": (2, 70, None),
    "digits_92": (2, 92, None),
}
SIGNS = {"signs_mono_20": (1, 20), "signs_24": (2, 24), "signs_40": (2, 40), "signs_54": (2, 54)}


def text_glyphs(face, size):
    """All letters of a smooth text font as (letter, picture in mode L) of one height, ascender to descender."""
    font = ImageFont.truetype(DEJAVU / face, size)
    exact = ImageFont.truetype(DEJAVU / face, size * OVERSAMPLE)
    top = min(font.getbbox(letter, anchor="ls")[1] for letter in USUAL)
    bottom = max(font.getbbox(letter, anchor="ls")[3] for letter in USUAL)
    for letter in LETTERS:
        shown = "-" if ord(letter) == spleen.SOFT_HYPHEN else letter
        ascent, descent = font.getbbox(shown, anchor="ls")[1::2]
        if ascent < top or descent > bottom:
            image = squeezed(exact, shown, size, top, bottom)
        else:
            image = Image.new("L", (3 * size, bottom - top))
            ImageDraw.Draw(image).text((size, -top), shown, 255, font=font, anchor="ls")
        ink = image.getbbox() or (size, 0, size, 0)
        # The hinted widths of a screen font are generous; these are the designer's, with a gap of a pixel at least.
        width = max(round(exact.getlength(shown) / OVERSAMPLE), ink[2] - ink[0] + bool(letter.strip()))
        left = min(ink[0], size)
        if ink[2] - left > width - 1:
            left = ink[0]
        yield letter, image.crop((left, 0, left + width, bottom - top))


def squeezed(exact, letter, size, top, bottom):
    """A letter that is higher than its line, flattened above the baseline and below until it fits."""
    _, above, _, below = exact.getbbox(letter, anchor="ls")
    tall = Image.new("L", (3 * size * OVERSAMPLE, below - above))
    ImageDraw.Draw(tall).text((size * OVERSAMPLE, -above), letter, 255, font=exact, anchor="ls")
    image = Image.new("L", (3 * size, bottom - top))
    upper = min(-top, -round(above / OVERSAMPLE))
    lower = min(bottom, round(below / OVERSAMPLE))
    for box, place, height in (
        ((0, 0, tall.width, -above), -top - upper, upper),
        ((0, -above, tall.width, below - above), -top, lower),
    ):
        if height > 0:
            part = tall.crop(box).resize((image.width, height), Image.Resampling.BOX)
            image.paste(part, (0, place))
    return image


def size_for(height):
    """The font size at which a digit is `height` pixels high."""
    size = height
    while True:
        font = ImageFont.truetype(DEJAVU / BOLD, size)
        box = font.getbbox("8", anchor="ls")
        if box[3] - box[1] >= height:
            return size
        size += 1


SMALL = "%?~"


def number_glyphs(bits, height, room):
    """Digits of one width, so that a number does not dance; percent, question mark and "about" are small.

    With `room` the digits are as wide as lets "100%" have so many columns.
    """
    font = ImageFont.truetype(DEJAVU / BOLD, size_for(height))
    small = ImageFont.truetype(DEJAVU / BOLD, size_for(max(9, height * 9 // 20)))
    gap = max(1, height // 18)
    boxes = {letter: (small if letter in SMALL else font).getbbox(letter, anchor="ls") for letter in DIGITS}
    widths = {letter: box[2] - box[0] for letter, box in boxes.items()}
    digit_width = max(widths[letter] for letter in "0123456789")
    if room is not None:
        digit_width = min(digit_width, (room - widths["%"] - gap) // 3 - gap)
    base = boxes["8"][3]
    for letter in DIGITS:
        left, top, _, bottom = boxes[letter]
        baseline = {"%": -top, "?": -top, "~": (height - top - bottom) // 2}.get(letter, height - base)
        image = Image.new("L", (widths[letter], height))
        draw = ImageDraw.Draw(image)
        draw.fontmode = "1" if bits == 1 else "L"
        draw.text((-left, baseline), letter, 255, font=small if letter in SMALL else font, anchor="ls")
        if bits == 1 and letter.isdigit():
            image = fitted(letter, font, min(widths[letter], digit_width), height)
        cell = Image.new("L", ((digit_width if letter.isdigit() else image.width) + gap, height))
        cell.paste(image, ((cell.width - gap - image.width) // 2, 0))
        yield letter, cell


def fitted(letter, font, width, height):
    """A digit of an on-or-off display in exactly this size, from one drawn large."""
    large = font.font_variant(size=font.size * OVERSAMPLE)
    box = large.getbbox(letter, anchor="ls")
    image = Image.new("L", (box[2] - box[0], box[3] - box[1]))
    ImageDraw.Draw(image).text((-box[0], -box[1]), letter, 255, font=large, anchor="ls")
    image = image.resize((width, height), Image.Resampling.BOX)
    return image.point(lambda level: 255 if level > 127 else 0)


def sign_glyphs(bits, height):
    """Pictograms, drawn large and made small."""
    for sign in PICTOGRAMS:
        unit = height * OVERSAMPLE / 20
        across = PAINTERS[sign][0]
        image = Image.new("L", (round(across * unit), height * OVERSAMPLE))
        PAINTERS[sign][1](Pen(image, unit))
        image = image.resize((round(across * height / 20), height), Image.Resampling.BOX)
        yield sign, image.point(lambda level: 255 if level > 110 else 0) if bits == 1 else image


class Pen:
    """Draws on a field twenty units high."""

    def __init__(self, image, unit):
        self._draw = ImageDraw.Draw(image)
        self._unit = unit

    def _scaled(self, points):
        return [tuple(value * self._unit for value in point) for point in points]

    def shape(self, *points, fill=255):
        self._draw.polygon(self._scaled(points), fill=fill)

    def box(self, left, top, right, bottom, radius=0.0, fill=255):
        corners = self._scaled([(left, top), (right, bottom)])
        self._draw.rounded_rectangle([*corners[0], *corners[1]], radius * self._unit, fill=fill)

    def dot(self, x, y, radius, fill=255):
        self._draw.ellipse([*self._scaled([(x - radius, y - radius), (x + radius, y + radius)])], fill=fill)

    def arc(self, x, y, radius, width, start, end):
        corners = self._scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.arc([*corners[0], *corners[1]], start, end, fill=255, width=round(width * self._unit))

    def line(self, *points, width):
        self._draw.line(self._scaled(points), fill=255, width=round(width * self._unit), joint="curve")
        for x, y in points:
            self.dot(x, y, width / 2)


def car(pen):
    """A car from the side."""
    pen.shape((7, 8.6), (11.2, 2.6), (22.6, 2.6), (28.4, 8.6))
    pen.shape((9.6, 8.4), (12.4, 4.6), (16.2, 4.6), (16.2, 8.4), fill=0)
    pen.shape((18, 8.4), (18, 4.6), (21.6, 4.6), (25, 8.4), fill=0)
    pen.box(1.5, 8.4, 34.5, 15.4, 2.6)
    for x in (9, 27):
        pen.dot(x, 15.2, 4.3, fill=0)
        pen.dot(x, 15.2, 3.2)
        pen.dot(x, 15.2, 1.2, fill=0)


def plug(pen):
    """A plug with its cable."""
    for x in (6.2, 11.8):
        pen.box(x - 1, 0.6, x + 1, 6, 0.8)
    pen.box(2.6, 5.6, 15.4, 8, 0.8)
    pen.shape((3.6, 8), (14.4, 8), (14.4, 10.4), (11.4, 14), (6.6, 14), (3.6, 10.4))
    pen.box(7.9, 13.6, 10.1, 19.6, 0.4)


def waves(pen):
    """Radio waves."""
    for radius in (5.6, 10.4, 15.2):
        pen.arc(14, 17, radius, 2.3, 222, 318)
    pen.dot(14, 16.2, 2)


def arrow_down(pen):
    """Something is fetched."""
    pen.box(7.6, 1, 12.4, 9.5, 0.4)
    pen.shape((3.4, 8.6), (16.6, 8.6), (10, 15))
    pen.box(1.4, 16.8, 18.6, 19.2, 0.8)


def tick(pen):
    """All is well."""
    pen.line((2.4, 10.6), (7.6, 16.2), (18.2, 4), width=3.2)


def warning(pen):
    """A triangle with an exclamation mark."""
    pen.line((11, 3), (20, 17.4), (2, 17.4), (11, 3), width=2.6)
    pen.shape((11, 3.4), (19.6, 17), (2.4, 17))
    pen.shape((9.6, 7.2), (12.4, 7.2), (11.8, 12.6), (10.2, 12.6), fill=0)
    pen.dot(11, 15, 1.35, fill=0)


PAINTERS = {
    "c": (36, car),
    "p": (18, plug),
    "w": (28, waves),
    "u": (20, arrow_down),
    "t": (21, tick),
    "x": (22, warning),
}


def packed(glyphs, bits):
    """The file of a font."""
    glyphs = dict(glyphs)
    height = next(iter(glyphs.values())).height
    widths, places, rows = bytearray(), bytearray(), bytearray()
    begin = 2 + 3 * (LAST - FIRST + 1)
    for code in range(FIRST, LAST + 1):
        image = glyphs.get(chr(code))
        widths.append(image.width if image else 0)
        places += (begin + len(rows)).to_bytes(2, "little")
        if image:
            rows += packed_rows(image, bits)
    return bytes((bits, height)) + widths + places + rows


def packed_rows(image, bits):
    """One letter without the dark rows above and below it; a blank has one."""
    most = (1 << bits) - 1
    box = image.point(lambda level: 255 * ((level * most + 127) // 255 > 0)).getbbox()
    top, bottom = (0, 1) if box is None else (box[1], box[3])
    data = bytearray((top, bottom - top))
    for y in range(top, bottom):
        row = 0
        for x in range(image.width):
            row = row << bits | (image.getpixel((x, y)) * most + 127) // 255
        row <<= -image.width * bits % 8
        data += row.to_bytes((image.width * bits + 7) // 8, "big")
    return bytes(data)


def fonts():
    """(name, content) of every font file."""
    for name, size in BITMAPS.items():
        yield name, packed(spleen.glyphs(size), 1)
    for name, (face, size) in TEXTS.items():
        yield name, packed(text_glyphs(face, size), 2)
    for name, (bits, height, room) in NUMBERS.items():
        yield name, packed(number_glyphs(bits, height, room), bits)
    for name, (bits, height) in SIGNS.items():
        yield name, packed(sign_glyphs(bits, height), bits)


def main():
    """Write all of them; gives the exit status."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    FOLDER.mkdir(exist_ok=True)
    for name, content in fonts():
        (FOLDER / f"{name}.bin").write_bytes(content)
        print(f"{name}.bin {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
