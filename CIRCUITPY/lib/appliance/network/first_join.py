# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The first try of a start to join the owner's network: a search, a channel a step, then the join.

What a join needs that goes right, and nothing else, because a car may wait for what comes behind it. Whatever became of it,
``network.station`` goes on from here.
"""

from appliance.network.link import ANYWHERE, CONNECTED_TO


class FirstJoin:
    """``networks`` searches the air; ``tell(kind, text)`` gets "connected" or "info". ``tried`` is True once there was a
    join, with the ``error`` that it raised or None."""

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
        """A generator: a channel a step, then the join, which stands still for seconds."""
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
            # Of the radio, a search or a join: the station tells it, or tries again and tells that.
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
        """The Station to be started with this. Loads it."""
        from appliance.network.station import Station

        return Station(self._settings, self._link, self._networks, save, self._guard, self._tell)
