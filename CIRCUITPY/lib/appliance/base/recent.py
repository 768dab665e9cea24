# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A moment that counts for a while and is then forgotten.

Ticks wrap every 6.2 days, so a moment that was kept and only compared would count again days later.
"""

from plc.ticks import ticks_diff


class Recent:
    """``holds(now)`` is True for ``span_ms`` after ``mark(now)``. It must be asked at least once in three days."""

    def __init__(self, span_ms):
        self._span_ms = span_ms
        self._at = None

    def mark(self, now):
        """It happened now."""
        self._at = now

    def forget(self):
        """It no longer counts."""
        self._at = None

    def holds(self, now):
        """True while it counts. Allocates nothing."""
        if self._at is None:
            return False
        if ticks_diff(now, self._at) < self._span_ms:
            return True
        self._at = None
        return False
