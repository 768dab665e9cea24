# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""struct with the device's exceptions: there is no `struct.error`; a wrong length is a RuntimeError."""

import struct as _host


def _checked(format):
    if "?" in format:
        raise ValueError("bad typecode")
    return format


def calcsize(format):
    return _host.calcsize(_checked(format))


def pack(format, *values):
    try:
        return _host.pack(_checked(format), *values)
    except _host.error as error:
        raise (
            OverflowError("value out of range of target")
            if "range" in str(error) or "format requires" in str(error)
            else RuntimeError(str(error))
        ) from None


def pack_into(format, buffer, offset, *values):
    try:
        _host.pack_into(_checked(format), buffer, offset, *values)
    except _host.error as error:
        if "requires a buffer" in str(error):
            raise RuntimeError("Buffer too small") from None
        raise OverflowError("value out of range of target") from None


def unpack(format, data):
    try:
        return _host.unpack(_checked(format), data)
    except _host.error:
        raise RuntimeError("buffer size must match format") from None


def unpack_from(format, data, offset=0):
    try:
        return _host.unpack_from(_checked(format), data, offset)
    except _host.error:
        raise RuntimeError("buffer size must match format") from None
