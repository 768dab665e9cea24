# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The update, which is made when somebody asks for it and not before."""

from appliance.storage.records import StoreError


class OnDemand:
    """``slots`` is the module in the drive's root or None, ``make()`` gives an Update. As a slow piece it gives the drive
    back when an update stands still."""

    def __init__(self, slots, make):
        self._slots = slots
        self._make = make
        self._update = None

    def get(self):
        """The Update. Raises StoreError on a drive without ``slots.py``."""
        if self._update is None:
            if self._slots is None:
                raise StoreError("slots.py is missing on the drive. Copy all files of a version there, once.")
            self._update = self._make()
        return self._update

    def percent(self):
        """How much of an update has come, or None. Allocates nothing."""
        update = self._update
        if update is None or update.manifest is None:
            return None
        return min(100, update.next * 100 // update.manifest["size"])

    def due(self, now):
        """True when the update has held the drive for too long without writing. Allocates nothing."""
        return self._update is not None and self._update.due(now)

    def run(self, _now):
        """Give the drive back."""
        self._update.give_back()
