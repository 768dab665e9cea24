# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""WiFi, the way to the SmartEVSE, and the watchdog that ends a call which hangs there."""

from appliance.network.first_join import FirstJoin
from appliance.network.guard import JoinGuard
from appliance.network.link import Link
from appliance.network.scan import Networks
from appliance.smartevse.question import SmartEvse
from appliance.storage import memory
from appliance.watchdog import Watchdog


class Uplink:
    """Its parts report to ``story``: a Notebook (``appliance.door``) until there is a Story."""

    wifi = None

    def __init__(self, ticks, story):
        self.story = story
        self._keeper = None
        self._ticks = ticks
        self.watchdog = Watchdog(self._on_watchdog)

    def belong_to(self, story, keeper):
        """From now on its parts report to ``story``, and ``keeper`` saves a network that was joined."""
        self.story = story
        self._keeper = keeper

    def new_first_join(self, wanted, radio):
        """The FirstJoin: a start's first try to join the network of the settings ``wanted``."""
        self.guard = JoinGuard(memory.kept(), self.watchdog, self._ticks)
        link = Link(wanted, radio, _new_pool, _new_mdns, self._on_wifi)
        self.first_join = FirstJoin(wanted, link, Networks(radio), self.guard, self._on_wifi)
        return self.first_join

    def new_wifi(self, wanted, radio):
        """The Station for the settings ``wanted``, not started."""
        self.wifi = self.new_first_join(wanted, radio).station(self._save_network)
        return self.wifi

    def go_on(self):
        """The Station that goes on from the first join, started. The first call loads it."""
        if self.wifi is None:
            self.wifi = self.smartevse.network = self.first_join.station(self._save_network)
            self.wifi.start(self._ticks(), self.first_join)
        return self.wifi

    def new_smartevse(self, url):
        """The SmartEvse at ``url``; "": none is set."""
        network = self.first_join if self.wifi is None else self.wifi
        self.smartevse = SmartEvse(url, network, self._ticks, self._on_smartevse, self.watchdog.stretch)
        return self.smartevse

    def _on_watchdog(self, text):
        self.story.tell(("watchdog", text))

    def _on_wifi(self, kind, text):
        self.story.tell(("wifi", kind, text, None if self.wifi is None else self.wifi.cause))

    def _on_smartevse(self, kind, text):
        if kind == "missing":
            self.story.part_failed("smartevse_missing", text)
        else:
            self.story.tell(("smartevse", kind, text, self.smartevse.cause))

    def _save_network(self, ssid, password):
        """Returns None, or why the network cannot be saved."""
        from appliance.storage.records import StoreError  # loaded by now, but not before a car is answered

        try:
            self._keeper.save_network(ssid, password)
        except StoreError as error:
            return str(error)
        return None


def _new_pool(radio):
    import socketpool

    return socketpool.SocketPool(radio)


def _new_mdns(radio):
    import mdns

    return mdns.Server(radio)
