# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Hands readings to the SmartEVSE, one at a time.

    released --> POST /ev_state?current_soc=..&full_soc=..&energy_capacity=..&energy_request=..&evccid=..
                   answered (any status) --> done, never repeated
                   no connection         --> again after a pause
                   sent, no answer       --> GET /settings: does it have the value already? else again
                   60 s after the release --> given up
    a repeat, or WiFi came late --> GET /settings first: is it still this car's plug-in? In the modem phase another car
                                    would speak within 14 s: wait for that
    nobody heard the car leave      --> the same, as long as a release may take: it may have been unplugged

A POST ends the SmartEVSE's modem phase at once, so it is sent only after the car was let go; and there is exactly one
in a plug-in, because a second answered one would restart a timer there.
"""

from plc.ticks import expired, ticks_add, ticks_diff
from v2g.plug_in import LIMITS_MS, UNHEARD

from appliance.smartevse.numbers import delivery_path, evccid_text, unknown_as_minus_one
from appliance.smartevse.question import cause_of
from appliance.smartevse.target import STATE_A, WAITING_STATES, EvseState, find_value

# The SmartEVSE keeps its 5 % phase for 60 s: a later reading cannot be used.
GIVE_UP_MS = 60000
# Later than this after the release another car may be plugged in.
PROMPT_MS = 2000
# How soon another car would be heard: TP_EV_SLAC_init of ISO 15118-3 is 10 s from 5 %, and a car whose first try was cut
# short by the end of the last session tries again 9 to 12 s after it.
EV_BEGINS_MS = 14000
PAUSES_MS = (4000, 8000, 12000)


class Deliveries:
    """Slow piece, and a follower of the protocol stack. ``evse`` is the SmartEvse."""

    def __init__(self, evse):
        self._evse = evse
        # The Delivery of the last reading, or None.
        self._delivery = None
        # The car that is being read: when it began, and what it told.
        self._car_at = None
        self._told = None
        self._told_at = None

    def follow(self, event, now):
        """An event of the protocol stack: a car that begins, tells and is released."""
        kind = event[0]
        if kind == "matched":
            self._car_at = event[2]
            self.car_began(event[1])
        elif kind == "reading":
            self._told = event[1]
            self._told_at = now
        elif kind == "released":
            wait_ms = self._release_ms(now) if event[1] in UNHEARD and self._evse.can_ask else 0
            self.deliver(self._told, now, self._car_at, wait_ms)

    def _release_ms(self, now):
        """ms left of LIMITS_MS["release"], within which a reading is delivered however its car behaves."""
        left_ms = LIMITS_MS["release"] - ticks_diff(now, self._told_at)
        return min(left_ms, LIMITS_MS["plug_in"] - ticks_diff(now, self._car_at))

    def deliver(self, reading, now, began=None, wait_ms=0):
        """Queue one reading; nothing if its car told nothing. A doubtful number is sent as -1.

        ``began``: tick when its car began to look for a charger (``now`` if that is not known). ``wait_ms``: above 0 if
        nobody heard the car leave: how long to wait for another car to be heard.
        """
        evse = self._evse
        if evse.target is None or reading is None:
            return
        if reading.soc_percent is None and reading.soc_doubtful_percent is None:
            return
        self._delivery = Delivery(evse, reading, now, now if began is None else began, wait_ms)
        evse.begin()

    def car_began(self, ev_mac):
        """Another car is plugged in: a reading not yet delivered would be taken for that car's."""
        if self._evse.delivering and self._delivery.reading.ev_mac != ev_mac:
            self._delivery.failed("smartevse_late", "another car was plugged in before it could be sent")

    def due(self, now):
        """True when ``run`` has something to do."""
        return self._evse.delivering and self._delivery.due(now)

    def run(self, now):
        """One step of the delivery; blocks EXCHANGE_MS at most, longer only for a name."""
        self._delivery.run(now)


