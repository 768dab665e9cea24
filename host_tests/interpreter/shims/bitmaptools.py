# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""bitmaptools: the pixels of letters are not drawn."""


def blit(destination, source, x, y, *, x1=0, y1=0, x2=None, y2=None, skip_source_index=None):
    """Nothing to copy."""


def fill_region(destination, x1, y1, x2, y2, value):
    """Nothing to fill."""


def readinto(bitmap, file, bits_per_pixel, element_size=1, reverse_pixels_in_element=False):
    """The rows are read and not kept."""
    for _ in range(bitmap.height):
        file.read((bitmap.width * bits_per_pixel + 7) // 8)
