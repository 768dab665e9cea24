# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One plug-in, from CM_SLAC_MATCH.CNF to the next key: what the car told, when it must end, and how it ended."""

from plc.ticks import expired, ticks_add, ticks_diff

# The box's own limits, in ms.
LIMITS_MS = {
    "release": 20000,  # reading -> delivery, however the car behaves
    "plug_in": 45000,  # first SLAC_PARM.REQ -> end; a SmartEVSE shows 5 % PWM for 60 s
    "matched": 20000,  # CM_SLAC_MATCH.CNF -> end, at least: an Ioniq or an Audi sends its SDP request 3 to 7 s after it
    "phase": 58000,  # first SLAC_PARM.REQ -> end, at most, where a SmartEVSE can be asked
    "step": 10000,  # a car that made a step within this time is slow, not silent: it may stay until "phase", and
    # a refusal ends its plug-in only after this time as long as it told nothing
    "after_stop": 5000,  # SessionStopRes -> our FIN, if the car leaves the connection open
    "refused": 3000,  # last refusal -> our FIN, unless the car then sends a request that lets it leave
    "linger": 1000,  # our FIN, or the car's -> new key, at least; part of the first four limits
    "fin": 3000,  # our FIN -> new key, at most, while the car does not acknowledge it: two retransmissions. After a
    # reading within the limits above
    "unheard": 8000,  # the car's last frame -> other cars may match too: a VW is back after 9.8 s with another MAC
    "V2G_SECC_Sequence_Timeout": 60000,  # answer -> next request ([V2G2-443], DIN SPEC 70121 table 77)
}

# After this many refusals in a row the box closes the connection: some cars repeat a refused request for ever (Clara:
# PreChargeReq). A car that told 0 % may tell more (Seres 3: 81 % in its second PreChargeReq).
_MOST_REFUSALS = 3
_MOST_REFUSALS_AT_0 = 6

# Causes of an end without a reading, by ``progress``: what did not come.
_CAUSES = ("no_sdp", "no_tcp", "car_silent")
# Ends without a reading that the car itself chose, and would choose again.
_DECISIONS = ("ac_charging", "car_ended", "answer_refused", "no_din", "not_offered", "no_soc")


# When a car left, by the rung of the release ladder (``v2g.din.LADDER``): words for the log.
RUNGS = (
    "before any charging parameters",
    "before it was asked to",
    "when asked to",
    "when told that it will not be charged",
    "at the cable check",
    "when refused power",
)
# Ends in which the car was not heard leaving: another one may be on the cable already.
UNHEARD = ("link lost", "the car did not leave in time", "the car started over")


