# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Stands in for ``survival.py`` where it is missing or damaged: loaded only then."""

_SIZE = 128


class Forgetful:
    """The part of ``survival.Survival`` that the box uses; it forgets everything at a restart."""

    reason = "other"
    hung_join = False
    without_settings = False
    lost = False

    def __init__(self):
        self._block = bytearray(_SIZE)

    def byte(self, at):
        """One byte."""
        return self._block[at]

    def set_byte(self, at, value):
        """Change one byte."""
        self._block[at] = value

    def part(self, at, size):
        """Some bytes."""
        return bytes(self._block[at : at + size])

    def set_part(self, at, data):
        """Change some bytes."""
        self._block[at : at + len(data)] = data

    def error(self):
        """What ended the last failed start."""
        return ""

    def hangs(self):
        """Watchdog resets that may have ended a join."""
        return 0

    def begin_join(self, asked=False):
        """Before a call that may never come back."""

    def end_join(self):
        """It came back."""

    def save(self):
        """Nowhere to write to."""
