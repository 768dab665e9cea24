# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""espidf: plausible memory figures of an N16R8 board."""


class MemoryError(MemoryError):
    pass


class IDFError(OSError):
    pass


def heap_caps_get_total_size():
    return 8_600_000


def heap_caps_get_free_size():
    return 7_900_000


def heap_caps_get_largest_free_block():
    return 7_600_000


def get_total_psram():
    return 8_388_608


def get_reserved_psram():
    return 0
