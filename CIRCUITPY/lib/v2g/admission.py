# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which SLAC_PARM.REQ is answered, and which car is left in peace.

The box does not see the control pilot. A car that charges on AC may still try SLAC now and then, and an answer
would pull it out of charging. A MAC does not identify a car: a VW of the MEB family takes a new one for each
matching and searches again 9.8 s after each session. So after a reading the gate is shut for the whole cable (one
cable, one car) and opens by these rules:

  * For QUIET_MS nobody is answered. Exception: if nobody heard the last car leave, a car of another maker is answered.
    It may have taken its place, which the SmartEVSE cannot know before the number was delivered. A car of the same maker
    may be a VW that only fell silent.
  * While the SmartEVSE is known to be busy, nobody is answered. After a reading it counts as busy until it was asked;
    if it does not answer, nothing is known.
  * While it is free or in its modem phase, another maker's car is answered. A car of the same maker as the one read
    last is answered only if it may have been plugged in since: its search is the first for NEW_MS, or the modem phase
    began after the reading.
  * While nothing is known, another maker's car is answered; one of the same maker only if none was heard for
    SILENCE_MS, and at most READINGS_PER_HOUR times, unless the owner wants a reading now. A SmartEVSE that did not
    answer is asked once more before that, and before the first car after a start. A car that ends its session
    before it told anything counts as read from the second time within an hour: once may be an accident.

