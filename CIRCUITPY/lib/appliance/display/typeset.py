# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Letters at the size at which they are shown: fonts of ``fonts/``, lines of text and a battery bar.

The text itself is put together by ``adafruit_display_text``. What that library lacks is here: fonts whose letters are read
from a file one by one, letters in shades of any colour, and lines that tell how many pixels a change sends. The
measuring half needs no hardware and is what the layouts count with.
"""

from appliance.base.text import PLAIN

_MISSING = ord("?")
_FOLDER = __file__.rsplit("/", 1)[0] + "/fonts/"
# As in anchor_point of a label: where in its width a line is held.
LEFT, CENTRE = 0.0, 0.5
# What ``put`` gives when it has to be called again.
GO_ON = -1
# Letters that are read from the file in one piece; one takes a millisecond.
_MOST_READ = 8

# Of a font's file (host_tests/tools/make_fonts.py): its first letter, how many there may be, where their places stand.
_FIRST, _COUNT = 32, 224
_PLACES = 2 + _COUNT

# Letters without their accents from U+0100 on, Latin Extended-A, and some more: Romanian's, quotation marks, dashes.
_EXTENDED = (
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
    "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs"
)
_OTHERS = (0x218, 0x219, 0x21A, 0x21B, 0x2010, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x201E, 0x20AC)
_FOR_OTHERS = "SsTt---''\"\"\"E"


def plain(code):
    """The Latin-1 code of the letter that stands for the one of Unicode; "?" for one that has none."""
    if code <= 0xFF:
        return code
    if code < 0x180:
        return ord(_EXTENDED[code - 0x100])
    return ord(_FOR_OTHERS[_OTHERS.index(code)]) if code in _OTHERS else _MISSING


def codes_of(text):
    """The numbers of its letters. MicroPython looks for each letter that is made a text among all names of the program."""
    return [ord(letter) for letter in text] if text.strip(PLAIN) else text.encode("utf-8")


class Font:
    """One font file, a ``fontio.FontProtocol``. ``height`` of a line, ``shades`` of a pixel (2 or 4).

    Letters are read when a text first needs them, and kept.
    """

    def __init__(self, name):
        self._path = _FOLDER + name + ".bin"
        with open(self._path, "rb") as file:
            self._bits, self.height = file.read(2)
            self._widths = file.read(_COUNT)
        self._advances = self._widths.replace(b"\0", self._widths[_MISSING - _FIRST : _MISSING - _FIRST + 1])
        self.shades = 1 << self._bits
        # What a label asks for: letters stand on the lower edge of the line.
        self.ascent, self.descent = self.height, 0
        self._glyphs = {}

    def _code(self, code):
        """The code of the letter that this font shows for ``code``."""
        code = plain(code)
        return code if code >= _FIRST and self._widths[code - _FIRST] else _MISSING

    def get_bounding_box(self):
        """Width and height of the largest letter, and its offsets."""
        return max(self._widths), self.height, 0, 0

    def get_glyph(self, code):
        """The ``fontio.Glyph`` of a letter that was loaded, or None."""
        return self._glyphs.get(code)

    def load_some(self, text):
        """Read some of the letters of ``text``; False when there is none that is not there yet."""
        missing = []
        for code in codes_of(text):
            if code not in self._glyphs and code not in missing and len(missing) < _MOST_READ:
                missing.append(code)
        if not missing:
            return False
        with open(self._path, "rb") as file:
            for code in missing:
                shown = self._code(code)
                if shown not in self._glyphs:
                    self._glyphs[shown] = self._read(file, shown - _FIRST)
                self._glyphs[code] = self._glyphs[shown]
        return True

    def _read(self, file, at):
        import bitmaptools
        import displayio
        import fontio

        width = self._widths[at]
        file.seek(_PLACES + 2 * at)
        low, high = file.read(2)
        file.seek(high << 8 | low)
        top, rows = file.read(2)
        bitmap = displayio.Bitmap(width, rows, self.shades)
        bitmaptools.readinto(bitmap, file, bits_per_pixel=self._bits, reverse_pixels_in_element=True)
        return fontio.Glyph(bitmap, 0, width, rows, 0, self.height - top - rows, width, 0)

    def width(self, text):
        """Pixels that ``text`` takes, the gap behind its last letter included."""
        wide = self._advances
        return sum([wide[(code if _FIRST <= code <= 0xFF else self._code(code)) - _FIRST] for code in codes_of(text)])

    def shortened(self, text, width):
        """``text``, or as much of it as fits ``width`` with two dots behind."""
        wide = self.width(text)
        if wide <= width:
            return text
        wide += self.width("..")
        while text and wide > width:
            wide -= self.width(text[-1])
            text = text[:-1]
        return text + ".."

    def wrapped(self, text, width):
        """``text`` in lines of at most ``width`` pixels, broken at spaces, else after . / - or anywhere."""
        lines = []
        line, taken = "", 0
        blank = self.width(" ")
        for word in text.split(" "):
            wide = self.width(word)
            if line and taken + blank + wide <= width:
                line += " " + word
                taken += blank + wide
                continue
            if line:
                lines.append(line)
            line, taken = word, wide
            while taken > width:
                at = self._break_at(line, width)
                lines.append(line[:at])
                line = line[at:]
                taken = self.width(line)
        lines.append(line)
        return lines

    def _break_at(self, word, width):
        most = len(word)
        wide = self.width(word)
        while most > 1 and wide > width:
            most -= 1
            wide -= self.width(word[most])
        at = most
        while at > 1 and word[at - 1] not in "./-":
            at -= 1
        return at if at > 1 else most


def shade(colour, part, whole):
    """``colour`` (0xRRGGBB) darkened to ``part`` of ``whole``."""
    red, green, blue = colour >> 16, colour >> 8 & 0xFF, colour & 0xFF
    return (red * part // whole) << 16 | (green * part // whole) << 8 | blue * part // whole


class Line:
    """One line of text in one font inside the group ``parent``; ``text`` is what it shows.

    The label is made when there is something to show for the first time.
    """

    def __init__(self, parent, font, width, left=0, align=CENTRE):
        self.text = ""
        self.top = 0
        self._parent = parent
        self._font = font
        self._width = width
        self._anchor = left + int(width * align)
        self._align = align
        self._colour = None
        self._palette = None
        self._label = None

    def moves(self, text, _colour, y):
        """True when ``put`` would show it at another height, or nothing there any more."""
        return (bool(text) and y != self.top) or bool(text) != bool(self.text)

    def put(self, text, colour, y):
        """Show ``text`` in ``colour`` at the height ``y``; gives the pixels that change, 0 when none do, or GO_ON.

        What the library makes for a text soon is garbage on the heap, so it is called for a change only.
        """
        if text == self.text and (not text or (colour == self._colour and y == self.top)):
            return 0
        if self._label is None:
            self._make()
            return GO_ON
        if self._font.load_some(text):
            return GO_ON
        columns = self._label.width
        moved = y != self.top or not text or not self.text
        if text != self.text:
            self.text = self._label.text = text
        if moved and text:
            self.top = y
        self._label.anchored_position = (self._anchor, self.top)
        if colour != self._colour:
            self._colour = colour
            for level in range(self._font.shades):
                self._palette[level] = shade(colour, level, self._font.shades - 1)
        columns = 2 * self._width if moved else max(1, columns, self._label.width)
        return columns * self._font.height

    def _make(self):
        import displayio
        from adafruit_display_text import bitmap_label

        # Of this library's own colours 0 is the ground and 1 the letters; those of an outline, 2 and 3, are our shades.
        self._palette = displayio.Palette(4)
        self._label = bitmap_label.Label(
            self._font, color_palette=self._palette, anchor_point=(self._align, 0.0)
        )
        self._parent.append(self._label)


class Bar:
    """A bar with a frame: ``put`` fills it to a percentage and marks another one, the target."""

    def __init__(self, x, width, height):
        import displayio
        import vectorio

        self._width, self._height = width, height
        self._edge = max(1, height // 6)
        self._palette = displayio.Palette(1)
        dark = displayio.Palette(1)
        dark[0] = 0
        self.group = displayio.Group()
        self._parts = displayio.Group(x=x, y=0)
        inner = self._edge

        def layer(palette, wide, high, at):
            part = vectorio.Rectangle(pixel_shader=palette, width=wide, height=high, x=at, y=at)
            self._parts.append(part)
            return part

        layer(self._palette, width, height, 0)
        layer(dark, width - 2 * inner, height - 2 * inner, inner)
        self._filling = layer(self._palette, 1, height, 0)
        self._notch = layer(dark, 3 * inner, height - 2 * inner, inner)
        self._mark = layer(self._palette, inner, height, 0)
        self._shown = (None, None, None, 0)

    def moves(self, percent, _mark, _colour, y):
        """True when ``put`` would show it at another height."""
        return (percent is not None and y != self._parts.y) or (percent is None) != (self._shown[0] is None)

    def put(self, percent, mark, colour, y):
        """Fill to ``percent`` (None: no bar) and mark ``mark`` (or None); gives the pixels that change."""
        wanted = (percent, mark, colour, y)
        if wanted == self._shown or (percent is None and self._shown[0] is None):
            return 0
        self._shown = wanted
        if percent is None:
            self.group.pop()
        else:
            self._parts.y = y
            # They stay: a group with such shapes that is taken out may send the whole display (displayio/Group.c).
            if not len(self.group):
                self.group.append(self._parts)
            self._palette[0] = colour
            self._filling.width = max(1, self._width * percent // 100)
            marked = mark is not None and 0 < mark < 100
            if self._mark.hidden == marked:
                self._mark.hidden = self._notch.hidden = not marked
            if marked:
                self._mark.x = self._width * mark // 100
                self._notch.x = self._mark.x - self._edge
        return self._width * self._height
