# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box reports. One table, EVENTS: event -> its line in the log, its change of the status, its fault.

    protocol stack --event--.
    loop, WiFi, SmartEVSE, --+--> followers --> EVENTS --> log (console, page)
    settings, files, ...                               --> status and faults (display, page)

An event is a tuple, its kind first. A part reports here and knows neither log nor status; who wants to know what is
told, and in which words, reads this file alone.
"""

from v2g.admission import FREE, PLUGGED, maker_of

from appliance.base.text import hex_text
from appliance.state import faults, status
from appliance.state.log import DEBUG, ERROR, INFO, WARNING

# Instead of a level: for somebody next to the box, and kept nowhere.
_CONSOLE = None
# pyPLC's numbers of steps (users compare them): beyond the protocol stack's own.
_MODEM_FOUND, _KEY_SET, _MEASURED, _CAR_FOUND = 0, 1, 120, 303
_CHOSEN, _DELIVERED, _NOT_DELIVERED, _AFTERWARDS = 150, 920, 930, 940
# A step of cars that do not choose this box is told so often in a row; a neighbour's car searches all day.
_MOST_TOLD = 5
_STEPS_REMEMBERED = 32


# A car that was measured: the modem can, whatever its parameters say.
_MOMENTS = {_KEY_SET: faults.KEY_SET, _MEASURED: faults.MEASURED}


def _numbered(number, text):
    return "[CHECKPOINT%d] %s" % (number, text)


# ---- lines of the log that are more than a text with the event in it: event -> (level, tag, text)


def _modem_line(event):
    return INFO, "modem", _numbered(_MODEM_FOUND, "modem found, SPI " + event[1])


def _searching_line(event):
    return INFO, "car", "a car searches: " + hex_text(event[1])


def _search_ended_line(event):
    return INFO, "car", "search of %s ended: %s" % (hex_text(event[1]), event[2])


def _matched_line(event):
    return INFO, "car", "a car begins: " + hex_text(event[1])


def _checkpoint_line(event):
    _, number, text = event
    return INFO, "modem" if number == _KEY_SET else "car", _numbered(number, text)


def _reading_line(event):
    reading = event[1]
    if reading.soc_percent is None:
        return INFO, "car", "reported %d %%, which is doubtful" % reading.soc_doubtful_percent
    return (
        INFO,
        "car",
        "%d %%, capacity %s Wh, requested %s Wh, full at %s %%, EVCCID %s"
        % (
            reading.soc_percent,
            reading.energy_capacity_wh,
            reading.energy_request_wh,
            reading.full_soc_percent,
            hex_text(reading.evccid),
        ),
    )


def _role_line(event):
    role = event[1]
    if role is None:
        return WARNING, "modem", "does not say whether it is set up for a charger or a car"
    return INFO, "modem", "set up for a %s" % role if role != "neither" else "set up for neither charger nor car"


def _unknown_line(event):
    return DEBUG, "car", "event " + event[0]


def _fault_line(event):
    code = event[1]
    return WARNING, faults.area(code), "%s %s (%s)" % (faults.text(code), faults.action(code), code)


def _piece_failed_line(event):
    return ERROR, "box", (event[1] + " failed and rests for 10 s\n", event[2])


def _part_failed_line(event):
    return ERROR, "box", (faults.text(event[1]) + "\n", event[2])


def _session_failed_line(event):
    return ERROR, "box", ("session dropped\n", event[1])


def _wifi_line(event):
    _, kind, text, _cause = event
    if kind == "console":
        return _CONSOLE, "wifi", text
    return INFO if kind in ("connected", "info") else WARNING, "wifi", text


def _smartevse_line(event):
    _, kind, text, _cause = event
    if kind == "delivered":
        return INFO, "smartevse", _numbered(_DELIVERED, "delivered " + text)
    return WARNING if kind == "failed" else INFO, "smartevse", text


def _home_line(event):
    _, text, _before, cause = event
    return INFO if cause is None else WARNING, "home", text


def _saved_line(event):
    return INFO, "settings", "saved" + (", takes effect after a restart" if event[1] else "")


def _files_line(event):
    return WARNING, "box", "\n".join(["missing or of another version: " + path for path in event[1]])


# ---- changes of the status: (story, event, protocol stack)


def _searching(story, _event, _secc):
    story.status.searching()


def _search_ended(story, event, _secc):
    story.search_fault = event[2]


def _matched(story, event, _secc):
    story.search_fault = None
    story.status.car_plugged(event[1])


def _modem_came(story, _event, _secc):
    story.status.mark("modem")


def _checkpoint(story, event, secc):
    _, number, text = event
    if number == _KEY_SET:
        story.status.mark("key")
    if number == _CAR_FOUND:
        story.status.car_address = secc.car_address
    story.status.checkpoint(number, text)


def _reading(story, event, _secc):
    story.status.read(event[1])


def _released(story, _event, _secc):
    story.left = True
    story.became = None
    story.status.changed()


def _session_ended(story, event, secc):
    heard = secc.slac.attenuation
    if story.status.sessions and heard:
        story.status.sessions[-1].attenuation_db = sum(heard) // len(heard)
    story.status.session_ended(event[1])


def _session_failed(story, _event, _secc):
    story.status.session_ended("crash")


def _firmware(story, event, _secc):
    story.status.firmware = event[1]


def _role(story, event, _secc):
    story.status.modem_role = event[1]
    story.status.changed()


def _changed(story, _event, _secc):
    story.status.changed()


def _wifi(story, event, _secc):
    if event[1] == "connected":
        story.status.mark("WiFi")
    story.status.changed()


def _smartevse(story, event, _secc):
    _, kind, text, _cause = event
    if kind == "delivered":
        story.status.checkpoint(_DELIVERED, "delivered " + text)
        story.status.delivered("ok")
        reading = story.status.reading
        if story.number_taken is not None and reading is not None and reading.soc_percent is not None:
            story.number_taken()
    elif kind == "failed":
        story.status.checkpoint(_NOT_DELIVERED, text)
        story.status.delivered("failed")


def _soc(story, event, _secc):
    story.status.read_again(event[1])


def _afterwards(story, event, _secc):
    story.status.checkpoint(_AFTERWARDS, "after the reading: " + event[1])


def _note(story, event, _secc):
    story.status.notes.append(event[-1])


def _without_settings(story, _event, _secc):
    story.status.restart_needed = True


def _saved(story, event, _secc):
    story.status.restart_needed = event[1]
    story.status.changed()


# ---- faults that depend on more than the kind of the event: (status, event)


def _modem_fault(state, event):
    if event[2] is not None:
        state.set_cause(event[2])


def _key_fault(state, event):
    moment = _MOMENTS.get(event[1])
    if moment is not None:
        state.faults.happened(moment)


def _role_fault(state, event):
    code = status.ROLE_CAUSES.get(event[1])
    if code is not None:
        state.set_cause(code)


def _failed_fault(state, event):
    code = event[1]
    reading_stands = state.in_session and state.read_this_time
    if not reading_stands or faults.area(code) != faults.CAR:
        state.set_cause(code)


def _part_fault(state, event):
    state.set_cause(event[1])


def _wifi_fault(state, event):
    state.faults.put(faults.WIFI, event[3])


def _smartevse_fault(state, event):
    state.faults.put(faults.SMARTEVSE, event[3])


def _home_fault(state, event):
    _, _text, before, cause = event
    if before is not None and before != cause:
        state.faults.drop(before)
    if cause is not None:
        state.set_cause(cause)


_AFTERWARDS_LINE = (INFO, "smartevse", _numbered(_AFTERWARDS, "after the reading: %s"))

# kind: (line of the log, change of the status, fault), each None or a function. A line that is a text with the event in
# it is (level, tag, format), a fault that depends on nothing is its code.
EVENTS = {  # type: dict
    # of the protocol stack (v2g.secc) and of the loop
    "modem": (_modem_line, _modem_came, _modem_fault),  # its SPI setting, code of why it came again or None
    "searching": (_searching_line, _searching, None),  # MAC of a car in reach, ours or a neighbour's
    "search_ended": (_search_ended_line, _search_ended, None),  # its MAC, code
    "matched": (_matched_line, _matched, None),  # MAC of the car on our cable, tick of its first search
    "checkpoint": (_checkpoint_line, _checkpoint, _key_fault),  # number, text
    "reading": (_reading_line, _reading, None),  # a Reading
    "soc": ((INFO, "car", "state of charge now %d %%"), _soc, None),  # per cent
    "released": (None, _released, None),
    "session_end": ((INFO, "car", "session ended: %s"), _session_ended, None),  # reason
    "failed": (None, None, _failed_fault),  # code
    "firmware": ((INFO, "modem", "firmware %s"), _firmware, None),  # text
    "role": (_role_line, _role, _role_fault),  # what the modem is set up for, or None
    "piece_failed": (_piece_failed_line, None, "crash"),  # its name, the exception
    "session_failed": (_session_failed_line, _session_failed, "crash"),  # the exception
    "part_failed": (_part_failed_line, None, _part_fault),  # its code, the exception
    # of the other parts
    "fault": (_fault_line, None, None),  # code; one that was not there before
    "wifi": (_wifi_line, _wifi, _wifi_fault),  # kind, text, code or None
    "smartevse": (_smartevse_line, _smartevse, _smartevse_fault),  # kind, text, code or None
    "asked": (None, None, _smartevse_fault),  # EvseState or None, None, code or None
    "afterwards": (_AFTERWARDS_LINE, _afterwards, None),  # text
    "home": (_home_line, _changed, _home_fault),  # text, codes before and now or None: of the broker and the listeners
    "crashes": ((WARNING, "box", "%d starts in a row failed: %s"), None, "crash"),  # what ended the last
    "without_settings": (
        (WARNING, "settings", "this time the box runs without the settings saved on the page"),
        _without_settings,
        "settings_aside",
    ),
    "rolled_back": ((WARNING, "box", "%s"), _note, "rolled_back"),  # text
    "setting": ((WARNING, "settings", "%s"), None, "settings_error"),  # text
    "saved": (_saved_line, _saved, None),  # True: takes effect after a restart
    "files": (_files_line, _note, "files_differ"),  # paths, text
}
_UNKNOWN = (_unknown_line, None, None)


class Story:
    """Takes events and reports them. ``status`` is what it keeps up to date."""

    def __init__(self, log, uptime):
        self.status = status.Status(uptime, self._fault_began)
        # True from a release until the SmartEVSE has told what became of the car.
        self.left = False
        # What it told last. A car that may not charge yet is asked after every minute, for hours.
        self.became = None
        # Code of a search that came to nothing. Only the SmartEVSE knows whether that car is on our cable.
        self.search_fault = None
        # Called when the SmartEVSE took a number, which ends its phase; a -1 does not.
        self.number_taken = None
        self._log = log
        self._followers = ()
        self._searches = {}  # how often each step of searches was told since a car chose this box

    def follow(self, follower):
        """``follower(event, now)`` gets every event of the protocol stack before it is handled here."""
        self._followers += (follower,)

    def event(self, event, secc, now):
        """An event of the protocol stack ``secc``, or of the loop that moves it."""
        for follower in self._followers:
            follower(event, now)
        self.tell(event, secc)

    def tell(self, event, secc=None):
        """Tell one event by its row of EVENTS."""
        line, change, fault = EVENTS.get(event[0], _UNKNOWN)
        if isinstance(line, tuple):
            self._log.add(line[0], line[1], line[2] % event[1:])
        elif line is not None:
            self._write(line(event), self._is_old_news(event))
        if change is not None:
            change(self, event, secc)
        if isinstance(fault, str):
            self.status.set_cause(fault)
        elif fault is not None:
            fault(self.status, event)

    def _is_old_news(self, event):
        """True for what cars in reach did often, and none of them came to this box."""
        kind = event[0]
        if kind == "matched":
            self._searches.clear()
            return False
        step = event[1]
        if kind in ("searching", "search_ended"):
            step = maker_of(step)
        elif kind != "checkpoint" or not _KEY_SET < step < _CHOSEN:
            return False
        told = self._searches.get((kind, step), 0)
        if told >= _MOST_TOLD or len(self._searches) >= _STEPS_REMEMBERED:
            return True
        self._searches[(kind, step)] = told + 1
        return False

    def asked(self, state, cause):
        """The SmartEVSE was asked: ``state`` is an EvseState, or None without an answer and ``cause`` says why."""
        if state is not None:
            self.status.replugged = state.has_modem
            if state.seen == PLUGGED:
                self.status.phase_told()
                if self.search_fault is not None:
                    self.status.set_cause(self.search_fault)
            self.search_fault = None
            self.status.plug_told(None if state.seen is None else state.seen != FREE)
            if self.left:
                self._tell_afterwards(state.afterwards())
        self.tell(("asked", state, None, cause))

    def _tell_afterwards(self, became):
        """What became of the car that was read, each news once."""
        if became is None:
            return
        text, final = became
        self.left = not final
        if text != self.became:
            self.became = text
            self.tell(("afterwards", text))

    def part_failed(self, code, error):
        """A part could not be wired or started, and the box goes on without it. Told once, however often it is tried."""
        if not self.status.faults.has(code):
            self.tell(("part_failed", code, error))

    def _fault_began(self, code):
        self.tell(("fault", code))

    def _write(self, line, detail=False):
        level, tag, text = line
        if detail:
            self._log.detail(tag, text)
        elif level == _CONSOLE:
            self._log.tell_console(tag, text)
        elif level == ERROR:
            self._log.trace(tag, text[1], text[0])
        else:
            self._log.add(level, tag, text)
