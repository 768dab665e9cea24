# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The first try of a start to join the owner's network: a search, one channel per step, then the join.

Only what a join needs that succeeds, because a car may be waiting for what comes after it. Whatever the outcome,
``network.station`` goes on from here.
"""

from appliance.network.link import ANYWHERE, CONNECTED_TO


class FirstJoin:
    """``networks`` searches for networks; ``tell(kind, text)`` gets "connected" or "info". ``tried``: True once there was a
    join; ``error``: what it raised, or None."""

    def __init__(self, settings, link, networks, guard, tell):
        self._settings = settings
        self._link = link
        self._networks = networks
        self._guard = guard
        self._tell = tell
        self.tried = False
        self.error = None
        self.address = None

    @property
    def connected(self):
        """True once the box has an address."""
        return self.address is not None

    @property
    def pool(self):
        """The socket pool, None before there is a network."""
        return self._link.pool

    def steps(self):
        """A generator: one channel per step, then the join, which blocks for seconds."""
        link, ssid = self._link, self._settings["WIFI_SSID"]
        try:
            if not link.is_joined():
                link.enable()
                self._networks.begin(self._guard.channel())
                while not self._networks.look(ssid):
                    yield
                self._join(ssid)
            address = link.address()
            if address is not None:
                link.open_pool()
                link.stay_awake()
                self.address = address
                self._tell("connected", CONNECTED_TO % (ssid, address))
        except Exception as error:
            # From the radio, a search or a join. The station reports it, or tries again.
            self.error = error
            # The station's search begins anew.
            self._networks.next_channel = None

    def _join(self, ssid):
        point = self._networks.best(ssid)
        # Unheard, it may be hidden.
        place = ANYWHERE if point is None else self._networks.place(ssid, (point.channel, point.bssid))
        self.tried = True
        self._guard.begin(False)
        try:
            self._link.join(ssid, self._settings["WIFI_PASSWORD"], place)
        finally:
            self._guard.end()

    def station(self, save):
        """A Station, to be started with this object. Loads it."""
        from appliance.network.station import Station

        return Station(self._settings, self._link, self._networks, save, self._guard, self._tell)
