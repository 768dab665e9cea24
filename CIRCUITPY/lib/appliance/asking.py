# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Asks the SmartEVSE while most of the box is still being loaded, so that a car that waits can be let in.

The box's WiFi and its way to the SmartEVSE begin here, and the box goes on with them. One try each: what does not work at
once is the box's to repeat, by its own rules. A join that may stand still is none of a start that has no time.
"""

from plc.ticks import expired, ticks_add
from v2g.admission import CHARGING

from appliance import hardware
from appliance.network.guard import JoinGuard
from appliance.network.link import Link
from appliance.network.provisioning import Provisioning
from appliance.network.scan import Networks
from appliance.network.station import Station
from appliance.smartevse.question import SmartEvse
from appliance.storage import memory
from appliance.watchdog import Watchdog

# A search of all channels, and a join that is refused and tried with less power.
LIMIT_MS = 10000


class Asking:
    """``watchdog``, ``wifi`` and ``smartevse`` are the box's from now on, which has ``on_watchdog(text)``,
    ``on_wifi(kind, text)``, ``on_smartevse(kind, text)`` and ``save_network(ssid, password)``. Until they belong to it what
    they tell goes to ``notebook``."""

    def __init__(self, early, wanted, notebook):
        self._owner = None
        # True when the answer was that a car charges, or may.
        self.charging = False
        self._ticks = early.ticks
        self._times = early.times
        self._notebook = notebook
        self.watchdog = Watchdog(self._on_watchdog)
        link = Link(wanted, early.radio, hardware.new_pool, hardware.new_mdns, self._on_wifi)
        provisioning = Provisioning(None, link, self._save_network, self._on_wifi)
        self._guard = JoinGuard(memory.kept(), self.watchdog, early.ticks)
        self.wifi = Station(wanted, link, Networks(early.radio), provisioning, self._guard, self._on_wifi)
        url, stretch = wanted["SMARTEVSE_URL"], self.watchdog.stretch
        self.smartevse = SmartEvse(url, self.wifi, early.ticks, self._on_smartevse, None, stretch)
        self._wanted = wanted
        self._readings = []
        self.wifi.start(self._ticks())

    def follow(self, event, now):
        """An event of the protocol stack."""
        if event[0] == "reading":
            self._readings.append(event[1])
        self.smartevse.follow(event, now)

    def deliver(self):
        """A step of the delivery of what was read, if there is one to take: promptly, or another car could be there."""
        now = self._ticks()
        if self.smartevse.due(now):
            # What the owner told of a car belongs into the one delivery of its plug-in.
            garage = _garage(self._wanted)
            for reading in self._readings:
                garage.recognise(reading)
            self._readings = []
            self.smartevse.run(now)

    def ask(self, serve):
        """An EvseState, or None when it did not answer. ``serve()`` moves the modem between two steps."""
        if self._guard.pause_ms() or not self._joined(serve):
            return None
        state = self.smartevse.query_state(self._ticks())
        if state is not None:
            self.charging = state.seen == CHARGING
            self._notebook.asked(state, self.smartevse.cause)
        return state

    def _joined(self, serve):
        wifi = self.wifi
        limit = ticks_add(self._ticks(), LIMIT_MS)
        while wifi.state == "down" and wifi.cause is None and not expired(limit, self._ticks()):
            self.watchdog.feed()
            now = self._ticks()
            if wifi.due(now):
                wifi.run(now)
            serve()
        return wifi.connected

    def belong_to(self, owner):
        """From now on they tell the box, and the notebook is given back."""
        self._owner = owner
        self._notebook = None

    # ---- what they tell

    def _on_watchdog(self, text):
        if self._owner is None:
            self._notebook.caution(text)
        else:
            self._owner.on_watchdog(text)

    def _on_wifi(self, kind, text):
        if self._owner is None:
            if kind == "connected":
                self._times.setdefault("WiFi", self._ticks())
            self._notebook.tell(("wifi", kind, text, self.wifi.cause))
        else:
            self._owner.on_wifi(kind, text)

    def _on_smartevse(self, kind, text):
        if self._owner is not None:
            self._owner.on_smartevse(kind, text)
        elif kind == "missing":
            self._notebook.tell(("part_failed", "smartevse_missing", text))
        else:
            self._notebook.tell(("smartevse", kind, text, self.smartevse.cause))

    def _save_network(self, ssid, password):
        return None if self._owner is None else self._owner.save_network(ssid, password)


def _garage(wanted):
    """Until the box has its own; it tells what is wrong with the settings."""
    from appliance.state.cars import Garage

    try:
        return Garage(wanted.car_profiles())
    except ValueError:
        return Garage([])
