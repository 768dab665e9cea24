# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The exchange with a car above IPv6: SDP, one TCP connection, V2GTP, one message after the other."""

from plc.errors import PeerError
from plc.tcp import TcpServer
from plc.ticks import ticks_diff

from v2g import apphand, exi, handshake, sdp, v2gtp
from v2g.session import Session

_FIRST_DYNAMIC_PORT = 49152

# How the car ended its connection: words for the log.
_ENDED = {"peer_closed": "the car closed the connection", "reset": "the car reset the connection"}


def load(protocol):
    """The module of a standard. The first call takes some 0.2 s on the device, mostly for compiling it."""
    if protocol == "ISO 15118-2":
        from v2g import iso2 as standard
    else:
        from v2g import din as standard
    return standard


class Connection:
    """Lives as long as the station and serves one ``v2g.plug_in.PlugIn`` after the other.

    ``station``: a ``v2g.session.Station``; ``preference``: a key of ``v2g.handshake.PREFERENCES``; ``counts``: a dict
    with "bad_v2gtp", "bad_exi" and "bad_sdp"; ``frames``: the list to which frames to send are appended.
    """

    def __init__(self, ipv6, random_bytes, station, preference, counts, frames):
        self._ipv6 = ipv6
        self._random_bytes = random_bytes
        self._station = station
        self._preference = preference
        self._counts = counts
        self._frames = frames
        self.tcp = TcpServer(ipv6, 0, random_bytes)  # one set of buffers for all sessions
        self._stream = v2gtp.Reassembler()
        # The preferred standard is loaded now, while there is time; the other one when a car speaks it.
        station.responses(load(handshake.PREFERENCES[preference][0]))
        self._plug_in = None
        self._forget()

    def _forget(self):
        self._stream.reset()
        self._protocol = None
        self._standard = None  # its module, once it is loaded
        self._negotiated_at = None
        self._answers = None  # encoded answers that may be needed again: {``Session.answer_key``: bytes}

    # ---- begin and end

    def begin(self, plug_in):
        """Wait for the car of ``plug_in``, at another port than for the last one."""
        self._plug_in = plug_in
        port = int.from_bytes(self._random_bytes(2), "big") & 0x1FFF  # below 57344: a VW also tries port 60918 every second
        self.tcp.port = _FIRST_DYNAMIC_PORT + port
        self._forget()

    def close(self, how, now):
        """The box ends the connection: FIN after the last answer. ``how``: words for the log."""
        self._plug_in.closing = True
        self.tcp.close(now)
        self._plug_in.leave(how, now)

    def drop(self, now):
        """End the connection at once (RST), for a car that is gone or starts over."""
        self.tcp.abort(now)
        self._frames.extend(self.tcp.take_frames())

    def poll(self, now):
        """Runs the timers of TCP, and prepares the session in the pause after the handshake."""
        self.tcp.poll(now)
        self.serve(now)
        if self._standard is None and self._protocol is not None:
            # The handshake's answer is on its way; the car's next request comes 10 ms later at least.
            if ticks_diff(now, self._negotiated_at) > 0:
                self._begin_session()

    # ---- SDP

    def receive_udp(self, packet):
        """Answers an SDP request; any other UDP packet is ignored."""
        datagram = self._ipv6.udp(packet)
        plug_in = self._plug_in
        if datagram is None or datagram[1] != sdp.PORT or plug_in.leave_at is not None:
            return
        try:
            tls = sdp.wants_tls(datagram[2])
        except PeerError as error:
            self._not_read("bad_sdp", error)
            return
        if plug_in.progress == 0:
            plug_in.progress = 1
            plug_in.say(201, "car looks for the station" + (" with TLS, which the box does not offer" if tls else ""))
        else:
            plug_in.insists_on_tls = tls
        plug_in.unread = False
        answer = sdp.response(self._ipv6.address, self.tcp.port)
        self._frames.append(
            self._ipv6.build_udp(packet.source_mac, packet.source, sdp.PORT, datagram[0], answer)
        )
        plug_in.say(202, "station's address sent")

    # ---- TCP and V2GTP

    def serve(self, now):
        """Handles everything that ``tcp`` has: events, received bytes, frames to send."""
        tcp = self.tcp
        event = tcp.take_event()
        while event is not None:
            self._on_tcp(event, now)
            event = tcp.take_event()
        data = tcp.read()
        if data:
            self._receive_stream(data, now)
        frames = tcp.take_frames()
        if frames:
            self._frames.extend(frames)

    def _on_tcp(self, event, now):
        plug_in = self._plug_in
        if event == "connected":
            plug_in.connected()
            self._forget()
            plug_in.say(303, "car connected")
            return
        if event == "peer_closed":
            data = self.tcp.read()
            if data:  # the last request may share a segment with the FIN
                self._receive_stream(data, now)
            self.tcp.close(now)
        if plug_in.reading is not None or plug_in.closing:
            plug_in.leave(_ENDED.get(event, "connection closed"), now)
        elif event in _ENDED and not self._note_tls():
            plug_in.ended = plug_in.ended or ("car_ended" if self._protocol is None else "answer_refused")

    def _receive_stream(self, data, now):
        self._stream.feed(data)
        try:
            message = self._stream.next_message()
            while message is not None:
                if message[0] == v2gtp.EXI:
                    self._receive_message(message[1], now)
                else:
                    self._counts["bad_v2gtp"] += 1
                message = self._stream.next_message()
        except PeerError as error:
            if not self._note_tls():
                self._not_read("bad_v2gtp", error)
            self._stream.reset()
            self.tcp.close(now)

    def _note_tls(self):
        """True, and noted, if the car begins TLS; less than a V2GTP header may have come."""
        if self._protocol is not None or not self._stream.begins_tls:
            return False
        self._counts["bad_v2gtp"] += 1
        self._plug_in.ended = "not_offered"  # it would do so again
        self._plug_in.say(599, "car begins TLS, which the box does not offer")
        return True

    # ---- messages

    def _not_read(self, count, error):
        self._counts[count] += 1
        self._plug_in.unread = True
        self._plug_in.say(599, "a message could not be read: %s" % error)  # there is no answer to it

    def _receive_message(self, payload, now):
        try:
            if self._is_handshake(payload, now):
                answer = self._negotiate(payload, now)
            else:
                answer = self._request(payload, now)
        except exi.ExiError as error:
            self._not_read("bad_exi", error)
            return
        if answer is not None:
            plug_in = self._plug_in
            plug_in.answered(now)
            self.tcp.write(v2gtp.message(v2gtp.EXI, answer))
            if plug_in.refused_enough:
                self.close("the car was refused %d times" % plug_in.session.refusals, now)

    def _is_handshake(self, payload, now):
        """True for a handshake message. The first request ends the handshake and decides the standard, whatever was agreed:
        a car may have used the same SchemaID for both standards, or go on where an earlier connection broke off.
        """
        plug_in = self._plug_in
        if plug_in.session is not None and plug_in.session.state != "SESSION_SETUP":
            return False
        spoken = handshake.SPOKEN_IN.get(payload[1]) if len(payload) > 1 else None
        if spoken not in handshake.PREFERENCES[self._preference]:
            return True
        if spoken != self._protocol:
            plug_in.say(403, "the car's requests are of " + spoken)
            self._agree(spoken, now)
        return False

    def _agree(self, protocol, now):
        if protocol != self._protocol:
            self._protocol = protocol
            self._standard = None
        self._negotiated_at = now

    def _negotiate(self, payload, now):
        request = exi.decode(apphand.SCHEMA, payload)
        if "supportedAppProtocolReq" not in request:
            return None
        plug_in = self._plug_in
        plug_in.say(401, "car offers " + handshake.offered(request))
        response, protocol = handshake.choose(request, self._preference)
        answer = exi.encode(apphand.SCHEMA, response)
        if protocol is None:
            plug_in.fail("no_din")
        else:
            self._agree(protocol, now)
            plug_in.say(403, "schema negotiated: " + protocol)
        return answer

    def _begin_session(self):
        """Makes the session of the agreed standard, which is loaded if no car spoke it before."""
        standard = load(self._protocol)
        plug_in = self._plug_in
        session = Session(standard, self._random_bytes, self._station, plug_in.ev_mac)
        session.reading = plug_in.reading  # of a connection before this one, like the EVCCID
        session.evccid = plug_in.evccid
        before = plug_in.session
        if before is not None:  # same connection, other standard: changing it does not start the count of refusals over
            session.refusals, session.refused_names = before.refusals, before.refused_names
        self._answers = {}
        for rung in (1, 2):
            response = session.expected(rung)
            self._answers[session.answer_key] = exi.encode(standard.SCHEMA, response)
        self._standard = standard
        plug_in.session = session

    def _request(self, payload, now):
        if self._standard is None:
            self._begin_session()
        schema = self._standard.SCHEMA
        session = self._plug_in.session
        state = session.state
        response = session.request(exi.decode(schema, payload), now)
        self._plug_in.speaks()
        if session.state != state:
            self._plug_in.stepped(now)
        if response is None:
            return None
        answer = self._answers.get(session.answer_key)
        if answer is None:
            answer = exi.encode(schema, response)
            if session.answer_key is not None:
                self._answers[session.answer_key] = answer
        self._plug_in.follow(session, now)
        return answer
