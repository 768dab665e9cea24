# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Letters for the display, drawn at the size at which they are shown: `python -m host_tests.tools.make_fonts`.

Each file of CIRCUITPY/lib/appliance/fonts is one font at one size, all its letters side by side in one strip:

    offset  bytes        what
    0       1            bits a pixel: 1 for a display that is on or off, 2 for one with shades
    1       1            height of the strip
    2       1            number of letters n
    3       n            the letters (ASCII)
    3 + n   n            the width of each, the gap behind it included
    3 + 2n  the rest     rows of the strip, each filled up to whole bytes, first pixel in the highest bits

The letters are DejaVu's (docs/display.md names its licence); the pictograms are drawn here. The strip is cut to the
letters' own height, so that a layout can count in what is seen.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).parents[2] / "CIRCUITPY" / "lib" / "appliance" / "fonts"
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
CONDENSED = "DejaVuSansCondensed.ttf"
BOLD = "DejaVuSansCondensed-Bold.ttf"
LETTERS = "".join(chr(code) for code in range(32, 127))
DIGITS = "0123456789~-%"
PICTOGRAMS = "cpwutx"
OVERSAMPLE = 8

# file: (face, bits, height of a line or, for digits and pictograms, of what is seen)
TEXTS = {
    "text_mono_11": (CONDENSED, 1, 10),
    "head_mono_15": (BOLD, 1, 14),
    "text_12": (CONDENSED, 2, 12),
    "head_18": (BOLD, 2, 18),
    "text_17": (CONDENSED, 2, 17),
    "head_24": (BOLD, 2, 24),
    "text_21": (CONDENSED, 2, 21),
    "head_34": (BOLD, 2, 34),
}
NUMBERS = {
    "digits_mono_18": (1, 18),
    "digits_mono_38": (1, 38),
    "digits_44": (2, 44),
    "digits_70": (2, 70),
    "digits_92": (2, 92),
}
SIGNS = {"signs_mono_20": (1, 20), "signs_24": (2, 24), "signs_40": (2, 40), "signs_54": (2, 54)}


def text_glyphs(face, bits, size):
    """All letters of a text font as (letter, picture in mode L) of one height, ascender to descender."""
    font = ImageFont.truetype(DEJAVU / face, size)
    exact = ImageFont.truetype(DEJAVU / face, size * OVERSAMPLE)
    top = min(font.getbbox(letter, anchor="ls")[1] for letter in LETTERS)
    bottom = max(font.getbbox(letter, anchor="ls")[3] for letter in LETTERS)
    for letter in LETTERS:
        image = Image.new("L", (3 * size, bottom - top))
        draw = ImageDraw.Draw(image)
        draw.fontmode = "1" if bits == 1 else "L"
        draw.text((size, -top), letter, 255, font=font, anchor="ls")
        ink = image.getbbox() or (size, 0, size, 0)
        # The hinted widths of a screen font are generous; these are the designer's, with a gap of a pixel at least.
        width = max(round(exact.getlength(letter) / OVERSAMPLE), ink[2] - ink[0] + (letter != " "))
        left = min(ink[0], size)
        if ink[2] - left > width - 1:
            left = ink[0]
        yield letter, image.crop((left, 0, left + width, bottom - top))


def size_for(height):
    """The font size at which a digit is `height` pixels high."""
    size = height
    while True:
        font = ImageFont.truetype(DEJAVU / BOLD, size)
        box = font.getbbox("8", anchor="ls")
        if box[3] - box[1] >= height:
            return size
        size += 1


def number_glyphs(bits, height):
    """Digits of one width, so that a number does not dance; the percent sign is small and stands at the top."""
    font = ImageFont.truetype(DEJAVU / BOLD, size_for(height))
    small = ImageFont.truetype(DEJAVU / BOLD, size_for(max(9, height * 9 // 20)))
    gap = max(1, height // 18)
    boxes = {letter: font.getbbox(letter, anchor="ls") for letter in DIGITS}
    digit_width = max(boxes[letter][2] - boxes[letter][0] for letter in "0123456789") + gap
    base = boxes["8"][3]
    for letter in DIGITS:
        used = small if letter == "%" else font
        box = used.getbbox(letter, anchor="ls")
        width = digit_width if letter.isdigit() else box[2] - box[0] + gap
        left = (width - gap - (box[2] - box[0])) // 2 - box[0]
        baseline = -box[1] if letter == "%" else height - base
        image = Image.new("L", (width, height))
        draw = ImageDraw.Draw(image)
        draw.fontmode = "1" if bits == 1 else "L"
        draw.text((left, baseline), letter, 255, font=used, anchor="ls")
        yield letter, image


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
    glyphs = list(glyphs)
    height = glyphs[0][1].height
    width = sum(image.width for _, image in glyphs)
    strip = Image.new("L", (width, height))
    left = 0
    for _, image in glyphs:
        strip.paste(image, (left, 0))
        left += image.width
    data = bytearray((bits, height, len(glyphs)))
    data += "".join(letter for letter, _ in glyphs).encode("ascii")
    data += bytes(image.width for _, image in glyphs)
    most = (1 << bits) - 1
    for y in range(height):
        row = 0
        for x in range(width):
            row = row << bits | (strip.getpixel((x, y)) * most + 127) // 255
        unused = -width * bits % 8
        data += (row << unused).to_bytes((width * bits + 7) // 8, "big")
    return bytes(data)


def fonts():
    """(name, content) of every font file."""
    for name, (face, bits, size) in TEXTS.items():
        yield name, packed(text_glyphs(face, bits, size), bits)
    for name, (bits, height) in NUMBERS.items():
        yield name, packed(number_glyphs(bits, height), bits)
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
