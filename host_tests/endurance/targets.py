# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What takes bytes from strangers, each as a function of one byte string. Anything but the two families of errors (a
peer's, a modem's) is a defect and comes out; so is what grows without a bound.

Frames are given as records: one byte of time (ms, high bit: repair the IPv6 checksum), two of length, the frame.
"""

from appliance.network import captive_dns
from appliance.settings import schema, settings
from appliance.web.connection import FREE
from appliance.web.server import Web
from plc import framing, ipv6, mme, slac, tcp
from plc.errors import PeerError
from plc.qca7005 import Qca7005
from v2g import apphand, exi, sdp, v2gtp
from v2g import din as din_standard
from v2g import iso2 as iso2_standard
from v2g.secc import Secc
from v2g.session import Session, Station

from host_tests.support.memory_sockets import MemorySocket, Poller, Pool
from host_tests.support.settings_text import taken

BOX = b"\x02\x00\x5e\x00\x00\x01"
MOST_FRAME = 1522
MOST_RECORDS = 200
# Generous bounds of what one input may leave behind.
MOST_EVENTS = 1000
MOST_POLLS = 40
LONGEST_ANSWER = 4096


def _random(count):
    return bytes(range(7, 7 + count))


def records(data):
    """(ms, repair, frame) of each record."""
    at = 0
    for _ in range(MOST_RECORDS):
        if at + 3 > len(data):
            return
        length = min(int.from_bytes(data[at + 1 : at + 3], "big"), MOST_FRAME)
        frame = data[at + 3 : at + 3 + length]
        yield data[at] & 0x7F, data[at] & 0x80, frame
        at += 3 + length


def record(ms, frame):
    """A record with a repaired checksum."""
    return bytes((0x80 | min(ms, 127),)) + len(frame).to_bytes(2, "big") + bytes(frame)


def repaired(frame):
    """The frame with the checksum of its upper layer right, when it has one."""
    if len(frame) < 62 or frame[12:14] != b"\x86\xdd" or frame[20] not in (6, 17, 58):
        return frame
    at = {6: 70, 17: 60, 58: 56}[frame[20]]
    end = min(54 + int.from_bytes(frame[18:20], "big"), len(frame))
    if end < at + 2:
        return frame
    out = bytearray(frame)
    out[at : at + 2] = b"\0\0"
    total = ipv6.ones_sum(bytes(out[22:54])) + frame[20] + end - 54
    value = 0xFFFF - (ipv6.ones_sum(bytes(out[54:end]), total % 0xFFFF) or 0)
    out[at : at + 2] = (value or 0xFFFF).to_bytes(2, "big")
    return bytes(out)


def _padded(frame):
    """The driver gives none that is shorter."""
    return frame + bytes(max(0, 60 - len(frame)))


def _frame(repair, frame):
    return memoryview(repaired(frame) if repair else frame)


# ---- the modem's side


def decoder(data):
    """plc.framing: a byte stream in pieces."""
    counts = {}
    one = framing.FrameDecoder(4704, counts)
    at = 0
    while at < len(data):
        size = one.room(1 + data[at] * 8)
        piece = data[at + 1 : at + 1 + size]
        one.buffer[one.end : one.end + len(piece)] = piece
        one.added(len(piece))
        at += 1 + len(piece)
        for _ in range(100):
            frame = one.next_frame()
            if frame is None and not one.unscanned:
                break
            assert frame is None or 60 <= len(frame) <= MOST_FRAME


class _Bus:
    """An SPIDevice whose MISO is the input, over and over."""

    def __init__(self, data):
        self._data = data or b"\0"
        self._at = 0
        self.accesses = 0

    def __enter__(self):
        self.accesses += 1
        return self

    def __exit__(self, *exception):
        return False

    def _take(self, count):
        out = bytearray()
        while len(out) < count:
            piece = self._data[self._at : self._at + count - len(out)]
            out += piece
            self._at = (self._at + len(piece)) % len(self._data)
        return out

    def write(self, buffer, *, start=0, end=None):
        """Nobody listens."""

    def readinto(self, buffer, *, start=0, end=None, write_value=0):
        end = len(buffer) if end is None else end
        buffer[start:end] = self._take(end - start)

    def write_readinto(self, out, into):
        into[:] = b"\xaa\x55\xaa\x55" if out[0] == 0xDA else self._take(len(into))


def driver(data):
    """plc.qca7005: whatever the bus says behind a good signature."""
    bus = _Bus(data)
    modem = Qca7005(bus)
    now = (1 << 29) - 500
    for number in range(MOST_POLLS):
        now = (now + 7) & (1 << 29) - 1
        before = bus.accesses
        modem.poll(now)
        assert bus.accesses - before <= 10
        for _ in range(4):
            frame = modem.receive()
            assert frame is None or 60 <= len(frame) <= MOST_FRAME
        modem.send(bytes(60 + number))


def matching(data):
    """plc.slac with plc.mme: management frames."""
    one = slac.Slac(BOX, _random)
    now = (1 << 29) - 300
    one.set_key(now)
    for ms, _, frame in records(data):
        now = (now + ms) & (1 << 29) - 1
        if mme.is_mme(_padded(frame)):
            one.receive(memoryview(_padded(frame)), now)
        one.poll(now)
        assert len(one._contexts) <= slac.C_EVSE_MATCH_PARALLEL and len(one.events) <= MOST_EVENTS


# ---- Internet protocols


def internet(data):
    """plc.ipv6 and plc.tcp: Ethernet frames."""
    stack = ipv6.Ipv6(BOX)
    server = tcp.TcpServer(stack, 50000, _random)
    now = (1 << 29) - 300
    for ms, repair, frame in records(data):
        now = (now + ms) & (1 << 29) - 1
        packet = stack.parse(_frame(repair, frame))
        if packet is not None and packet.next_header == ipv6.TCP:
            server.receive(packet, now)
        elif packet is not None:
            stack.receive_icmp(packet)
            stack.udp(packet)
        server.poll(now)
        server.write(b"answer")
        assert len(server.read()) <= 8192
        for answer in server.take_frames():
            assert len(answer) <= 1514
        while server.take_event():
            pass


# ---- V2G


def discovery(data):
    """v2g.sdp."""
    try:
        sdp.wants_tls(memoryview(data))
    except PeerError:
        return


def stream(data):
    """v2g.v2gtp: a byte stream in pieces."""
    one = v2gtp.Reassembler()
    at = 0
    try:
        while at < len(data):
            size = 1 + data[at]
            one.feed(data[at + 1 : at + 1 + size])
            at += 1 + size
            while one.next_message() is not None:
                pass
    except PeerError:
        return


def _exi(schema, data):
    try:
        message = exi.decode(schema, data)
    except exi.ExiError:
        return None
    # What was understood can be said again and means the same, but for what only the writer is strict with (lengths).
    try:
        again = exi.encode(schema, message)
    except exi.ExiError:
        return message
    assert exi.decode(schema, again) == message
    return message


def exi_handshake(data):
    """v2g.exi with the schema of the protocol handshake."""
    _exi(apphand.SCHEMA, data)


def exi_din(data):
    """v2g.exi with DIN SPEC 70121."""
    _exi(din_standard.SCHEMA, data)


def exi_iso2(data):
    """v2g.exi with ISO 15118-2."""
    _exi(iso2_standard.SCHEMA, data)


def _conversation(standard, data):
    """Messages, two bytes of length before each."""
    one = Session(standard, _random, Station({}))
    at, now = 0, (1 << 29) - 300
    for _ in range(30):
        if at + 2 > len(data):
            return
        length = int.from_bytes(data[at : at + 2], "big")
        piece = data[at + 2 : at + 2 + length]
        at += 2 + length
        now = (now + 250) & (1 << 29) - 1
        try:
            message = exi.decode(standard.SCHEMA, piece)
        except exi.ExiError:
            continue
        if "V2G_Message" in message and piece[-1] & 1:
            message["V2G_Message"]["Header"]["SessionID"] = one.session_id
        response = one.request(message, now)
        if response is not None:
            exi.encode(standard.SCHEMA, response)


def session_din(data):
    """v2g.session: whole conversations in DIN SPEC 70121."""
    _conversation(din_standard, data)


def session_iso2(data):
    """v2g.session: whole conversations in ISO 15118-2."""
    _conversation(iso2_standard, data)


def station(data):
    """v2g.secc: frames of a whole plug-in."""
    one = Secc(BOX, _random, {})
    now = (1 << 29) - 300
    one.poll(now)
    for ms, repair, frame in records(data):
        now = (now + ms * 4) & (1 << 29) - 1
        one.receive(_frame(repair, _padded(frame)), now)
        one.poll(now)
        for answer in one.take_frames():
            assert 14 <= len(answer) <= 1514
        assert len(one.take_events()) <= MOST_EVENTS
    for _ in range(30):
        now = (now + 5000) & (1 << 29) - 1
        one.poll(now)
        one.take_frames()
        one.take_events()
    # Two and a half minutes later no stranger holds it any more.
    assert not one.active


# ---- the appliance


def settings_file(data):
    """appliance.settings.reading: a settings.toml."""
    one = taken(data.splitlines(keepends=True))
    settings.error_texts(one)
    assert len(one.errors) <= 100
    assert [one[row[schema.KEY]] for row in schema.SCHEMA]


def web_request(data):
    """appliance.web.server: what a client sends, in two pieces."""
    half = len(data) // 2
    pool, poller = Pool(), Poller()
    asked = []

    def respond(request):
        asked.append((request.method, request.path, request.headers, request.query_params, request.body))
        from appliance.web import responses

        return responses.document(request, {"path": request.path[:40]})

    server = Web(pool, poller, respond, asked.append)
    server.start(80)
    client = MemorySocket()
    client.feed(data[:half])
    pool.listener.waiting.append(client)
    now = 1000
    for number in range(MOST_POLLS):
        if number == MOST_POLLS // 2:
            client.feed(data[half:])
            client.hang_up()
        server.poll(now)
        now += 20
    for _ in range(MOST_POLLS):
        server.poll(now)
        now += 2000
    assert {one.state for one in server._connections} == {FREE} and len(client.received) <= LONGEST_ANSWER


def name_query(data):
    """appliance.network.captive_dns."""
    query = bytearray(captive_dns.LARGEST_QUERY)
    length = min(len(data), len(query))
    query[:length] = data[:length]
    answer = captive_dns.answer(query, length, b"\xc0\xa8\x04\x01")
    assert answer is None or len(answer) <= length + 16


TARGETS = {
    function.__name__: function
    for function in (
        decoder,
        driver,
        matching,
        internet,
        discovery,
        stream,
        exi_handshake,
        exi_din,
        exi_iso2,
        session_din,
        session_iso2,
        station,
        settings_file,
        web_request,
        name_query,
    )
}
