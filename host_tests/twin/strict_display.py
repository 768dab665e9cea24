# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the firmware's displayio and bitmaptools refuse and Blinka's let pass.

The loader runs Blinka's files anew at each start of the virtual machine, so what is replaced here is that run's own.
Sources: shared-bindings/bitmaptools/__init__.c (`bitmaptools_validate_coord_range`), shared-bindings/displayio/Bitmap.c
(`bitmap_subscr`, `displayio_bitmap_obj_fill`), shared-module/displayio/Group.c (`displayio_group_get_previous_area`).
"""

import struct
from array import array
from pathlib import Path

from host_tests.twin import line_meter

# The loops over pixels in C, or None.
PIXELS = line_meter.extension(Path(__file__).with_name("pixels.c"))
# Further than any display reaches.
_EVERYWHERE = 1 << 14


def _in_range(value, low, high, name):
    if not low <= value <= high:
        raise ValueError(f"{name} must be {low}-{high}")


def _checked_region(x1, y1, x2, y2, width, height):
    """The corners with None filled in. ValueError outside the bitmap, or when the second lies before the first."""
    x2 = width if x2 is None else x2
    y2 = height if y2 is None else y2
    _in_range(x1, 0, width, "x1")
    _in_range(x2, x1, width, "x2")
    _in_range(y1, 0, height, "y1")
    _in_range(y2, y1, height, "y2")
    return x1, y1, x2, y2


def _read_rows(bitmap, file):
    """What Blinka does pixel by pixel, where a row of the file is one of the bitmap: letters of a font."""
    width, stride, data = bitmap._bmp_width, bitmap._stride, bitmap._data
    bits = width * bitmap._bits_per_value
    size = (bits + 7) // 8
    behind = stride * 32 - bits
    for y in range(bitmap._bmp_height):
        row = file.read(size)
        if len(row) != size:
            raise EOFError()
        end = (y + 1) * stride
        value = int.from_bytes(row, "big") >> size * 8 - bits << behind | data[end - 1] & (1 << behind) - 1
        data[end - stride : end] = array(data.typecode, struct.unpack(f">{stride}I", value.to_bytes(stride * 4, "big")))
        bitmap._set_dirty_area(type(bitmap._dirty_area)(0, y, width, y + 1))


def harden_bitmaptools(module):
    """Regions outside a bitmap are a ValueError, where Blinka clips them."""
    blit, fill_region, readinto = module.blit, module.fill_region, module.readinto

    def checked_blit(dest_bitmap, source_bitmap, x, y, *, x1=0, y1=0, x2=None, y2=None, **skipped):
        _in_range(x, 0, dest_bitmap.width, "x")
        _in_range(y, 0, dest_bitmap.height, "y")
        x1, y1, x2, y2 = _checked_region(x1, y1, x2, y2, source_bitmap.width, source_bitmap.height)
        if dest_bitmap._bits_per_value < source_bitmap._bits_per_value:
            raise ValueError("source palette too large")
        blit(dest_bitmap, source_bitmap, x, y, x1=x1, y1=y1, x2=x2, y2=y2, **skipped)

    def checked_fill_region(dest_bitmap, x1, y1, x2, y2, value):
        if value >> dest_bitmap._bits_per_value:
            raise ValueError("out of range of target")
        x1, y1, x2, y2 = _checked_region(x1, y1, x2, y2, dest_bitmap.width, dest_bitmap.height)
        fill_region(dest_bitmap, x1, y1, x2, y2, value)

    def checked_readinto(bitmap, file, bits_per_pixel, element_size=1, **order):
        if element_size not in (1, 2, 4):
            raise ValueError(f"invalid element_size {element_size}, must be, 1, 2, or 4")
        if bits_per_pixel not in (1, 2, 4, 8, 16, 24, 32):
            raise ValueError(f"invalid bits_per_pixel {bits_per_pixel}, must be, 1, 2, 4, 8, 16, 24, or 32")
        as_it_lies = bits_per_pixel == bitmap._bits_per_value < 8 and bitmap._data_alloc
        if as_it_lies and element_size == 1 and order == {"reverse_pixels_in_element": True}:
            _read_rows(bitmap, file)
        else:
            readinto(bitmap, file, bits_per_pixel, element_size, **order)

    module.blit, module.fill_region, module.readinto = checked_blit, checked_fill_region, checked_readinto


def harden_displayio(module):
    """Pixels outside a bitmap and values with too many bits, which Blinka leaves out or cuts; and groups."""
    _harden_groups(module.Group)
    if PIXELS is not None:
        module._tilegrid._fill_pixels = fill_pixels
        module._tilegrid._fill_pixels_packed = fill_pixels
    bitmap = module.Bitmap
    set_item, fill = bitmap.__setitem__, bitmap.fill

    def checked_set_item(self, index, value):
        if not isinstance(index, int):
            x, y = index
            if not (0 <= x < self._bmp_width and 0 <= y < self._bmp_height):
                raise IndexError("pixel coordinates out of bounds")
        if value >> self._bits_per_value:
            raise ValueError("pixel value requires too many bits")
        set_item(self, index, value)

    def checked_fill(self, value):
        if value >> self._bits_per_value:
            raise ValueError("pixel value requires too many bits")
        fill(self, value)

    bitmap.__setitem__, bitmap.fill = checked_set_item, checked_fill


def fill_pixels(buffer, mask, colours, opaque, geometry, grid, bitmap, pack=(16, 1, 0, 1, 1)):
    """What both functions of Blinka do; `pack` is that of a display with several pixels in a byte."""
    tiles = (grid._absolute_transform.scale, grid._tile_width, grid._tile_height, grid._top_left_x, grid._top_left_y)
    tiles += (grid._width_in_tiles, grid._height_in_tiles, grid._bitmap_width_in_tiles)
    values = (bitmap._data.itemsize, bitmap._stride, bitmap._bmp_width, bitmap._bmp_height)
    values += (bitmap._bits_per_value, bitmap._x_shift, bitmap._x_mask, bitmap._bitmask)
    parts = buffer, mask, opaque, grid._tiles, bitmap._data
    return PIXELS.draw(*parts, colours, geometry, tiles, values, pack)


def _harden_groups(group):
    """Where a group with shapes of vectorio is taken out, the firmware sends an area that it never set: whatever lay on its
    stack. The worst of these is the whole display."""
    previous_area = group._get_previous_area

    def checked_previous_area(self, area):
        drawn = previous_area(self, area)
        if any(hasattr(layer, "_shape_set_dirty") for layer in self._layers):
            area.x1 = area.y1 = -_EVERYWHERE
            area.x2 = area.y2 = _EVERYWHERE
            return True
        return drawn

    group._get_previous_area = checked_previous_area
