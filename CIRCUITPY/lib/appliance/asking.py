# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Asks the SmartEVSE while most of the box is still being loaded, so that a car that waits can be let in.

The box's WiFi and its way to the SmartEVSE begin here, and the box goes on with them. One try each: what does not work at
once is the box's to repeat, by its own rules. A join that may stand still is none of a start that has no time.
"""

from plc.ticks import expired, ticks_add
from v2g.admission import CHARGING

from appliance.uplink import Uplink

# A search of all channels, and a join that is refused and tried with less power.
LIMIT_MS = 10000


class Asking:
    """``uplink`` is the box's from now on."""

    def __init__(self, early, wanted, notebook):
        # True when the answer was that a car charges, or may.
        self.charging = False
        self._ticks = early.ticks
        self._times = early.times
        self._notebook = notebook
        self._wanted = wanted
        self._deliveries = None
        # What cars did that the deliveries have not been told: (event, when).
        self._events = []
        self.uplink = Uplink(early.ticks, notebook)
        self._first_join = self.uplink.new_first_join(wanted, early.radio)
        self._smartevse = self.uplink.new_smartevse(wanted["SMARTEVSE_URL"])

    def follow(self, event, now):
        """An event of the protocol stack. Told on when no car is there: nothing is loaded in a session, and behind a reading
        ``v2g.admission`` lets nobody in before the box has asked again."""
        if event[0] in ("matched", "reading", "released"):
            self._events.append((event, now))

    def deliveries(self):
        """The Deliveries of what was read and will be, which know all that happened until now. Loads them."""
        if self._deliveries is None:
            from appliance.smartevse.delivery import Deliveries

            self._deliveries = Deliveries(self._smartevse)
        events, self._events = self._events, []
        for event, now in events:
            if event[0] == "reading":
                # What the owner told of a car belongs into the one delivery of its plug-in.
                _garage(self._wanted).recognise(event[1])
            self._deliveries.follow(event, now)
        return self._deliveries

    def deliver(self):
        """A step of the delivery of what was read, if there is one to take: promptly, or another car could be there."""
        if self._events or self._smartevse.delivering:
            now = self._ticks()
            deliveries = self.deliveries()
            if deliveries.due(now):
                deliveries.run(now)

    def ask(self, serve):
        """An EvseState, or None when it did not answer. ``serve()`` moves the modem between two steps."""
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
    """Until the box has its own; it tells what is wrong with the settings."""
    from appliance.state.cars import Garage

    try:
        return Garage(wanted.car_profiles())
    except ValueError:
        return Garage([])
