# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SLAC (signal level attenuation characterisation) as the EVSE of ISO 15118-3.

    car                                 box                                own modem
     |                                   | CM_SET_KEY.REQ (fresh NMK) -------> |
     | CM_SLAC_PARM.REQ  --------------> | <------------------ CM_SET_KEY.CNF  |
     | <--------------  CM_SLAC_PARM.CNF |
     | CM_START_ATTEN_CHAR.IND x3 -----> |
     | CM_MNBC_SOUND.IND x10 ----------> | <------- CM_ATTEN_PROFILE.IND x10   |
     | <------------  CM_ATTEN_CHAR.IND  | (average, sent 3 times at most)
     | CM_ATTEN_CHAR.RSP --------------> |
     | CM_SLAC_MATCH.REQ --------------> |
     | <------------  CM_SLAC_MATCH.CNF  | (hands out NID and NMK)
     | (both modems join)                | VS_PL_LINK_STATUS.REQ until 1       |

Every car has a context of its own, keyed by (EV MAC, RunID), because a neighbour's car is heard too and
must neither be ignored nor disturb; only CM_SLAC_MATCH.REQ decides whose cable this is. The machine is
the two tables at the end. What does not fit a row is counted in ``ignored`` and changes nothing.

Left out on purpose: the EVSE's own validation (there is no control pilot here). A car's CM_AMP_MAP.REQ is answered, so
that its matching does not fail for want of an answer; the box asks for no map itself.
"""

from array import array

from plc import mme, mme_slac
from plc.network_key import NetworkKey
from plc.ticks import expired, ticks_add

# Names and values of ISO 15118-3 table A.1, in ms; those of the box's own begin with BOX.
TIMERS_MS = {
    "TT_match_sequence": 400,  # SLAC_PARM.CNF -> START_ATTEN_CHAR.IND
    "TT_EVSE_match_MNBC": 600,  # first START_ATTEN_CHAR.IND -> end of the sounds
    "BOX_late_profiles": 45,  # the modem delivers a profile after its sound; within TP_EVSE_avg_atten_calc
    "TT_match_response": 200,  # ATTEN_CHAR.IND -> ATTEN_CHAR.RSP
    "TT_EVSE_match_session": 10000,  # ATTEN_CHAR.RSP -> VALIDATE.REQ or SLAC_MATCH.REQ
    "BOX_match_soon": 2500,  # the same: every car on record that chose its station asked within 1.5 s
    "BOX_no_response": 1000,  # after three without one: a car chooses 1.2 s after START_ATTEN_CHAR.IND
    "TT_match_join": 12000,  # SLAC_MATCH.CNF -> link
    "BOX_link_poll_joining": 100,
    "BOX_link_poll_joined": 1000,
}

C_EV_MATCH_RETRY = 2  # repeats after the first CM_ATTEN_CHAR.IND [V2G3-A09-46]
C_EVSE_MATCH_PARALLEL = 5  # cars an EVSE must be able to follow at once

_NEVER = 1 << 16  # as the least length of a message that nobody reads
_LINK_LOST_POLLS = 3  # the CCo ages a silent station slowly and once in a while reports a false 0


class _Context:
    """One car on its way through the matching. Class attributes are defaults."""

    state = "WAIT_START"
    announced = 10
    sounds = 0
    profiles = 0
    sums = None
    characteristics = None
    sends = 0
    stale_link = False  # it was in this very network before: the modem may still count that link
    join_by = None

    def __init__(self, ev_mac, run, now):
        self.ev_mac = ev_mac
        self.run = run
        self.deadline = ticks_add(now, TIMERS_MS["TT_match_sequence"])


class Slac:
    """The EVSE side for one modem.

    ``mac`` (6 bytes) is the host's MAC, not the modem's; ``key`` a NetworkKey that was made before. ``frames`` (to send,
    in order) and ``events`` are lists that the owner empties; the key's are among them. Events: ("parm", ev_mac),
    ("sounding", ev_mac), ("characteristics", ev_mac, profiles, mean_db), ("match_req", ev_mac), ("matched", ev_mac),
    ("link_up",), ("link_lost",), ("failed", cause, ev_mac or None) and those of ``plc.network_key``.

    ``silent``, set by the owner and ended by the next frame over the link: the joined car may have left unseen, so others
    are answered. It stays joined until a CM_SLAC_MATCH.REQ of another one names this station.
    """

    silent = False

    def __init__(self, mac, random_bytes, key=None):
        self.mac = bytes(mac)
        self.key = NetworkKey(mac, random_bytes) if key is None else key
        self.frames = self.key.frames
        self.events = self.key.events
        self._ignored = 0
        self.joined = None  # the context that got our key, from CM_SLAC_MATCH.CNF on
        self.attenuation = None  # dB of the 58 groups, as reported for the car that is joined or sounded last
        self.offset_db = 0  # taken off every reported group
        self.admits = None  # (ev_mac, now) -> True when a CM_SLAC_PARM.REQ is to be answered; None: all are
        self._contexts = []
        self._link_deadline = None
        self._link_zeroes = 0

    @property
    def matching(self):
        """True while some car is between SLAC_PARM.REQ and SLAC_MATCH.CNF, and not one that seems to have chosen another."""
        for context in self._contexts:
            if context is not self.joined and context.state != "LATE_MATCH":
                return True
        return False

    @property
    def ignored(self):
        """Messages that fitted nowhere."""
        return self._ignored + self.key.ignored

    # ---- network key

    @property
    def key_confirmed(self):
        """True while the modem holds our key."""
        return self.key.confirmed

    def set_key(self, now):
        """Leave whatever network there is, with a fresh key."""
        self._forget_cars()
        self.key.renew(now)

    def modem_gone(self):
        """The modem stopped answering: forget everything, wait for ``set_key``."""
        self._forget_cars()
        self.key.modem_gone()

    def _forget_cars(self):
        self._contexts = []
        self.joined = None
        self.silent = False
        self._link_deadline = None

    # ---- input

    def receive(self, frame, now):
        """One MME. Frames may be a ``memoryview`` that is reused afterwards; nothing keeps it."""
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
        """Begins or restarts this car's matching in every state [V2G3-A09-16]."""
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
            # Another RunID may be a restart or a damaged repeat: which one counts the car tells by going on.
            if others or (old.state == "WAIT_START" and old.run != run):
                kept.append(old)
        kept.append(context)
        if len(kept) > C_EVSE_MATCH_PARALLEL:
            kept.pop(1 if other else 0)  # the oldest that is not joined
        self._contexts = kept
        self.frames.append(mme_slac.slac_parm_cnf(self.mac, ev_mac, run))
        self.events.append(("parm", ev_mac))

    def _enter(self, context, state, now):
        context.state = state
        context.deadline = ticks_add(now, TIMERS_MS[TIMEOUTS[state][0]])

    def _keep_only(self, context):
        """The car went on with this RunID: its profiles, which carry none, are this context's."""
        self._contexts = [one for one in self._contexts if one is context or one.ev_mac != context.ev_mac]

    def _failed(self, context, cause):
        """It is over, told unless the same car goes on with another RunID."""
        self._contexts = [one for one in self._contexts if one is not context]
        for other in self._contexts:
            if other.ev_mac == context.ev_mac:
                return
        self.events.append(("failed", cause, context.ev_mac))

    # ---- actions of MESSAGES: (context, frame, now) -> True to go to the next state

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
        """Profiles are counted by themselves: the last one comes after the last sound, or not at all."""
        if not mme_slac.add_profile(frame, context.sums):
            self._ignored += 1
            return False
        context.profiles += 1
        if context.profiles >= context.announced:
            self._send_characteristics(context, now)
        return False

    def _accept_response(self, context, frame, now):
        if not mme_slac.atten_char_accepted(frame, context.ev_mac):
            self._ignored += 1  # [V2G3-A09-47]: a wrong answer counts as none
            return False
        return True

    def _answer_validate(self, context, frame, now):
        self.frames.append(mme_slac.validate_cnf(self.mac, context.ev_mac))
        self._enter(context, "WAIT_MATCH", now)
        return False

    def _answer_match(self, context, frame, now):
        """A repeated request gets the same answer again: the first one may have been lost."""
        # A key that the modem does not hold would be a lie; the car asks again.
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
        self.attenuation = bytes(context.characteristics)  # a neighbour's car may have sounded meanwhile
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
        """Nothing waits for this car any more, as a neighbour's may search all day; but it would still be answered."""
        self._enter(context, "LATE_MATCH", ticks_add(context.deadline, -TIMERS_MS["BOX_match_soon"]))

    def _not_chosen(self, context, now):
        """It heard us and chose another station, as a neighbour's car does; or none, because all were too weak."""
        self._failed(context, "not_chosen")

    def _end_window(self, context, now):
        self._enter(context, "SETTLING", now)

    def _send_characteristics(self, context, now):
        if context.profiles == 0:
            # Silence lets the car try again. Sounds without one profile mean a modem with a car's PIB.
            self._failed(context, "no_profiles" if context.sounds else "match_timeout")
            return
        averages = bytearray(mme_slac.GROUPS)
        total = 0
        for group in range(mme_slac.GROUPS):
            level = min(255, max(0, context.sums[group] // context.profiles - self.offset_db))
            averages[group] = level
            total += level
        if total == 0:
            averages[0] = 1  # some cars ignore a report of nothing but zeroes
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
        """A frame that only a joined station can send: the link is up, whatever LINK_STATUS says.

        It proves nothing while it may have come over the link of the car's first try (Tinkerforge f6227cc37), unless the
        car is ``connected`` to the port that it was told after its second one: no LINK_STATUS need ever come.
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
        # Firmware that tells 0 for a link over which a car talks (pyslac) must not end the session.
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
                # What was up was the link of its first try, aged out by now; an Ioniq needs 3 s to join.
                self.joined.state = "JOINING"
                self.joined.deadline = self.joined.join_by
                self.joined.stale_link = False
                self._link_zeroes = 0
                self._ask_link(now)
            elif self._link_zeroes == _LINK_LOST_POLLS:
                self._link_deadline = None  # one event, then silence (EVerest issue 1425)
                self.events.append(("link_lost",))

    def _ask_link(self, now):
        name = "BOX_link_poll_joining" if self.joined.state == "JOINING" else "BOX_link_poll_joined"
        self._link_deadline = ticks_add(now, TIMERS_MS[name])
        self.frames.append(mme.vendor_req(self.mac, mme.VS_PL_LINK_STATUS_REQ))

    # ---- time

    def poll(self, now):
        """Runs the timers. Call it after all waiting frames were received: our pause is not the car's."""
        self.key.poll(now)
        if self._link_deadline is not None and expired(self._link_deadline, now):
            self._ask_link(now)
        for context in self._contexts:
            if expired(context.deadline, now):
                TIMEOUTS[context.state][1](self, context, now)
                return  # the list may be another one now; the next pass looks at the rest


_CHOOSING = ("WAIT_RESPONSE", "NO_RESPONSE", "WAIT_MATCH", "LATE_MATCH")

# message: (states of the car's context that allow it, action, next state or None to stay)
MESSAGES = {
    mme_slac.CM_START_ATTEN_CHAR_IND: (("WAIT_START",), Slac._start_sounding, "SOUNDING"),
    mme_slac.CM_MNBC_SOUND_IND: (("SOUNDING", "SETTLING"), Slac._count_sound, None),
    mme_slac.CM_ATTEN_PROFILE_IND: (("SOUNDING", "SETTLING"), Slac._add_profile, None),
    mme_slac.CM_ATTEN_CHAR_RSP: (("WAIT_RESPONSE", "NO_RESPONSE"), Slac._accept_response, "WAIT_MATCH"),
    # Without a response as well: who goes on has our CM_ATTEN_CHAR.IND, it is his response that was lost.
    mme_slac.CM_VALIDATE_REQ: (_CHOOSING, Slac._answer_validate, None),
    mme_slac.CM_SLAC_MATCH_REQ: (_CHOOSING + ("JOINING", "JOINED"), Slac._answer_match, "JOINING"),
    mme_slac.CM_AMP_MAP_REQ: (("WAIT_MATCH", "LATE_MATCH", "JOINING", "JOINED"), Slac._answer_amp_map, None),
}

# state: (timer, action when it runs out, which also decides the next state)
TIMEOUTS = {
    "WAIT_START": ("TT_match_sequence", Slac._give_up),
    "SOUNDING": ("TT_EVSE_match_MNBC", Slac._end_window),
    "SETTLING": ("BOX_late_profiles", Slac._send_characteristics),
    "WAIT_RESPONSE": ("TT_match_response", Slac._repeat_characteristics),
    "NO_RESPONSE": ("BOX_no_response", Slac._give_up),
    "WAIT_MATCH": ("BOX_match_soon", Slac._wait_on),
    "LATE_MATCH": ("TT_EVSE_match_session", Slac._not_chosen),  # from ATTEN_CHAR.RSP as well
    "JOINING": ("TT_match_join", Slac._join_failed),
}
