# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The diary, which is loaded after the first plug-in, when a page asks for it, or late, for the look at its newest entry."""

from appliance.base.parts import Parts

# By then whoever opens a page has it, and the self-test is over.
LOOK_AFTER_S = 60
# By then the SmartEVSE has the reading, or was tried in vain.
AFTER_A_CAR_S = 65


class OnDemand:
    """Slow piece. ``wanted`` is False when the owner wants no diary; ``wiring()`` gives an object with ``parts``, names of
    modules that are loaded one a step, and ``new_diary()``; ``story.part_failed`` gets why there is none."""

    def __init__(self, wanted, status, wiring, story):
        self.diary = None
        self._wanted = wanted
        self._status = status
        self._wiring = wiring
        self._story = story
        self._parts = None

    def get(self):
        """The diary, at once. Raises what its making raises."""
        if self.diary is None:
            self.diary = self._wiring().new_diary()
        return self.diary

    def mean_db(self):
        """Mean attenuation of the diary, or None."""
        return None if self.diary is None else self.diary.mean_db()

    def leave(self):
        """Before a restart on purpose. Raises what the diary's making raises."""
        if self._wanted and self._status.sessions:
            self.get()
        if self.diary is not None:
            self.diary.leave()

    def due(self, now):
        """True when there is something to load or to do. Allocates nothing."""
        if self.diary is not None:
            return self.diary.due(now)
        if not self._wanted:
            return False
        sessions, now_s = self._status.sessions, self._status.uptime.seconds
        if not sessions:
            return now_s >= LOOK_AFTER_S
        # The reading is delivered first: nothing is loaded beside that.
        return sessions[-1].end_s is not None and now_s - sessions[-1].end_s >= AFTER_A_CAR_S

    def run(self, now):
        """Load one file, make the diary, or have it take a step."""
        if self.diary is not None:
            self.diary.run(now)
            return
        try:
            if self._parts is None:
                self._parts = Parts(self._wiring().parts)
            if not self._parts.load():
                self.get()
        except Exception as error:
            self._wanted = False
            self._story.part_failed("diary_missing", error)
