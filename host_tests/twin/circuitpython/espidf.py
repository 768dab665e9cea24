# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""espidf: plausible memory figures of an N16R8 board."""

from twin_device import device

from host_tests.twin.errors import DeviceOSError


class MemoryError(MemoryError):
    pass


class IDFError(DeviceOSError):
    pass


def heap_caps_get_total_size():
    return 8_600_000


def heap_caps_get_free_size():
    return 7_900_000


def heap_caps_get_largest_free_block():
    return 7_600_000


def get_total_psram():
    return device.psram_bytes


def get_reserved_psram():
    return 0
