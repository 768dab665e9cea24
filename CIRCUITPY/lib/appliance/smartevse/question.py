# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The SmartEVSE as the box knows it: its address, its state when it was last asked, what became of a reading.

The box asks it before it answers a car, so this is loaded early; ``delivery`` comes later. Everything that talks to it
blocks for 5 s at most, longer for a name look-up, so it is done only while no car session is active.
"""

from plc.ticks import ticks_diff
from v2g.admission import FREE

from appliance.smartevse.exchange import Answer, Client
from appliance.smartevse.target import ASKED, EvseState, Target

NAME_VALID_MS = 600000


def cause_of(status):
    """The cause for an HTTP ``status`` that is not the one wanted."""
    if status == 404:
        return "smartevse_404"
    return "smartevse_500" if status >= 500 else "smartevse_refused"


class SmartEvse:
    """The question for the charger's state, and how readings fared (``delivery``): ``delivering`` while one is on its way,
    ``last_delivery`` "pending", "ok", "failed" or None, ``missed`` what a failed one is called as long as its car is there.

    ``network`` needs ``pool`` and ``connected``; ``report(kind, text)`` is called with "delivered", "failed"
    or "info", and with "missing" and an exception when a library is not there.
    """

    def __init__(self, url, network, ticks, report, stretch_watchdog=None):
        self.network = network
        self.ticks = ticks
        self.report = report
        self._aim(url)
        self.delivering = False
        self.last_delivery = None
        self._client = None
        self._stretch_watchdog = stretch_watchdog

    def _aim(self, url):
        self._url = url
        self.target = Target(url) if url else None
        self.cause = None
        self.missed = None
        self.state = "unknown" if url else "off"
        self.text = "not asked yet" if url else "not set up"
        # Why it asked no car at the last look: a key of target.WAITS, or None. It asks each car once.
        self.waits_for = None
        self._has_asked = False
        self._address = None
        self._address_at = None

    def use(self, url):
        """Send readings to ``url`` from now on, even one that is waiting; "": nowhere. Raises ValueError."""
        if url == self._url:
            return
        self._aim(url)
        if self.target is None and self.delivering:
            self.delivering = False
            self.last_delivery = None
        self.report("info", "readings now go to another address" if url else "readings are no longer sent")

    @property
    def can_ask(self):
        """True when the target is a SmartEVSE, whose state can be asked for."""
        return self.target is not None and self.target.is_smartevse

    # ---- the state of the charger

    def query_state(self, now):
        """Ask once. An EvseState, or None without an answer. Blocks as ``exchange`` and ``resolve`` do."""
        if not self.can_ask or not self.network.connected:
            return None
        address = self.resolve(now)
        if address is None:
            self.unreachable("smartevse_name", "its name was not found")
            return None
        answer = self.exchange("GET", self.target.url(self.target.settings_path), address, True)
        if answer.is_cut_off():
            self.unreachable("smartevse_slow", "its answer was cut off")
            return None
        if answer.status is None and not answer.received:
            self.unreachable("smartevse_slow" if answer.sent else "smartevse_off", "does not answer")
            return None
        if answer.status not in (None, 200, 404):
            self.unreachable(cause_of(answer.status), "error %d" % answer.status)
            return None
        # Every SmartEVSE speaks HTTP and has /settings.
        state = EvseState(answer.body) if answer.status == 200 else None
        if state is None or state.is_of_another():
            self.unreachable("smartevse_off", "something else answers at its address")
            return None
        return self._learn(state)

    def _learn(self, state):
        self.waits_for = None
        if not state.has_modem:
            self.state, self.cause, self.text = (
                "no_modem",
                "smartevse_no_modem",
                "firmware without modem support",
            )
            return state
        if state.seen == FREE:
            self.missed = None
        self._has_asked = state.state_id in ASKED or (self._has_asked and state.seen != FREE)
        self.waits_for = state.waits_for(self._has_asked)
        self.state, self.cause = ("error", self.missed) if self.missed else ("ok", None)
        self.text = state.text(self._has_asked)
        return state

    def unreachable(self, cause, text):
        """Note and report that it does not answer, or not as it should."""
        self.state, self.cause, self.text = "unreachable", cause, text
        self.waits_for = None

    # ---- how a reading fares

    def begin(self):
        """Note that a delivery has begun."""
        self.delivering, self.missed, self.last_delivery = True, None, "pending"

    def end(self, state, cause, text, missed=None):
        """Note and report that a delivery has arrived (``cause`` None), or was given up."""
        self.state, self.cause, self.text, self.missed = state, cause, text, missed
        self.waits_for = None
        self.delivering = False
        self.last_delivery = "ok" if cause is None else "failed"

    def exchange(self, method, url, address, read_body=False, body=None):
        """An ``Answer``; ``address`` is the numeric one of the host in ``url``, ``body`` JSON as bytes. Blocks EXCHANGE_MS
        at most."""
        if self._client is None:
            try:
                self._client = Client(self.network.pool, self.ticks)
            except Exception as error:
                # A library is missing on the drive.
                self.report("missing", error)
                return Answer(None, b"", False, 0)
        return self._client.exchange(method, url, address, read_body, body)

    def resolve(self, now):
        """Numeric address of the target, or None. Looking up a name blocks for seconds, so the result is kept a while."""
        if self.target.numeric():
            return self.target.host
        if self._address_at is not None and ticks_diff(now, self._address_at) < NAME_VALID_MS:
            return self._address
        self._address = self.look_up(self.target)
        self._address_at = None if self._address is None else self.ticks()
        return self._address

    def forget_address(self):
        """Look the name up again next time: it may have another address now."""
        self._address_at = None

    def look_up(self, target):
        """Numeric address of ``target``, or None; blocks for seconds when it has a name."""
        if target.numeric():
            return target.host
        if self._stretch_watchdog:
            self._stretch_watchdog(True)
        try:
            pool = self.network.pool
            # With the family, or a name might give an IPv6 address, which our IPv4 sockets cannot use.
            return pool.getaddrinfo(target.host, target.port, pool.AF_INET)[0][4][0]
        except (OSError, IndexError):
            return None
        finally:
            if self._stretch_watchdog:
                self._stretch_watchdog(False)
