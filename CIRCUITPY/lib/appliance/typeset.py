# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Letters at the size at which they are shown: fonts of ``fonts/``, lines of text and a battery bar.

A font is one strip of letters (the file's form: host_tests/tools/make_fonts.py), and a line is one bitmap into which
letters are copied by the firmware. So a text costs no more memory than its pixels, a change redraws its own letters
only, and nothing is enlarged. The measuring half needs no hardware and is what the layouts count with.
"""

from array import array

SPACE = " "
_MISSING = "?"
_FOLDER = "/fonts/"
LEFT, CENTRE, RIGHT = 0, 1, 2


class Font:
    """One font file. ``height`` of a line, ``width(text)`` in pixels, ``shades`` of a pixel (2 or 4)."""

    def __init__(self, name, folder=None):
        if folder is None:
            folder = __file__.rsplit("/", 1)[0] + _FOLDER
        self._path = folder + name + ".bin"
        with open(self._path, "rb") as file:
            self._bits, self.height, count = file.read(3)
            self._letters = str(file.read(count), "ascii")
            self._widths = file.read(count)
        self.shades = 1 << self._bits
        self._lefts = array("H", [0] * count)
        left = 0
        for at in range(count):
            self._lefts[at] = left
            left += self._widths[at]
        self._strip_width = left
        self._strip = None

    def _index(self, letter):
        at = self._letters.find(letter)
        return at if at >= 0 else self._letters.find(_MISSING)

    def width(self, text):
        """Pixels that ``text`` takes, the gap behind its last letter included."""
        total = 0
        for letter in text:
            at = self._index(letter)
            if at >= 0:
                total += self._widths[at]
        return total

    def shortened(self, text, width):
        """``text``, or as much of it as fits ``width`` with two dots behind."""
        if self.width(text) <= width:
            return text
        while text and self.width(text) + self.width("..") > width:
            text = text[:-1]
        return text + ".."

    def wrapped(self, text, width):
        """``text`` in lines of at most ``width`` pixels, broken at blanks, else behind . / - or anywhere."""
        lines = []
        line = ""
        for word in text.split(SPACE):
            longer = line + SPACE + word if line else word
            if self.width(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            line = word
            while self.width(line) > width:
                at = self._break_at(line, width)
                lines.append(line[:at])
                line = line[at:]
        lines.append(line)
        return lines

    def _break_at(self, word, width):
        most = len(word)
        while most > 1 and self.width(word[:most]) > width:
            most -= 1
        at = most
        while at > 1 and word[at - 1] not in "./-":
            at -= 1
        return at if at > 1 else most

    def strip(self):
        """The bitmap with all letters; read from the file when it is first asked for."""
        if self._strip is None:
            import bitmaptools
            import displayio

            strip = displayio.Bitmap(self._strip_width, self.height, self.shades)
            with open(self._path, "rb") as file:
                file.read(3 + 2 * len(self._letters))
                bitmaptools.readinto(strip, file, bits_per_pixel=self._bits, reverse_pixels_in_element=True)
            self._strip = strip
        return self._strip

    def draw(self, bitmap, text, x):
        """Copy the letters of ``text`` into ``bitmap`` from ``x`` on; gives where they end."""
        import bitmaptools

        strip = self.strip()
        for letter in text:
            at = self._index(letter)
            if at < 0:
                continue
            left, width = self._lefts[at], self._widths[at]
            bitmaptools.blit(bitmap, strip, x, 0, x1=left, y1=0, x2=left + width, y2=self.height)
            x += width
        return x


def shade(colour, part, whole):
    """``colour`` (0xRRGGBB) darkened to ``part`` of ``whole``."""
    red, green, blue = colour >> 16, colour >> 8 & 0xFF, colour & 0xFF
    return (red * part // whole) << 16 | (green * part // whole) << 8 | blue * part // whole


def new_line(font, width, x=0, align=CENTRE):
    """A Line; the class is made when displayio is there to build on."""
    global _line_class
    if _line_class is None:
        _line_class = _make_line_class()
    return _line_class(font, width, x, align)


_line_class = None


def _make_line_class():
    import bitmaptools
    import displayio

    class Line(displayio.Group):
        """One line of text in one font, ``text`` what it shows."""

        def __init__(self, font, width, x, align):
            super().__init__(x=x, y=0)
            self.text = ""
            self.top = 0
            self._font = font
            self._width = width
            self._align = align
            self._colour = None
            self._from = self._to = 0
            self._bitmap = displayio.Bitmap(width, font.height, font.shades)
            self._palette = displayio.Palette(font.shades)

        def moves(self, text, _colour, y):
            """True when ``put`` would show it at another height, or nothing there any more."""
            return (bool(text) and y != self.top) or bool(text) != bool(self.text)

        def put(self, text, colour, y):
            """Show ``text`` in ``colour`` at the height ``y``; gives the pixels that change, 0 when none do."""
            if text == self.text and (not text or (colour == self._colour and y == self.top)):
                return 0
            columns = self._to - self._from
            if text != self.text:
                columns = self._write(text)
            if not text or y != self.top or not len(self):
                self._place(text, y)
                columns = 2 * self._width
            if colour != self._colour:
                self._colour = colour
                for level in range(self._font.shades):
                    self._palette[level] = shade(colour, level, self._font.shades - 1)
            return max(1, columns) * self._font.height

        def _place(self, text, y):
            """Hang the bitmap up anew: one that is empty would lie on others like a black stripe."""
            if len(self):
                self.pop()
            if text:
                self.top = y
                self.append(displayio.TileGrid(self._bitmap, pixel_shader=self._palette, y=y))

        def _write(self, text):
            old_from, old_to = self._from, self._to
            if old_to > old_from:
                bitmaptools.fill_region(self._bitmap, old_from, 0, old_to, self._font.height, 0)
            self.text = text
            spare = max(0, self._width - self._font.width(text))
            self._from = spare * self._align // RIGHT
            self._to = min(self._font.draw(self._bitmap, text, self._from), self._width)
            if old_to <= old_from:
                return self._to - self._from
            return max(old_to, self._to) - min(old_from, self._from)

    return Line


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
        self._filling = vectorio.Rectangle(pixel_shader=self._palette, width=1, height=height, x=0, y=0)
        self._mark = vectorio.Rectangle(pixel_shader=self._palette, width=inner, height=height, x=0, y=0)
        hollow = vectorio.Rectangle(
            pixel_shader=dark, width=width - 2 * inner, height=height - 2 * inner, x=inner, y=inner
        )
        self._notch = vectorio.Rectangle(
            pixel_shader=dark, width=3 * inner, height=height - 2 * inner, x=0, y=inner
        )
        frame = vectorio.Rectangle(pixel_shader=self._palette, width=width, height=height, x=0, y=0)
        for layer in (frame, hollow, self._filling, self._notch, self._mark):
            self._parts.append(layer)
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
        if len(self.group):
            self.group.pop()
        if percent is not None:
            self._parts.y = y
            self.group.append(self._parts)
            self._palette[0] = colour
            self._filling.width = max(1, self._width * percent // 100)
            marked = mark is not None and 0 < mark < 100
            self._mark.hidden = self._notch.hidden = not marked
            if marked:
                self._mark.x = self._width * mark // 100
                self._notch.x = self._mark.x - self._edge
        return self._width * self._height
