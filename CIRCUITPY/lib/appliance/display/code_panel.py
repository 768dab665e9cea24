# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Draws a CodeView, one piece per pass: a light square with a QR code, and lines of text."""

import displayio

from appliance.display import typeset, views

# Rows of modules that are set in one piece.
_ROWS = 5
_DARK, _LIGHT = 0, 1


class CodeScene:
    """``layout`` of setup_views; ``codes.get(text)`` gives modules or None while they are made."""

    pages = 1

    def __init__(self, height, layout, codes):
        self.group = displayio.Group()
        self._layout = layout
        self._square = None
        if layout.pixels:
            self._square = _Square(layout, codes)
            self.group.append(self._square.group)
        self._top = (height - layout.line * layout.lines) // 2 + (layout.line - layout.font.height) // 2
        self._lines = []
        for _ in range(layout.lines):
            line = typeset.Line(self.group, layout.font, layout.text_width, layout.text_left, typeset.LEFT)
            self._lines.append(line)

    def plan(self, view, colour, _turn):
        """The changes towards ``view`` as (part, arguments of its ``put``)."""
        changes = []  # type: list
        for at, line in enumerate(self._lines):
            text = view.lines[at] if at < len(view.lines) else ""
            shown = colour if at == 0 else views.WHITE
            changes.append((line, (text, shown, self._top + self._layout.line * at)))
        if self._square is not None:
            changes.append((self._square, (view.code,)))
        return changes


class _Square:
    """The light square: one bitmap of a pixel a module, enlarged by its group."""

    def __init__(self, layout, codes):
        self._layout = layout
        self._codes = codes
        self._shown = None
        self._row = None
        self._modules = None
        palette = displayio.Palette(2)
        palette[_DARK] = 0
        palette[_LIGHT] = views.WHITE
        self._bitmap = displayio.Bitmap(layout.across, layout.down, 2)
        self._bitmap.fill(_DARK)
        self.group = displayio.Group(scale=layout.pixels, x=layout.left, y=layout.top)
        self.group.append(displayio.TileGrid(self._bitmap, pixel_shader=palette))
        self._pixels = layout.across * layout.down * layout.pixels * layout.pixels

    def moves(self, _code):
        """It stays where it is."""
        return False

    def put(self, code):
        """Clear the square, then set the next few rows of the code; gives the pixels to send, or typeset.GO_ON."""
        if code == self._shown:
            return 0
        rows = self._codes.get(code)
        if rows is None:
            # Not made yet. When it is, the status changes and the view is asked for again.
            if self._shown is None:
                return 0
            self._shown = None
            self._bitmap.fill(_DARK)
            return self._pixels
        if self._modules is not rows:
            self._modules = rows
            self._row = 0
            self._bitmap.fill(_LIGHT)
            return typeset.GO_ON
        left = (self._layout.across - len(rows)) // 2
        top = (self._layout.down - len(rows)) // 2
        for row in range(self._row, min(self._row + _ROWS, len(rows))):
            for column, module in enumerate(rows[row]):
                if module == "1":
                    self._bitmap[left + column, top + row] = _DARK
        self._row += _ROWS
        if self._row < len(rows):
            return typeset.GO_ON
        self._shown = code
        self._modules = None
        return self._pixels
