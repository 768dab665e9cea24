# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Asks the SmartEVSE while most of the box is still being loaded, so that a car that waits can be let in.

The box's WiFi and its way to the SmartEVSE begin here, and the box goes on with them. Each is tried once; what fails is
left for the box to repeat by its own rules. After a join that hung (``network.guard``) a start does not try one.
"""

from plc.ticks import expired, ticks_add
from v2g.admission import CHARGING

from appliance.uplink import Uplink

# Enough for a search of all channels and a join that is refused and tried again with less power.
LIMIT_MS = 10000


class Asking:
    """``uplink``: an ``appliance.uplink.Uplink``, which the box takes over."""

    def __init__(self, early, wanted, notebook):
        # True if the answer was that a car charges, or may charge.
        self.charging = False
        self._ticks = early.ticks
        self._times = early.times
        self._notebook = notebook
        self._wanted = wanted
        self._deliveries = None
        # (event, tick): what cars did and the deliveries were not told yet.
        self._events = []
        self.uplink = Uplink(early.ticks, notebook)
        self._first_join = self.uplink.new_first_join(wanted, early.radio)
        self._smartevse = self.uplink.new_smartevse(wanted["SMARTEVSE_URL"])

    def follow(self, event, now):
        """An event of the protocol stack. Passed on when no car is there, because nothing is loaded in a session; there is
        time, as after a reading ``v2g.admission`` lets nobody in before the box has asked again."""
        if event[0] in ("matched", "reading", "released"):
            self._events.append((event, now))

    def deliveries(self):
        """The Deliveries, with every event so far. Loaded by the first call."""
        if self._deliveries is None:
            from appliance.smartevse.delivery import Deliveries

            self._deliveries = Deliveries(self._smartevse)
        events, self._events = self._events, []
        for event, now in events:
            if event[0] == "reading":
                # There is one delivery in a plug-in, so what the owner told of the car has to be in it.
                _garage(self._wanted).recognise(event[1])
            self._deliveries.follow(event, now)
        return self._deliveries

    def deliver(self):
        """One step of a delivery, if one is due. Promptly, because another car may come."""
        if self._events or self._smartevse.delivering:
            now = self._ticks()
            deliveries = self.deliveries()
            if deliveries.due(now):
                deliveries.run(now)

    def ask(self, serve):
        """Joins WiFi and asks. An EvseState, or None without an answer. ``serve()`` moves the modem between two steps."""
        if self.uplink.guard.pause_ms() or not self._joined(serve):
            return None
        state = self._smartevse.query_state(self._ticks())
        if state is not None:
            self.charging = state.seen == CHARGING
            self._notebook.asked(state, self._smartevse.cause)
        return state

    def _joined(self, serve):
        limit = ticks_add(self._ticks(), LIMIT_MS)
        for _ in self._first_join.steps():
            serve()
        connected = self._first_join.connected or self._joined_again(limit, serve)
        if connected:
            self._times.setdefault("WiFi", self._ticks())
        return connected

    def _joined_again(self, limit, serve):
        wifi = self.uplink.go_on()
        while wifi.state == "down" and wifi.cause is None and not expired(limit, self._ticks()):
            self.uplink.watchdog.feed()
            now = self._ticks()
            if wifi.due(now):
                wifi.run(now)
            serve()
        return wifi.connected


def _garage(wanted):
    """The Garage until the box makes its own, which also reports what is wrong with the settings."""
    from appliance.state.cars import Garage

    try:
        return Garage(wanted.car_profiles())
    except ValueError:
        return Garage([])
