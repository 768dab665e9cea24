# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box knows right now, in one place, for the display and the page alike.

Causes are kept by area (modem, car, SmartEVSE, WiFi, box), so that a modem that came back clears the modem's
cause and nothing else. The most important one is shown: what keeps the next car from being read comes first.
"""

import binascii

from appliance import cars, causes, version

PRODUCT = version.PRODUCT
VERSION = version.VERSION

_AREAS_BY_WEIGHT = (causes.MODEM, causes.CAR, causes.SMARTEVSE, causes.WIFI, causes.BOX)
_LONGEST_TIMELINE = 40
# Sessions that are remembered until the next restart.
MOST_SESSIONS = 8
# How long "this car could not be read" stays: long enough to walk to the box, short enough not to scare the
# next driver.
PASSING_S = 600

# What the display and the page show; every stage has its row in screens.STAGES and HEADLINES.
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

# secc.stage -> what people see while no reading of this plug-in exists.
_STAGES = {
    "NO_KEY": STARTING,
    "WAITING": WAITING,
    "MATCHING": FINDING,
    "JOINING": FINDING,
    "READING": READING,
    "LEAVING": READING,
}

# plc.qca7005 status -> cause; the others mean that the modem is on its way.
_MODEM_CAUSES = {
    "ABSENT_LOW": "modem_absent_low",
    "ABSENT_HIGH": "modem_absent_high",
    "BAD_SIGNATURE": "modem_bad_signature",
    "NO_CPU_ON": "modem_no_start",
    "NOT_OPENED": "modem_pins",
}


def cause_of_modem(modem_status):
    """The cause that a driver's status is, or None."""
    return _MODEM_CAUSES.get(modem_status)


def hex_text(data):
    """Bytes as lower-case hexadecimal digits, None stays None."""
    return None if data is None else str(binascii.hexlify(bytes(data)), "ascii")


def ipv6_text(address):
    """16 bytes as people write an IPv6 address; None stays None."""
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
    """One plug-in for the list of the last ones; times in seconds since start."""

    def __init__(self, ev_mac, start_s):
        self.ev_mac = ev_mac
        self.start_s = start_s
        self.end_s = None
        self.soc_percent = None
        self.evccid = None
        self.protocol = None
        self.cause = None
        self.delivery = None


