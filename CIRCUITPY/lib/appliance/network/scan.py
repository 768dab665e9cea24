# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The WiFi networks around the box, looked for one channel at a time.

Scanning all channels at once would block for 2 s. One channel takes 0.12 s, and 12 and 13 take 0.36 s, because without a
country the chip only listens there. So a car that begins meanwhile is answered in time, and a phone on the box's own access
point notices little. Every join is prepared by such a search: with the channel known it takes one second instead of
three. After a start the search begins where the network was last time, and ends there if it is received well.
"""

CHANNELS = 13  # 12 and 13 are in use in Europe
MOST_SHOWN = 20
# At most this many access points are kept, as in a block of flats there are many.
MOST_KEPT = 64
OPEN, PASSWORD, LOGIN, UNKNOWN = "open", "password", "login", "unknown"

# rssi from which each of the four bars is shown.
_BARS_DBM = (-60, -68, -76, -84)
# Below this a join may fail as if the password were wrong.
WEAK_DBM = -80
# From this on no stronger access point of the same name is looked for.
WELL_HEARD_DBM = _BARS_DBM[1]


def bars(rssi):
    """0 to 4."""
    return len([limit for limit in _BARS_DBM if rssi >= limit])


class Network:
    """One access point: ``ssid``, ``rssi`` in dBm, ``channel``, ``bssid``, ``kind`` (OPEN, PASSWORD, LOGIN, UNKNOWN)."""

    def __init__(self, ssid, rssi, channel, bssid, kind):
        self.ssid = ssid
        self.rssi = rssi
        self.channel = channel
        self.bssid = bssid
        self.kind = kind


def _kind_of(found):
    """The kind of a network by its ``authmode``, a list of AuthMode that is empty for OWE and anything newer."""
    names = [str(mode).rsplit(".", 1)[-1] for mode in found.authmode]
    if "ENTERPRISE" in names:
        return LOGIN
    if not names:
        return UNKNOWN
    return OPEN if "OPEN" in names else PASSWORD


class Networks:
    """What was found. ``next_channel``: the next one to scan, None between two searches; ``shown``: one Network for each
    name, the strongest first."""

    def __init__(self, radio):
        self.next_channel = None
        self.complete = False
        self.shown = []
        self._radio = radio
        self._first = 0
        self._may_be_short = False
        self._found = []
        self._last = []

    def begin(self, first=0):
        """Start a search, unless one is under way. ``first``: the channel where it begins and may end."""
        if self.next_channel is None:
            self._first = first
            self.next_channel = first or 1
            self._found = []
        self._may_be_short = bool(first)

    def look(self, wanted=None):
        """Scan one channel; blocks for 0.12 to 0.36 s. True after the last one, or after the first one if the network
        ``wanted`` is received well there."""
        channel = self.next_channel
        self.next_channel = self._after(channel)
        radio = self._radio
        try:
            for found in radio.start_scanning_networks(start_channel=channel, stop_channel=channel):
                self._add(found)
        finally:
            radio.stop_scanning_networks()
        if self.next_channel is None:
            self._last = self._found
            self.shown = self._sorted()
            self.complete = True
        elif self._may_be_short and channel == self._first and self._hears_well(wanted):
            self._last = self._found
            self.next_channel = None
        return self.next_channel is None

    def _after(self, channel):
        following = 1 if channel == self._first else channel + 1
        if following == self._first:
            following += 1
        return None if following > CHANNELS else following

    def _hears_well(self, ssid):
        return any(found.ssid == ssid and found.rssi >= WELL_HEARD_DBM for found in self._found)

    def _add(self, found):
        try:
            ssid = found.ssid
            if ssid and len(self._found) < MOST_KEPT:
                self._found.append(
                    Network(ssid, found.rssi, found.channel, bytes(found.bssid), _kind_of(found))
                )
        except UnicodeError:
            # Its name is not UTF-8, so nobody could type it.
            return

    def best(self, ssid):
        """The strongest access point of that name in the last search, or None."""
        best = None
        for network in self._last:
            if network.ssid == ssid and (best is None or network.rssi > best.rssi):
                best = network
        return best

    def place(self, ssid, place):
        """``place`` (channel, BSSID) without the BSSID unless the last search found two of that name on the channel: joining
        with a BSSID takes longer."""
        there = [True for network in self._last if network.ssid == ssid and network.channel == place[0]]
        return place if len(there) > 1 else (place[0], None)

    def weak(self, ssid):
        """True if the network was received, but weakly."""
        point = self.best(ssid)
        return point is not None and point.rssi < WEAK_DBM

    def _sorted(self):
        best = {}
        for network in self._last:
            known = best.get(network.ssid)
            if known is None or network.rssi > known.rssi:
                best[network.ssid] = network
        return sorted(best.values(), key=lambda network: -network.rssi)[:MOST_SHOWN]
