# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The battery of a car that charges on AC: what it draws of the power offered, and how much of that arrives."""

# From here on a car draws less and less, down to this share of its charger at the end.
TAPER_FROM_PERCENT = 97
LEAST_SHARE = 0.25


class Battery:
    """`percent` is how full it is. `efficiency`: what arrives of the energy at the plug, 0.90 to 0.93 in real cars."""

    def __init__(self, capacity_wh, percent, *, efficiency=0.915, most_w=11_000, target_percent=100):
        self.capacity_wh = capacity_wh
        self.percent = float(percent)
        self.efficiency = efficiency
        self.most_w = most_w
        self.target_percent = target_percent

    @property
    def is_full(self):
        """True when the car stops by itself."""
        return self.percent >= self.target_percent

    def draw_w(self, offered_w):
        """Power at the plug, W."""
        if self.is_full:
            return 0
        share = 1.0
        if self.percent > TAPER_FROM_PERCENT:
            share = max(LEAST_SHARE, (100 - self.percent) / (100 - TAPER_FROM_PERCENT))
        return min(offered_w, self.most_w * share)

    def take(self, wh):
        """So much came through the plug."""
        percent = self.percent + wh * self.efficiency * 100 / self.capacity_wh
        self.percent = min(percent, self.target_percent)