class Delivery:
    """``evse`` is the SmartEvse, ``reading`` of a car that was released at tick ``now`` and began to look for a charger at
    ``began``; ``wait_ms``: see ``Deliveries.deliver``."""

    def __init__(self, evse, reading, now, began, wait_ms):
        self.reading = reading
        self._evse = evse
        self._began = began
        self._deadline = ticks_add(now, GIVE_UP_MS)
        self._next = now
        self._attempts = 0
        self._check_first = wait_ms > 0
        self._wait_ms = min(wait_ms, EV_BEGINS_MS) if wait_ms > 0 else EV_BEGINS_MS
        self._sent = False
        self._prompt_until = ticks_add(now, PROMPT_MS)
        self._quiet_since = None
        # Code of why it has not arrived so far.
        self._cause = None

    def due(self, now):
        """True when ``run`` has something to do."""
        return expired(self._deadline, now) or (expired(self._next, now) and self._evse.network.connected)

    def run(self, now):
        """One step."""
        evse = self._evse
        if expired(self._deadline, now):
            self._give_up()
            return
        address = evse.resolve(now)
        if address is None:
            self._postpone("smartevse_name")
        elif self._check_first or (self._is_late(now) and evse.can_ask):
            self._check(address, now)
        else:
            self._post(address)

    def _is_late(self, now):
        """True if another car may have been plugged in since the release, or since the last look."""
        return ticks_diff(now, self._prompt_until) > 0

    def _post(self, address):
        evse = self._evse
        url = evse.target.url(delivery_path(evse.target.path, self.reading))
        answer = evse.exchange("POST", url, address)
        if answer.status is not None:
            if 200 <= answer.status < 300:
                self._delivered("answer %d" % answer.status)
            else:
                self.failed(cause_of(answer.status), "answered %d" % answer.status)
        elif answer.received:
            self.failed("smartevse_refused", "answered with something that is not HTTP")
        elif answer.sent:
            self._check_first = evse.can_ask
            self._sent = True
            self._postpone("smartevse_slow")
        else:
            evse.forget_address()
            self._postpone("smartevse_off")

    def _check(self, address, now):
        """Ask the SmartEVSE whether it took the value although no answer came, and whether the same car is still there."""
        evse = self._evse
        answer = evse.exchange("GET", evse.target.url(evse.target.settings_path), address, True)
        if answer.status is None or answer.is_cut_off():
            self._postpone("smartevse_slow" if answer.sent or self._sent else "smartevse_off")
            return
        self._check_first = False
        state = EvseState(answer.body) if answer.status == 200 else None
        if state is not None and self._sent and self._taken(state):
            self._delivered("its answer was lost, but it has the value")
        elif state is not None and self._is_another_car(state, now):
            self.failed("smartevse_late", "the car was unplugged before it could be sent")
        elif state is not None and state.state_id in WAITING_STATES and self._may_be_another_car(now):
            self._next = ticks_add(self._quiet_since, self._wait_ms)
        else:
            self._next = evse.ticks()
            self._prompt_until = ticks_add(self._next, PROMPT_MS)

    def _is_another_car(self, state, now):
        """True if no car is plugged in, or in a modem phase that began after this car's had ended."""
        if state.state_id in WAITING_STATES:
            return ticks_diff(now, self._began) >= GIVE_UP_MS
        return state.state_id == STATE_A

    def _may_be_another_car(self, now):
        """True until a car that was plugged in unnoticed would have been heard (``Deliveries.car_began``)."""
        if self._quiet_since is None:
            self._quiet_since = now
        return ticks_diff(now, self._quiet_since) < self._wait_ms

    def _taken(self, state):
        """True if the reading arrived. A number ends the modem phase; -1 does not, then only the EVCCID tells it."""
        soc = self.reading.soc_percent
        if find_value(state.body, b"initial_soc") != unknown_as_minus_one(soc):
            return False
        evccid = find_value(state.body, b"evccid")
        if evccid is None:
            return state.state_id not in WAITING_STATES
        same = evccid == evccid_text(self.reading.evccid)
        return same and (soc is None or state.state_id not in WAITING_STATES)

    def _postpone(self, cause):
        evse = self._evse
        self._quiet_since = None  # what happens during the pause is not seen
        self._wait_ms = EV_BEGINS_MS
        pause = PAUSES_MS[min(self._attempts, len(PAUSES_MS) - 1)]
        self._attempts += 1
        self._next = ticks_add(evse.ticks(), pause)
        # In between it may answer a question, and then be unreachable again.
        self._cause = cause
        if ticks_diff(self._deadline, self._next) <= 0:
            self._give_up()
            return
        evse.unreachable(cause, "no answer, trying again")
        evse.report("info", "no answer (%s), next try in %d s" % (cause, pause // 1000))

    def _give_up(self):
        late = "smartevse_late" if self._evse.network.connected else "smartevse_no_wifi"
        self.failed(self._cause or late, "gave up 60 s after the car was released")

    def _delivered(self, text):
        evse, soc = self._evse, self.reading.soc_percent
        evse.end("ok", None, "has the reading")
        told = "no charge" if soc is None else "%d %%" % soc
        evse.report("delivered", "%s to %s (%s)" % (told, evse.target.host, text))

    def failed(self, cause, text):
        """It is given up."""
        evse = self._evse
        if cause in ("smartevse_off", "smartevse_slow", "smartevse_name"):
            # Shown once it answers again: the reading came too late.
            evse.end("unreachable", cause, text, "smartevse_late")
        else:
            evse.end("error", cause, text, cause)
        evse.report("failed", "reading not delivered: " + text)
