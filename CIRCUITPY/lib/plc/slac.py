# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SLAC (signal level attenuation characterisation) from the EVSE's side, ISO 15118-3 annex A.

    car                                 box                                own modem
     |                                   | CM_SET_KEY.REQ (fresh NMK) -------> |
     | CM_SLAC_PARM.REQ  --------------> | <------------------ CM_SET_KEY.CNF  |
     | <--------------  CM_SLAC_PARM.CNF |
     | CM_START_ATTEN_CHAR.IND x3 -----> |
     | CM_MNBC_SOUND.IND x10 ----------> | <------- CM_ATTEN_PROFILE.IND x10   |
     | <------------  CM_ATTEN_CHAR.IND  | (averages, sent 3 times at most)
     | CM_ATTEN_CHAR.RSP --------------> |
     | CM_SLAC_MATCH.REQ --------------> |
     | <------------  CM_SLAC_MATCH.CNF  | (hands out NID and NMK)
     | (both modems join)                | VS_PL_LINK_STATUS.REQ until 1       |

Every car has a context of its own, keyed by (EV MAC, RunID): neighbours' cars are heard as well, each expects an answer,
and none may disturb another. Only CM_SLAC_MATCH.REQ tells which car is on this cable. The state machine is the two tables
at the end; a message that fits no row is counted in ``ignored`` and changes nothing.

