# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""WiFi, the way to the SmartEVSE, and the watchdog that ends what stands still there."""

from appliance import hardware
from appliance.network.guard import JoinGuard
from appliance.network.link import Link
from appliance.network.provisioning import Provisioning
from appliance.network.scan import Networks
from appliance.network.station import Station
from appliance.smartevse.question import SmartEvse
from appliance.storage import memory
from appliance.storage.records import StoreError
from appliance.watchdog import Watchdog


class Uplink:
    """What its parts tell goes to ``story``: first a Notebook (``appliance.door``), then the story. ``keeper`` is the one of
    the settings, from when there is a box."""

    wifi = None
    smartevse = None
    keeper = None

    def __init__(self, ticks, story):
        self.story = story
        self._ticks = ticks
        self.watchdog = Watchdog(self._on_watchdog)

    def new_wifi(self, wanted, radio):
        """WiFi as the settings ``wanted`` say; not started."""
        self.guard = JoinGuard(memory.kept(), self.watchdog, self._ticks)
        link = Link(wanted, radio, hardware.new_pool, hardware.new_mdns, self._on_wifi)
        provisioning = Provisioning(None, link, self._save_network, self._on_wifi)
        self.wifi = Station(wanted, link, Networks(radio), provisioning, self.guard, self._on_wifi)
        return self.wifi

    def new_smartevse(self, url):
        """The way to the SmartEVSE at ``url``; "": there is none."""
        stretch = self.watchdog.stretch
        self.smartevse = SmartEvse(url, self.wifi, self._ticks, self._on_smartevse, None, stretch)
        return self.smartevse

    def _on_watchdog(self, text):
        self.story.tell(("watchdog", text))

    def _on_wifi(self, kind, text):
        self.story.tell(("wifi", kind, text, self.wifi.cause))

    def _on_smartevse(self, kind, text):
        if kind == "missing":
            self.story.part_failed("smartevse_missing", text)
        else:
            self.story.tell(("smartevse", kind, text, self.smartevse.cause))

    def _save_network(self, ssid, password):
        """Keep a network that was joined from the set-up page; gives None, or why it cannot be kept."""
        try:
            self.keeper.save_network(ssid, password)
        except StoreError as error:
            return str(error)
        return None