The SmartEVSE is asked as soon as a search begins (the first frame of its maker for NEW_MS), but not twice within
ASK_NEW_MS; for a car that keeps searching, at most every ASK_AGAIN_MS. After a start it is asked before anybody is
answered. After it took a number it is asked whether its modem phase ended: a car may be plugged in again within seconds.
"""

from plc.ticks import expired, ticks_add, ticks_diff

# States of the SmartEVSE, as far as this layer needs them. None: unknown.
FREE = "free"  # no car is plugged in
PLUGGED = "plugged"  # the modem phase: a car was plugged in and is shown 5 % PWM
CHARGING = "charging"  # a car charges, waits for power, or was denied

QUIET_MS = 10000
NEW_MS = 15000
ASK_NEW_MS = 20000
ASK_AGAIN_MS = 60000  # a SmartEVSE stalls when it is polled more often
ASK_IDLE_MS = 300000  # while the gate is shut and no car searches
SILENCE_MS = 60000
PHASE_MS = 60000  # the SmartEVSE's modem phase; repeats of one plug-in are answered for as long
READINGS_PER_HOUR = 3
READ_NOW_MS = 120000  # long enough to walk to the car and plug it in again
START_ASK_MS = 20000  # after a start: how long to wait until the SmartEVSE was asked

_HOUR_MS = 3600000
_HOUSEKEEPING_MS = 10000
_REMEMBERED = 8  # makers


def maker_of(mac):
    """The first three bytes of a MAC, which name its maker. No known car makes those up as well."""
    return bytes(mac[:3])


class _Maker:
    """What is known of the cars of one maker. Times are ticks."""

    silent = False  # not heard for SILENCE_MS; kept, because last_frame can only be compared for three days
    new_until = None  # a search that began after NEW_MS of silence counts as the same plug-in's until then
    back_until = None  # the same after SILENCE_MS of silence
    declined_at = None  # when one last ended its session before it told anything, within the last hour

    def __init__(self, maker, now):
        self.maker = maker
        self.last_frame = now
        self.readings = []  # times of the last hour's


class Admission:
    """The gate in front of SLAC.

    ``answer``: "auto" (the rules above), "always" (the quiet time only), "modem_phase" (as auto, but only while
    the SmartEVSE is in its modem phase: for owners whose car must not enter a session after which nothing plugs it
    in again), "never". ``can_ask``: a SmartEVSE is configured. ``now`` and times are in ms.
    """

    def __init__(self, answer="auto", can_ask=False):
        self.answer = answer
        self.seen = None  # FREE, PLUGGED, CHARGING, or None while nothing is known
        self.can_ask = can_ask
        self._told = None  # what the SmartEVSE last answered since the last reading; ``seen`` may be an assumption
        self._phase_until = None  # end of a modem phase that was seen: its car charges from then on
        self._renewed = False  # a modem phase began after the last reading
        self._unread_until = None  # end of the modem phase of a car that told no number
        self._makers = []
        self._last = None  # the _Maker of the car read last
        self._unheard = False  # nobody heard that car leave, and its number was not delivered yet
        self._quiet_until = None
        self._read_now_until = None
        self._start_deadline = None
        self._start_pending = can_ask
        self._ask_at_once = False  # whether the modem phase of the car that was read has ended
        self._asked_at = None
        self._unanswered = 0  # questions in a row without an answer
        self._asked_new_at = None  # when it was last asked for a search that began
        self._ask_due = None
        self._wish = None  # when a search wants it asked
        self._wish_is_new = False  # that search has just begun
        self._housekeeping = None

    # ---- every SLAC_PARM.REQ

    def admits(self, ev_mac, now):
        """True if this SLAC_PARM.REQ is to be answered. Call it exactly once for each: it counts as heard."""
        first, maker = self._heard(ev_mac, now)
        if self.answer == "never":
            return False
        if _runs(self._read_now_until, now):
            return True
        quiet = _runs(self._quiet_until, now) and not (self._unheard and maker is not self._last)
        if self.answer == "always":
            return not quiet
        self._settle(now)
        if self.seen is None:
            admitted = self._may_be_back(maker, now)
        else:
            admitted = self._is_offered() and self._may_be_new(maker, now)
        if self.can_ask and not (admitted and self.seen is not None):
            self._wish_question(first, now)
        return admitted and not quiet and not self._start_pending

    def _heard(self, ev_mac, now):
        """(True if this frame begins a search, its _Maker)."""
        maker = self._find(maker_of(ev_mac))
        if maker is None:
            maker = self._remember(maker_of(ev_mac), now)
            maker.silent = True
        silence_ms = SILENCE_MS if maker.silent else ticks_diff(now, maker.last_frame)
        maker.silent = False
        maker.last_frame = now
        if silence_ms >= NEW_MS:
            # An answer may get lost: until then the car's repeats are not taken for the tries of a charging car.
            maker.new_until = ticks_add(now, PHASE_MS)
        if silence_ms >= SILENCE_MS:
            maker.back_until = maker.new_until
        return silence_ms >= NEW_MS, maker

    def _is_offered(self):
        return self.seen == PLUGGED or (self.seen == FREE and self.answer == "auto")

    def _may_be_new(self, maker, now):
        """True unless this may be the car that was read, still plugged in. Where the SmartEVSE's state is known."""
        if maker is self._last and not self._renewed:
            if not _runs(maker.new_until, now):
                return False
            if self._told in (None, PLUGGED) and _runs(self._unread_until, now):
                return False
        if self.seen == FREE and self._phase_until is None:
            # This car may be the one on our cable. Then the modem phase has begun, and FREE holds no longer than that.
            self._phase_until = ticks_add(now, PHASE_MS)
        return True

    def _may_be_back(self, maker, now):
        """The same where the SmartEVSE's state is not known."""
        if self.answer != "auto":
            return False
        if maker is not self._last and self._last is not None:
            return True
        asked_lately = self._asked_at is not None and ticks_diff(now, self._asked_at) < ASK_NEW_MS
        if self.can_ask and self._unanswered < 2 and not asked_lately:
            return False  # it may answer by now, and say that this car charges
        if maker is not self._last:
            return True
        return _runs(maker.back_until, now) and len(maker.readings) < READINGS_PER_HOUR

    # ---- what happens

    def served(self, ev_mac, now, began=None, told=True, unheard=False):
        """A car was read and let go. ``began``: tick of its first SLAC_PARM.REQ; ``told``: it told a number; ``unheard``:
        nobody heard it leave."""
        self._let_go(self._known(ev_mac, now), now)
        self._read_now_until = None
        self._renewed = False
        self._told = None
        self._ask_at_once = unheard and self.can_ask
        self._unheard = unheard
        # Without a number nothing ends the SmartEVSE's modem phase early.
        self._unread_until = None if told else ticks_add(now if began is None else began, PHASE_MS)
        self._quiet_until = ticks_add(now, QUIET_MS)
        if self.can_ask:
            self._see(CHARGING)
        self._asked_at = None
        self._asked_new_at = None
        self._ask_due = ticks_add(now, QUIET_MS + ASK_AGAIN_MS)
        self._forget_wish()

    def declined(self, ev_mac, now):
        """A car ended its session before it told anything. Where the SmartEVSE's state is not known, twice in an hour counts
        as a reading: it may be charging, and must not be disturbed again and again."""
        maker = self._known(ev_mac, now)
        if maker.declined_at is not None and self.seen is None:
            self._let_go(maker, now)
        maker.declined_at = now

    def delivered(self):
        """The SmartEVSE took the number, which ends its modem phase. It is asked at once, so that a phase seen later counts
        as another plug-in's."""
        self._ask_at_once = self.can_ask
        self._unheard = False

    def _let_go(self, maker, now):
        maker.silent = False
        maker.new_until = None
        maker.back_until = None
        maker.last_frame = now
        maker.readings.append(now)
        self._last = maker

    def evse_state(self, seen, now):
        """The SmartEVSE's answer: FREE, PLUGGED or CHARGING, or None if it gave none."""
        self._start_pending = False
        at_once, self._ask_at_once = self._ask_at_once, False
        if at_once and seen is None:
            return
        if not at_once:  # it was asked for a search, or because it was due
            self._asked_at = now
            if self._wish_is_new:
                self._asked_new_at = now
            self._ask_due = ticks_add(now, ASK_IDLE_MS)
            self._forget_wish()
        self._unanswered = self._unanswered + 1 if seen is None else 0
        self._see(seen)
        if seen == PLUGGED:
            self._renewed = self._renewed or self._told in (FREE, CHARGING)
            self._phase_until = ticks_add(now, PHASE_MS)
        if seen is not None:
            self._told = seen

    def _forget_wish(self):
        self._wish = None
        self._wish_is_new = False

    def _see(self, seen):
        self.seen = seen
        self._phase_until = None

    def search_ended(self, now):
        """A car was answered and did not match with us. Ask the SmartEVSE whether a car was plugged in here."""
        if self.can_ask and self.answer == "auto":
            self._wish_question(True, now)

    def ask_from_now_on(self, can_ask):
        """The owner set the SmartEVSE's address, or removed it, while the box runs."""
        if can_ask != self.can_ask:
            self.can_ask = can_ask
            self._start_pending = False
            self._see(None)

    def read_now(self, now):
        """The owner wants a reading now: for READ_NOW_MS the next car is answered whatever the rules say."""
        self._read_now_until = ticks_add(now, READ_NOW_MS)

    def next_reading_ms(self, now):
        """ms until READINGS_PER_HOUR admits the car read last again; None if that limit is not in force."""
        maker = self._last
        if self.answer != "auto" or self.seen is not None or maker is None:
            return None
        if len(maker.readings) < READINGS_PER_HOUR:
            return None
        return max(0, _HOUR_MS - ticks_diff(now, maker.readings[-READINGS_PER_HOUR]))

    # ---- questions for the SmartEVSE

    def _wish_question(self, is_new, now):
        """Have it asked as soon as the last question of this kind is old enough; the earliest wish counts."""
        at = now
        if is_new and self._asked_new_at is not None:
            at = ticks_add(self._asked_new_at, ASK_NEW_MS)
        elif not is_new and self._asked_at is not None:
            at = ticks_add(self._asked_at, ASK_AGAIN_MS)
        if self._wish is None or ticks_diff(self._wish, at) > 0:
            self._wish = at
        self._wish_is_new = self._wish_is_new or is_new

    def wants_evse_state(self, now):
        """True if the SmartEVSE should be asked now, provided that no session is active."""
        if not self.can_ask:
            return False
        if self._start_pending or self._ask_at_once:
            return True
        if _runs(self._quiet_until, now):
            return False
        self._settle(now)
        if expired(self._wish, now):
            return True
        shut = self.seen == CHARGING or (self.seen is None and self._last is not None)
        return shut and expired(self._ask_due, now)

    # ---- time

    def _settle(self, now):
        """After its minute a modem phase is over: its car counts as charging until the SmartEVSE says otherwise."""
        if expired(self._phase_until, now):
            self._see(CHARGING)
            self._renewed = False
            self._ask_due = now

    def poll(self, now):
        """Drops times before the wrap of the ticks makes them incomparable. Cheap: call it in every pass."""
        if _runs(self._housekeeping, now):
            return
        self._housekeeping = ticks_add(now, _HOUSEKEEPING_MS)
        if self._start_pending:
            if self._start_deadline is None:
                self._start_deadline = ticks_add(now, START_ASK_MS)
            elif expired(self._start_deadline, now):
                self.evse_state(None, now)
        self._settle(now)
        self._quiet_until = _unless_over(self._quiet_until, now)
        self._read_now_until = _unless_over(self._read_now_until, now)
        self._unread_until = _unless_over(self._unread_until, now)
        for maker in self._makers:
            _age(maker, now)
        if self._asked_at is not None and ticks_diff(now, self._asked_at) >= _HOUR_MS:
            self._asked_at = None
            self._ask_due = now
        if self._asked_new_at is not None and ticks_diff(now, self._asked_new_at) >= ASK_NEW_MS:
            self._asked_new_at = None

    # ---- memory

    def _known(self, ev_mac, now):
        return self._find(maker_of(ev_mac)) or self._remember(maker_of(ev_mac), now)

    def _find(self, name):
        for maker in self._makers:
            if maker.maker == name:
                return maker
        return None

    def _remember(self, name, now):
        if len(self._makers) >= _REMEMBERED:
            self._makers.pop(1 if self._makers[0] is self._last else 0)
        maker = _Maker(name, now)
        self._makers.append(maker)
        return maker


def _runs(until, now):
    return until is not None and not expired(until, now)


def _unless_over(until, now):
    return None if expired(until, now) else until


def _age(maker, now):
    if not maker.silent and ticks_diff(now, maker.last_frame) >= SILENCE_MS:
        maker.silent = True
    maker.new_until = _unless_over(maker.new_until, now)
    maker.back_until = _unless_over(maker.back_until, now)
    if maker.declined_at is not None and ticks_diff(now, maker.declined_at) >= _HOUR_MS:
        maker.declined_at = None
    while maker.readings and ticks_diff(now, maker.readings[0]) >= _HOUR_MS:
        maker.readings.pop(0)
