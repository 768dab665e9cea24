# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The whole station below the appliance: Ethernet frames in, frames and events out.

    frames --> slac --------------------------------------------.
         `---> ipv6 --> sdp                                      >--> events
                   `--> tcp --> v2gtp --> exi --> handshake, session (din or iso2)'

One ``Secc`` lives as long as the box and serves one car after the other. It never sleeps, reads a clock or
raises; a car's nonsense ends the car's connection, nothing else.

A plug-in, as the owner of this object sees it, gives these events in this order:
    ("car", ev_mac)                      first SLAC_PARM.REQ
    ("checkpoint", number, text)         numbers as pyPLC uses them
    ("reading", Reading)                 at most once
    ("soc", percent)                     a later message told another one; the Reading has it already
    ("released", how)                    only after a reading, once: deliver it now
    ("session_end", cause)               always; "ok", or a key of the appliance's table of causes
and at any time ("failed", cause) for what went wrong on the way, and ("firmware", text) of the modem.
"""

from plc import ipv6, mme
from plc.errors import PeerError
from plc.slac import Slac
from plc.tcp import TcpServer
from plc.ticks import expired, ticks_add, ticks_diff

from v2g import apphand, exi, handshake, release, sdp, v2gtp
from v2g.plugin import PlugIn
from v2g.session import Session, Station

# The box's own limits, in ms.
LIMITS_MS = {
    "release": 20000,  # reading -> delivery, however the car behaves
    "plug_in": 45000,  # first SLAC_PARM.REQ -> end; SmartEVSE waits 60 s from 5 % PWM
    "after_stop": 5000,  # SessionStopRes -> our FIN, if the car leaves the connection open
    "fin": 1000,  # our FIN -> end; taken off the first two so that they are kept
    "linger": 300,  # last word -> new key: the car's modem must still carry the final ACK
    "V2G_SECC_Sequence_Timeout": 60000,  # answer -> next request ([V2G2-443], DIN SPEC 70121 table 77)
}

_NOTHING = ()
_FIRST_DYNAMIC_PORT = 49152
_CARS_REMEMBERED = 8

# What the session lacked when it ended without a reading, by how far it came.
_CAUSES = ("no_sdp", "no_tcp", "car_silent")


class _Session:
    """One car from SLAC_MATCH.CNF to the new key. Class attributes are defaults."""

    progress = 0  # 1 SDP seen, 2 TCP connected: index into _CAUSES
    cause = None  # a better reason than _CAUSES, once known
    reading = None
    din = None  # the ``v2g.session.Session``, whatever its standard
    protocol = None
    standard = None  # its module, once it is loaded
    negotiated_at = None
    answers = None  # answers that may be needed again, encoded, by ``Session.answer_key``
    next_request_by = None
    closing = False
    leave_at = None
    how = None

    def __init__(self, ev_mac, first_parm_at, plug_in_ms):
        self.ev_mac = ev_mac
        self.close_by = ticks_add(first_parm_at, plug_in_ms - LIMITS_MS["fin"])


def load(protocol):
    """The module of a standard. The first time takes some 0.4 s on the device, most of it for its tables."""
    if protocol == "ISO 15118-2":
        from v2g import iso2 as standard
    else:
        from v2g import din as standard
    return standard


class Secc:
    """``mac``: the box's MAC (6 bytes). ``random_bytes(n)``: must be unpredictable. ``config``, all optional:

    "attenuation_offset_db"  taken off every reported group (int, default 0)
    "protocol"               which one is preferred, see ``v2g.handshake.PREFERENCES`` ("din")
    "evse_id", limits, conversation    see ``v2g.session.Station``
    "answer"                 see ``v2g.plugin.PlugIn`` ("auto")
    "can_ask"                True when a SmartEVSE can be asked for its state (False)
    "wait_for_modem"         True: no key is sent before ``modem_ready`` (False)
    "matched"                True: skip SLAC, the link exists already (False)
    """

    def __init__(self, mac, random_bytes, config):
        self.mac = bytes(mac)
        self.slac = Slac(self.mac, random_bytes, config.get("attenuation_offset_db", 0))
        self.ipv6 = ipv6.Ipv6(self.mac)
        self.plugin = PlugIn(config.get("answer", "auto"), config.get("can_ask", False))
        self.counts = {
            "frames": 0,
            "early_ip": 0,
            "not_answered": 0,
            "bad_v2gtp": 0,
            "bad_exi": 0,
            "bad_sdp": 0,
        }
        self._random_bytes = random_bytes
        self.station = Station(config)
        self._preference = config.get("protocol", "din")
        # The preferred standard is loaded while there is time, the other one when a car speaks it.
        self._standards = {}
        self._standard(handshake.PREFERENCES[self._preference][0])
        # A conversation ends before the car is asked to leave, for which it needs as long as ever.
        self._plug_in_ms = max(LIMITS_MS["plug_in"], self.station.talk_ms + LIMITS_MS["release"])
        self._matched = config.get("matched", False)
        self._waiting_for_modem = config.get("wait_for_modem", False) or self._matched
        self._started = False
        self._first_parm = []  # [ev_mac, ms] of cars heard lately
        self._session = None
        self._tcp = TcpServer(self.ipv6, 0, random_bytes)  # one set of buffers for all sessions
        self._stream = v2gtp.Reassembler()
        self._frames = []
        self._events = []

    # ---- what the owner may look at

    @property
    def active(self):
        """True while any car is in a session: no slow work now."""
        return self._session is not None or self.slac.matching

    @property
    def car_address(self):
        """IPv6 address (16 bytes) of the car that is connected, or None."""
        return self._tcp.peer

    @property
    def matching(self):
        """True between SLAC_PARM.REQ and SLAC_MATCH.CNF, where answers are due within 100 ms."""
        return self.slac.matching

    @property
    def stage(self):
        """ "NO_KEY", "WAITING", "MATCHING", "JOINING", "READING" or "LEAVING"."""
        if self._session is not None:
            if self._session.reading is not None or self._session.leave_at is not None:
                return "LEAVING"
            joined = self.slac.joined
            return "JOINING" if joined and joined.state == "JOINING" else "READING"
        if self.slac.matching:
            return "MATCHING"
        return "WAITING" if self.slac.key_confirmed or self._matched else "NO_KEY"

    @property
    def answering(self):
        """False while the owner's setting or the plug-in rules forbid every answer."""
        return self.plugin.answer != "never"

    @answering.setter
    def answering(self, value):
        self.plugin.answer = "auto" if value else "never"

    def wants_evse_state(self, now):
        """True when the SmartEVSE should be asked for its state; answer with ``evse_state``."""
        return self.plugin.wants_evse_state(now)

    def evse_state(self, state, now):
        """The SmartEVSE's state id, or None when it did not answer."""
        self.plugin.evse_state(state, now)

    # ---- modem

    def modem_ready(self, now):
        """The modem (re)started: whatever session there was is over, and it needs a key."""
        self._waiting_for_modem = False
        self._started = True
        self._link_is_gone(now, "modem_rebooted")
        self.slac.set_key(now)

    def modem_lost(self, now):
        """The modem stopped answering."""
        self._waiting_for_modem = True
        self._link_is_gone(now, "modem_rebooted")
        self.slac.modem_gone()

    def _link_is_gone(self, now, cause):
        if self._session is not None:
            self._session.cause = self._session.cause or cause
            self._session.how = self._session.how or "link lost"
            self._finish(now, new_key=False)

    # ---- frames

    def receive(self, frame, now):
        """One Ethernet frame without FCS (bytes or memoryview, reused afterwards)."""
        self.counts["frames"] += 1
        if not self._started:
            self._start(now)
        if mme.is_mme(frame):
            self._receive_mme(frame, now)
        else:
            self._receive_ip(frame, now)

    def poll(self, now):
        """Runs every timer. Call it after all frames that are waiting were received."""
        if not self._started:
            self._start(now)
        if not self._waiting_for_modem:
            self.slac.poll(now)
            if self.slac.events:
                self._take_slac_events(now)
        if self._session is not None:
            self._tcp.poll(now)
            self._serve_tcp(now)
            self._watch_session(now)
        self.plugin.poll(now)

    def take_frames(self):
        """Frames to send, in order; an empty sequence when there are none."""
        if self.slac.frames:
            self._frames.extend(self.slac.frames)
            self.slac.frames.clear()
        if not self._frames:
            return _NOTHING
        frames = self._frames
        self._frames = []
        return frames

    def take_events(self):
        """Events since the last call, in order; an empty sequence when there are none."""
        if not self._events:
            return _NOTHING
        events = self._events
        self._events = []
        return events

    def _start(self, now):
        self._started = True
        if not self._waiting_for_modem:
            self.slac.set_key(now)

    def _standard(self, protocol):
        standard = self._standards.get(protocol)
        if standard is None:
            standard = load(protocol)
            self._standards[protocol] = standard
            self.station.responses(standard)
        return standard

    def _say(self, number, text):
        self._events.append(("checkpoint", number, text))

    # ---- SLAC

    def _receive_mme(self, frame, now):
        """The answer goes first: what SLAC has to tell is read in ``poll``, or before the next IPv6 frame."""
        if mme.mmtype(frame) == mme.CM_SLAC_PARM_REQ:
            if self.slac.events:
                self._take_slac_events(now)
            if not self._admit(mme.source(frame), now):
                return
        self.slac.receive(frame, now)

    def _admit(self, ev_mac, now):
        """The plug-in rules, and the car that starts over in the middle (Stellantis, Tesla after sleep)."""
        session = self._session
        if session is not None and session.ev_mac != ev_mac:
            session = None
        if session is not None and session.reading is not None:
            session.how = session.how or "the car started over"
            self._finish(now)
            session = None
        admitted = self.plugin.may_answer(ev_mac, now)
        self.plugin.frame_from(ev_mac, now)
        if not admitted:
            self.counts["not_answered"] += 1
            if session is not None:
                self._finish(now)  # it left, and nothing takes the place of this session
        elif session is not None:
            self._drop_connection(now)
            self._session = None  # same plug-in, same clock
        return admitted

    def _take_slac_events(self, now):
        events = self.slac.events
        self.slac.events = []
        for event in events:
            getattr(self, "_on_" + event[0])(event, now)

    def _on_key_set(self, event, now):
        self._say(1, "network key set")

    def _on_firmware(self, event, now):
        self._events.append(event)

    def _on_parm(self, event, now):
        if self._note_first_parm(event[1], now):
            self._events.append(("car", event[1]))
        self._say(100, "car asks for matching")

    def _on_sounding(self, event, now):
        self._say(104, "car sends its sounds")

    def _on_characteristics(self, event, now):
        self._say(120, "attenuation reported: %d dB over %d sounds" % (event[3], event[2]))

    def _on_match_req(self, event, now):
        self._say(150, "car chose this station")

    def _on_matched(self, event, now):
        """IPv6 may start right now: a Polestar sends its first frame 0.2 s after SLAC_MATCH.CNF."""
        self._say(155, "matched, network key handed over")
        self._session = _Session(event[1], self._first_parm_at(event[1], now), self._plug_in_ms)
        self._new_connection()

    def _on_link_up(self, event, now):
        self._say(190, "power line network joined")

    def _on_link_lost(self, event, now):
        if self._session is not None:
            self._session.cause = self._session.cause or "link_lost"
            self._session.how = self._session.how or "link lost"
            self._finish(now)
        else:
            self.slac.set_key(now)  # whoever holds our key has no session: no other car would be answered

    def _on_failed(self, event, now):
        cause, ev_mac = event[1], event[2]
        self._events.append(("failed", cause))
        if self._session is not None and self._session.ev_mac == ev_mac:
            self._session.cause = cause
            self._finish(now, new_key=False)  # slac has set a new key already
        elif self._session is None and ev_mac is not None and not self.slac.matching:
            self._events.append(("session_end", cause))

    def _note_first_parm(self, ev_mac, now):
        """Starts the plug-in's clock; False when it is running already."""
        for entry in self._first_parm:
            if entry[0] == ev_mac:
                if 0 <= ticks_diff(now, entry[1]) < LIMITS_MS["plug_in"]:
                    return False
                entry[1] = now
                return True
        if len(self._first_parm) >= _CARS_REMEMBERED:
            self._first_parm.pop(0)
        self._first_parm.append([ev_mac, now])
        return True

    def _first_parm_at(self, ev_mac, now):
        for entry in self._first_parm:
            if entry[0] == ev_mac:
                return entry[1]
        return now

    # ---- IPv6

    def _receive_ip(self, frame, now):
        packet = self.ipv6.parse(frame)
        if packet is None:
            return
        if self.slac.events:
            self._take_slac_events(now)
        if self._session is None and not self._open_without_slac(packet, now):
            self.counts["early_ip"] += 1  # an Ioniq sends NS, MLD and RS before it is matched
            return
        self.slac.peer_heard(now)
        if self.slac.events:
            self._take_slac_events(now)
        if packet.next_header == ipv6.ICMPV6:
            answer = self.ipv6.receive_icmp(packet)
            if answer is not None:
                self._frames.append(answer)
        elif packet.next_header == ipv6.UDP:
            self._receive_udp(packet)
        elif packet.next_header == ipv6.TCP:
            self._tcp.receive(packet, now)
            self._serve_tcp(now)

    def _open_without_slac(self, packet, now):
        """With "matched" the first packet opens the session."""
        if not self._matched or not self.plugin.may_answer(packet.source_mac, now):
            return False
        self._events.append(("car", bytes(packet.source_mac)))
        self._session = _Session(bytes(packet.source_mac), now, self._plug_in_ms)
        self._new_connection()
        return True

    def _receive_udp(self, packet):
        datagram = self.ipv6.udp(packet)
        if datagram is None or datagram[1] != sdp.PORT or self._session.leave_at is not None:
            return
        try:
            tls = sdp.wants_tls(datagram[2])
        except PeerError:
            self.counts["bad_sdp"] += 1
            return
        if self._session.progress == 0:
            self._session.progress = 1
            self._say(201, "car looks for the station" + (" with TLS, gets none" if tls else ""))
        answer = sdp.response(self.ipv6.address, self._tcp.port)
        self._frames.append(
            self.ipv6.build_udp(packet.source_mac, packet.source, sdp.PORT, datagram[0], answer)
        )
        self._say(202, "station's address told")

    # ---- TCP and V2GTP

    def _new_connection(self):
        port = int.from_bytes(self._random_bytes(2), "big") & 0x3FFF
        self._tcp.port = _FIRST_DYNAMIC_PORT + port
        self._stream.reset()

    def _drop_connection(self, now):
        self._tcp.abort(now)
        self._frames.extend(self._tcp.take_frames())
        while self._tcp.take_event() is not None:
            pass  # nobody is left to hear them

    def _serve_tcp(self, now):
        """Everything the connection has for us: events, bytes in, frames out."""
        event = self._tcp.take_event()
        while event is not None:
            self._on_tcp(event, now)
            event = self._tcp.take_event()
        data = self._tcp.read()
        if data:
            self._receive_stream(data, now)
        frames = self._tcp.take_frames()
        if frames:
            if self._frames:
                self._frames.extend(frames)
            else:
                self._frames = frames

    def _on_tcp(self, event, now):
        session = self._session
        if event == "connected":
            session.progress = 2
            session.din = None
            session.protocol = None
            session.standard = None
            self._stream.reset()
            self._say(303, "car connected")
            return
        if event == "peer_closed":
            data = self._tcp.read()
            if data:  # the last request may share a segment with the FIN
                self._receive_stream(data, now)
            self._tcp.close(now)
        if session.reading is not None or session.closing:
            texts = {"peer_closed": "the car closed the connection", "reset": "the car reset the connection"}
            self._leave(texts.get(event, "connection closed"), now)

    def _receive_stream(self, data, now):
        self._stream.feed(data)
        try:
            message = self._stream.next_message()
            while message is not None:
                if message[0] == v2gtp.EXI:
                    self._receive_message(message[1], now)
                else:
                    self.counts["bad_v2gtp"] += 1
                message = self._stream.next_message()
        except PeerError:
            self.counts["bad_v2gtp"] += 1
            self._stream.reset()
            self._tcp.close(now)

    def _receive_message(self, payload, now):
        session = self._session
        try:
            if session.protocol is None:
                answer = self._negotiate(payload, now)
            else:
                answer = self._request(payload, now)
        except exi.ExiError:
            self.counts["bad_exi"] += 1
            return
        if answer is not None:
            session.next_request_by = ticks_add(now, LIMITS_MS["V2G_SECC_Sequence_Timeout"])
            self._tcp.write(v2gtp.message(v2gtp.EXI, answer))

    def _negotiate(self, payload, now):
        request = exi.decode(apphand.SCHEMA, payload)
        if "supportedAppProtocolReq" not in request:
            return None
        self._say(401, "car offers " + handshake.offered(request))
        response, protocol = handshake.choose(request, self._preference)
        if protocol is None:
            self._session.cause = "no_din"
            self._events.append(("failed", "no_din"))
        else:
            self._session.protocol = protocol
            self._session.negotiated_at = now
            self._say(403, "schema negotiated: " + protocol)
        return exi.encode(apphand.SCHEMA, response)

    def _begin(self):
        """A session of the negotiated standard, which is loaded if no car spoke it before."""
        session = self._session
        session.standard = self._standard(session.protocol)
        session.din = Session(session.standard, self._random_bytes, self.station, session.ev_mac)
        session.answers = {}
        for rung in (1, 2):
            response = session.din.expected(rung)
            session.answers[session.din.answer_key] = exi.encode(session.standard.SCHEMA, response)

    def _request(self, payload, now):
        session = self._session
        if session.standard is None:
            self._begin()
        schema = session.standard.SCHEMA
        din = session.din
        response = din.request(exi.decode(schema, payload), now)
        if response is None:
            return None
        answer = session.answers.get(din.answer_key)
        if answer is None:
            answer = exi.encode(schema, response)
            if din.answer_key is not None:
                session.answers[din.answer_key] = answer
        if din.reading is not None and session.reading is None:
            self._take_reading(din.reading, now)
        elif din.renewed:
            self._events.append(("soc", din.reading.soc_percent))
        din.renewed = False
        if din.events:
            for number, text in din.events:
                self._say(number, text)
            din.events = []
        if din.stopped and not session.closing:
            session.how = session.how or "the car stopped the session"
            session.close_by = _earlier(session.close_by, ticks_add(now, LIMITS_MS["after_stop"]))
            session.closing = True
        return answer

    def _take_reading(self, reading, now):
        session = self._session
        if reading.soc_percent is None:
            if session.cause != "no_soc":
                session.cause = "no_soc"
                self._events.append(("failed", "no_soc"))
            return
        session.reading = reading
        latest = ticks_add(now, self.station.talk_ms + LIMITS_MS["release"] - LIMITS_MS["fin"])
        session.close_by = _earlier(session.close_by, latest)
        self._say(540, "state of charge read: %d %%" % reading.soc_percent)
        self._events.append(("reading", reading))

    # ---- the end of a session

    def _watch_session(self, now):
        session = self._session
        if session.standard is None and session.protocol is not None:
            # The handshake's answer is on its way; the car's next request comes 10 ms later at least.
            if ticks_diff(now, session.negotiated_at) > 0:
                self._begin()
        if session.leave_at is not None:
            if expired(session.leave_at, now):
                self._finish(now)
        elif expired(session.close_by, now) or expired(session.next_request_by, now):
            session.how = session.how or "the car did not leave in time"
            session.closing = True
            if self._tcp.state == "LISTEN":
                self._finish(now)
            else:
                self._tcp.close(now)
                self._serve_tcp(now)
                if session.leave_at is None:
                    session.leave_at = ticks_add(now, LIMITS_MS["fin"] - LIMITS_MS["linger"])

    def _leave(self, how, now):
        session = self._session
        session.how = session.how or how
        if session.leave_at is None:
            session.leave_at = ticks_add(now, LIMITS_MS["linger"])

    def _finish(self, now, new_key=True):
        """Leaves the power line network and tells the owner how it ended."""
        session = self._session
        self._drop_connection(now)
        self._session = None
        self._first_parm = [entry for entry in self._first_parm if entry[0] != session.ev_mac]
        if new_key and not self._matched:
            self.slac.set_key(now)
        if session.reading is not None:
            self.plugin.served(session.ev_mac, now)
            how = release.departure(session.how, session.din)
            self._say(910, "car released: %s (%s)" % (session.how or "link lost", how))
            self._events.append(("released", session.how or "link lost"))
            self._events.append(("session_end", "ok"))
        else:
            self._events.append(("session_end", session.cause or _CAUSES[session.progress]))


def _earlier(first, second):
    return first if ticks_diff(second, first) > 0 else second
