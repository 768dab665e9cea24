# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""zlib: gives a bytearray; ValueError, where CPython has an exception of its own. Follows shared-module/zlib/__init__.c."""

import zlib as _host


def decompress(data, wbits=0):
    """Up to 15 a zlib header is read, from 16 on one of gzip, below 0 none."""
    try:
        return bytearray(_host.decompress(data, 31 if wbits >= 16 else 15 if wbits >= 0 else -15))
    except _host.error:
        raise ValueError(-3) from None
