# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""traceback: as the device prints it, frames of device code only."""

from twin_device import device


def _checked(error):
    if not isinstance(error, BaseException):
        raise TypeError("invalid exception")
    return error


def format_exception(exc, value=None, tb=None, limit=None, chain=True):
    """One text in a list, where CPython gives a text for each line."""
    return [device.format_exception(_checked(value or exc), chain)]


def print_exception(exc, value=None, tb=None, limit=None, file=None, chain=True):
    device.console_print(device.format_exception(_checked(value or exc), chain), end="", file=file)
