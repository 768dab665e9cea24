# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A diary in a folder of this computer, with finished plug-ins and without a box."""

import random

from appliance.diary.diary import Diary
from appliance.diary.ring import Ring
from appliance.state.log import Uptime
from appliance.state.status import Session, Status
from appliance.storage.drive import Drive
from v2g.reading import Reading

EVCCID = bytes.fromhex("02ab34cd56ef")
MOST_STEPS = 2000


class Rig:
    """One run of a box: its status, its diary in `folder`, and what keeps it from writing."""

    def __init__(self, folder, recording=True, remount=None, seed=1):
        self.status = Status(Uptime(0), str)
        self.may_write = True
        self.told = []
        self.ring = Ring(str(folder), Drive(remount).remount, random.Random(seed).randbytes)
        self.diary = Diary(
            self.ring, self.status, recording, lambda: self.may_write, self.told.append, lambda: None
        )

    def plug_in(self, soc=42, cause=None, db=24, evccid=EVCCID):
        """A plug-in that is over, an hour later than the last."""
        self.status.uptime.seconds += 3600
        session = Session(EVCCID, self.status.uptime.seconds)
        session.end_s = session.start_s + 5
        session.attenuation_db, session.cause = db, cause
        if soc is not None:
            session.reading = reading = Reading("DIN 70121", evccid, EVCCID)
            reading.soc_percent = soc
            session.delivery = "ok"
        self.status.sessions.append(session)
        del self.status.sessions[:-8]
        self.status.changed()
        return session

    def settle(self, now=0):
        """Every step that is due; gives how many there were."""
        for step in range(MOST_STEPS):
            if not self.diary.due(now):
                return step
            self.diary.run(now)
        raise AssertionError("the diary does not come to rest")

    def entries(self):
        """[(number, Entry)], the newest first."""
        return [row for found in self.diary.sectors() for row in found or ()]

    def charges(self):
        return [entry.soc_percent for _, entry in self.entries()]
