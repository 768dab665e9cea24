# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a plug-in is: when a car's SLAC_PARM.REQ is answered and when it is left in peace.

The box does not see the control pilot. A car that charges on AC may still try SLAC now and then, and an
answer would drag it out of charging, so after a reading:

  * nobody is answered for QUIET_MS;
  * the same car is answered again only when the SmartEVSE says that nothing charges: state 0 (A, unplugged),
    11 or 12 (its modem phase). It is asked after the quiet time as soon as that car tries, or a minute later
    if it does not, and then at most once a minute: a question spent while the car surely still charges would
    be missing when it is plugged in again;
  * when the SmartEVSE cannot be asked, only after SILENCE_MS without any frame from that car, and at
    most READINGS_PER_HOUR times;
  * another car is answered.

A box that starts while a car charges asks before it answers the first car, when it can.
"""

from plc.ticks import expired, ticks_add, ticks_diff

QUIET_MS = 10000
ASK_AGAIN_MS = 60000  # never more often: a SmartEVSE stalls under polling
ASK_IDLE_MS = 300000  # while a car is shut out but does not try
SILENCE_MS = 60000
PLUG_IN_MS = 60000  # SmartEVSE's modem phase
READINGS_PER_HOUR = 3
START_ASK_MS = 20000  # at start: how long to wait for a SmartEVSE that can be asked

FREE_STATES = (0, 11, 12)
MODEM_STATES = (11, 12)

_HOUR_MS = 3600000
_HOUSEKEEPING_MS = 10000
_CARS_REMEMBERED = 8


class _Served:
    """A car that was read, or found charging at start."""

    def __init__(self, ev_mac, now):
        self.ev_mac = ev_mac
        self.shut_out = True
        self.last_frame = now
        self.silent = False  # latched, because last_frame is only comparable for three days
        self.open_until = None  # it may be back: it and its repeats are answered
        self.readings = []


class PlugIn:
    """The gate in front of SLAC.

    ``answer``: "auto" (the rules above), "always" (the quiet time only), "modem_phase" (only while the
    SmartEVSE is in its modem phase, for owners whose car must never be drawn into a session that nothing
    re-plugs), "never". ``can_ask``: a SmartEVSE is configured. All times in ms.
    """

    def __init__(self, answer="auto", can_ask=False):
        self.answer = answer
        self.state = None  # last state id the SmartEVSE told, None when it could not be asked
        self._can_ask = can_ask
        self._served = []
        self._quiet_until = None
        self._start_deadline = None
        self._start_pending = can_ask
        self._found_charging = False
        self._asked_at = None
        self._ask_due = None
        self._demand = False
        self._housekeeping = None

    # ---- the question of every SLAC_PARM.REQ

    def may_answer(self, ev_mac, now):
        """True when this car's SLAC_PARM.REQ is to be answered."""
        if self.answer == "never":
            return False
        if self._quiet_until is not None and not expired(self._quiet_until, now):
            return False
        if self.answer == "always":
            return True
        if self.answer == "modem_phase":
            self._demand = True
            return self.state in MODEM_STATES and ticks_diff(now, self._asked_at) < ASK_AGAIN_MS
        if self._start_pending:
            return False
        served = self._find(ev_mac)
        if served is None:
            if not self._found_charging:
                return True
            served = self._remember(ev_mac, now)
        return not served.shut_out or self._may_return(served, now)

    def _may_return(self, served, now):
        if served.open_until is not None and not expired(served.open_until, now):
            return True
        if self._can_ask:
            self._demand = True
            if self.state is not None:
                return False
        if not served.silent or len(served.readings) >= READINGS_PER_HOUR:
            return False
        # A lost answer must not cost the plug-in: the car's repeats are no noise of a charging car.
        served.open_until = ticks_add(now, PLUG_IN_MS)
        return True

    # ---- what happens

    def frame_from(self, ev_mac, now):
        """Any frame of a car counts against its silence. Call after ``may_answer``."""
        served = self._find(ev_mac)
        if served is not None:
            served.last_frame = now
            if served.shut_out:
                served.silent = False

    def served(self, ev_mac, now):
        """A car was read and let go."""
        entry = self._find(ev_mac) or self._remember(ev_mac, now)
        entry.shut_out = True
        entry.silent = False
        entry.open_until = None
        entry.last_frame = now
        entry.readings.append(now)
        self._quiet_until = ticks_add(now, QUIET_MS)
        self._asked_at = None  # the minute counts from the first question after the quiet time
        self._ask_due = ticks_add(self._quiet_until, ASK_AGAIN_MS)
        self._demand = False

    def evse_state(self, state, now):
        """The SmartEVSE's answer: its state id, or None when it cannot be asked."""
        first = self._start_pending
        self._start_pending = False
        self.state = state
        self._asked_at = now
        self._ask_due = ticks_add(now, ASK_IDLE_MS)
        self._demand = False
        if state in FREE_STATES:
            self._found_charging = False
            for served in self._served:
                if state == 0:
                    served.shut_out = False
                else:
                    # The phase ends by itself after a minute, and then the car charges.
                    served.open_until = ticks_add(now, PLUG_IN_MS)
        elif first and state is not None:
            self._found_charging = True

    def wants_evse_state(self, now):
        """True when the SmartEVSE should be asked as soon as no session is active."""
        if not self._can_ask:
            return False
        if self._start_pending:
            return True
        if self._quiet_until is not None and not expired(self._quiet_until, now):
            return False
        if self._ask_due is not None and expired(self._ask_due, now) and self._anyone_shut_out():
            return True
        if not self._demand:
            return False
        return self._asked_at is None or ticks_diff(now, self._asked_at) >= ASK_AGAIN_MS

    def poll(self, now):
        """Keeps times comparable across the wrap of the ticks; cheap, every pass."""
        if self._housekeeping is not None and not expired(self._housekeeping, now):
            return
        self._housekeeping = ticks_add(now, _HOUSEKEEPING_MS)
        if self._start_pending:
            if self._start_deadline is None:
                self._start_deadline = ticks_add(now, START_ASK_MS)
            elif expired(self._start_deadline, now):
                self.evse_state(None, now)
        if self._quiet_until is not None and expired(self._quiet_until, now):
            self._quiet_until = None
        for served in self._served:
            if served.open_until is not None and expired(served.open_until, now):
                served.open_until = None
            if not served.silent and ticks_diff(now, served.last_frame) >= SILENCE_MS:
                served.silent = True
            while served.readings and ticks_diff(now, served.readings[0]) >= _HOUR_MS:
                served.readings.pop(0)
        if self._asked_at is not None and ticks_diff(now, self._asked_at) >= _HOUR_MS:
            self._asked_at = None
            if self._ask_due is not None:
                self._ask_due = now

    # ---- memory

    def _find(self, ev_mac):
        for served in self._served:
            if served.ev_mac == ev_mac:
                return served
        return None

    def _remember(self, ev_mac, now):
        if len(self._served) >= _CARS_REMEMBERED:
            self._served.pop(0)
        served = _Served(ev_mac, now)
        self._served.append(served)
        return served

    def _anyone_shut_out(self):
        if self._found_charging:
            return True
        for served in self._served:
            if served.shut_out:
                return True
        return False
