# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Judges whether the version that runs runs well: after a minute without a crash the counters start from zero.

A version that came over the network must show more before it counts as proved: what worked when it was installed,
modem and WiFi with the pages, works again. It has five minutes for that, then the version before it is started.
"""

from plc.ticks import expired, ticks_add

from appliance import retained

HEALTHY_S = 60
PATIENCE_S = 300
AGAIN_MS = 2000


class Health:
    """Slow piece. ``start`` is slots.started or None, ``works()`` tells what works (a sum of slots.MODEM and
    slots.WIFI), ``reset()`` restarts the box."""

    def __init__(self, uptime, memory, start, works, reset, tell):
        self._uptime = uptime
        self._memory = memory
        self._start = start
        self._works = works
        self._reset = reset
        self._tell = tell
        self._next = None
        self.done = False

    def due(self, now):
        """True when there is something to judge."""
        if self.done or self._uptime.seconds < HEALTHY_S:
            return False
        return self._next is None or expired(self._next, now)

    def run(self, now):
        """Clear the counters, or give the version up."""
        self._next = ticks_add(now, AGAIN_MS)
        self._memory[retained.CRASHES] = 0
        self._memory[retained.SAFE_MODES] = 0
        start = self._start
        if start is None:
            self.done = True
            return
        missing = 0 if start.proved else start.seal.expects & ~self._works()
        if not missing:
            if not start.proved:
                self._tell("version %s runs well" % start.seal.version)
            start.counts.prove(start.place, start.seal)
            self.done = True
        elif self._uptime.seconds >= PATIENCE_S:
            self._tell("version %s lost modem or network: back to the one before" % start.seal.version)
            start.counts.give_up(start.place, start.seal)
            self._reset()

    def leave(self):
        """A restart that was asked for is no failed start."""
        start = self._start
        if start is not None and start.proved:
            start.counts.prove(start.place, start.seal)


def skipped_text(start):
    """What the owner should know about versions that were not started, or None."""
    if start is None or not start.skipped:
        return None
    _place, seal, why = start.skipped[0]
    name = "The version that was copied to the drive" if seal is None else "Version %s" % seal.version
    what = "is damaged" if why == "damaged" else "did not run well and was put aside"
    runs = "the one that was copied to the drive" if start.seal is None else "version %s" % start.seal.version
    return "%s %s; %s runs instead." % (name, what, runs)
