# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How a SmartEVSE is addressed in SMARTEVSE_URL, and what its answers say.

    GET  /settings --> JSON with evse.state_id and, with modem support, ev_state
"""

from v2g.admission import CHARGING, FREE, PLUGGED

from appliance.base.url import Url

_ENDPOINT = "/ev_state"

# state_id of the SmartEVSE (main_c.h), by its names.
STATE_A, STATE_B, STATE_C = 0, 1, 2
ACTIVATE, STATE_B1, STATE_C1 = 8, 9, 10
MODEM_REQUEST, MODEM_WAIT, MODEM_DONE, MODEM_DENIED = 11, 12, 13, 14
# States in which it still waits for a reading.
WAITING_STATES = (MODEM_REQUEST, MODEM_WAIT)
# state_id: what it means for cars. In all others (B, C, waiting for power, Modem Done, denied, off, paused) a car charges
# or may charge, so none must be answered.
_SEEN = {STATE_A: FREE, MODEM_REQUEST: PLUGGED, MODEM_WAIT: PLUGGED}
# state_id after a reading: (what became of the car that was read, whether that is final)
AFTERWARDS = {
    STATE_A: ("the car was unplugged", True),
    STATE_B: ("the car is not charging yet (state B)", False),
    STATE_C: ("the car is charging on AC (state C)", True),
    ACTIVATE: ("the charger is waking the car", False),
    STATE_B1: ("the charger has no power or sun for the car", False),
    STATE_C1: ("no more power or sun, the car is stopping", False),
    MODEM_DONE: ("the charger is still simulating the re-plug", False),
    MODEM_DENIED: ("the charger turned this car away", True),
}


# States after the modem phase, which comes once until the car is unplugged.
ASKED = (STATE_B, STATE_C, STATE_C1, MODEM_DONE)
# What keeps it from asking a car. In Smart and Solar mode the 5 % pilot comes only when there is power.
POWER, ASKED_ALREADY, OFF, PAUSE = "power", "asked", "off", "pause"
_WAITING_FOR = {STATE_B1: POWER, STATE_C1: ASKED_ALREADY}
_NO_ACCESS = {"OFF": OFF, "PAUSE": PAUSE}
# The same as the end of a sentence; the display has its own words.
WAITS = {
    POWER: "waiting for power or sun; a car is read as soon as charging may start",
    ASKED_ALREADY: "waiting for power or sun",
    OFF: "switched off (mode Off); no car is read",
    PAUSE: "paused (mode Pause); no car is read",
}


class Target(Url):
    """Where a reading goes: the owner's SMARTEVSE_URL. Raises ValueError."""

    def __init__(self, text):
        super().__init__(text)
        # The paths of its pages as well, as copied from a browser: a POST to /settings would be answered 200 without effect.
        if self.path in ("", "/", "/ev_state/", "/settings", "/index.html"):
            self.path = _ENDPOINT
        bare_path, mark, query = self.path.partition("?")
        # Only a SmartEVSE has /settings beside this endpoint. A key in the query is sent there, too.
        self.is_smartevse = bare_path.endswith(_ENDPOINT)
        self.settings_path = bare_path[: -len(_ENDPOINT)] + "/settings" + mark + query


def find_value(body, name):
    """Text of the JSON value that follows "name": in ``body`` (numbers and strings), or None.

    Without parsing it all: the SmartEVSE's /settings is 4 kB of JSON, of which a few values are needed.
    """
    at = body.find(b'"' + name + b'"')
    if at < 0:
        return None
    at = body.find(b":", at)
    if at < 0:
        return None
    value = body[at + 1 : at + 60].strip()
    if value[:1] == b'"':
        end = value.find(b'"', 1)
        return decoded(value[1:end]) if end > 0 else None
    end = 0
    while end < len(value) and value[end] in b"-0123456789":
        end += 1
    return str(value[:end], "ascii") if end else None


def decoded(data):
    """Bytes as text, or None if they are not UTF-8: anything may answer at that address."""
    try:
        return str(data, "utf-8")
    except ValueError:
        # UnicodeError is one.
        return None


class EvseState:
    """What GET /settings told: ``state_id`` (int or None), what it means for the cars (``seen``, see
    ``v2g.admission``), ``has_modem``. ``body`` is the whole answer."""

    def __init__(self, body):
        self.body = body
        self.state_id = self.number(b"state_id")
        self.seen = None if self.state_id is None else _SEEN.get(self.state_id, CHARGING)
        self.has_modem = body.find(b'"ev_state"') >= 0

    def number(self, name):
        """The number that it gives for ``name``, or None."""
        try:
            return int(find_value(self.body, name) or "")
        except ValueError:
            return None

    def is_of_another(self):
        """True if no SmartEVSE answered: a printer may have its address now, and every web server answers something."""
        return self.state_id is None and not self.has_modem

    def waits_for(self, has_asked=False):
        """Why it does not ask a car now: a key of WAITS, or None. ``has_asked``: it has asked the present car already."""
        reason = _NO_ACCESS.get(find_value(self.body, b"mode")) or _WAITING_FOR.get(self.state_id)
        return ASKED_ALREADY if has_asked and reason == POWER else reason

    def text(self, has_asked=False):
        """A few words for the page."""
        if self.state_id is None:
            return "answers"
        waits_for = self.waits_for(has_asked)
        return "state %d" % self.state_id + (": " + WAITS[waits_for] if waits_for else "")

    def afterwards(self):
        """(what became of the car that was read, whether that is final), or None without a state."""
        if self.state_id is None:
            return None
        return AFTERWARDS.get(self.state_id, ("state %d" % self.state_id, False))
