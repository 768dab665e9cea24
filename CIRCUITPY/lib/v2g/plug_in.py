# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One plug-in, from CM_SLAC_MATCH.CNF to the new key: what the car told, when it must be over, and how it ended."""

from plc.ticks import expired, ticks_add, ticks_diff

# The box's own limits, in ms.
LIMITS_MS = {
    "release": 20000,  # reading -> delivery, however the car behaves
    "plug_in": 45000,  # first SLAC_PARM.REQ -> end; SmartEVSE waits 60 s from 5 % PWM
    "matched": 20000,  # CM_SLAC_MATCH.CNF -> end, at least: an Ioniq or an Audi sends its SDP request 3 to 7 s after it
    "phase": 58000,  # but where a SmartEVSE is asked no later than this after the first SLAC_PARM.REQ
    "step": 10000,  # a car that came a step further so lately is slow, not silent: plug_in becomes phase for it, and
    # it may be refused so long ago while it told nothing
    "after_stop": 5000,  # SessionStopRes -> our FIN, if the car leaves the connection open
    "refused": 3000,  # last refusal -> our FIN, unless the car then asks for something that lets it leave
    "linger": 1000,  # our FIN, or the car's end -> new key, at least; taken off the first four so that they are kept
    "fin": 3000,  # our FIN -> new key, at most, while the car does not acknowledge it: two repeats
    "unheard": 8000,  # the car's last frame -> others are matched beside it: a VW comes back after 9.8 s with another MAC
    "V2G_SECC_Sequence_Timeout": 60000,  # answer -> next request ([V2G2-443], DIN SPEC 70121 table 77)
}

# So many refusals in a row, then the box closes: some cars repeat a refused request for ever (Clara: PreChargeReq).
# A car that told 0 may tell more (Seres 3: 81 in its second PreChargeReq).
_MOST_REFUSALS = 3
_MOST_REFUSALS_AT_0 = 6

# What the session lacked when it ended without a reading, by how far it came.
_CAUSES = ("no_sdp", "no_tcp", "car_silent")
# Ends without a reading that are the car's own decision: it would decide so again.
_DECISIONS = ("ac_charging", "car_ended", "answer_refused", "no_din", "not_offered", "no_soc")


# How a car left, by the rung of the ladder (``v2g.din.LADDER``): words for the log.
RUNGS = (
    "before any charging parameters",
    "before it was asked to",
    "when asked to",
    "when told that it will not be charged",
    "at the cable check",
    "when refused power",
)
# Ends in which nobody heard the car leave: another one may be on the cable already.
UNHEARD = ("link lost", "the car did not leave in time", "the car started over")


