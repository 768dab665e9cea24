# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Around a join, which may never come back: ``wifi.radio.connect`` stands still for ever when no DHCP server
answers (CircuitPython issue 7557), and only the watchdog ends that. ``survival.py`` knows after the reset whether a join
was under way; up to CircuitPython 10.2.1 only from the second time on, for an ordinary join is marked nowhere there.
"""

from appliance.network.scan import CHANNELS
from appliance.storage import memory

# After a reset by the watchdog: the first may not have been a join, or the router was starting itself; the second is a hang.
PAUSES_MS = (0, 30000, 600000)


class JoinGuard:
    """``hung`` is True when the run before this one ended in the middle of a join. ``kept`` is a Survival, ``ticks()``
    gives the time in ms."""

    def __init__(self, kept, watchdog, ticks):
        self.hung = kept.hung_join
        self._kept = kept
        self._watchdog = watchdog
        self._ticks = ticks

    def pause_ms(self):
        """How long to wait before the first join, so that cars can be read in between; 0 after any other reset."""
        return PAUSES_MS[min(self._kept.hangs(), len(PAUSES_MS) - 1)]

    def channel(self):
        """Where the network was last time: 1 to CHANNELS, or 0."""
        channel = self._kept.byte(memory.CHANNEL)
        return channel if channel <= CHANNELS else 0

    def keep_channel(self, channel):
        """The network is there; 0.12 s when it was elsewhere before."""
        self._kept.set_byte(memory.CHANNEL, channel)
        self._kept.save()

    def begin(self, asked):
        """A join begins; ``asked``: somebody waits for its result."""
        self._kept.begin_join(asked)
        self._watchdog.feed()

    def end(self):
        """It came back; gives the time, for seconds may have gone by."""
        self._kept.end_join()
        self._watchdog.feed()
        return self._ticks()
