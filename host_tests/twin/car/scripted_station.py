# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A charger of a few lines to test the virtual car against: it reads a script and has no timers of its own.

It also plays the car's modem (CM_SET_KEY.CNF, link up 200 ms later). `script` says what it answers:

    cpd             [(processing, status code), ...] for ChargeParameterDiscovery, the last one stays
    cable_check     the same for CableCheck
    codes           {request name: response code index} instead of OK
    voltage         EVSEPresentVoltage in volts
    isolation       index of EVSEIsolationStatus
    silent_on       names of requests that get no answer
    schema_id       SchemaID to answer with (None: no SchemaID), app_code the response code
    close_after     request name behind whose answer the station sends FIN
    mangle          function(kind, frame) -> frame, for every frame the station sends
"""

from host_tests.twin.car import frames
from host_tests.twin.car.exi_car import RESPONSE_CODES, STATUS_CODES, UNITS, BitReader, BitWriter
from host_tests.twin.car.ip import ALL_NODES, ICMPV6, TCP, UDP, Packet, link_local, transport_checksum

NMK = b"\xa3\x9d\x25\x5b\x57\x70\xc4\x2f\x38\x37\x47\x1f\x5b\x39\x82\x3a"  # of a real charger, with its NID
NID = b"\x4e\xe9\x19\x4d\x58\x17\x02"
SESSION_ID = b"\x4a\x3b\x2c\x1d\x00\xff\x11\x22"
MODEM_MAC = b"\x00\xb0\x52\x00\x00\x02"

REQUESTS = {
    1: "CableCheck", 7: "ChargeParameterDiscovery", 11: "ContractAuthentication", 13: "CurrentDemand",
    19: "PowerDelivery", 21: "PreCharge", 25: "ServiceDiscovery", 27: "ServicePaymentSelection",
    29: "SessionSetup", 31: "SessionStop", 33: "WeldingDetection",
}  # fmt: skip


def request_name(exi):
    """Name of a DIN request by its body code, "supportedAppProtocol" for the handshake."""
    reader = BitReader(exi)
    if exi[1] >> 6 == 0:
        return "supportedAppProtocol"
    reader.bits(18)
    reader.octets(8)
    reader.bits(4)
    return REQUESTS[reader.bits(6)]


def _open(code, response_code, session_id=SESSION_ID):
    writer = BitWriter()
    writer.bits(15, 0x80 << 7 | 77)
    writer.bits(3, 0)
    writer.octets(session_id)
    writer.bits(4, 0b0100)
    writer.bits(6, code)
    writer.bits(2, 0)
    writer.bits(5, response_code)
    writer.bits(1, 0)
    return writer


def _status(writer, isolation, code):
    if isolation is None:
        writer.bits(3, 0b010)
    else:
        writer.bits(3, 0)
        writer.bits(2, isolation)
        writer.bits(3, 0)
    writer.bits(4, STATUS_CODES.index(code))
    writer.bits(3, 0)
    writer.number(0)
    writer.bits(3, 0)
    writer.bits(2, 0)
    writer.bits(2, 0)


def _physical(writer, multiplier, unit, value):
    writer.bits(2, 0)
    writer.bits(3, multiplier + 3)
    writer.bits(4, 0)
    writer.bits(4, UNITS.index(unit))
    writer.bits(3, 0)
    writer.signed(value)
    writer.bits(2, 0)


def charge_parameter_discovery_res(response_code, processing, isolation, status):
    writer = _open(8, response_code)
    writer.bits(2, 0)
    writer.bits(1, processing)
    writer.bits(1, 0)
    writer.bits(4, 0)  # SAScheduleList, its tuple, its id
    writer.bits(1, 0)
    writer.signed(1)
    writer.bits(4, 0)
    writer.signed(1)
    writer.bits(6, 0)  # end of PMaxScheduleID, entry, RelativeTimeInterval, start
    writer.number(0)
    writer.bits(3, 0b000)  # end of start, duration, characters
    writer.bits(1, 0)
    writer.number(86400)
    writer.bits(4, 0)  # duration, interval, PMax
    writer.signed(20000)
    writer.bits(2, 0)
    writer.bits(6, 0b010101)  # ends of the entry, the tuple and the schedule list
    writer.bits(2, 1)  # DC_EVSEChargeParameter
    writer.bits(1, 0)
    _status(writer, isolation, status)
    writer.bits(1, 0)
    _physical(writer, 0, "A", 100)
    writer.bits(2, 0)
    _physical(writer, 3, "W", 50)
    for unit, value in (("V", 500), ("A", 0), ("V", 200)):
        writer.bits(1, 0)
        _physical(writer, 0, unit, value)
    writer.bits(2, 1)
    _physical(writer, 0, "A", 5)
    writer.bits(2, 1)
    writer.bits(3, 0)
    return writer.bytes()


class ScriptedStation:
    """`receive(frame, now)` gives a list of (delay ms, frame) for the car; `link_at` when its modem is up."""

    def __init__(self, mac, script=None, attenuation_db=23):
        self.mac = mac
        self.address = link_local(mac)
        self.script = script or {}
        self.attenuation_db = attenuation_db
        self.link_at = None
        self.requests = []
        self.cpd_rounds = 0
        self.cable_check_rounds = 0
        self.sounds = 0
        self.conversation = None
        self.out = []

    # ---- frames

    def receive(self, frame, now):
        self.out = []
        if frame[12:14] == frames.ETHERTYPE_HOMEPLUG:
            self._homeplug(frame, now)
        else:
            self._ipv6(frame)
        return self.out

    def _send(self, kind, frame, delay_ms=2):
        mangle = self.script.get("mangle")
        if mangle:
            frame = mangle(kind, frame)
        if frame:
            self.out.append((delay_ms, frame))

    def _homeplug(self, frame, now):
        kind = frames.mmtype_of(frame)
        car = frame[6:12]
        if kind == frames.SLAC_PARM_REQ:
            self.sounds = 0
            payload = frames.BROADCAST + b"\x0a\x06\x01" + car + b"\x00\x00" + frame[21:29]
            self._send("parm_cnf", frames.mme(car, self.mac, frames.SLAC_PARM_CNF, payload))
        elif kind == frames.MNBC_SOUND_IND:
            self.sounds += 1
            if frame[38] == 0:
                payload = b"\x00\x00" + car + frame[39:47] + bytes(34)
                payload += bytes([self.sounds, 58]) + bytes([self.attenuation_db]) * 58
                self._send("atten_char_ind", frames.mme(car, self.mac, frames.ATTEN_CHAR_IND, payload), 20)
        elif kind == frames.VALIDATE_REQ and frame[0:6] == self.mac:
            self._send("validate_cnf", frames.mme(car, self.mac, frames.VALIDATE_CNF, b"\x00\x00\x04"))
        elif kind == frames.SLAC_MATCH_REQ and frame[0:6] == self.mac:
            payload = b"\x00\x00\x56\x00" + frame[23:85] + NID + b"\x00" + NMK
            self._send("match_cnf", frames.mme(car, self.mac, frames.SLAC_MATCH_CNF, payload))
        elif kind == frames.SET_KEY_REQ:
            payload = b"\x01" + bytes(4) + frame[20:24] + b"\x04\x00\x00\xff\x00"
            self._send("set_key_cnf", frames.mme(car, MODEM_MAC, frames.SET_KEY_CNF, payload), 1)
            if frame[33:40] == NID:
                self.link_at = now + 200

    def _packet(self, mac, destination, protocol, payload, at):
        """IPv6 frame; the checksum goes to offset `at` of the payload."""
        check = transport_checksum(self.address, destination, protocol, payload)
        payload = payload[0:at] + check.to_bytes(2, "big") + payload[at + 2 :]
        head = b"\x60\x00\x00\x00" + len(payload).to_bytes(2, "big") + bytes([protocol, 255])
        return mac + self.mac + b"\x86\xdd" + head + self.address + destination + payload

    def _ipv6(self, frame):
        packet = Packet(frame)
        payload = packet.payload
        if packet.protocol == ICMPV6 and payload[0] == 135 and payload[8:24] == self.address:
            reply = b"\x88\x00\x00\x00\x60\x00\x00\x00" + self.address + b"\x02\x01" + self.mac
            self._send("na", self._packet(packet.source_mac, packet.source, ICMPV6, reply, 2))
        elif packet.protocol == UDP and packet.destination == ALL_NODES:
            self._sdp(packet, payload)
        elif packet.protocol == TCP:
            self._tcp(packet, payload)

    def _sdp(self, packet, payload):
        body = b"\x01\xfe\x90\x01\x00\x00\x00\x14" + self.address + b"\x3b\x0e\x10\x00"
        reply = payload[2:4] + payload[0:2] + (8 + len(body)).to_bytes(2, "big") + b"\x00\x00" + body
        self._send("sdp", self._packet(packet.source_mac, packet.source, UDP, reply, 6), 10)

    # ---- TCP

    def _tcp(self, packet, segment):
        flags = segment[13]
        seq = int.from_bytes(segment[4:8], "big")
        if flags & 0x02:
            self.conversation = [packet, segment[0:2], 77000, (seq + 1) & 0xFFFFFFFF, b""]
            self._segment(0x12, b"", b"\x02\x04\x05\xa0")
            self.conversation[2] += 1
            return
        if self.conversation is None or flags & 0x04:
            return
        data = segment[(segment[12] >> 4) * 4 :]
        if data and seq == self.conversation[3]:
            self.conversation[3] = (seq + len(data)) & 0xFFFFFFFF
            self.conversation[4] += data
            self._segment(0x10, b"")
            self._messages()
        elif data:
            self._segment(0x10, b"")
        if flags & 0x01 and seq + len(data) == self.conversation[3]:
            self.conversation[3] += 1
            self._segment(0x10, b"")
            if not self.script.get("keeps_open"):
                self._segment(0x11, b"")

    def _segment(self, flags, data, options=b""):
        packet, port, seq, ack, _ = self.conversation
        head = b"\x3b\x0e" + port + seq.to_bytes(4, "big") + ack.to_bytes(4, "big")
        head += bytes([(20 + len(options)) << 2, flags]) + b"\x10\x00" + bytes(4)
        frame = self._packet(packet.source_mac, packet.source, TCP, head + options + data, 16)
        self._send("tcp", frame)
        self.conversation[2] = (seq + len(data)) & 0xFFFFFFFF

    def _messages(self):
        buffer = self.conversation[4]
        while len(buffer) >= 8 and len(buffer) >= 8 + int.from_bytes(buffer[4:8], "big"):
            length = int.from_bytes(buffer[4:8], "big")
            exi = buffer[8 : 8 + length]
            buffer = buffer[8 + length :]
            name = request_name(exi)
            self.requests.append((name, exi))
            if name not in self.script.get("silent_on", ()):
                answer = self._answer(name)
                self._segment(0x18, b"\x01\xfe\x80\x01" + len(answer).to_bytes(4, "big") + answer)
            if name == self.script.get("close_after"):
                self._segment(0x11, b"")
        self.conversation[4] = buffer

    # ---- messages

    def _answer(self, name):
        script = self.script
        if name in script.get("answers", {}):
            return script["answers"][name]
        code = script.get("codes", {}).get(name, 1 if name == "SessionSetup" else 0)
        if name == "supportedAppProtocol":
            return self._app_protocol_res()
        if name == "SessionSetup":
            writer = _open(30, code)
            writer.bits(2, 0)
            writer.octets(b"\x00")
            writer.bits(1, 0)
            writer.bits(2, 1)
        elif name == "ServiceDiscovery":
            return self._service_discovery_res(code)
        elif name in ("ServicePaymentSelection", "SessionStop"):
            writer = _open({"ServicePaymentSelection": 28, "SessionStop": 32}[name], code)
            writer.bits(1, 0)
        elif name == "ContractAuthentication":
            writer = _open(12, code)
            writer.bits(5, 0)
        elif name == "ChargeParameterDiscovery":
            rounds = script.get("cpd", ((0, "EVSE_Ready"),))
            processing, status = rounds[min(self.cpd_rounds, len(rounds) - 1)]
            self.cpd_rounds += 1
            return charge_parameter_discovery_res(code, processing, script.get("isolation", 0), status)
        else:
            return self._status_res(name, code)
        writer.bits(2, 0)
        return writer.bytes()

    def _app_protocol_res(self):
        writer = BitWriter()
        writer.bits(12, 0x80 << 4 | 0b0100)
        writer.bits(2, self.script.get("app_code", 0))
        writer.bits(1, 0)
        schema_id = self.script.get("schema_id", 1)
        if schema_id is None:
            writer.bits(2, 1)
        else:
            writer.bits(3, 0)
            writer.bits(8, schema_id)
            writer.bits(2, 0)
        return writer.bytes()

    def _service_discovery_res(self, code):
        writer = _open(26, code)
        writer.bits(3, 0)
        writer.bits(1, 1)
        writer.bits(1, 0)
        writer.bits(2, 1)
        writer.bits(3, 0)
        writer.bits(1, 0)
        writer.number(1)
        writer.bits(1, 0)
        writer.bits(2, 1)
        writer.bits(1, 0)
        writer.bits(2, 0)
        writer.bits(1, 0)
        writer.bits(2, 1)
        writer.bits(2, 0)
        writer.bits(1, 0)
        writer.bits(3, 0)
        writer.bits(4, 3)
        writer.bits(2, 0)
        writer.bits(2, 1)
        writer.bits(2, 0)
        return writer.bytes()

    def _status_res(self, name, code):
        script = self.script
        body = {
            "CableCheck": 2,
            "PreCharge": 22,
            "PowerDelivery": 20,
            "CurrentDemand": 14,
            "WeldingDetection": 34,
        }
        writer = _open(body[name], code)
        status = script.get("status", "EVSE_Shutdown")
        processing = 0
        if name == "CableCheck":
            rounds = script.get("cable_check", ((0, status),))
            processing, status = rounds[min(self.cable_check_rounds, len(rounds) - 1)]
            self.cable_check_rounds += 1
        writer.bits(2 if name == "PowerDelivery" else 1, 1 if name == "PowerDelivery" else 0)
        _status(writer, script.get("isolation", 0), status)
        if name == "CableCheck":
            writer.bits(2, 0)
            writer.bits(1, processing)
            writer.bits(1, 0)
        elif name != "PowerDelivery":
            writer.bits(1, 0)
            _physical(writer, 0, "V", script.get("voltage", 0))
        if name == "CurrentDemand":
            writer.bits(1, 0)
            _physical(writer, 0, "A", 0)
            for _ in range(3):
                writer.bits(4, 0)
            writer.bits(3, 3)
        else:
            writer.bits(1, 0)
        writer.bits(2, 0)
        return writer.bytes()


def code_index(name):
    return RESPONSE_CODES.index(name)


def run(car, stations, until_ms, now=0, tap=None, step_ms=1):
    """Step car and stations to `until_ms`, give the events; `tap(now, direction, frame)` sees every frame."""
    on_the_way = []
    events = []
    while now < until_ms:
        car.poll(now)
        for frame in car.take_frames():
            if tap:
                tap(now, "ev", frame)
            for station in stations:
                for delay_ms, reply in station.receive(frame, now):
                    on_the_way.append((now + delay_ms, reply))
        for station in stations:
            if station.link_at is not None and now >= station.link_at:
                station.link_at = None
                car.link(True, now)
        due = [item for item in on_the_way if item[0] <= now]
        on_the_way = [item for item in on_the_way if item[0] > now]
        for _, frame in due:
            if tap:
                tap(now, "evse", frame)
            car.receive(frame, now)
        for event in car.take_events():
            events.append(tuple([now] + list(event)))  # noqa: RUF005 - device syntax has no (now, *event)
        now += step_ms
    return events
