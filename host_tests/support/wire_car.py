# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A car made of scapy packets for tests that step one frame at a time: no timers, no opinions."""

from ipaddress import IPv6Address

from plc import ipv6
from plc.ticks import ticks_add
from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from v2g import apphand, din, exi, v2gtp
from v2g.secc import Secc

from host_tests.support import slac_wire
from host_tests.support.din_car import BODIES, NO_ID, TO_PARAMETERS
from host_tests.support.scapy_peer import octets
from host_tests.support.v2g_offers import DIN, offer

BOX, CAR, RUN = slac_wire.BOX, slac_wire.CAR, slac_wire.RUN


def text(address):
    return str(IPv6Address(bytes(address)))


class WireCar:
    """Drives one ``Secc``: ``slac()``, ``sdp()``, ``connect()``, ``handshake()``, ``request(name)``."""

    standard = din
    bodies = BODIES

    def __init__(self, config=None, mac=CAR, now=1000, secc=None):
        counter = iter(range(1, 1 << 20))
        self.now = now
        self.mac = mac
        self.secc = secc or Secc(
            BOX, lambda n: bytes((next(counter) * 5 + i) & 255 for i in range(n)), config or {}
        )
        self.events = []
        self.frames = []
        self.session_id = NO_ID
        self.port = 50000
        self.station_port = None
        self.received = b""
        self.flags_seen = []
        self.wait(0)

    # ---- plumbing

    def collect(self):
        """Takes what the box has; its own modem's part (keys, link) is answered at once."""
        for _ in range(20):
            self.events += self.secc.take_events()
            frames = [bytes(frame) for frame in self.secc.take_frames()]
            if not frames:
                return
            for frame in frames:
                self.frames.append(frame)
                self.modem_answers(frame)
                self.note_tcp(frame)

    def modem_answers(self, frame):
        kind = frame[15] | frame[16] << 8
        if frame[12:14] == b"\x88\xe1" and kind == 0x6008:
            self.secc.receive(slac_wire.set_key_cnf(frame[20:24]), self.now)
        elif frame[12:14] == b"\x88\xe1" and kind == 0xA0B8:
            self.secc.receive(slac_wire.link_status(True), self.now)

    def note_tcp(self, frame):
        if frame[12:14] != b"\x86\xdd" or frame[20] != 6:
            return
        packet = Ether(frame)
        segment = packet[TCP]
        self.flags_seen.append(str(segment.flags))
        payload = bytes(segment.payload)[: packet[IPv6].plen - segment.dataofs * 4]
        if "S" in segment.flags:
            self.ack = segment.seq + 1
        elif payload or "F" in segment.flags:
            self.received += payload
            self.ack = (segment.seq + len(payload) + ("F" in segment.flags)) & 0xFFFFFFFF
            self.tcp("A")

    def sends(self, *frames):
        for frame in frames:
            self.secc.receive(memoryview(bytes(frame)), self.now)
        self.secc.poll(self.now)
        self.collect()

    def wait(self, ms, step=50):
        while ms >= 0:
            self.now = ticks_add(self.now, min(step, ms))
            self.secc.poll(self.now)
            self.collect()
            ms -= step

    def kinds(self, kind):
        return [event[1:] for event in self.events if event[0] == kind]

    @property
    def checkpoints(self):
        return [event[1] for event in self.events if event[0] == "checkpoint"]

    # ---- the way up

    def slac(self, run=RUN):
        mac = self.mac
        self.sends(slac_wire.parm_req(mac, run), slac_wire.start_atten(mac, run))
        for countdown in range(9, -1, -1):
            self.wait(20, 20)
            self.sends(slac_wire.sound(mac, run, countdown), slac_wire.profile(mac))
        self.sends(slac_wire.atten_rsp(mac, run), slac_wire.match_req(mac, run))
        return self

    def ip(self, destination):
        source = text(ipv6.link_local(self.mac))
        return Ether(src=self.mac, dst=BOX) / IPv6(src=source, dst=destination, hlim=255)

    def sdp(self, security=0x10):
        self.frames.clear()
        ask = bytes.fromhex("01fe900000000002") + bytes((security, 0))
        packet = self.ip("ff02::1") / UDP(sport=60000, dport=15118) / ask
        packet[Ether].dst = "33:33:00:00:00:01"
        self.sends(bytes(packet))
        answers = [Ether(frame) for frame in self.frames if frame[12:14] == b"\x86\xdd" and frame[20] == 17]
        if answers:
            payload = bytes(answers[-1][UDP].payload)
            self.station_port = payload[24] << 8 | payload[25]
        return answers

    def tcp(self, flags, payload=b"", options=()):
        segment = TCP(
            sport=self.port,
            dport=self.station_port,
            flags=flags,
            seq=self.seq,
            ack=self.ack if "A" in flags else 0,
            window=2920,
            options=list(options),
        )
        packet = self.ip(text(ipv6.link_local(BOX))) / segment / payload
        self.seq = (self.seq + len(payload) + ("S" in flags) + ("F" in flags)) & 0xFFFFFFFF
        self.secc.receive(octets(packet), self.now)

    def connect(self):
        self.port += 1
        self.seq, self.ack = 7000, 0
        self.received = b""
        self.tcp("S", options=[("MSS", 350)])
        self.collect()
        self.tcp("A")
        self.sends()
        return self

    def exchange(self, payload):
        """Sends one V2GTP message, gives the EXI bytes of the answer (b"" when there is none)."""
        self.received = b""
        self.tcp("PA", v2gtp.message(v2gtp.EXI, payload))
        self.sends()
        return self.received[8:]

    def handshake(self, *entries):
        answer = self.exchange(exi.encode(apphand.SCHEMA, offer(*(entries or [(DIN, 2, 0, 1, 1)]))))
        return exi.decode(apphand.SCHEMA, answer)["supportedAppProtocolRes"]

    def request(self, name, body=None):
        message = {
            "Header": {"SessionID": self.session_id},
            "Body": {name.split("/")[0]: body or self.bodies[name]},
        }
        answer = self.exchange(exi.encode(self.standard.SCHEMA, {"V2G_Message": message}))
        if not answer:
            return None
        tree = exi.decode(self.standard.SCHEMA, answer)["V2G_Message"]
        self.session_id = tree["Header"]["SessionID"]
        return next(iter(tree["Body"].values()))

    def to_parameters(self):
        self.slac()
        self.sdp()
        self.connect()
        self.handshake()
        for name in TO_PARAMETERS:
            assert self.request(name)["ResponseCode"][:2] == "OK"
        return self

    def to_reading(self):
        self.to_parameters()
        assert self.request("ChargeParameterDiscoveryReq")["ResponseCode"] == "OK"
        return self
