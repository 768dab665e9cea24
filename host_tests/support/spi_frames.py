# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Frames as they stand in the read buffer of a QCA7005."""

import random


def framed(frame, length=None):
    """A frame as the modem gives it; ``length`` falsifies both length fields alike."""
    length = len(frame) if length is None else length
    return (length + 10).to_bytes(4, "big") + b"\xaa" * 4 + length.to_bytes(2, "little") + b"\0\0" + frame + b"UU"


def ethernet(length, seed=0):
    """Bytes of some frame, for each length and seed the same."""
    return random.Random(seed * 4096 + length).randbytes(length)