Left out on purpose: validation by the EVSE (the box has no control pilot) and the box's own CM_AMP_MAP.REQ. A car's
CM_AMP_MAP.REQ is answered, because its matching would fail without an answer.
"""

from array import array

from plc import mme, mme_slac
from plc.network_key import NetworkKey
from plc.ticks import expired, ticks_add

# Names and values of ISO 15118-3 table A.1, in ms; the box's own begin with BOX.
TIMERS_MS = {
    "TT_match_sequence": 400,  # SLAC_PARM.CNF -> START_ATTEN_CHAR.IND
    "TT_EVSE_match_MNBC": 600,  # first START_ATTEN_CHAR.IND -> end of the sounds
    "BOX_late_profiles": 45,  # the modem delivers a profile after its sound; less than TP_EVSE_avg_atten_calc
    "TT_match_response": 200,  # ATTEN_CHAR.IND -> ATTEN_CHAR.RSP
    "TT_EVSE_match_session": 10000,  # ATTEN_CHAR.RSP -> VALIDATE.REQ or SLAC_MATCH.REQ
    "BOX_match_soon": 2500,  # as above: every car on record that chose its station asked within 1.5 s
    "BOX_no_response": 1000,  # after three IND without a RSP: a car chooses 1.2 s after START_ATTEN_CHAR.IND
    "TT_match_join": 12000,  # SLAC_MATCH.CNF -> link
    "BOX_link_poll_joining": 100,
    "BOX_link_poll_joined": 1000,
}

C_EV_MATCH_RETRY = 2  # repeats after the first CM_ATTEN_CHAR.IND [V2G3-A09-46]
C_EVSE_MATCH_PARALLEL = 5  # cars an EVSE must be able to follow at once

_NEVER = 1 << 16  # least length of a message that nobody reads: no frame is as long
_LINK_LOST_POLLS = 3  # the CCo drops a silent station slowly, and now and then reports 0 for one that is there


class _Context:
    """One car on its way through the matching. Class attributes are defaults."""

    state = "WAIT_START"
    announced = 10
    sounds = 0
    profiles = 0
    sums = None
    characteristics = None
    sends = 0
    stale_link = False  # it was in this network before: the modem may still report that old link
    join_by = None

    def __init__(self, ev_mac, run, now):
        self.ev_mac = ev_mac
        self.run = run
        self.deadline = ticks_add(now, TIMERS_MS["TT_match_sequence"])


class Slac:
    """The EVSE side for one modem.

    ``mac`` (6 bytes) is the host's MAC, not the modem's; ``key`` is a NetworkKey that exists already. ``frames`` (to send,
    in order) and ``events`` are lists that the owner empties, shared with the key. Events: ("parm", ev_mac),
    ("sounding", ev_mac), ("characteristics", ev_mac, profiles, mean_db), ("match_req", ev_mac), ("matched", ev_mac),
    ("link_up",), ("link_lost",), ("failed", cause, ev_mac or None) and those of ``plc.network_key``.

    ``silent``: the owner sets it when the joined car may have left unnoticed, and other cars are answered; the next frame
    over the link clears it. The car stays joined until a CM_SLAC_MATCH.REQ of another car names this station.
    """

    silent = False

    def __init__(self, mac, random_bytes, key=None):
        self.mac = bytes(mac)
        self.key = NetworkKey(mac, random_bytes) if key is None else key
        self.frames = self.key.frames
        self.events = self.key.events
        self._ignored = 0
        self.joined = None  # the context that got our key with CM_SLAC_MATCH.CNF
        self.attenuation = None  # dB of the 58 groups, as reported to the joined car, else to the last one that sounded
        self.offset_db = 0  # subtracted from every reported group
        self.admits = None  # (ev_mac, now) -> True if its CM_SLAC_PARM.REQ is to be answered; None: all are
        self._contexts = []
        self._link_deadline = None
        self._link_zeroes = 0

    @property
    def matching(self):
        """True while a car is between SLAC_PARM.REQ and SLAC_MATCH.CNF and does not seem to have chosen another station."""
        for context in self._contexts:
            if context is not self.joined and context.state != "LATE_MATCH":
                return True
        return False

    @property
    def ignored(self):
        """Number of messages that were not expected and had no effect."""
        return self._ignored + self.key.ignored

    # ---- network key

    @property
    def key_confirmed(self):
        """True while the modem holds our key."""
        return self.key.confirmed

    def set_key(self, now):
        """Leave the present network by setting a new key; every car is forgotten."""
        self._forget_cars()
        self.key.renew(now)

    def modem_gone(self):
        """The modem stopped answering: forget everything and send nothing before ``set_key``."""
        self._forget_cars()
        self.key.modem_gone()

    def _forget_cars(self):
        self._contexts = []
        self.joined = None
        self.silent = False
        self._link_deadline = None

    # ---- input

    def receive(self, frame, now):
        """Takes one MME. ``frame`` may be a ``memoryview`` that is reused afterwards: nothing keeps it."""
        kind = mme.mmtype(frame)
        layout = mme_slac.LAYOUT.get(kind)
        if layout is None:
            self._own_modem(kind, frame, now)
        elif len(frame) < layout[0]:
            self._ignored += 1
        elif kind == mme_slac.CM_SLAC_PARM_REQ:
            self._parm_req(frame, now)
        else:
            for context in self._contexts:
                if mme_slac.is_from(frame, layout, context.ev_mac, context.run):
                    states, action, next_state = MESSAGES[kind]
                    if context.state not in states:
                        break
                    if action(self, context, frame, now) and next_state:
                        self._enter(context, next_state, now)
                    return
            self._ignored += 1

    def _own_modem(self, kind, frame, now):
        if len(frame) < mme.LAYOUT.get(kind, _NEVER):
            self._ignored += 1
        elif kind == mme.VS_PL_LINK_STATUS_CNF:
            self._link_status(mme.link_is_up(frame), now)
        else:
            self.key.receive(kind, frame, now)

    def _parm_req(self, frame, now):
        """Starts this car's matching, or starts it again in whatever state it is [V2G3-A09-16]."""
        if not mme_slac.is_parm_req(frame):
            self._ignored += 1
            return
        ev_mac = mme.source(frame)
        if self.admits is not None and not self.admits(ev_mac, now):
            return
        run = mme_slac.run_id(frame)
        other = self.joined is not None and self.joined.ev_mac != ev_mac
        if other and not self.silent:
            self._ignored += 1  # one cable, one car: a neighbour's car finds its own EVSE
            return
        context = _Context(ev_mac, run, now)
        if self.joined:
            context.stale_link = True
            if not other:
                self.joined = None
                self._link_deadline = None
        kept = []
        for old in self._contexts:
            others = old.ev_mac != ev_mac
            if old.stale_link and not others:
                context.stale_link = True
            # Another RunID is a restart or a damaged repeat; the car shows which one it uses by going on with it.
            if others or (old.state == "WAIT_START" and old.run != run):
                kept.append(old)
        kept.append(context)
        if len(kept) > C_EVSE_MATCH_PARALLEL:
            kept.pop(1 if other else 0)  # the oldest one but the joined one
        self._contexts = kept
        self.frames.append(mme_slac.slac_parm_cnf(self.mac, ev_mac, run))
        self.events.append(("parm", ev_mac))

    def _enter(self, context, state, now):
        context.state = state
        context.deadline = ticks_add(now, TIMERS_MS[TIMEOUTS[state][0]])

    def _keep_only(self, context):
        """The car uses this RunID, so its profiles, which carry none, belong to this context; drop its others."""
        self._contexts = [one for one in self._contexts if one is context or one.ev_mac != context.ev_mac]

    def _failed(self, context, cause):
        """Drop ``context``, with an event unless the same car has another context, under another RunID."""
        self._contexts = [one for one in self._contexts if one is not context]
        for other in self._contexts:
            if other.ev_mac == context.ev_mac:
                return
        self.events.append(("failed", cause, context.ev_mac))

    # ---- actions of MESSAGES: (context, frame, now) -> True to go to the row's next state

    def _start_sounding(self, context, frame, now):
        if len(self._contexts) > 1:
            self._keep_only(context)
        context.announced = mme_slac.announced_sounds(frame)
        context.sums = array("H", bytes(2 * mme_slac.GROUPS))
        self.events.append(("sounding", context.ev_mac))
        return True

    def _count_sound(self, context, frame, now):
        context.sounds += 1
        return False

    def _add_profile(self, context, frame, now):
        """Profiles, not sounds, end the sounding: the last profile comes after the last sound, or not at all."""
        if not mme_slac.add_profile(frame, context.sums):
            self._ignored += 1
            return False
        context.profiles += 1
        if context.profiles >= context.announced:
            self._send_characteristics(context, now)
        return False

    def _accept_response(self, context, frame, now):
        if not mme_slac.atten_char_accepted(frame, context.ev_mac):
            self._ignored += 1  # [V2G3-A09-47]: as if none had come
            return False
        return True

    def _answer_validate(self, context, frame, now):
        self.frames.append(mme_slac.validate_cnf(self.mac, context.ev_mac))
        self._enter(context, "WAIT_MATCH", now)
        return False

    def _answer_match(self, context, frame, now):
        """Repeated requests are answered as well, because the first answer may have been lost."""
        # No answer while the modem does not have the key that we would hand out; the car asks again.
        ours = self.joined in (None, context) or self.silent
        if not (ours and self.key.confirmed and mme_slac.match_is_for(frame, self.mac, context.ev_mac)):
            self._ignored += 1
            return False
        self.events.append(("match_req", context.ev_mac))
        self.frames.append(mme_slac.slac_match_cnf(self.mac, context.ev_mac, context.run, self.key.nid, self.key.nmk))
        if self.joined is context:
            return False
        self.joined = context
        self.silent = False
        self.attenuation = bytes(context.characteristics)  # a neighbour's car may have sounded in the meantime
        context.join_by = ticks_add(now, TIMERS_MS["TT_match_join"])
        self._contexts = [context]
        self._link_zeroes = 0
        self._link_deadline = now
        self.events.append(("matched", context.ev_mac))
        return True

    def _answer_amp_map(self, context, frame, now):
        self.frames.append(mme_slac.amp_map_cnf(self.mac, context.ev_mac))
        return False

    # ---- actions of TIMEOUTS: (context, now)

    def _give_up(self, context, now):
        self._failed(context, "match_timeout")

    def _wait_on(self, context, now):
        """Stop waiting for this car, as a neighbour's may search all day; it is answered until the standard's limit."""
        self._enter(context, "LATE_MATCH", ticks_add(context.deadline, -TIMERS_MS["BOX_match_soon"]))

    def _not_chosen(self, context, now):
        """It chose another station, as a neighbour's car does, or none because all were too weak."""
        self._failed(context, "not_chosen")

    def _end_window(self, context, now):
        self._enter(context, "SETTLING", now)

    def _send_characteristics(self, context, now):
        if context.profiles == 0:
            # Unanswered, the car tries again. Sounds without any profile: the modem is configured (PIB) as a car's.
            self._failed(context, "no_profiles" if context.sounds else "match_timeout")
            return
        averages = bytearray(mme_slac.GROUPS)
        total = 0
        for group in range(mme_slac.GROUPS):
            level = min(255, max(0, context.sums[group] // context.profiles - self.offset_db))
            averages[group] = level
            total += level
        if total == 0:
            averages[0] = 1  # some cars ignore a report of nothing but zeros
        context.characteristics = averages
        if self.joined is None:
            self.attenuation = bytes(averages)
        self.events.append(("characteristics", context.ev_mac, context.profiles, total // mme_slac.GROUPS))
        self._repeat_characteristics(context, now)

    def _repeat_characteristics(self, context, now):
        if context.sends > C_EV_MATCH_RETRY:
            self._enter(context, "NO_RESPONSE", now)
            return
        context.sends += 1
        sounds = min(context.profiles, 255)
        self.frames.append(
            mme_slac.atten_char_ind(self.mac, context.ev_mac, context.run, sounds, context.characteristics)
        )
        self._enter(context, "WAIT_RESPONSE", now)

    def _join_failed(self, context, now):
        self.events.append(("failed", "no_join", context.ev_mac))
        self.set_key(now)

    # ---- link

    def peer_heard(self, now, connected=False):
        """A frame came that only a joined station can send: the link is up, whatever LINK_STATUS says.

        After a second matching such a frame may still have come over the link of the first (Tinkerforge f6227cc37), so it
        counts only if the car is ``connected`` to the TCP port that it was told after the second. LINK_STATUS is not
        needed then.
        """
        if self.joined is None:
            return
        self.silent = False
        if connected:
            self.joined.stale_link = False
        elif self.joined.stale_link:
            return
        if self.joined.state == "JOINING":
            self._link_up(now)
        # Some firmware reports 0 for a link over which a car is talking (pyslac); that must not end the session.
        self._link_zeroes = 0

    def _link_up(self, now):
        self.joined.state = "JOINED"
        self.joined.deadline = None
        self._link_deadline = ticks_add(now, TIMERS_MS["BOX_link_poll_joined"])
        self.events.append(("link_up",))

    def _link_status(self, up, now):
        if self.joined is None or up is None:
            return
        if up:
            self._link_zeroes = 0
            if self.joined.state == "JOINING":
                self._link_up(now)
        elif self.joined.state == "JOINED":
            self._link_zeroes += 1
            if self.joined.stale_link and not expired(self.joined.join_by, now):
                # It was the link of the first matching, which has timed out now; an Ioniq needs 3 s to join.
                self.joined.state = "JOINING"
                self.joined.deadline = self.joined.join_by
                self.joined.stale_link = False
                self._link_zeroes = 0
                self._ask_link(now)
            elif self._link_zeroes == _LINK_LOST_POLLS:
                self._link_deadline = None  # one event, then no more questions (EVerest issue 1425)
                self.events.append(("link_lost",))

    def _ask_link(self, now):
        name = "BOX_link_poll_joining" if self.joined.state == "JOINING" else "BOX_link_poll_joined"
        self._link_deadline = ticks_add(now, TIMERS_MS[name])
        self.frames.append(mme.vendor_req(self.mac, mme.VS_PL_LINK_STATUS_REQ))

    # ---- time

    def poll(self, now):
        """Runs the timers. Call it after ``receive`` for all waiting frames, or our own pause would look like the car's."""
        self.key.poll(now)
        if self._link_deadline is not None and expired(self._link_deadline, now):
            self._ask_link(now)
        for context in self._contexts:
            if expired(context.deadline, now):
                TIMEOUTS[context.state][1](self, context, now)
                return  # the list may have been replaced; the next pass looks at the others


_CHOOSING = ("WAIT_RESPONSE", "NO_RESPONSE", "WAIT_MATCH", "LATE_MATCH")

# message: (states of the car's context that allow it, action, next state or None to stay)
MESSAGES = {
    mme_slac.CM_START_ATTEN_CHAR_IND: (("WAIT_START",), Slac._start_sounding, "SOUNDING"),
    mme_slac.CM_MNBC_SOUND_IND: (("SOUNDING", "SETTLING"), Slac._count_sound, None),
    mme_slac.CM_ATTEN_PROFILE_IND: (("SOUNDING", "SETTLING"), Slac._add_profile, None),
    mme_slac.CM_ATTEN_CHAR_RSP: (("WAIT_RESPONSE", "NO_RESPONSE"), Slac._accept_response, "WAIT_MATCH"),
    # From WAIT_RESPONSE and NO_RESPONSE too: a car that goes on got our CM_ATTEN_CHAR.IND; only its response was lost.
    mme_slac.CM_VALIDATE_REQ: (_CHOOSING, Slac._answer_validate, None),
    mme_slac.CM_SLAC_MATCH_REQ: (_CHOOSING + ("JOINING", "JOINED"), Slac._answer_match, "JOINING"),
    mme_slac.CM_AMP_MAP_REQ: (("WAIT_MATCH", "LATE_MATCH", "JOINING", "JOINED"), Slac._answer_amp_map, None),
}

# state: (timer, action when it expires, which also chooses the next state)
TIMEOUTS = {
    "WAIT_START": ("TT_match_sequence", Slac._give_up),
    "SOUNDING": ("TT_EVSE_match_MNBC", Slac._end_window),
    "SETTLING": ("BOX_late_profiles", Slac._send_characteristics),
    "WAIT_RESPONSE": ("TT_match_response", Slac._repeat_characteristics),
    "NO_RESPONSE": ("BOX_no_response", Slac._give_up),
    "WAIT_MATCH": ("BOX_match_soon", Slac._wait_on),
    "LATE_MATCH": ("TT_EVSE_match_session", Slac._not_chosen),  # counts from ATTEN_CHAR.RSP, as WAIT_MATCH does
    "JOINING": ("TT_match_join", Slac._join_failed),
}
