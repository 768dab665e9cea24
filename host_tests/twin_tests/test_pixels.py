# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The loops over pixels in C draw what Blinka's do, and the glass shows what is in the display's memory."""

import importlib
import random
import types
from array import array

import pytest

from host_tests.twin import panels, strict_display

tilegrid = importlib.import_module("displayio._tilegrid")
needs_c = pytest.mark.skipif(strict_display.PIXELS is None, reason="no C compiler: Blinka's own loops draw")
# Of displays with several pixels in a byte: depth, pixels in a byte, reversed, pixels of a byte in one row.
PACKED = ((1, 8, False, True), (1, 8, True, False), (1, 8, False, False), (2, 4, True, True), (4, 2, False, True))


def drawing(rng, pack):
    """Arguments for both, as `TileGrid._fill_area` has them."""
    bits = rng.choice((1, 2, 4, 8))
    tile_width, tile_height = rng.randint(1, 9), rng.randint(1, 9)
    across, down = rng.randint(1, 3), rng.randint(1, 3)
    columns, rows = rng.randint(1, 3), rng.randint(1, 3)
    width, height = tile_width * columns + rng.randint(0, 1), tile_height * rows
    scale = rng.randint(1, 2)
    values_in_word = 32 // bits
    stride = -(-width // values_in_word)
    bitmap = types.SimpleNamespace(
        _data=array("L", [rng.getrandbits(32) for _ in range(stride * height)]),
        _stride=stride,
        _bmp_width=width,
        _bmp_height=height - rng.randint(0, 1) if height > 1 else height,
        _bits_per_value=bits,
        _x_shift=values_in_word.bit_length() - 1,
        _x_mask=values_in_word - 1,
        _bitmask=(1 << bits) - 1,
    )
    grid = types.SimpleNamespace(
        _absolute_transform=types.SimpleNamespace(scale=scale),
        _tiles=bytearray(rng.randrange(columns * rows) for _ in range(across * down)),
        _tile_width=tile_width,
        _tile_height=tile_height,
        _top_left_x=rng.randrange(across),
        _top_left_y=rng.randrange(down),
        _width_in_tiles=across,
        _height_in_tiles=down,
        _bitmap_width_in_tiles=columns,
    )
    end_x, end_y = across * tile_width * scale, down * tile_height * scale
    start_x, start_y = rng.randrange(end_x), rng.randrange(end_y)
    area_width = (end_x - start_x + 4 + 7) // 8 * 8
    area_height = (end_y - start_y + 4 + 7) // 8 * 8
    shifts = rng.randint(0, 4), rng.randint(0, 4)
    start, x_stride, y_stride = 0, 1, area_width
    if rng.random() < 0.3:
        start, x_stride = area_width - 1, -1
    if rng.random() < 0.3:
        start, y_stride = start + (area_height - 1) * area_width, -area_width
    colours = [rng.getrandbits(16 if pack is None else pack[0]) for _ in range(1 << bits)]
    opaque = bytearray(rng.random() < 0.9 for _ in range(1 << bits))
    mask = array("I", [rng.getrandbits(32) & rng.getrandbits(32) for _ in range(area_width * area_height // 32 + 1)])
    geometry = (start, x_stride, y_stride, *shifts, start_x, end_x, start_y, end_y)
    return area_width * area_height, mask, colours, opaque, geometry, grid, bitmap, area_width


@needs_c
@pytest.mark.parametrize("pack", [None, *PACKED])
def test_the_loops_in_c_draw_what_those_of_blinka_draw(pack):
    rng = random.Random(repr(pack))
    verdicts = set()
    for _ in range(150):
        pixels, mask, *rest, area_width = drawing(rng, pack)
        more = () if pack is None else ((*pack, area_width),)
        theirs = tilegrid._fill_pixels if pack is None else tilegrid._fill_pixels_packed
        results = []
        for draw in (theirs, strict_display.fill_pixels):
            buffer = bytearray(pixels * 2)
            view = memoryview(buffer).cast("H") if pack is None else memoryview(buffer)
            its_mask = memoryview(bytearray(mask.tobytes())).cast("I")
            results.append((draw(view, its_mask, *rest, *more), bytes(buffer), bytes(its_mask)))
        assert results[0] == results[1]
        verdicts.add(results[0][0])
    assert verdicts == {True, False}


@needs_c
@pytest.mark.parametrize("pack", [None, *PACKED])
def test_a_drawing_beyond_its_buffers_is_an_error_and_no_write(pack):
    rng = random.Random(repr(pack))
    caught = 0
    for _ in range(30):
        pixels, mask, *rest, area_width = drawing(rng, pack)
        more = () if pack is None else ((*pack, area_width),)
        memory = bytearray(pixels * 2)
        # Of all that there is, the drawing is given the first sixteenth.
        given = len(memory) // 32 * 2
        view = memoryview(memory)[:given].cast("H") if pack is None else memoryview(memory)[: given // 16]
        try:
            strict_display.fill_pixels(view, mask, *rest, *more)
        except IndexError:
            caught += 1
        assert not any(memory[len(view) * view.itemsize :])
        with pytest.raises(IndexError):
            strict_display.fill_pixels(memory, mask[:0], *rest, *more)
    assert caught > 5


def shown_cell_by_cell(panel, x, y):
    """As the controller's data sheet has it: the row of a page is a bit of its octets."""
    row = (y + panel.start_line) & 0x3F
    row = row if panel.com_remap else 63 - row
    column = x if panel.segment_remap else 127 - x
    return 255 if panel.all_on or bool(panel.memory[row // 8 * 128 + column] >> row % 8 & 1) != panel.inverted else 0


@pytest.mark.parametrize("number", range(16))
def test_the_glass_shows_each_cell_of_the_memory(number):
    panel = panels.SSD1306()
    panel.memory[:] = random.Random(number).randbytes(len(panel.memory))
    panel.on = True
    panel.start_line = number * 3
    panel.com_remap, panel.segment_remap, panel.inverted, panel.all_on = (bool(number >> bit & 1) for bit in range(4))
    image = panel.image()
    width, height = image.size
    expected = [shown_cell_by_cell(panel, x, y) for y in range(height) for x in range(width)]
    assert list(image.tobytes()) == expected
