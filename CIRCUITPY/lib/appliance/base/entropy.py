# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Random bytes for keys and numbers that a neighbour must not guess.

``os.urandom`` of the ESP32 is a true generator only while its radio runs. So its output is stirred into a
pool together with the chip's number and the moment of each call, and bytes leave through a hash, never raw.
"""

import os

from plc.digest import sha256


class Entropy:
    """``random_bytes(n)``, seeded with ``uid`` (bytes) and stirred with ``ticks()`` at every call."""

    def __init__(self, uid, ticks, urandom=os.urandom):
        self._urandom = urandom
        self._ticks = ticks
        self._pool = sha256(uid + urandom(32))

    def random_bytes(self, count):
        """``count`` unpredictable bytes."""
        result = b""
        while len(result) < count:
            moment = self._ticks().to_bytes(4, "big")
            self._pool = sha256(self._pool + self._urandom(32) + moment)
            result += sha256(b"out" + self._pool)
        return result[:count]
