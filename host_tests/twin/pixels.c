/* SPDX-FileCopyrightText: 2026 socbox contributors
   SPDX-License-Identifier: MIT

   The loops over pixels of Blinka's `displayio._tilegrid` (`_fill_pixels`, `_fill_pixels_packed`) in C: they take most of
   the time of a drawing. `strict_display.py` puts them in their place, `twin_tests/test_pixels.py` holds them together. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
    Py_ssize_t start, x_stride, y_stride, x_shift, y_shift, start_x, end_x, start_y, end_y;
    Py_ssize_t scale, tile_width, tile_height, left, top, across, down, bitmap_across;
    Py_ssize_t word, stride, width, height, bits, value_shift, value_mask, bitmask; /* word: octets in one */
    Py_ssize_t depth, per_byte, reverse, share_row, area_width; /* depth 16: a word a pixel */
} Drawing;

enum { BUFFER, MASK, OPAQUE, TILES, WORDS, PARTS };

/* The bitmap's value there; -1 outside of what is given. */
static Py_ssize_t value_at(const Drawing *d, const Py_buffer *parts, Py_ssize_t x, Py_ssize_t y)
{
    Py_ssize_t at = (y / d->tile_height + d->top) % d->down * d->across + (x / d->tile_width + d->left) % d->across;
    if (at >= parts[TILES].len)
        return -1;
    Py_ssize_t tile = ((unsigned char *)parts[TILES].buf)[at];
    x = tile % d->bitmap_across * d->tile_width + x % d->tile_width;
    y = tile / d->bitmap_across * d->tile_height + y % d->tile_height;
    if (x >= d->width || y >= d->height)
        return 0;
    at = d->bits == 8 ? y * d->stride * d->word + x : (y * d->stride + (x >> d->value_shift)) * d->word;
    if (at + (d->bits == 8 ? 1 : d->word) > parts[WORDS].len)
        return -1;
    const unsigned char *data = (unsigned char *)parts[WORDS].buf + at;
    if (d->bits == 8)
        return *data;
    uint64_t word = d->word == 8 ? *(const uint64_t *)data : *(const uint32_t *)data;
    return (Py_ssize_t)(word >> (32 - ((x & d->value_mask) + 1) * d->bits)) & d->bitmask;
}

static int set_pixel(const Drawing *d, const Py_buffer *buffer, Py_ssize_t offset, Py_ssize_t colour)
{
    if (d->depth == 16) {
        if (offset >= buffer->len / 2 || colour < 0 || colour > 0xFFFF)
            return -1;
        ((uint16_t *)buffer->buf)[offset] = (uint16_t)colour;
        return 0;
    }
    if (!d->share_row) {
        Py_ssize_t row = offset / d->area_width, column = offset % d->area_width;
        offset = column * d->per_byte + row / d->per_byte * d->per_byte * d->area_width + row % d->per_byte;
    }
    Py_ssize_t at = offset / d->per_byte, shift = offset % d->per_byte * d->depth;
    if (d->reverse)
        shift = (d->per_byte - 1) * d->depth - shift;
    if (at >= buffer->len || colour < 0 || colour << shift > 0xFF)
        return -1;
    ((unsigned char *)buffer->buf)[at] |= (unsigned char)(colour << shift);
    return 0;
}

/* 1: all is covered, 0: something is not, -1: it goes beyond what is given. */
static int drawn(const Drawing *d, const Py_buffer *parts, PyObject *colours)
{
    int covered = 1;
    for (Py_ssize_t y = d->start_y; y < d->end_y; y++)
        for (Py_ssize_t x = d->start_x; x < d->end_x; x++) {
            Py_ssize_t offset = d->start + (y - d->start_y + d->y_shift) * d->y_stride
                                + (x - d->start_x + d->x_shift) * d->x_stride;
            if (offset < 0 || offset / 32 >= parts[MASK].len / 4)
                return -1;
            uint32_t *word = (uint32_t *)parts[MASK].buf + offset / 32, bit = (uint32_t)1 << (offset & 31);
            if (*word & bit)
                continue;
            Py_ssize_t value = value_at(d, parts, x / d->scale, y / d->scale);
            if (value < 0 || value >= parts[OPAQUE].len || value >= PyList_GET_SIZE(colours))
                return -1;
            if (!((unsigned char *)parts[OPAQUE].buf)[value]) {
                covered = 0;
                continue;
            }
            *word |= bit;
            if (set_pixel(d, &parts[BUFFER], offset, PyLong_AsSsize_t(PyList_GET_ITEM(colours, value))) < 0)
                return -1;
        }
    return covered;
}

static PyObject *draw(PyObject *module, PyObject *arguments)
{
    Drawing d;
    Py_buffer parts[PARTS];
    PyObject *colours;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "w*w*y*y*y*O!(nnnnnnnnn)(nnnnnnnn)(nnnnnnnn)(nnnnn)", &parts[BUFFER], &parts[MASK],
                          &parts[OPAQUE], &parts[TILES], &parts[WORDS], &PyList_Type, &colours, &d.start, &d.x_stride,
                          &d.y_stride, &d.x_shift, &d.y_shift, &d.start_x, &d.end_x, &d.start_y, &d.end_y, &d.scale,
                          &d.tile_width, &d.tile_height, &d.left, &d.top, &d.across, &d.down, &d.bitmap_across, &d.word,
                          &d.stride, &d.width, &d.height, &d.bits, &d.value_shift, &d.value_mask, &d.bitmask, &d.depth, &d.per_byte,
                          &d.reverse, &d.share_row, &d.area_width))
        return NULL;
    int covered = -1;
    /* Python divides what is negative in another way; there is no such drawing. */
    if (Py_MIN(Py_MIN(d.start_x, d.start_y), Py_MIN(d.left, d.top)) >= 0 && Py_MIN(d.width, d.height) >= 0
        && Py_MIN(Py_MIN(d.scale, d.tile_width), Py_MIN(d.tile_height, d.bitmap_across)) > 0
        && Py_MIN(Py_MIN(d.across, d.down), Py_MIN(d.per_byte, d.area_width)) > 0
        && (d.word == 4 || d.word == 8))
        covered = drawn(&d, parts, colours);
    for (int part = 0; part < PARTS; part++)
        PyBuffer_Release(&parts[part]);
    if (covered < 0 && !PyErr_Occurred())
        PyErr_SetString(PyExc_IndexError, "a drawing beyond its buffers");
    return PyErr_Occurred() ? NULL : PyBool_FromLong(covered);
}

static PyMethodDef methods[] = {
    {"draw", draw, METH_VARARGS, "draw(buffer, mask, opaque, tiles, words, colours, geometry, grid, bitmap, pack)"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "pixels_c", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_pixels_c(void)
{
    return PyModule_Create(&module);
}