class Status:
    """The state of the box as its owner sees it; times are seconds of ``uptime``.

    ``tell_cause(code)`` is called for every cause that was not there before.
    """

    def __init__(self, uptime, tell_cause=None):
        self.uptime = uptime
        self._tell_cause = tell_cause
        self._had_key = False
        self.timeline = []
        self.reading = None
        self.reading_s = None
        self.ev_mac = None
        self.car_address = None
        self.sessions = []
        self.modem_status = "BOOTING"
        self.secc_stage = "NO_KEY"
        self.in_session = False
        self.read_this_time = False
        # True when a SmartEVSE with modem support feigns a re-plug after each reading.
        self.replugged = False
        self.revision = 0
        self._causes = {}
        self._passing_s = None

    def changed(self):
        """Something a reader would notice has changed."""
        self.revision += 1

    # ---- causes

    def set_cause(self, code):
        """Remember why something does not work."""
        area = causes.area(code)
        if area == causes.CAR or code == "modem_rebooted":
            self._passing_s = self.uptime.seconds
        if self._causes.get(area) != code:
            self._causes[area] = code
            self.changed()
            if self._tell_cause is not None:
                self._tell_cause(code)

    def clear_cause(self, area):
        """Forget the cause of one area."""
        if self._causes.get(area) is not None:
            self._causes[area] = None
            self.changed()

    def put_cause(self, area, code):
        """Set or, with None, clear the cause of one area."""
        if code is None:
            self.clear_cause(area)
        else:
            self.set_cause(code)

    def cause_of(self, area):
        """Cause of one area or None."""
        return self._causes.get(area)

    def cause(self):
        """The most important cause or None."""
        for area in _AREAS_BY_WEIGHT:
            code = self._causes.get(area)
            if code is not None:
                return code
        return None

    def causes(self):
        """Every cause, the most important first."""
        return [self._causes[area] for area in _AREAS_BY_WEIGHT if self._causes.get(area) is not None]

    # ---- what happens

    def watch(self, modem_status, secc_stage):
        """Take over the states of modem and session; allocates nothing when they are as before."""
        if modem_status != self.modem_status:
            self.modem_status = modem_status
            code = _MODEM_CAUSES.get(modem_status)
            if code is not None or self.cause_of(causes.MODEM) != "modem_rebooted":
                self.put_cause(causes.MODEM, code)
            self._had_key = False
            self.changed()
        if secc_stage != self.secc_stage:
            self.secc_stage = secc_stage
            self._had_key = self._had_key or secc_stage == "WAITING"
            self.changed()
        if self._passing_s is not None and self.uptime.seconds - self._passing_s > PASSING_S:
            self._passing_s = None
            self.clear_cause(causes.CAR)
            if self.cause_of(causes.MODEM) == "modem_rebooted":
                self.clear_cause(causes.MODEM)

    def car_plugged(self, ev_mac):
        """A car begins: what the last one left is no longer current."""
        self.timeline = []
        self.ev_mac = bytes(ev_mac)
        self.car_address = None
        self.sessions.append(Session(self.ev_mac, self.uptime.seconds))
        if len(self.sessions) > MOST_SESSIONS:
            self.sessions.pop(0)
        self.in_session = True
        self.read_this_time = False
        self.clear_cause(causes.CAR)
        self.changed()

    def checkpoint(self, number, text):
        """One step of the session for the timeline; below 100 they are the modem's own, between cars."""
        if number < 100:
            return
        if len(self.timeline) < _LONGEST_TIMELINE:
            self.timeline.append((self.uptime.seconds, self.uptime.millis, number, text))
        self.changed()

    def read(self, reading):
        """A state of charge."""
        self.reading = reading
        self.reading_s = self.uptime.seconds
        self.read_this_time = True
        if self.sessions:
            session = self.sessions[-1]
            session.soc_percent = reading.soc_percent
            session.evccid = reading.evccid
            session.protocol = reading.protocol
        self.clear_cause(causes.CAR)
        if self.cause_of(causes.MODEM) in ("modem_rebooted", "no_profiles"):
            self.clear_cause(causes.MODEM)
        self.changed()

    def session_ended(self, reason):
        """The session is over; a known ``reason`` explains why there is no reading."""
        self.in_session = False
        known = reason in causes.TABLE and not self.read_this_time
        if self.sessions:
            self.sessions[-1].end_s = self.uptime.seconds
            self.sessions[-1].cause = reason if known else None
        if known:
            self.set_cause(reason)
        self.changed()

    def delivered(self, outcome):
        """What became of the last reading: "ok" or "failed"."""
        if self.sessions:
            self.sessions[-1].delivery = outcome

    # ---- what is shown

    def stage(self):
        """One of the stages above."""
        if self.cause_of(causes.MODEM) not in (None, "modem_rebooted", "no_profiles"):
            return MODEM_MISSING
        stage = _STAGES.get(self.secc_stage, WAITING)
        if stage == STARTING and self._had_key:
            # The new key after a session takes a moment; nothing starts there.
            stage = WAITING
        if self.modem_status != "READY":
            return STARTING
        if self.in_session and self.read_this_time:
            return SOC
        if stage == WAITING:
            if self.cause_of(causes.CAR) is not None or self.cause_of(causes.MODEM) == "no_profiles":
                return NO_ANSWER
            if self.reading is not None:
                return SOC
        return stage

    def headline(self):
        """One sentence in plain words."""
        stage = self.stage()
        if stage == SOC:
            return "%d %% charged" % self.reading.soc_percent
        code = self.cause()
        if stage in (NO_ANSWER, MODEM_MISSING) and code:
            return causes.text(code)
        return HEADLINES[stage]

    def age_s(self):
        """Age of the reading in seconds, or None."""
        return None if self.reading is None else self.uptime.seconds - self.reading_s


def reading_document(reading, age_s):
    """A reading as the page's JSON has it."""
    if reading is None:
        return None
    return {
        "soc_percent": reading.soc_percent,
        "full_soc_percent": reading.full_soc_percent,
        "bulk_soc_percent": reading.bulk_soc_percent,
        "energy_capacity_wh": reading.energy_capacity_wh,
        "energy_request_wh": reading.energy_request_wh,
        "evccid": hex_text(reading.evccid),
        "evccid_kind": getattr(reading, "evccid_kind", None),
        "ev_mac": hex_text(getattr(reading, "ev_mac", None)),
        "protocol": reading.protocol,
        "profile": cars.profile_document(reading),
        "car_limits": cars.limits_document(reading),
        "age_s": age_s,
    }


def cause_document(code):
    """A cause as the page's JSON has it."""
    if code is None:
        return None
    return {"code": code, "area": causes.area(code), "text": causes.text(code), "action": causes.action(code)}


def timeline_document(timeline):
    """The session's steps as the page's JSON has them; times in seconds since start."""
    return [
        {"t_s": float("%d.%03d" % (seconds, millis)), "checkpoint": number, "text": text}
        for seconds, millis, number, text in timeline
    ]


def session_document(session, now_s):
    """A session as the page's JSON has it."""
    return {
        "ago_s": now_s - session.start_s,
        "duration_s": None if session.end_s is None else session.end_s - session.start_s,
        "ev_mac": hex_text(session.ev_mac),
        "evccid": hex_text(session.evccid),
        "soc_percent": session.soc_percent,
        "protocol": session.protocol,
        "cause": cause_document(session.cause),
        "delivery": session.delivery,
    }