class PlugIn:
    """``began``: tick of the car's first SLAC_PARM.REQ; ``matched``: tick of its CM_SLAC_MATCH.CNF; ``events``: the
    station's list of events, see ``v2g.secc``; ``in_phase``: a SmartEVSE can be asked, whose modem phase limits the plug-in.

    Class attributes are defaults.
    """

    progress = 0  # 1 SDP request received, 2 TCP connected: index into _CAUSES
    insists_on_tls = False  # it asked for TLS again after the answer "no TLS"
    unread = False  # its last message could not be read and was not answered
    cause = None  # a better reason than _CAUSES, once known
    evccid = None  # as told last, on whichever connection
    reading = None  # from the first number on, believed or not
    told = False  # the "reading" event was given
    session = None  # the ``v2g.session.Session``, once a standard is agreed on
    closing = False
    leave_at = None  # no new key before this tick
    how = None  # how it ended: words for the log
    rung = None  # where it left: words for the log, made then, because it may connect again
    declined_told = False  # ``v2g.admission`` was told that the car declined
    ended = None  # cause, if the car closed its connection before it told anything
    _next_request_by = None
    _stepped = None  # when the car last made a step towards its parameters
    _refused_by = None
    _leave_by = None  # the new key does not wait longer than this for the car to acknowledge our FIN

    def __init__(self, ev_mac, began, matched, station, events, in_phase):
        self.ev_mac = ev_mac
        self.began = began
        self.heard = matched  # when it sent something
        self._events = events
        self._talk_ms = station.talk_ms
        # A conversation comes before the release, which takes as long as without one.
        longest_ms = max(LIMITS_MS["plug_in"], self._talk_ms + LIMITS_MS["release"])
        # For a car whose matching took long, because it was not heard at first.
        late_ms = ticks_diff(matched, began) + LIMITS_MS["matched"]
        longest_ms = max(longest_ms, min(late_ms, LIMITS_MS["phase"]) if in_phase else late_ms)
        self._longest = self._close_by = ticks_add(began, longest_ms - LIMITS_MS["linger"])

    def say(self, number, text):
        self._events.append(("checkpoint", number, text))

    def fail(self, cause):
        """Something went wrong: ``cause`` (a key of the appliance's faults) explains an end without a reading."""
        self.cause = cause
        self._events.append(("failed", cause))

    def speaks(self):
        """The car sent a request in a standard that the box speaks: a failed negotiation is no cause any more."""
        if self.cause == "no_din":
            self.cause = None

    def connected(self):
        """A TCP connection was opened, perhaps another one: the outcome of an earlier one no longer counts."""
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
            # A car that has told neither a number nor that it wants AC may be slow, and go on.
            told = session.reading is not None or session.wants_ac
            self._refused_by = ticks_add(now, LIMITS_MS["refused" if told else "step"])

    def _follow_reading(self, session, now):
        """Passes on what the car told; a doubtful number only at the end (``tell_end``), as a better one may follow."""
        reading = session.reading
        if self.reading is None:
            if reading.soc_percent is None and reading.soc_doubtful_percent is None:
                if self.cause != "no_soc":
                    self.fail("no_soc")
                return
            self.reading = reading
            latest = ticks_add(now, self._talk_ms + LIMITS_MS["release"] - LIMITS_MS["linger"])
            self._longest = self._close_by = _earlier(self._close_by, latest)
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
        """True if a car that restarted SLAC is no longer waited for. ``matching``: it may be in the middle of it."""
        if self.overdue(now) is None:
            return False
        return not matching or ticks_diff(now, self.began) >= LIMITS_MS["phase"]

    def answered(self, now):
        """An answer was sent: the sequence time-out for the car's next request starts."""
        self.unread = False
        self._next_request_by = ticks_add(now, LIMITS_MS["V2G_SECC_Sequence_Timeout"])

    @property
    def refused_enough(self):
        """True after so many refusals in a row that the box closes the connection."""
        session = self.session
        if session is None:
            return False
        return session.refusals >= (_MOST_REFUSALS_AT_0 if session.is_at_0 else _MOST_REFUSALS)

    def stepped(self, now):
        """The car made a step towards its parameters."""
        self._stepped = now

    def _is_slow(self, now):
        """True for a car that still makes steps before the end of the modem phase: its limit is moved to there."""
        if self._stepped is None or self.reading is not None or self.closing:
            return False
        phase_ends = ticks_add(self.began, LIMITS_MS["phase"] - LIMITS_MS["linger"])
        if ticks_diff(now, self._stepped) >= LIMITS_MS["step"] or expired(phase_ends, now):
            return False
        self._close_by = phase_ends
        return True

    def overdue(self, now):
        """Words for the log if the box must close the connection now, else None."""
        if expired(self._refused_by, now):
            return "the car was refused and said no more"
        if expired(self._close_by, now) and not self._is_slow(now) or expired(self._next_request_by, now):
            return "the car did not leave in time"
        return None

    def leave(self, how, now):
        """Nothing more will be said. The network is kept a little longer, for the car's last ACK."""
        self.how = self.how or how
        if self.leave_at is None:
            self.rung = departure(self.how, self.session)
            self.leave_at = ticks_add(now, LIMITS_MS["linger"])
            self._leave_by = ticks_add(now, LIMITS_MS["fin"])
            if self.reading is not None:  # its number must be taken in time
                self._leave_by = _earlier(self._leave_by, ticks_add(self._longest, LIMITS_MS["linger"]))

    def may_leave(self, fin_is_open, now):
        """True once the network may be left; ``fin_is_open``: the car has not acknowledged our FIN yet."""
        return expired(self.leave_at, now) and (not fin_is_open or expired(self._leave_by, now))

    # ---- how it ended

    def tell_end(self):
        """Appends the last events of the plug-in."""
        if self.reading is None:
            self._events.append(("session_end", self.why))
            return
        how = self.how or "link lost"
        self.say(910, "car released: %s (%s)" % (how, self.rung or departure(self.how, self.session)))
        if not self.told:
            self._events.append(("reading", self.reading))
        self._events.append(("released", how))
        self._events.append(("session_end", "ok" if self.told else "soc_doubtful"))

    @property
    def declined(self):
        """True if the car itself chose to end without a reading."""
        return self.reading is None and self._what_it_did in _DECISIONS

    @property
    def why(self):
        """Why there is no reading: a key of the appliance's faults, the best-known reason first."""
        return "not_understood" if self.cause is None and self.unread else self._what_it_did

    @property
    def _what_it_did(self):
        """``why``, regardless of an unreadable last message: unanswered, one car hangs up and another waits."""
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
    """Words for the log: at which rung the car left. ``how``: as in ``PlugIn``; ``session``: a ``Session`` or None."""
    if session is None:
        return RUNGS[0]
    place = "rung %d" % session.rung
    if how is None or how in UNHEARD or (not session.rung and session.reading is not None):
        return place  # it did not leave because of a rung; a car read in a refused request is on none at all
    return place + ", " + RUNGS[session.rung]


def _earlier(first, second):
    return first if ticks_diff(second, first) > 0 else second
