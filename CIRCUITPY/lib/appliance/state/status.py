# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box knows right now, in one place, for display and pages. What is wrong is in ``faults``."""

from v2g.reading import Reading

from appliance.base.text import hex_text
from appliance.state import cars, faults, makers

_LONGEST_TIMELINE = 40
_LAST_OF_SEARCH = 155  # pyPLC's number of "matched"
# Number of sessions that are kept, until the next restart.
MOST_SESSIONS = 8
# How long "this car could not be read" is shown: long enough to walk to the box, short enough not to worry the next
# driver.
PASSING_S = 600
# How long a reading is shown as the charge of the car that is here, if nothing contradicts it.
FRESH_S = 12 * 3600
# How long the SmartEVSE's answer about the plug counts; it is asked every five minutes after a reading.
PRESENCE_S = 900
# How long an estimate by the SmartEVSE's meter is current, and how long it is shown, in grey.
ESTIMATE_FRESH_S, ESTIMATE_SHOWN_S = 180, 900
# A younger reading may belong to the SmartEVSE's present modem phase, which begins before it and lasts 60 s.
PHASE_S = 75

# What the display and the page show; every stage has its row in views.STAGES and HEADLINES.
STARTING = "starting"
MODEM_MISSING = "modem_missing"
WAITING = "waiting"
FINDING = "finding"
READING = "reading"
SOC = "soc"
NO_ANSWER = "no_answer"

HEADLINES = {
    STARTING: "Starting",
    MODEM_MISSING: "The powerline modem is not working",
    WAITING: "Waiting for a car",
    FINDING: "Car found, connecting",
    READING: "Reading the car",
    SOC: "State of charge read",
    NO_ANSWER: "This car could not be read",
}

# secc.stage -> the stage that is shown while there is no reading of this plug-in.
_STAGES = {
    "NO_KEY": STARTING,
    "WAITING": WAITING,
    "MATCHING": FINDING,
    "JOINING": FINDING,
    "READING": READING,
    "LEAVING": READING,
}

# status of plc.qca7005 -> cause; with any other the modem is starting.
MODEM_CAUSES = {
    "ABSENT_LOW": "modem_absent_low",
    "ABSENT_HIGH": "modem_absent_high",
    "SHIFTED": "modem_shifted",
    "BAD_SIGNATURE": "modem_bad_signature",
    "NO_CPU_ON": "modem_no_start",
    "NOT_OPENED": "modem_pins",
}
# what the modem is set up for, if not for a charger -> cause
ROLE_CAUSES = {"car": "modem_of_car", "neither": "modem_of_nobody"}


def ipv6_text(address):
    """An IPv6 address (16 bytes) as text; None for None."""
    if address is None:
        return None
    groups = ["%x" % (address[at] << 8 | address[at + 1]) for at in range(0, 16, 2)]
    start, length = 0, 1
    for first in range(8):
        count = 0
        while first + count < 8 and groups[first + count] == "0":
            count += 1
        if count > length:
            start, length = first, count
    if length < 2:
        return ":".join(groups)
    return ":".join(groups[:start]) + "::" + ":".join(groups[start + length :])


class Session:
    """One plug-in in the list of the last ones; times are seconds of uptime."""

    def __init__(self, ev_mac, start_s):
        self.ev_mac = ev_mac
        self.start_s = start_s
        self.end_s = None
        self.attenuation_db = None
        self.cause = None
        self.delivery = None
        self.reading = None
        # True once the diary has taken it over.
        self.kept = False


