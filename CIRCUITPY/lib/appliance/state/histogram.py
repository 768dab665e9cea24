# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How long the passes of the loop took, counted in classes."""

# Upper limits of the classes in ms; the last class has none.
LIMITS_MS = (2, 5, 10, 20, 50, 100, 200, 500)


class Histogram:
    """How long passes took."""

    def __init__(self):
        self.counts = [0] * (len(LIMITS_MS) + 1)
        self.worst_ms = 0

    def add(self, duration_ms):
        """Count one pass; allocates nothing."""
        place = 0
        for limit in LIMITS_MS:
            if duration_ms <= limit:
                break
            place += 1
        self.counts[place] += 1
        self.worst_ms = max(self.worst_ms, duration_ms)
