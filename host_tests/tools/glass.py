# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box draws, as a picture, without a box: the few parts of displayio that it uses, put together by Pillow.

Quick enough to render every screen on every display in a test. That the firmware's displayio shows the same is
checked once a run, on the twin (host_tests/session/test_display.py).
"""

import collections
import contextlib
import sys
import types

from PIL import Image, ImageDraw


class Group:
    def __init__(self, *, scale=1, x=0, y=0):
        # Not through the property: a label has its own.
        self._scale, self.x, self.y = scale, x, y
        self.hidden = False
        self.layers = []

    @property
    def scale(self):
        return self._scale

    @scale.setter
    def scale(self, value):
        self._scale = value

    def append(self, layer):
        self.layers.append(layer)

    def pop(self, index=-1):
        return self.layers.pop(index)

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, index):
        return self.layers[index]

    def paint(self, image, x, y, scale):
        if self.hidden:
            return
        for layer in self.layers:
            layer.paint(image, x + self.x * scale, y + self.y * scale, scale * self._scale)


class Palette(list):
    def __init__(self, count):
        super().__init__([0] * count)
        self.transparent = set()

    def make_transparent(self, index):
        self.transparent.add(index)

    def make_opaque(self, index):
        self.transparent.discard(index)

    def is_transparent(self, index):
        return index in self.transparent


class Bitmap:
    def __init__(self, width, height, value_count):
        self.width, self.height, self.value_count = width, height, value_count
        self.image = Image.new("P", (width, height))

    def fill(self, value):
        self.image.paste(value, (0, 0, self.width, self.height))

    def __setitem__(self, place, value):
        if not 0 <= place[0] < self.width or not 0 <= place[1] < self.height:
            raise IndexError(place)
        self.image.putpixel(place, value)


class TileGrid:
    """A grid of the one tile that is the whole bitmap."""

    def __init__(self, bitmap, *, pixel_shader, x=0, y=0, **tiles):
        whole = {"width": 1, "height": 1, "tile_width": bitmap.width, "tile_height": bitmap.height}
        if {**whole, "default_tile": 0, **tiles} != {**whole, "default_tile": 0}:
            raise NotImplementedError(tiles)
        self.bitmap, self.palette, self.x, self.y = bitmap, pixel_shader, x, y

    def paint(self, image, x, y, scale):
        if len(self.palette) < self.bitmap.value_count:
            raise ValueError("fewer colours than values")
        if self.palette.transparent:
            raise NotImplementedError("a colour that can be seen through")
        picture = self.bitmap.image.copy()
        picture.putpalette([part for colour in self.palette for part in colour.to_bytes(3, "big")])
        picture = picture.convert("RGB")
        if scale > 1:
            size = picture.width * scale, picture.height * scale
            picture = picture.resize(size, Image.Resampling.NEAREST)
        image.paste(picture, (x + self.x * scale, y + self.y * scale))


class Rectangle:
    def __init__(self, *, pixel_shader, width, height, x=0, y=0):
        if width < 1 or height < 1:
            raise ValueError("width and height must be at least 1")
        self.palette, self.width, self.height, self.x, self.y = pixel_shader, width, height, x, y
        self.hidden = False

    def paint(self, image, x, y, scale):
        if not self.hidden:
            left, top = x + self.x * scale, y + self.y * scale
            box = [left, top, left + self.width * scale - 1, top + self.height * scale - 1]
            ImageDraw.Draw(image).rectangle(box, fill=f"#{self.palette[0]:06x}")


def readinto(bitmap, file, bits_per_pixel, element_size=1, reverse_pixels_in_element=False):
    """As bitmaptools.readinto for whole bytes, first pixel in the highest bits."""
    if not reverse_pixels_in_element or element_size != 1:
        raise NotImplementedError
    size = (bitmap.width * bits_per_pixel + 7) // 8 * bitmap.height
    data = file.read(size)
    if len(data) != size:
        raise EOFError
    bitmap.image = Image.frombytes("P", (bitmap.width, bitmap.height), data, "raw", f"P;{bits_per_pixel}")


def blit(destination, source, x, y, *, x1, y1, x2, y2, skip_source_index):
    """As bitmaptools.blit."""
    if destination.value_count < source.value_count:
        raise ValueError("source palette too large")
    if not 0 <= x <= destination.width or not 0 <= y <= destination.height:
        raise ValueError((x, y))
    if not 0 <= x1 <= x2 <= source.width or not 0 <= y1 <= y2 <= source.height:
        raise ValueError((x1, y1, x2, y2))
    part = source.image.crop((x1, y1, x2, y2))
    mask = part.point(lambda value: 255 * (value != skip_source_index), "L")
    destination.image.paste(part, (x, y), mask)


Glyph = collections.namedtuple("Glyph", "bitmap tile_index width height dx dy shift_x shift_y")


class Display:
    """A display that needs no time. `colour` False: one that the box takes for an SSD1306."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.root_group = None
        self.brightness = 1.0
        self.refreshes = 0
        self.shown = Image.new("RGB", (width, height))

    def refresh(self):
        """Show what is there now."""
        self.refreshes += 1
        self.shown = Image.new("RGB", (self.width, self.height))
        if self.root_group is not None:
            self.root_group.paint(self.shown, 0, 0, 1)


class SSD1306(Display):
    """Its class's name is what tells the box that it has no colours."""


MODULES = {
    "displayio": {"Group": Group, "Palette": Palette, "Bitmap": Bitmap, "TileGrid": TileGrid},
    "vectorio": {"Rectangle": Rectangle},
    "fontio": {"Glyph": Glyph, "FontProtocol": object},
    "bitmaptools": {"readinto": readinto, "blit": blit},
}


def _forget_drawing():
    """Modules of the box that hold on to a displayio."""
    for name in (
        "appliance.display.code_panel",
        "adafruit_display_text",
        "adafruit_display_text.bitmap_label",
    ):
        sys.modules.pop(name, None)


@contextlib.contextmanager
def fitted():
    """While it lasts, the box's display code draws on this glass."""
    before = {name: sys.modules.get(name) for name in MODULES}
    _forget_drawing()
    for name, parts in MODULES.items():
        module = types.ModuleType(name)
        vars(module).update(parts)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
        _forget_drawing()
