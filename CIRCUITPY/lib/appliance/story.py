# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box reports. One table, EVENTS: what an event does to the log, to the status and to the faults.

    protocol stack --event--.
    loop, WiFi, SmartEVSE, --+--> followers --> EVENTS --> log (console, page)
    settings, files, ...                               --> status and faults (display, page)

An event is a tuple that begins with its kind; the docstring of its function names the rest. Parts report here and know
neither log nor status, so this file alone shows what is reported, and in which words.
"""

from v2g.admission import FREE, PLUGGED, maker_of

from appliance.base.text import hex_text
from appliance.state import faults, status

# pyPLC's numbers of checkpoints, which users compare; those that are treated specially or are not the protocol stack's own.
_MODEM_FOUND, _KEY_SET, _MEASURED, _CAR_FOUND = 0, 1, 120, 303
_CHOSEN, _DELIVERED, _NOT_DELIVERED, _AFTERWARDS = 150, 920, 930, 940
# How often in a row a step of cars that do not choose this box is logged; a neighbour's car may search all day.
_MOST_TOLD = 5
_REMEMBERED = 32  # steps

# Checkpoints that clear faults. A car that was measured shows that the modem can do it, whatever its parameters say.
_MOMENTS = {_KEY_SET: faults.KEY_SET, _MEASURED: faults.MEASURED}


def _numbered(number, text):
    return "[CHECKPOINT%d] %s" % (number, text)


# ---- of the protocol stack (v2g.secc) and of the loop: (story, event, protocol stack)


def modem(story, event, _secc):
    """("modem", SPI setting as text, code of why it restarted or None)"""
    _, setting_text, why = event
    story.log.note("modem", _numbered(_MODEM_FOUND, "modem found, SPI " + setting_text))
    story.status.mark("modem")
    if why is not None:
        story.status.set_cause(why)


def searching(story, event, _secc):
    """("searching", MAC of a car within reach, ours or a neighbour's)"""
    kind, ev_mac = event
    story.note_a_while((kind, maker_of(ev_mac)), "car", "a car searches: " + hex_text(ev_mac))
    story.status.searching()


def search_ended(story, event, _secc):
    """("search_ended", MAC of the car, code)"""
    kind, ev_mac, code = event
    story.note_a_while((kind, maker_of(ev_mac)), "car", "search of %s ended: %s" % (hex_text(ev_mac), code))
    if not story.status.in_session:  # during a session it can only be a neighbour's
        story.search_fault = code


def matched(story, event, _secc):
    """("matched", MAC of the car on our cable, tick of its first search)"""
    story.searches.clear()
    story.log.note("car", "a car begins: " + hex_text(event[1]))
    story.search_fault = None
    story.status.car_plugged(event[1])


def checkpoint(story, event, secc):
    """("checkpoint", number, text)"""
    kind, number, text = event
    tag, line = "modem" if number == _KEY_SET else "car", _numbered(number, text)
    if _KEY_SET < number < _CHOSEN:
        story.note_a_while((kind, number), tag, line)
    else:
        story.log.note(tag, line)
    if number == _KEY_SET:
        story.status.mark("key")
    if number == _CAR_FOUND:
        story.status.car_address = secc.car_address
    story.status.checkpoint(number, text)
    if number in _MOMENTS:
        story.status.faults.happened(_MOMENTS[number])


# Further values of a reading for the log: (attribute, words).
_TOLD = (
    ("energy_capacity_wh", ", capacity %d Wh"),
    ("energy_request_wh", ", requested %d Wh"),
    ("full_soc_percent", ", full at %d %%"),
)


def reading(story, event, _secc):
    """("reading", Reading)"""
    reading = event[1]
    if reading.soc_percent is None:
        text = "reported %d %%, which is doubtful" % reading.soc_doubtful_percent
    else:
        text = "%d %%" % reading.soc_percent
        for name, words in _TOLD:
            value = getattr(reading, name)
            text += "" if value is None else words % value
        text += ", EVCCID %s" % hex_text(reading.evccid) if reading.evccid else ", no EVCCID"
    story.log.note("car", text)
    story.status.read(reading)


def soc(story, event, _secc):
    """("soc", per cent, which the reading has already)"""
    story.log.note("car", "state of charge now %d %%" % event[1])
    story.status.changed()


def released(story, _event, _secc):
    """("released", how)"""
    story.left = True
    story.became = None
    story.status.changed()


def session_end(story, event, secc):
    """("session_end", "ok" or code)"""
    story.log.note("car", "session ended: %s" % event[1])
    heard = secc.slac.attenuation
    if story.status.sessions and heard:
        story.status.sessions[-1].attenuation_db = sum(heard) // len(heard)
    story.status.session_ended(event[1])


def failed(story, event, _secc):
    """("failed", code)"""
    state, code = story.status, event[1]
    reading_stands = state.in_session and state.read_this_time
    if not reading_stands or faults.area(code) != faults.CAR:
        state.set_cause(code)


def firmware(story, event, _secc):
    """("firmware", text)"""
    story.log.note("modem", "firmware %s" % event[1])
    story.status.firmware = event[1]


def role(story, event, _secc):
    """("role", what the modem is set up for or None)"""
    role = event[1]
    if role is None:
        story.log.caution("modem", "does not say whether it is set up for a charger or a car")
    else:
        story.log.note("modem", "set up for neither charger nor car" if role == "neither" else "set up for a " + role)
    story.status.modem_role = role
    story.status.changed()
    if role in status.ROLE_CAUSES:
        story.status.set_cause(status.ROLE_CAUSES[role])


def piece_failed(story, event, _secc):
    """("piece_failed", name of the piece, exception)"""
    error, notes = event[2], story.status.notes
    story.log.trace("box", error, event[1] + " failed and rests for 10 s\n")
    missing = isinstance(error, ImportError)
    if missing and str(error) not in notes:
        notes.append(str(error))
    story.status.set_cause("files_differ" if missing else "crash")


def session_failed(story, event, _secc):
    """("session_failed", exception)"""
    story.log.trace("box", event[1], "session dropped\n")
    story.status.session_ended("crash")
    story.status.set_cause("crash")


def part_failed(story, event, _secc):
    """("part_failed", code, exception)"""
    story.log.trace("box", event[2], faults.text(event[1]) + "\n")
    story.status.set_cause(event[1])


# ---- of the other parts


def fault(story, event, _secc):
    """("fault", code that was not there before)"""
    code = event[1]
    story.log.caution(faults.area(code), "%s %s (%s)" % (faults.text(code), faults.action(code), code))


def wifi(story, event, _secc):
    """("wifi", kind, text, code or None)"""
    _, kind, text, cause = event
    if kind == "console":
        # A password, for somebody next to the box; it is kept nowhere.
        story.log.tell_console("wifi", text)
    elif kind in ("connected", "info"):
        story.log.note("wifi", text)
    else:
        story.log.caution("wifi", text)
    if kind == "connected":
        story.status.mark("WiFi")
    story.status.changed()
    story.status.faults.put(faults.WIFI, cause)


def smartevse(story, event, _secc):
    """("smartevse", kind, text, code or None)"""
    _, kind, text, cause = event
    state = story.status
    if kind == "delivered":
        text = "delivered " + text
        story.log.note("smartevse", _numbered(_DELIVERED, text))
        state.checkpoint(_DELIVERED, text)
        state.delivered("ok")
        if story.number_taken is not None and state.reading is not None and state.reading.soc_percent is not None:
            story.number_taken()
    elif kind == "failed":
        story.log.caution("smartevse", text)
        state.checkpoint(_NOT_DELIVERED, text)
        state.delivered("failed")
    else:
        story.log.note("smartevse", text)
    state.faults.put(faults.SMARTEVSE, cause)


def afterwards(story, event, _secc):
    """("afterwards", text: what became of the car that was read)"""
    text = "after the reading: " + event[1]
    story.log.note("smartevse", _numbered(_AFTERWARDS, text))
    story.status.checkpoint(_AFTERWARDS, text)


def home(story, event, _secc):
    """("home", text, code before or None, code now or None), from the broker and the listeners"""
    _, text, before, cause = event
    tell = story.log.note if cause is None else story.log.caution
    tell("home", text)
    story.status.changed()
    if before is not None and before != cause:
        story.status.faults.drop(before)
    if cause is not None:
        story.status.set_cause(cause)


def watchdog(story, event, _secc):
    """("watchdog", text: why there is none)"""
    story.log.caution("box", event[1])


def crashes(story, event, _secc):
    """("crashes", number of failed starts, what ended the last)"""
    story.log.caution("box", "%d starts in a row failed: %s" % event[1:])
    story.status.set_cause("crash")


def without_settings(story, _event, _secc):
    story.log.caution("settings", "this time the box runs without the settings saved on the page")
    story.status.restart_needed = True
    story.status.set_cause("settings_aside")


def rolled_back(story, event, _secc):
    """("rolled_back", text)"""
    story.log.caution("box", event[1])
    story.status.notes.append(event[1])
    story.status.set_cause("rolled_back")


def setting(story, event, _secc):
    """("setting", text: what is wrong)"""
    story.log.caution("settings", event[1])
    story.status.set_cause("settings_error")


def saved(story, event, _secc):
    """("saved", True if it takes effect after a restart)"""
    story.log.note("settings", "saved" + (", takes effect after a restart" if event[1] else ""))
    story.status.restart_needed = event[1]
    story.status.changed()


def files(story, event, _secc):
    """("files", paths, text for the page)"""
    _, paths, text = event
    story.log.caution("box", "\n".join(["missing or of another version: " + path for path in paths]))
    story.status.notes.append(text)
    story.status.set_cause("files_differ")


# kind of event: its function
EVENTS = {  # type: dict
    "modem": modem,
    "searching": searching,
    "search_ended": search_ended,
    "matched": matched,
    "checkpoint": checkpoint,
    "reading": reading,
    "soc": soc,
    "released": released,
    "session_end": session_end,
    "failed": failed,
    "firmware": firmware,
    "role": role,
    "piece_failed": piece_failed,
    "session_failed": session_failed,
    "part_failed": part_failed,
    "fault": fault,
    "wifi": wifi,
    "smartevse": smartevse,
    "afterwards": afterwards,
    "home": home,
    "watchdog": watchdog,
    "crashes": crashes,
    "without_settings": without_settings,
    "rolled_back": rolled_back,
    "setting": setting,
    "saved": saved,
    "files": files,
}


class Story:
    """Takes events and reports them; ``status`` is the Status that it keeps up to date."""

    def __init__(self, log, uptime):
        self.log = log
        self.status = status.Status(uptime, self._fault_began)
        # True from a release until the SmartEVSE told finally what became of the car.
        self.left = False
        # What it told last: of a car that may not charge yet it says the same every minute, for hours.
        self.became = None
        # Code of a search that did not end with a match. Only the SmartEVSE knows whether that car is on our cable.
        self.search_fault = None
        # Called when the SmartEVSE took a number, which ends its modem phase; a -1 does not.
        self.number_taken = None
        # {step of a search: how often it was logged since a car chose this box}
        self.searches = {}
        self._followers = ()

    def follow(self, follower):
        """From now on ``follower(event, now)`` gets every event of the protocol stack before it is handled here."""
        self._followers += (follower,)

    def event(self, event, secc, now):
        """An event of the protocol stack ``secc``, or of the loop, at tick ``now``."""
        for follower in self._followers:
            follower(event, now)
        self.tell(event, secc)

    def tell(self, event, secc=None):
        handler = EVENTS.get(event[0])
        if handler is None:
            self.log.detail("car", "event " + event[0])
        else:
            handler(self, event, secc)

    def note_a_while(self, step, tag, text):
        """A line for the log; only a detail once this step was logged often since a car last chose this box."""
        told = self.searches.get(step, 0)
        if told >= _MOST_TOLD or len(self.searches) >= _REMEMBERED:
            self.log.detail(tag, text)
        else:
            self.searches[step] = told + 1
            self.log.note(tag, text)

    def asked(self, state, cause):
        """The SmartEVSE was asked. ``state``: an EvseState, or None without an answer; ``cause``: code of why, or None."""
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
        self.status.faults.put(faults.SMARTEVSE, cause)

    def _tell_afterwards(self, became):
        """Tell what became of the car that was read, each change once."""
        if became is None:
            return
        text, final = became
        self.left = not final
        if text != self.became:
            self.became = text
            self.tell(("afterwards", text))

    def part_failed(self, code, error):
        """A part could not be wired or started, and the box goes on without it. Reported once, however often it is tried."""
        if not self.status.faults.has(code):
            self.tell(("part_failed", code, error))

    def _fault_began(self, code):
        self.tell(("fault", code))
