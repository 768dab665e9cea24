# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes the Update when somebody first asks for it."""

from appliance.storage.records import StoreError

# Uptime in s by which somebody who wanted a page has it.
LOOK_AFTER_S = 25


class OnDemand:
    """``find()`` returns the module ``slots`` in the drive's root or None, ``make(slots)`` an Update. As a slow piece it
    calls ``look(unused)`` once, which reports a damaged ``slots``, and gives the drive back if an update stalls."""

    def __init__(self, uptime, find, make, look):
        self._uptime = uptime
        self._find = find
        self._make = make
        self._look = look
        self._update = None

    def get(self):
        """The Update. Raises StoreError on a drive without ``slots.py``."""
        if self._update is None:
            slots = self._find()
            if slots is None:
                raise StoreError("slots.py is missing on the drive. Copy all files of a version there, once.")
            self._update = self._make(slots)
        return self._update

    def percent(self):
        """How much of an update has come, or None. Allocates nothing."""
        update = self._update
        if update is None or update.manifest is None:
            return None
        return min(100, update.next * 100 // update.manifest["size"])

    def due(self, now):
        """True when it is time to look, or the update has held the drive for too long without writing. Allocates nothing."""
        if self._look is not None:
            return self._uptime.seconds >= LOOK_AFTER_S
        return self._update is not None and self._update.due(now)

    def run(self, _now):
        """Look, or give the drive back."""
        look, self._look = self._look, None
        if look is None:
            self._update.give_back()
        else:
            look(self._update is None)
