# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The whole station below the appliance: Ethernet frames in, frames and events out.

    frames --> slac, admission --------------------------------------------.
         `---> ipv6 --> connection: sdp, tcp, v2gtp, exi, handshake,        >--> events
                                    session (din or iso2) --> plug_in -----'

One ``Secc`` lives as long as the box and serves one car after the other. It never sleeps, reads a clock or
raises; invalid data from a car can end that car's connection, nothing else.

A plug-in gives the owner of this object these events, in this order:
    ("searching", ev_mac)                first SLAC_PARM.REQ that is answered: a car within reach looks for a station.
                                         Neighbours' cars are heard too, so nothing that belongs to the car on our own
                                         cable may change yet, except the stage: "a car is searching"
    ("search_ended", ev_mac, cause)      it did not match; "not_chosen": it took another station, or found none near
    ("matched", ev_mac, began)           CM_SLAC_MATCH.REQ named this station, so this car is on our cable; once in a
                                         plug-in. ``began``: tick of its first SLAC_PARM.REQ. Display, history and
                                         delivery follow from here on
    ("checkpoint", number, text)         numbers as in pyPLC
    ("reading", Reading)                 at most once. If the car told nothing but an unconfirmed 0 or a number above
                                         100 until it left, this comes right before "released", with ``soc_percent``
                                         None and that number in ``soc_doubtful_percent``
    ("soc", percent)                     a later message told another number; the Reading has it already
    ("released", how)                    once, only after a reading: deliver it now
    ("session_end", cause)               always after "matched"; "ok", or a key of the appliance's table of faults
At any time: ("failed", cause) when something went wrong, ("firmware", text) of the modem. ``counts`` has
"not_answered", the SLAC_PARM.REQs that ``v2g.admission`` left without an answer, and "not_chosen".
"""

from plc import ipv6, mme
from plc.slac import Slac
from plc.ticks import ticks_diff

from v2g.admission import NEW_MS, Admission, maker_of
from v2g.connection import Connection
from v2g.plug_in import LIMITS_MS, UNHEARD, PlugIn
from v2g.session import Station

_REMEMBERED = 8  # cars


class Secc:
    """``mac``: the box's MAC (6 bytes). ``random_bytes(n)``: must be unpredictable. ``config``, all optional:

    "attenuation_offset_db"  subtracted from every reported group, in dB (int, default 0)
    "protocol"               a key of ``v2g.handshake.PREFERENCES`` ("din")
    "evse_id", limits, conversation    see ``v2g.session.Station``
    "answer"                 see ``v2g.admission.Admission`` ("auto")
    "can_ask"                True if a SmartEVSE can be asked for its state (False)
    "wait_for_modem"         True: no key is sent before ``modem_ready`` (False)
    "matched"                True: skip SLAC, the link exists already (False)

    ``slac``: a ``Slac`` that exists already, so that the modem gets its key while the rest is loaded.
    """

    def __init__(self, mac, random_bytes, config, slac=None):
        self.mac = bytes(mac)
        self.slac = Slac(self.mac, random_bytes) if slac is None else slac
        self.slac.offset_db = config.get("attenuation_offset_db", 0)
        self.slac.admits = self._admit
        self.ipv6 = ipv6.Ipv6(self.mac)
        self.admission = Admission(config.get("answer", "auto"), config.get("can_ask", False))
        self.counts = {
            "frames": 0,
            "early_ip": 0,
            "not_answered": 0,
            "not_chosen": 0,
            "bad_v2gtp": 0,
            "bad_exi": 0,
            "bad_sdp": 0,
        }
        self.station = Station(config)
        self._frames = []
        self._events = []
        self._connection = Connection(
            self.ipv6, random_bytes, self.station, config.get("protocol", "din"), self.counts, self._frames
        )
        self._tcp = self._connection.tcp
        self._matched = config.get("matched", False)
        self._waiting_for_modem = config.get("wait_for_modem", False) or self._matched
        self._started = False
        self._searches = []  # [ev_mac, tick of its first SLAC_PARM.REQ, of its last] of cars heard lately
        self._plug_in = None
        self._restarting = None  # the plug-in of a car that restarted SLAC before it was read
        self._matched_car = None  # (ev_mac, began) of the last "matched" event

    # ---- what the owner may look at

    @property
    def active(self):
        """True while a car is matching or in a session: no slow work now."""
        return self._plug_in is not None or self.slac.matching

    @property
    def car_address(self):
        """IPv6 address (16 bytes) of the car that is connected, or None."""
        return self._tcp.peer

    @property
    def matching(self):
        """True between SLAC_PARM.REQ and SLAC_MATCH.CNF, when answers are due within 100 ms."""
        return self.slac.matching

    @property
    def stage(self):
        """ "NO_KEY", "WAITING", "MATCHING", "JOINING", "READING" or "LEAVING"."""
        if self._plug_in is not None:
            if self._plug_in.reading is not None or self._plug_in.leave_at is not None:
                return "LEAVING"
            joined = self.slac.joined
            return "JOINING" if joined and joined.state == "JOINING" else "READING"
        if self.slac.matching:
            return "MATCHING"
        return "WAITING" if self.slac.key_confirmed or self._matched else "NO_KEY"

    # ---- modem

    def modem_ready(self, now):
        """The modem (re)started: any session is over, and the modem needs a key."""
        self.modem_has_key()
        self._link_is_gone(now, "modem_rebooted")
        self.slac.set_key(now)

    def modem_has_key(self):
        """The modem is ready, and ``slac`` has given it its key already."""
        self._waiting_for_modem = False
        self._started = True

    def modem_lost(self, now, cause="modem_rebooted"):
        """The modem stopped answering; ``cause``: why a session, if there is one, ends."""
        self._waiting_for_modem = True
        self._link_is_gone(now, cause)
        self.slac.modem_gone()

    def _link_is_gone(self, now, cause):
        self._end_restart(now, cause, new_key=False)
        if self._plug_in is not None:
            self._lose(now, cause, new_key=False)

    def _lose(self, now, cause, new_key=True):
        self._plug_in.cause = self._plug_in.cause or cause
        self._finish(now, "link lost", new_key)

    # ---- frames

    def receive(self, frame, now):
        """Takes one Ethernet frame without FCS (bytes, or a memoryview that is reused afterwards)."""
        self.counts["frames"] += 1
        if not self._started:
            self._start(now)
        if mme.is_mme(frame):
            self.slac.receive(frame, now)
        else:
            self._receive_ip(frame, now)

    def poll(self, now):
        """Runs every timer. Call it after ``receive`` for all waiting frames."""
        if not self._started:
            self._start(now)
        if not self._waiting_for_modem:
            self.slac.poll(now)
            if self.slac.events:
                self._take_slac_events(now)
        if self._plug_in is not None:
            self._connection.poll(now)
            self._watch_plug_in(now)
        elif self._restarting is not None and self._restarting.restart_is_over(self.slac.matching, now):
            self._end_restart(now, "match_timeout")
        self.admission.poll(now)

    def take_frames(self):
        """Frames to send, in order; an empty sequence if there are none."""
        if self.slac.frames:
            self._frames.extend(self.slac.frames)
            self.slac.frames.clear()
        if not self._frames:
            return ()
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def take_events(self):
        """Events since the last call, in order; an empty sequence if there are none."""
        if not self._events:
            return ()
        events = list(self._events)
        self._events.clear()
        return events

    def _start(self, now):
        self._started = True
        if not self._waiting_for_modem:
            self.slac.set_key(now)

    def _say(self, number, text):
        self._events.append(("checkpoint", number, text))

    # ---- SLAC

    def _admit(self, ev_mac, now):
        """The hook of ``Slac.admits``: the rules of ``v2g.admission``, and the car that starts over in the middle of a
        session (Stellantis, Tesla after sleep). Earlier events of SLAC are handled first, because both depend on them."""
        if self.slac.events:
            self._take_slac_events(now)
        plug_in = self._plug_in
        if plug_in is not None and plug_in.ev_mac != ev_mac:
            unheard = ticks_diff(now, plug_in.heard) >= LIMITS_MS["unheard"]  # gone, though its modem may still seem joined
            if unheard and plug_in.reading is not None and maker_of(plug_in.ev_mac) == maker_of(ev_mac):
                self._finish(now, "the car started over")
            elif unheard or plug_in.ended is not None:
                self._note_declined(plug_in, now)
                self.slac.silent = True  # a VW MEB comes back with another MAC, a Seres needs 11 s to its first frame
            plug_in = None
        if plug_in is not None and plug_in.reading is not None:
            self._finish(now, "the car started over")
            plug_in = None
        if plug_in is not None:
            self._note_declined(plug_in, now)
        admitted = self.admission.admits(ev_mac, now)
        if not admitted:
            self.counts["not_answered"] += 1
            if plug_in is not None:
                self._finish(now)  # the car gave up its session, and gets no other
        elif plug_in is not None:
            self._connection.drop(now)
            self._restarting, self._plug_in = plug_in, None  # still the same plug-in, with the same limits
        return admitted

    def _note_declined(self, plug_in, now):
        if plug_in.declined and not plug_in.declined_told:
            plug_in.declined_told = True
            self.admission.declined(plug_in.ev_mac, now)

    def _take_slac_events(self, now):
        events = list(self.slac.events)
        self.slac.events.clear()
        for event in events:
            if event[0] in _STEPS:
                self._say(*_STEPS[event[0]])
            else:
                _ON_SLAC[event[0]](self, event, now)

    def _on_firmware(self, event, now):
        self._events.append(event)

    def _on_parm(self, event, now):
        if self._begins_search(event[1], now):
            self._events.append(("searching", event[1]))
        self._say(100, "car asks for matching")

    def _on_characteristics(self, event, now):
        self._say(120, "attenuation reported: %d dB over %d sounds" % (event[3], event[2]))

    def _on_matched(self, event, now):
        """IPv6 may start right now: a Polestar sends its first frame 0.2 s after SLAC_MATCH.CNF."""
        self._say(155, "matched, network key handed over")
        if self._restarting is not None and self._restarting.ev_mac == event[1]:
            self._restarting = None
        self._end_restart(now, "match_timeout", new_key=False)  # the car that matched has this key
        if self._plug_in is not None:
            self._finish(now, "the car started over", new_key=False)
        search = self._search_of(event[1])
        self._begin_plug_in(event[1], now if search is None else search[1], now)

    def _begin_plug_in(self, ev_mac, began, now):
        """Gives the "matched" event only once: a car that starts over without a reading is still the same plug-in."""
        if self._matched_car != (ev_mac, began):
            self._matched_car = (ev_mac, began)
            self._events.append(("matched", ev_mac, began))
        self._plug_in = PlugIn(ev_mac, began, now, self.station, self._events, self.admission.can_ask)
        self._connection.begin(self._plug_in)

    def _on_restarted(self, event, now):
        """The modem's firmware restarted by itself, which loses its network."""
        self._events.append(("failed", "modem_rebooted"))
        self._link_is_gone(now, "modem_rebooted")
        self.slac.set_key(now)

    def _on_link_lost(self, event, now):
        if self._plug_in is not None:
            self._lose(now, "link_lost")
        else:
            self.slac.set_key(now)  # a joined car without a session would keep all others from being answered

    def _on_failed(self, event, now):
        cause, ev_mac = event[1], event[2]
        ours = self._is_on_our_cable(ev_mac)
        if cause == "not_chosen":
            self.counts["not_chosen"] += 1
        elif ours or cause != "match_timeout":
            self._events.append(("failed", cause))
        if self._restarting is not None and self._restarting.ev_mac == ev_mac:
            self._end_restart(now, cause)
        elif ours:
            self._plug_in.cause = cause
            self._finish(now, new_key=False)  # slac has set a new key already
        elif ev_mac is not None:
            self._events.append(("search_ended", ev_mac, cause))
            self.admission.search_ended(now)

    def _is_on_our_cable(self, ev_mac):
        for plug_in in (self._plug_in, self._restarting):
            if plug_in is not None and plug_in.ev_mac == ev_mac:
                return True
        return False

    def _begins_search(self, ev_mac, now):
        """Notes when the plug-in began; False if that is known already. Without a session, a car that was silent for NEW_MS
        counts as plugged in again."""
        search = self._search_of(ev_mac)
        if search is None:
            if len(self._searches) >= _REMEMBERED:
                self._searches.pop(0)
            self._searches.append([ev_mac, now, now])
            return True
        silent_ms = ticks_diff(now, search[2])
        search[2] = now
        runs = silent_ms < NEW_MS and 0 <= ticks_diff(now, search[1]) < LIMITS_MS["plug_in"]
        if runs or self._is_on_our_cable(ev_mac):
            return False
        search[1] = now
        return True

    def _search_of(self, ev_mac):
        for search in self._searches:
            if search[0] == ev_mac:
                return search
        return None

    # ---- IPv6

    def _receive_ip(self, frame, now):
        packet = self.ipv6.parse(frame)
        if packet is None:
            return
        if self.slac.events:
            self._take_slac_events(now)
        if self._plug_in is None and not self._open_without_slac(packet, now):
            self.counts["early_ip"] += 1  # an Ioniq sends NS, MLD and RS before it is matched
            return
        self._plug_in.heard = now
        self.slac.peer_heard(now, self._plug_in.progress == 2)
        if self.slac.events:
            self._take_slac_events(now)
        if packet.next_header == ipv6.ICMPV6:
            answer = self.ipv6.receive_icmp(packet)
            if answer is not None:
                self._frames.append(answer)
        elif packet.next_header == ipv6.UDP:
            self._connection.receive_udp(packet)
        elif packet.next_header == ipv6.TCP:
            self._tcp.receive(packet, now)
            self._connection.serve(now)

    def _open_without_slac(self, packet, now):
        """With "matched" the first packet opens the session."""
        if not self._matched or not self.admission.admits(packet.source_mac, now):
            return False
        self._begin_plug_in(bytes(packet.source_mac), now, now)
        return True

    # ---- the end of a plug-in

    def _watch_plug_in(self, now):
        plug_in = self._plug_in
        if plug_in.leave_at is not None:
            if plug_in.may_leave(self._tcp.fin_is_open, now):
                self._finish(now)
            return
        how = plug_in.overdue(now)
        if how is None:
            return
        if self._tcp.state == "LISTEN":
            self._finish(now, how)
        else:
            self._connection.close(how, now)

    def _finish(self, now, how=None, new_key=True):
        """Ends the plug-in and leaves the power line network. ``how``: words for the log, if none are known yet."""
        plug_in, self._plug_in = self._plug_in, None
        plug_in.how = plug_in.how or how
        self._connection.drop(now)
        self._end(plug_in, now, new_key)

    def _end_restart(self, now, cause, new_key=True):
        """A car that restarted SLAC did not match again: its plug-in ends. A new key, because its modem has ours."""
        plug_in, self._restarting = self._restarting, None
        if plug_in is not None:
            plug_in.cause = plug_in.cause or cause
            self._end(plug_in, now, new_key)

    def _end(self, plug_in, now, new_key):
        self._matched_car = None
        self._searches = [search for search in self._searches if search[0] != plug_in.ev_mac]
        if new_key and not self._matched:
            self.slac.set_key(now)
        if plug_in.reading is not None:
            unheard = plug_in.how in UNHEARD
            self.admission.served(plug_in.ev_mac, now, plug_in.began, plug_in.told, unheard)
        else:
            self._note_declined(plug_in, now)
        plug_in.tell_end()


# Events of ``plc.slac`` and ``plc.network_key`` that become a checkpoint and nothing else, with pyPLC's numbers:
_STEPS = {
    "key_set": (1, "network key set"),
    "sounding": (104, "car sends its sounds"),
    "match_req": (150, "car chose this station"),
    "link_up": (190, "powerline network joined"),
}
_ON_SLAC = {
    "firmware": Secc._on_firmware,
    "restarted": Secc._on_restarted,
    "parm": Secc._on_parm,
    "characteristics": Secc._on_characteristics,
    "matched": Secc._on_matched,
    "link_lost": Secc._on_link_lost,
    "failed": Secc._on_failed,
}