class Status:
    """The state of the box as its owner sees it; times are seconds of ``uptime``.

    ``tell_cause(code)`` is called for every new cause.
    """

    def __init__(self, uptime, tell_cause):
        self.uptime = uptime
        self.faults = faults.Faults(tell_cause, self.changed)
        self._had_key = False
        self.timeline = []
        self._search = []  # steps of a search, the timeline's as soon as it leads here
        self.reading = None
        self.reading_s = None
        # The last reading before the last restart, a diary.entry.Entry; None before it was looked up.
        self.earlier = None
        self.ev_mac = None
        self.car_address = None
        self.sessions = []
        self.modem_status = "BOOTING"
        self.secc_stage = "NO_KEY"
        self.in_session = False
        self.read_this_time = False
        # True while the reading may be the charge of the car that is here.
        self.current = False
        self._present = None
        self._present_s = 0
        self._estimate = None
        # True if the SmartEVSE computes with the numbers of another car.
        self.others_numbers = False
        # True if the SmartEVSE has modem support, so that it simulates a re-plug after each reading.
        self.replugged = False
        # The modem's firmware by its own name; None until it is known.
        self.firmware = None
        self.modem_role = None
        # Sentences for the owner about what is no fault.
        self.notes = []
        # {name: ms of uptime when it was reached first}, for the bring-up report.
        self.marks = {}
        # True if something that was saved takes effect only after a restart.
        self.restart_needed = False
        self.revision = 0
        self._passing_s = None

    def changed(self):
        """Note that something which display or pages show has changed."""
        self.revision += 1

    def mark(self, name):
        """Note when ``name`` was reached first in this run."""
        if name not in self.marks:
            self.marks[name] = self.uptime.seconds * 1000 + self.uptime.millis

    def marked_before(self, times):
        """Note what was reached before there was a Status: {name: tick}."""
        for name, ticks in times.items():
            self.marks[name] = self.uptime.ms_at(ticks)

    # ---- causes

    def set_cause(self, code):
        """Note why something does not work: a code of ``faults``."""
        if faults.PASSED in faults.until(code):
            self._passing_s = self.uptime.seconds
        self.faults.add(code)

    def cause(self):
        """The most important cause or None. Allocates nothing."""
        return self.faults.codes[0] if self.faults.codes else None

    def causes(self):
        """A copy of all causes, the most important first. An idle pass uses ``cause``, which allocates nothing."""
        return list(self.faults.codes)

    # ---- what happens

    def watch(self, modem_status, secc_stage):
        """Take over the states of modem and protocol stack; allocates nothing while they do not change."""
        if modem_status != self.modem_status:
            self.modem_status = modem_status
            self.faults.happened(faults.MODEM_CHANGED)
            code = MODEM_CAUSES.get(modem_status)
            if code is not None:
                # The modem is gone, so faults about its key no longer count.
                self.faults.happened(faults.KEY_SET)
                self.set_cause(code)
            self._had_key = False
            self.changed()
        if secc_stage != self.secc_stage:
            self.secc_stage = secc_stage
            self._had_key = self._had_key or secc_stage == "WAITING"
            self.changed()
        self._look_at_the_clock()
        if self._passing_s is not None and self.uptime.seconds - self._passing_s > PASSING_S:
            self._passing_s = None
            self.faults.happened(faults.PASSED)

    def _look_at_the_clock(self):
        """Drop what is known of the car when it is too old. Allocates nothing."""
        now_s = self.uptime.seconds
        if self._present is not None and now_s - self._present_s > PRESENCE_S:
            self._present = None
            self.changed()
        if self.current and not self._present and now_s - self.reading_s > FRESH_S:
            self.current = False
            self.changed()

    def plug_told(self, plugged):
        """The SmartEVSE said whether a car is plugged in; None: it did not answer."""
        if plugged is None:
            return
        if plugged is not self._present:
            self.changed()
        self._present = plugged
        self._present_s = self.uptime.seconds
        if not plugged:
            # The car is gone, and its reading with it.
            self.current = False

    def phase_told(self):
        """The SmartEVSE is in its modem phase: a car was plugged in after the reading, unless that is of the same phase."""
        if self.current and not self.in_session and self.age_s() > PHASE_S:
            self.current = False
            self.changed()

    @property
    def estimate(self):
        """The present charge of the car as an ``appliance.smartevse.estimate.Estimate``, or None."""
        known = self._estimate
        if known is None or not self.current or self.uptime.seconds - known.told_s > ESTIMATE_SHOWN_S:
            return None
        return known

    @estimate.setter
    def estimate(self, estimate):
        self._estimate = estimate

    @property
    def estimate_is_fresh(self):
        """True if the SmartEVSE's meter was read in the last ESTIMATE_FRESH_S."""
        known = self.estimate
        return known is not None and self.uptime.seconds - known.told_s <= ESTIMATE_FRESH_S

    @property
    def car_present(self):
        """True, False, or None when nobody can tell: the box does not see the control pilot."""
        return True if self.in_session else self._present

    def car_plugged(self, ev_mac):
        """A car on our cable begins a session."""
        self.timeline = self._search
        self._search = []
        self.ev_mac = bytes(ev_mac)
        self.car_address = None
        if self.reading is not None and self.reading.ev_mac != self.ev_mac:
            # The last reading is not this car's.
            self.current = False
        self.sessions.append(Session(self.ev_mac, self.uptime.seconds))
        del self.sessions[:-MOST_SESSIONS]
        self.in_session = True
        self.read_this_time = False
        self._present = True
        self._present_s = self.uptime.seconds
        self.faults.happened(faults.NEXT_CAR)
        self.changed()

    def searching(self):
        """A car within reach begins to search. Its steps become the timeline only when it turns out to be on our cable."""
        self._search = []

    def checkpoint(self, number, text):
        """Add a step to the timeline. Numbers below 100 are the modem's own and left out.

        So are repeats: a car may take the same step forty times in a row.
        """
        if number < 100:
            return
        steps = self._search if number <= _LAST_OF_SEARCH else self.timeline
        if steps and steps[-1][2:] == (number, text):
            return
        if len(steps) < _LONGEST_TIMELINE:
            steps.append((self.uptime.seconds, self.uptime.millis, number, text))
        self.changed()

    def read(self, reading):
        """A car told its state of charge, or (``soc_percent`` None) only a doubtful number."""
        self.reading = reading
        self.reading_s = self.uptime.seconds
        self._estimate = None
        self.others_numbers = False
        self.current = True
        self.read_this_time = reading.soc_percent is not None
        if self.sessions:
            self.sessions[-1].reading = reading
        self.faults.happened(faults.READ)
        self.changed()

    def session_ended(self, reason):
        """The session is over; a known ``reason`` explains why there is no reading."""
        self.in_session = False
        if self.reading is not None and not self.read_this_time and self.ev_mac != self.reading.ev_mac:
            self.current = False
        known = reason in faults.TABLE and not self.read_this_time
        if self.sessions:
            self.sessions[-1].end_s = self.uptime.seconds
            self.sessions[-1].cause = reason if known else None
        if known:
            self.set_cause(reason)
        self.changed()

    def delivered(self, outcome):
        """Note what became of the delivery of the last reading: "ok" or "failed"."""
        if self.sessions:
            self.sessions[-1].delivery = outcome

    # ---- what is shown

    def stage(self):
        """The stage that is shown: one of the constants above."""
        if self.faults.stop_reading():
            return MODEM_MISSING
        stage = _STAGES.get(self.secc_stage, WAITING)
        if stage == STARTING and self._had_key:
            # Setting a new key after a session is no start.
            stage = WAITING
        if self.modem_status != "READY":
            return STARTING
        if self.in_session and self.read_this_time:
            return SOC
        if self.secc_stage == "MATCHING" and self.current and not self.in_session:
            # A car that searches need not be on our cable: a neighbour's must not hide the reading.
            stage = WAITING
        if stage == WAITING:
            if self.current and self.reading.soc_percent is None:
                return SOC
            if self.faults.of(faults.CAR) is not None or self.faults.has("no_profiles"):
                return NO_ANSWER
            if self.current:
                return SOC
        return stage

    def headline(self):
        """The stage in a few plain words; a cause's sentence is in ``cause_document``."""
        stage = self.stage()
        if stage == SOC:
            if self.reading.soc_percent is None:
                return faults.short("soc_doubtful")
            if self.estimate is not None and self.estimate.percent != self.reading.soc_percent:
                return "About %d %% charged" % self.estimate.percent
            return "%d %% charged" % self.reading.soc_percent
        code = self.cause_of(stage)
        return HEADLINES[stage] if code is None else faults.short(code)

    def cause_of(self, stage):
        """The code of why a car was not, or cannot be, read; None at any other stage."""
        if stage == MODEM_MISSING:
            return self.faults.of(faults.MODEM)
        if stage == NO_ANSWER:
            return self.faults.of(faults.CAR) or self.faults.of(faults.MODEM)
        return None

    def age_s(self):
        """Age of the reading in seconds, or None."""
        return None if self.reading is None else self.uptime.seconds - self.reading_s


