# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Guards a join: ``wifi.radio.connect`` hangs for ever if no DHCP server answers (CircuitPython issue 7557), and only the
watchdog ends that. After the reset ``survival.py`` tells whether a join was under way; up to CircuitPython 10.2.1 only from
the second time on, because an ordinary join cannot be marked there.
"""

from appliance.network.scan import CHANNELS
from appliance.storage import memory

# Pause after a reset by the watchdog. The first reset may have had another reason, or the router was starting; the second
# one was a hang.
PAUSES_MS = (0, 30000, 600000)


class JoinGuard:
    """``hung``: True if the last run ended in the middle of a join. ``kept``: a Survival; ``ticks()``: the time in ms."""

    def __init__(self, kept, watchdog, ticks):
        self.hung = kept.hung_join
        self._kept = kept
        self._watchdog = watchdog
        self._ticks = ticks

    def pause_ms(self):
        """ms to wait before the first join, so that cars can be read in between; 0 if the last run did not hang."""
        return PAUSES_MS[min(self._kept.hangs(), len(PAUSES_MS) - 1)]

    def channel(self):
        """The channel on which the network was found last time: 1 to CHANNELS, or 0."""
        channel = self._kept.byte(memory.CHANNEL)
        return channel if channel <= CHANNELS else 0

    def keep_channel(self, channel):
        """Keep the channel of the network. A change takes 0.12 s."""
        self._kept.set_byte(memory.CHANNEL, channel)
        self._kept.save()

    def begin(self, asked):
        """A join begins; ``asked``: somebody waits for its result."""
        self._kept.begin_join(asked)
        self._watchdog.feed()

    def end(self):
        """The join returned. Returns the time, as seconds may have passed."""
        self._kept.end_join()
        self._watchdog.feed()
        return self._ticks()
