# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The built-in font: every letter 6 x 12."""

import displayio
from fontio import Glyph


class _Font:
    def __init__(self):
        self.bitmap = displayio.Bitmap(6 * 95, 12, 2)

    def get_bounding_box(self):
        return (6, 12)

    def get_glyph(self, codepoint):
        return Glyph(self.bitmap, max(0, codepoint - 32), 6, 12, 0, -2, 6, 0)


FONT = _Font()
