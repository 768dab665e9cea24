# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""displayio without pixels: groups, palettes, bitmaps and tile grids that remember what they are."""


class Group:
    def __init__(self, *, scale=1, x=0, y=0):
        # Not through the properties: a label has its own.
        self._scale = scale
        self.x = x
        self.y = y
        self.hidden = False
        self._layers = []

    @property
    def scale(self):
        return self._scale

    @scale.setter
    def scale(self, value):
        self._scale = value

    def append(self, layer):
        self._layers.append(layer)

    def insert(self, index, layer):
        self._layers.insert(index, layer)

    def remove(self, layer):
        self._layers.remove(layer)

    def pop(self, index=-1):
        return self._layers.pop(index)

    def __len__(self):
        return len(self._layers)

    def __getitem__(self, index):
        return self._layers[index]

    def __setitem__(self, index, layer):
        self._layers[index] = layer


class Palette:
    def __init__(self, color_count):
        self._colours = [0] * color_count
        self._transparent = [False] * color_count

    def __len__(self):
        return len(self._colours)

    def __getitem__(self, index):
        return self._colours[index]

    def __setitem__(self, index, colour):
        self._colours[index] = colour

    def make_transparent(self, index):
        self._transparent[index] = True

    def make_opaque(self, index):
        self._transparent[index] = False

    def is_transparent(self, index):
        return self._transparent[index]


class Bitmap:
    def __init__(self, width, height, value_count):
        self.width = width
        self.height = height
        self._bits = bytearray((width + 7) // 8 * height)

    def fill(self, value):
        for at in range(len(self._bits)):
            self._bits[at] = value

    def __getitem__(self, index):
        return 0

    def __setitem__(self, index, value):
        """Pixels are not kept."""


class TileGrid:
    def __init__(
        self,
        bitmap,
        *,
        pixel_shader,
        width=1,
        height=1,
        tile_width=None,
        tile_height=None,
        default_tile=0,
        x=0,
        y=0,
    ):
        self.bitmap = bitmap
        self.pixel_shader = pixel_shader
        self.x = x
        self.y = y
        self.hidden = False
        self.transpose_xy = self.flip_x = self.flip_y = False


def release_displays():
    """Nothing is held."""
