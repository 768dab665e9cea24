# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The meter at a SmartEVSE's outlet, and what the charger makes of it."""

TYPE = "Eastron3P"
NO_TYPE = "Disabled"
READ_US = 2_000_000  # after a start of the charger; until then all of it is 0


class Meter:
    """It counts on through a restart of the charger, which knows nothing of it for two seconds then.

    `charged_wh` begins at 0 when a car that was plugged in begins to charge; until then it is the last car's
    (EVMeter.ResetKwh). A charger without a meter tells 0 everywhere.
    """

    def __init__(self, clock, is_there):
        self.clock = clock
        self.is_there = is_there
        self._total_wh = 1_234_567.0
        self.restarted()

    def restarted(self):
        """The charger was."""
        self._started_us = self.clock.now_us
        self._start_wh = self._total_wh
        self._resets = True

    def unplugged(self):
        """Nobody is at the plug."""
        self._resets = True

    def charging_begins(self):
        """From state B to C; True when `charged_wh` begins anew."""
        began, self._resets = self._resets, False
        if began:
            self._start_wh = self._total_wh
        return began

    def count(self, wh):
        """So much went through the outlet."""
        self._total_wh += wh

    @property
    def charged_wh(self):
        return self._total_wh - self._start_wh if self.is_there else 0.0

    def document(self, power_w):
        """As GET /settings of firmware 3.11 has it: whole watt-hours and watts."""
        is_read = self.is_there and self.clock.now_us - self._started_us >= READ_US
        total_wh = int(self._total_wh) if is_read else 0
        return {
            "description": TYPE if self.is_there else NO_TYPE,
            "address": 12 if self.is_there else 0,
            "import_active_power": int(power_w) if is_read else 0,
            "total_wh": total_wh,
            "charged_wh": int(self.charged_wh) if is_read else 0,
            "import_active_energy": total_wh,
        }