def reading_document(reading, age_s):
    """A reading as the page's JSON has it."""
    if reading is None:
        return None
    return {
        "soc_percent": reading.soc_percent,
        "soc_doubtful_percent": reading.soc_doubtful_percent,
        "full_soc_percent": cars.told(reading, "full_soc_percent"),
        "bulk_soc_percent": cars.told(reading, "bulk_soc_percent"),
        "energy_capacity_wh": cars.told(reading, "energy_capacity_wh"),
        "energy_request_wh": cars.told(reading, "energy_request_wh"),
        "evccid": hex_text(reading.evccid),
        "evccid_kind": reading.evccid_kind,
        "ev_mac": hex_text(reading.ev_mac),
        "likely_maker": makers.likely_maker(reading.evccid or reading.ev_mac),
        "protocol": reading.protocol,
        "profile": cars.profile_document(reading),
        "car_limits": cars.limits_document(reading),
        "age_s": age_s,
    }


def cause_document(code):
    """A cause as the page's JSON has it."""
    if code is None:
        return None
    return {
        "code": code,
        "area": faults.area(code),
        "short": faults.short(code),
        "text": faults.text(code),
        "action": faults.action(code),
    }


def timeline_document(timeline):
    """The session's steps as the page's JSON has them, in ms since start. Of a fraction of seconds the board shows six
    digits (py/objfloat.c): whole ones after a day, tens of them after twelve."""
    return [
        {"t_ms": 1000 * seconds + millis, "checkpoint": number, "text": text}
        for seconds, millis, number, text in timeline
    ]


_UNREAD = Reading(None)


def session_document(session, now_s, garage=None):
    """A session as the page's JSON has it; ``garage`` knows the owner's names for cars."""
    reading = session.reading or _UNREAD
    return {
        "name": None if garage is None else garage.name_of(reading.evccid),
        "likely_maker": makers.likely_maker(reading.evccid or session.ev_mac),
        "ago_s": now_s - session.start_s,
        "duration_s": None if session.end_s is None else session.end_s - session.start_s,
        "ev_mac": hex_text(session.ev_mac),
        "evccid": hex_text(reading.evccid),
        "soc_percent": reading.soc_percent,
        "protocol": reading.protocol,
        "attenuation_db": session.attenuation_db,
        "cause": cause_document(session.cause),
        "delivery": session.delivery,
    }
