# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Draws a CodeView: a light square with a QR code in it, and lines of text, a piece a pass."""

import displayio
import terminalio
from adafruit_display_text import bitmap_label

from appliance import screens, setup_screens
from appliance.setup_screens import ACROSS, DOWN, LEFT, LINE, LINES, PIXELS, SCALE, TEXT_LEFT, TOP

# Rows of modules that are set in one piece.
_ROWS = 5
_DARK, _LIGHT = 0, 1

# What a step did: nothing was left to do; the code is still being made; something to show; rows half drawn.
DONE, WAITS, CHANGED, DRAWING = "done", "waits", "changed", "drawing"


class CodePanel:
    """``group`` is what the display shows; ``codes.get(text)`` gives modules or None while they are made."""

    def __init__(self, width, height, codes):
        self.group = displayio.Group()
        self.layout = layout = setup_screens.layout_for(width, height)
        self._codes = codes
        self._bitmap = None
        self._shown_code = None
        self._row = None
        self._modules = None
        self._labels = []
        self._shown = [""] * layout[LINES]
        if layout[PIXELS]:
            self._add_square(layout)
        top = (height - layout[LINE] * layout[LINES]) // 2
        for number in range(layout[LINES]):
            label = bitmap_label.Label(
                terminalio.FONT,
                text=" ",
                scale=layout[SCALE],
                anchor_point=(0.0, 0.5),
                anchored_position=(layout[TEXT_LEFT], top + layout[LINE] * number + layout[LINE] // 2),
            )
            self._labels.append(label)
            self.group.append(label)

    def _add_square(self, layout):
        palette = displayio.Palette(2)
        palette[_DARK] = 0
        palette[_LIGHT] = screens.WHITE
        self._bitmap = displayio.Bitmap(layout[ACROSS], layout[DOWN], 2)
        self._bitmap.fill(_DARK)
        square = displayio.Group(scale=layout[PIXELS], x=layout[LEFT], y=layout[TOP])
        square.append(displayio.TileGrid(self._bitmap, pixel_shader=palette))
        self.group.append(square)

    def step(self, view, colour):
        """Change one thing towards ``view``; gives one of the words above."""
        for at, label in enumerate(self._labels):
            text = view.lines[at] if at < len(view.lines) else ""
            if text != self._shown[at] or label.color != colour:
                self._shown[at] = text
                label.color = colour
                label.text = text or " "
                return CHANGED
        if self._bitmap is None or view.code == self._shown_code:
            return DONE
        return self._draw(view.code)

    def _draw(self, code):
        """Clear the square, then set the next few rows of the code."""
        rows = self._codes.get(code)
        if rows is None:
            if self._shown_code is None:
                return WAITS
            self._shown_code = None
            self._bitmap.fill(_DARK)
            return CHANGED
        if self._modules is not rows:
            self._modules = rows
            self._row = 0
            self._bitmap.fill(_LIGHT)
            return DRAWING
        left = (self.layout[ACROSS] - len(rows)) // 2
        top = (self.layout[DOWN] - len(rows)) // 2
        for row in range(self._row, min(self._row + _ROWS, len(rows))):
            for column, module in enumerate(rows[row]):
                if module == "1":
                    self._bitmap[left + column, top + row] = _DARK
        self._row += _ROWS
        if self._row < len(rows):
            return DRAWING
        self._shown_code = code
        self._modules = None
        return CHANGED
