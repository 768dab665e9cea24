# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Loads the diary after the first plug-in, when a page asks for it, or long after the start, for its newest entry."""

from appliance.base.parts import LoadedPiece

PARTS = (
    "appliance.storage.preallocate",
    "appliance.diary.ring",
    "appliance.diary.entry",
    "appliance.diary.diary",
)
# Uptime in s by which somebody who wanted a page has it, and the self-test is over.
LOOK_AFTER_S = 60
# By then the SmartEVSE has the reading, or was tried in vain.
AFTER_A_CAR_S = 65


class OnDemand(LoadedPiece):
    """``wanted`` is False when the owner wants no diary; ``make()`` gives the Diary, ``tell(error)`` gets why not."""

    def __init__(self, wanted, status, make, tell):
        super().__init__(PARTS, self._is_time, make, tell)
        self._wanted = wanted
        self._status = status

    def mean_db(self):
        """Mean attenuation of the diary, or None."""
        return None if self.piece is None else self.piece.mean_db()

    def leave(self):
        """Before a restart on purpose. Raises what the diary's making raises."""
        if self._wanted and self._status.sessions:
            self.get()
        if self.piece is not None:
            self.piece.leave()

    def _is_time(self):
        if not self._wanted:
            return False
        sessions, now_s = self._status.sessions, self._status.uptime.seconds
        if not sessions:
            return now_s >= LOOK_AFTER_S
        # The reading is delivered first; nothing is loaded meanwhile.
        return sessions[-1].end_s is not None and now_s - sessions[-1].end_s >= AFTER_A_CAR_S
