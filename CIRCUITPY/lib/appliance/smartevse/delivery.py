# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Hands a reading to the SmartEVSE, and asks it whether a car was plugged in again.

    released --> POST /ev_state?current_soc=..&full_soc=..&energy_capacity=..&energy_request=..&evccid=..
                   answered (any status) --> done, never repeated
                   no connection         --> again after a pause
                   sent, no answer       --> GET /settings: does it have the value already? else again
                   60 s after the release --> given up
    a repeat, or WiFi came late --> GET /settings first: is it still this car's plug-in? In the modem phase another car
                                    would speak within 10 s: wait for that

A POST ends the SmartEVSE's modem phase at once, so it leaves only after the car was let go, and a second
answered one would restart a timer there: exactly one per plug-in.

Everything here blocks, 5 s at most, name look-ups longer: it runs only while no car session is active.
"""

from plc.ticks import expired, ticks_add, ticks_diff
from v2g.admission import FREE

from appliance.smartevse.exchange import Answer, Client
from appliance.smartevse.target import (
    STATE_A,
    WAITING_STATES,
    EvseState,
    Target,
    delivery_path,
    evccid_text,
    unknown_as_minus_one,
)

# The SmartEVSE keeps its 5 % phase for 60 s: a later reading cannot be used.
GIVE_UP_MS = 60000
# A POST that leaves later than this after the release may meet the next car.
PROMPT_MS = 2000
# TP_EV_SLAC_init of ISO 15118-3: so long after 5 % another car has begun, and was heard.
EV_BEGINS_MS = 10000
PAUSES_MS = (4000, 8000, 12000)
NAME_VALID_MS = 600000


def _cause_of(status):
    """What an answer means that is not the one that was wanted."""
    if status == 404:
        return "smartevse_404"
    return "smartevse_500" if status >= 500 else "smartevse_refused"


class SmartEvse:
    """The delivery of one reading at a time, and the question for the charger's state.

    ``network`` needs ``pool`` and ``connected``; ``report(kind, text)`` is called with "delivered", "failed"
    or "info", and with "missing" and an exception when a library is not there.
    """

    def __init__(self, url, network, ticks, report, client=None, stretch_watchdog=None):
        self.network = network
        self._aim(url)
        self.last_delivery = None
        self._ticks = ticks
        self._report = report
        self._client = client
        self._stretch_watchdog = stretch_watchdog
        self._reading = None
        self._deadline = None
        self._next = None
        self._attempts = 0
        self._check_first = False
        self._sent = False
        self._began = None
        self._prompt_until = None
        self._quiet_since = None
        # The car that is being read: when it began, and what it told.
        self._car_at = None
        self._told = None
        self._estimate = None

    def _aim(self, url):
        self._url = url
        self.target = Target(url) if url else None
        self.cause = None
        # What a failed delivery is called as long as its car is there.
        self._missed = None
        self.state = "unknown" if url else "off"
        self.text = "not asked yet" if url else "not set up"
        self._address = None
        self._address_at = None

    def use(self, url):
        """Readings go to ``url`` from now on, one that waits as well; empty: nowhere. Raises ValueError."""
        if url == self._url:
            return
        self._aim(url)
        if self.target is None and self._reading is not None:
            self._reading = None
            self.last_delivery = None
        self._report("info", "readings now go to another address" if url else "readings are no longer sent")

    @property
    def can_ask(self):
        """True when the target is a SmartEVSE, whose state can be asked for."""
        return self.target is not None and self.target.is_smartevse

    @property
    def delivering(self):
        """True while a reading is on its way."""
        return self._reading is not None

    def follow(self, event, now):
        """An event of the protocol stack: a car that begins, tells and is released."""
        follower = FOLLOWED.get(event[0])
        if follower is not None:
            follower(self, event, now)

    def _matched(self, event, _now):
        self._car_at = event[2]
        self.car_began(event[1])

    def _reading_told(self, event, _now):
        self._told = event[1]

    def _released(self, _event, now):
        self.deliver(self._told, now, self._car_at)

    def deliver(self, reading, now, began=None):
        """Queue one reading; nothing is queued for a car that told nothing. A doubtful number leaves as -1.

        ``began``: when its car began to look for a charger, ``now`` if nobody knows.
        """
        if self.target is None or reading is None:
            return
        if reading.soc_percent is None and reading.soc_doubtful_percent is None:
            return
        self._reading = reading
        self._deadline = ticks_add(now, GIVE_UP_MS)
        self._next = now
        self._attempts = 0
        self._check_first = False
        self._sent = False
        self._began = now if began is None else began
        self._prompt_until = ticks_add(now, PROMPT_MS)
        self._quiet_since = None
        self._missed = None
        self.last_delivery = "pending"

    def car_began(self, ev_mac):
        """Another car is plugged in: a reading still to be delivered would be taken for its."""
        if self._reading is not None and self._reading.ev_mac != ev_mac:
            self._finish("smartevse_late", "another car was plugged in before it could be sent")

    def due(self, now):
        """True when ``run`` has something to do."""
        if self._reading is None:
            return False
        return expired(self._deadline, now) or (expired(self._next, now) and self.network.connected)

    def run(self, now):
        """One step of the delivery; blocks EXCHANGE_MS at most, longer only for a name."""
        if expired(self._deadline, now):
            self._give_up()
            return
        address = self._resolve(now)
        if address is None:
            self._postpone("smartevse_name")
        elif self._check_first or (self._is_late(now) and self.can_ask):
            self._check(address, now)
        else:
            self._post(address)

    # ---- one delivery

    def _is_late(self, now):
        """True when cars may have changed since the release, or since the last look."""
        return ticks_diff(now, self._prompt_until) > 0

    def _post(self, address):
        url = self.target.url(delivery_path(self.target.path, self._reading))
        answer = self.exchange("POST", url, address)
        if answer.status is not None:
            self._answered(answer.status)
        elif answer.received:
            self._finish("smartevse_refused", "answered with something that is not HTTP")
        elif answer.sent:
            self._check_first = self.can_ask
            self._sent = True
            self._postpone("smartevse_slow")
        else:
            self._address_at = None
            self._postpone("smartevse_off")

    def _answered(self, status):
        if 200 <= status < 300:
            self._delivered("answer %d" % status)
        else:
            self._finish(_cause_of(status), "answered %d" % status)

    def _check(self, address, now):
        """Did the SmartEVSE take the value although its answer never came? Has it still the same car?"""
        answer = self.exchange("GET", self.target.url(self.target.settings_path), address, True)
        if answer.status is None or answer.is_cut_off():
            self._postpone("smartevse_slow" if answer.sent or self._sent else "smartevse_off")
            return
        self._check_first = False
        state = EvseState(answer.body) if answer.status == 200 else None
        if state is not None and self._sent and self._taken(state):
            self._delivered("its answer was lost, but it has the value")
        elif state is not None and self._is_another_car(state, now):
            self._finish("smartevse_late", "the car was unplugged before it could be sent")
        elif state is not None and state.state_id in WAITING_STATES and self._may_be_another_car(now):
            self._next = ticks_add(self._quiet_since, EV_BEGINS_MS)
        else:
            self._next = self._ticks()
            self._prompt_until = ticks_add(self._next, PROMPT_MS)

    def _is_another_car(self, state, now):
        """Unplugged, or in a modem phase that began after this car's was over."""
        if state.state_id in WAITING_STATES:
            return ticks_diff(now, self._began) >= GIVE_UP_MS
        return state.state_id == STATE_A

    def _may_be_another_car(self, now):
        """True until a car that was plugged in unseen would have been heard (``car_began``)."""
        if self._quiet_since is None:
            self._quiet_since = now
        return ticks_diff(now, self._quiet_since) < EV_BEGINS_MS

    def _taken(self, state):
        """A number ends the modem phase; -1 does not, so only the car's id can tell that it arrived."""
        soc = self._reading.soc_percent
        if state.initial_soc != unknown_as_minus_one(soc):
            return False
        if state.evccid is None:
            return state.state_id not in WAITING_STATES
        same = state.evccid == evccid_text(self._reading.evccid)
        return same and (soc is None or state.state_id not in WAITING_STATES)

    def _postpone(self, cause):
        self._quiet_since = None  # what happens there meanwhile is not seen
        self.cause = cause
        self.state = "unreachable"
        pause = PAUSES_MS[min(self._attempts, len(PAUSES_MS) - 1)]
        self._attempts += 1
        now = self._ticks()
        self._next = ticks_add(now, pause)
        if ticks_diff(self._deadline, self._next) <= 0:
            self._give_up()
            return
        self.text = "no answer, trying again"
        self._report("info", "no answer (%s), next try in %d s" % (cause, pause // 1000))

    def _give_up(self):
        cause = self.cause
        if not self._attempts:
            cause = "smartevse_late" if self.network.connected else "smartevse_no_wifi"
        self._finish(cause, "gave up 60 s after the car was released")

    def _delivered(self, text):
        reading = self._reading
        self._reading = None
        self.cause = None
        self.state = "ok"
        self.text = "has the reading"
        self.last_delivery = "ok"
        soc = "no charge" if reading.soc_percent is None else "%d %%" % reading.soc_percent
        self._report("delivered", "%s to %s (%s)" % (soc, self.target.host, text))

    def _finish(self, cause, text):
        self._reading = None
        self.cause = cause
        silent = cause in ("smartevse_off", "smartevse_slow", "smartevse_name")
        self.state = "unreachable" if silent else "error"
        # Once it answers again, what was wrong is that it was too late.
        self._missed = "smartevse_late" if silent else cause
        self.text = text
        self.last_delivery = "failed"
        self._report("failed", "reading not delivered: " + text)

    # ---- the state of the charger

    def query_state(self, now):
        """Ask once: an EvseState, or None when the SmartEVSE cannot be asked. Blocks like ``run``."""
        if not self.can_ask or not self.network.connected:
            return None
        address = self._resolve(now)
        if address is None:
            self._unreachable("smartevse_name", "its name was not found")
            return None
        answer = self.exchange("GET", self.target.url(self.target.settings_path), address, True)
        if answer.is_cut_off():
            self._unreachable("smartevse_slow", "its answer was cut off")
            return None
        if answer.status is None and not answer.received:
            self._unreachable("smartevse_slow" if answer.sent else "smartevse_off", "does not answer")
            return None
        if answer.status not in (None, 200, 404):
            self._unreachable(_cause_of(answer.status), "error %d" % answer.status)
            return None
        # Every SmartEVSE speaks HTTP and has /settings.
        state = EvseState(answer.body) if answer.status == 200 else None
        if state is None or state.is_of_another():
            self._unreachable("smartevse_off", "something else answers at its address")
            return None
        return self._learn(state)

    def follow_charge(self, status, state):
        """The car that was read may charge: an answer of ``query_state`` for the estimate in ``status``."""
        if self._estimate is None:
            if status.reading is None:
                return
            # Not before the first car: nobody waits now, and it costs no memory until then.
            from appliance.smartevse.estimate import Estimate

            self._estimate = Estimate(status)
        self._estimate.asked(state, self.last_delivery == "ok")

    def follows_charge(self, status):
        """True while asking brings an estimate further. Allocates nothing."""
        if not status.current or status.reading.soc_percent is None:
            return False
        return self._estimate is None or self._estimate.can_go_on

    def _learn(self, state):
        if not state.has_modem:
            self.state, self.cause, self.text = (
                "no_modem",
                "smartevse_no_modem",
                "firmware without modem support",
            )
            return state
        if state.seen == FREE:
            self._missed = None
        self.state, self.cause = ("error", self._missed) if self._missed else ("ok", None)
        self.text = state.text()
        return state

    def _unreachable(self, cause, text):
        self.state, self.cause, self.text = "unreachable", cause, text

    def exchange(self, method, url, address, read_body=False, body=None):
        """An ``Answer``; ``address`` is the numeric one of the host in ``url``, ``body`` JSON as bytes. Blocks EXCHANGE_MS
        at most."""
        if self._client is None:
            try:
                self._client = Client(self.network.pool, self._ticks)
            except Exception as error:
                # A library is missing on the drive.
                self._report("missing", error)
                return Answer(None, b"", False, False, 0)
        return self._client.exchange(method, url, address, read_body, body)

    def _resolve(self, now):
        """Numeric address of the target, or None. A name blocks for seconds, so it is kept a while."""
        if self.target.numeric():
            return self.target.host
        if self._address_at is not None and ticks_diff(now, self._address_at) < NAME_VALID_MS:
            return self._address
        self._address = self.look_up(self.target)
        self._address_at = None if self._address is None else self._ticks()
        return self._address

    def look_up(self, target):
        """Numeric address of ``target``, or None; blocks for seconds when it has a name."""
        if target.numeric():
            return target.host
        if self._stretch_watchdog:
            self._stretch_watchdog(True)
        try:
            pool = self.network.pool
            # Without the family a name may give an IPv6 address, and our sockets are of IPv4.
            return pool.getaddrinfo(target.host, target.port, pool.AF_INET)[0][4][0]
        except (OSError, IndexError):
            return None
        finally:
            if self._stretch_watchdog:
                self._stretch_watchdog(False)


# Events of the protocol stack that a delivery follows.
FOLLOWED = {
    "matched": SmartEvse._matched,
    "reading": SmartEvse._reading_told,
    "released": SmartEvse._released,
}
