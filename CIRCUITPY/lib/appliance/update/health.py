# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Judges whether this version works: after a minute without a crash its failed starts are forgotten.

A version that came over the network must show more: what worked when it was installed, the modem and WiFi with the
pages, must work again. It has five minutes for that, then the previous version is started.
"""

from plc.ticks import expired, ticks_add

HEALTHY_S = 60
PATIENCE_S = 300
AGAIN_MS = 2000


class Health:
    """Slow piece. ``start``: slots.started or None; ``works()``: what works now, a sum of slots.MODEM and slots.WIFI;
    ``reset()`` restarts the box."""

    def __init__(self, uptime, start, works, reset, tell):
        self._uptime = uptime
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
        """Forget failed starts, or give the version up."""
        self._next = ticks_add(now, AGAIN_MS)
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
        """A restart that was asked for does not count as a failed start."""
        start = self._start
        if start is None:
            return
        leave = getattr(start.counts, "leave", None)
        if leave is not None:
            leave()
        elif start.proved:
            # An old slots.py counts every start, and only this takes one back.
            start.counts.prove(start.place, start.seal)


def working(slots, modem, pages):
    """What of a version that came over the network must work, and does now: a sum of slots.MODEM and slots.WIFI. ``pages``:
    True when they can be opened over WiFi."""
    if slots is None:
        return 0
    return (slots.MODEM if modem.ready else 0) | (slots.WIFI if pages else 0)


def failed_starts(start):
    """Number of starts of this version that failed in a row before the present one."""
    if start is None:
        return 0
    counts = start.counts
    state = 0 if start.proved else counts.state(start.place, start.seal)
    count = max(counts.starts(start.place), state)
    # An old slots.py counts the present start as well.
    return count if hasattr(counts, "leave") else max(count - 1, 0)


def skipped_text(start):
    """What the owner should know about versions that were not started, or None."""
    if start is None or not start.skipped:
        return None
    _place, seal, why = start.skipped[0]
    name = "The version that was copied to the drive" if seal is None else "Version %s" % seal.version
    what = "is damaged" if why == "damaged" else "did not run well, so it was disabled"
    runs = "the one that was copied to the drive" if start.seal is None else "version %s" % start.seal.version
    return "%s %s; %s runs instead." % (name, what, runs)