class PlugIn:
    """``began``: the tick of the car's first SLAC_PARM.REQ; ``matched``: of its CM_SLAC_MATCH.CNF; ``events``: the station's
    list of them, see ``v2g.secc``; ``in_phase``: a SmartEVSE can be asked, and shows 5 % for its phase only.

    Class attributes are defaults.
    """

    progress = 0  # 1 SDP seen, 2 TCP connected: index into _CAUSES
    insists_on_tls = False  # asked for it again, though it was told that there is none
    unread = False  # what the car said last could not be read, and was not answered
    cause = None  # a better reason than _CAUSES, once known
    evccid = None  # as it was told last, on whichever connection
    reading = None  # from the first number on, believed or not
    told = False  # the "reading" event was given
    session = None  # the ``v2g.session.Session``, once a standard is agreed on
    closing = False
    leave_at = None  # no new key before
    how = None
    declined_told = False  # the rules of who is answered know of it
    ended = None  # cause, when the car closed its connection before it told anything
    _next_request_by = None
    _stepped = None  # when it came a step nearer to its parameters
    _refused_by = None
    _leave_by = None  # no later than this for the sake of a FIN that is not acknowledged

    def __init__(self, ev_mac, began, matched, station, events, in_phase):
        self.ev_mac = ev_mac
        self.began = began
        self.heard = matched  # when it sent something
        self._events = events
        self._talk_ms = station.talk_ms
        # A conversation ends before the car is asked to leave, for which it needs as long as ever.
        longest_ms = max(LIMITS_MS["plug_in"], self._talk_ms + LIMITS_MS["release"])
        # A car that was not heard at first.
        late_ms = ticks_diff(matched, began) + LIMITS_MS["matched"]
        longest_ms = max(longest_ms, min(late_ms, LIMITS_MS["phase"]) if in_phase else late_ms)
        self._longest = self._close_by = ticks_add(began, longest_ms - LIMITS_MS["linger"])

    def say(self, number, text):
        self._events.append(("checkpoint", number, text))

    def fail(self, cause):
        """Something went wrong on the way, which explains an end without a reading."""
        self.cause = cause
        self._events.append(("failed", cause))

    def speaks(self):
        """A request in a standard that is spoken here: an offer that had none in common explains nothing any more."""
        if self.cause == "no_din":
            self.cause = None

    def connected(self):
        """A TCP connection, perhaps another one: what the last one came to does not count in it."""
        self.progress = 2
        self.session = None
        self.unread = False
        self._refused_by = self._next_request_by = self._stepped = None
        if self.reading is None:
            self.ended = self.how = self.leave_at = None
            self.closing = False
            self._close_by = self._longest

    # ---- what the car told

    def follow(self, session, now):
        """Take over what ``session`` learned from a request."""
        self.evccid = session.evccid or self.evccid
        if session.reading is not None:
            self._follow_reading(session, now)
        if session.events:
            for number, text in session.events:
                self.say(number, text)
            session.events.clear()
        if session.stopped and not self.closing:
            self.how = self.how or "the car stopped the session"
            self._close_by = _earlier(self._close_by, ticks_add(now, LIMITS_MS["after_stop"]))
            self.closing = True
        if not session.refusals:
            self._refused_by = None
        elif not self.closing:
            # One that did not yet tell what it wants may be slow, and go on.
            told = session.reading is not None or session.wants_ac
            self._refused_by = ticks_add(now, LIMITS_MS["refused" if told else "step"])

    def _follow_reading(self, session, now):
        """Tells the owner what the car told, a doubtful number last of all: it may be followed by a better one."""
        reading = session.reading
        if self.reading is None:
            if reading.soc_percent is None and reading.soc_doubtful_percent is None:
                if self.cause != "no_soc":
                    self.fail("no_soc")
                return
            self.reading = reading
            latest = ticks_add(now, self._talk_ms + LIMITS_MS["release"] - LIMITS_MS["linger"])
            self._close_by = _earlier(self._close_by, latest)
            if reading.soc_percent is None:
                self.say(541, "car reported %d %%, which is doubtful" % reading.soc_doubtful_percent)
        if not session.renewed:
            return
        session.renewed = False
        if self.told:
            self._events.append(("soc", reading.soc_percent))
            return
        self.told = True
        self.say(540, "state of charge read: %d %%" % reading.soc_percent)
        self._events.append(("reading", reading))

    # ---- when it must be over

    def restart_is_over(self, matching, now):
        """True when the car, which began anew, is not waited for any more; ``matching``: it may be in the middle of that."""
        if self.overdue(now) is None:
            return False
        return not matching or ticks_diff(now, self.began) >= LIMITS_MS["phase"]

    def answered(self, now):
        """An answer is on its way: from here on the car's next request is waited for."""
        self.unread = False
        self._next_request_by = ticks_add(now, LIMITS_MS["V2G_SECC_Sequence_Timeout"])

    @property
    def refused_enough(self):
        """True when so many refusals came in a row that the box closes."""
        session = self.session
        if session is None:
            return False
        return session.refusals >= (_MOST_REFUSALS_AT_0 if session.is_at_0 else _MOST_REFUSALS)

    def stepped(self, now):
        """The car came a step nearer to its parameters."""
        self._stepped = now

    def _is_slow(self, now):
        """True for a car on its way to its parameters that has the phase left: its end is moved."""
        if self._stepped is None or self.reading is not None or self.closing:
            return False
        phase_ends = ticks_add(self.began, LIMITS_MS["phase"] - LIMITS_MS["linger"])
        if ticks_diff(now, self._stepped) >= LIMITS_MS["step"] or expired(phase_ends, now):
            return False
        self._close_by = phase_ends
        return True

    def overdue(self, now):
        """Words for the log when the box must close the connection now, else None."""
        if expired(self._refused_by, now):
            return "the car was refused and said no more"
        if expired(self._close_by, now) and not self._is_slow(now) or expired(self._next_request_by, now):
            return "the car did not leave in time"
        return None

    def leave(self, how, now):
        """The last word is said. The network stays while the car's modem may have to carry a final ACK."""
        self.how = self.how or how
        if self.leave_at is None:
            self.leave_at = ticks_add(now, LIMITS_MS["linger"])
            self._leave_by = ticks_add(now, LIMITS_MS["fin"])

    def may_leave(self, fin_is_open, now):
        """True when the network may be left; ``fin_is_open``: the car has not acknowledged our FIN."""
        return expired(self.leave_at, now) and (not fin_is_open or expired(self._leave_by, now))

    # ---- how it ended

    def tell_end(self):
        """The last events of the plug-in."""
        if self.reading is None:
            self._events.append(("session_end", self.why))
            return
        how = self.how or "link lost"
        self.say(910, "car released: %s (%s)" % (how, departure(self.how, self.session)))
        if not self.told:
            self._events.append(("reading", self.reading))
        self._events.append(("released", how))
        self._events.append(("session_end", "ok" if self.told else "soc_doubtful"))

    @property
    def declined(self):
        """True when it was the car that decided to end it without a reading."""
        return self.reading is None and self._what_it_did in _DECISIONS

    @property
    def why(self):
        """Why there is no reading: what is known best comes first."""
        return "not_understood" if self.cause is None and self.unread else self._what_it_did

    @property
    def _what_it_did(self):
        """The same, whether or not its last word could be read: one that hears no answer may hang up, or wait."""
        session = self.session
        if self.cause is None and session is not None:
            if session.wants_ac:
                return "ac_charging"
            if session.stopped:
                return "not_offered" if session.refused else "car_ended"
            if session.refusals:
                return "not_offered"
        if self.cause is None and self.progress == 1 and self.insists_on_tls:
            return "not_offered"
        return self.cause or self.ended or _CAUSES[self.progress]


def departure(how, session):
    """Words for when a car left; ``how``: the event that ended it, ``session``: a v2g.session.Session. No row of a ladder
    asks who made the car: what it does decides how far down it comes, and how long it is given on the way."""
    if session is None:
        return RUNGS[0]
    place = "rung %d" % session.rung
    if how is None or how in UNHEARD or (not session.rung and session.reading is not None):
        return place  # not by the ladder: a car that was read in a refused request stands on none of its rungs
    return place + ", " + RUNGS[session.rung]


def _earlier(first, second):
    return first if ticks_diff(second, first) > 0 else second
