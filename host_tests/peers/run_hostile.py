# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A hostile TCP client, made of scapy packets on a raw socket, against ``v2g.Secc`` behind a veth pair.

    unshare -n --pid --fork --kill-child python run_hostile.py states|options|flood    ends with status 0 and figures

Every attack is made in every state of the connection. After each the client that attacked opens a new
connection, which must be served at once; then its session runs out, and an honest car, which speaks over the
kernel's TCP, must be read. What is left out is time: the box's clock jumps over its own waits.
"""

import contextlib
import os
import random
import socket
import sys
import time

from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from host_tests.peers.namespace import BOX, CAR, make_pair, wait_for_address
from host_tests.peers.secc_bridge import BOX_MAC, Bridge
from host_tests.support.scapy_peer import octets
from host_tests.twin.car import exi_car
from host_tests.twin.car.habits import DIN
from host_tests.twin.car.session import v2gtp
from host_tests.twin.wire import Wire

ATTACKER_MAC = "02:5e:0c:66:66:66"
ATTACKER = "fe80::5e:cff:fe66:6666"
BOX_ADDRESS = "fe80::5e:bff:fea1:b2c3"
SDP_REQUEST = bytes.fromhex("01fe9000000000021000")
NO_SESSION = bytes(8)
STATUS = (True, 0, 33, None, None)
LIMITS = ((0, "A", 125), None, (0, "V", 400))
_MASK = 0xFFFFFFFF
# What is served at once is served within this time of a computer that does something else as well.
LONGEST_S = 30


def requests(session_id, soc):
    """The messages of a session up to the state of charge; the session id is that of SessionSetupRes."""
    status = (True, 0, soc, None, None)
    return (
        exi_car.service_discovery_req(session_id),
        exi_car.service_payment_selection_req(session_id),
        exi_car.contract_authentication_req(session_id),
        exi_car.charge_parameter_discovery_req(session_id, status, LIMITS),
    )


def handshake():
    return exi_car.supported_app_protocol_req(((*DIN, 1, 1),))


class Attacker:
    """Raw segments. ``seq`` and ``ack`` are what a good client would use next."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.wire = Wire(CAR)
        self.port = 40000
        self.box_port = None
        self.seq = self.ack = 0
        self.seen = []  # scapy TCP layers of the box, with their payload in .data

    def packet(self, *layers, destination=BOX_ADDRESS):
        """Put together in place: "/" copies both sides, and that is half of the work."""
        packet = Ether(src=ATTACKER_MAC, dst=BOX_MAC.hex(":"))
        for layer in (IPv6(src=ATTACKER, dst=destination), *layers):
            packet.add_payload(layer)
        return packet

    def look(self):
        while (frame := self.wire.read()) is not None:
            if frame[0:6] != bytes.fromhex(ATTACKER_MAC.replace(":", "")):
                continue
            packet = Ether(frame)
            if UDP in packet and packet[UDP].sport == 15118:
                self.box_port = int.from_bytes(bytes(packet[UDP].payload)[24:26], "big")
            elif TCP in packet and packet[TCP].dport == self.port:
                segment = packet[TCP]
                segment.data = bytes(segment.payload)[: packet[IPv6].plen - segment.dataofs * 4]
                self.seen.append(segment)

    def turn(self, ms=4):
        """Let the box work, once at least, take what it said."""
        end = time.monotonic() + ms / 1000
        while True:
            self.bridge.step(0.001)
            self.look()
            if time.monotonic() >= end:
                return

    def wait_for(self, condition, limit_s=LONGEST_S):
        end = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < end, ("the box does not answer", self.bridge.secc._tcp.state)
            self.turn(1)

    def send(self, flags, seq=0, data=b"", ack=0, options=None, **fields):
        """A segment; ``seq`` and ``ack`` relative to what would be right."""
        tcp = TCP(
            sport=self.port,
            dport=self.box_port,
            flags=flags,
            seq=(self.seq + seq) & _MASK,
            ack=(self.ack + ack) & _MASK if "A" in flags else 0,
            window=fields.pop("window", 8192),
            options=options or [],
            **fields,
        )
        self.wire.send(octets(self.packet(tcp, data)))

    def raw_options(self, text, flags="S"):
        """A segment with these option bytes, whatever they mean."""
        text += b"\0" * (-len(text) % 4)
        tcp = TCP(
            sport=self.port, dport=self.box_port, flags=flags, seq=self.seq, window=8192, dataofs=5 + len(text) // 4
        )  # fmt: skip
        self.wire.send(octets(self.packet(tcp, text)))

    # ---- the way a good client would take

    def sdp(self):
        self.box_port = None
        packet = self.packet(UDP(sport=50000, dport=15118), SDP_REQUEST, destination="ff02::1")
        packet[Ether].dst = "33:33:00:00:00:01"
        self.wire.send(bytes(packet))
        self.wait_for(lambda: self.box_port)

    def syn(self):
        self.port = self.port + 1 if self.port < 60000 else 40000
        self.seen.clear()
        self.seq = random.randrange(1 << 32)
        self.ack = 0
        self.send("S", options=[("MSS", 350)])
        self.seq = self.seq + 1 & _MASK
        self.wait_for(lambda: any("S" in str(segment.flags) for segment in self.seen))
        self.ack = next(segment.seq for segment in self.seen if "S" in str(segment.flags)) + 1 & _MASK
        self.seen.clear()

    def connect(self):
        self.syn()
        self.send("A")
        self.wait_for(lambda: self.bridge.secc._tcp.state == "ESTABLISHED")

    def say(self, data):
        self.send("PA", data=data)
        self.seq = self.seq + len(data) & _MASK

    def ask(self, message):
        """A message and the answer to it."""
        self.seen.clear()
        self.say(v2gtp(message))
        self.wait_for(lambda: any(segment.data for segment in self.seen))
        answer = next(segment for segment in self.seen if segment.data)
        self.ack = answer.seq + len(answer.data) & _MASK
        self.send("A")
        self.turn(2)
        return answer.data[8:]

    # ---- states

    def at_listen(self):
        self.sdp()

    def at_syn_received(self):
        self.sdp()
        self.syn()

    def at_established(self):
        self.sdp()
        self.connect()

    def at_half_a_message(self):
        self.at_established()
        self.say(v2gtp(handshake())[:20])
        self.turn()

    def at_negotiated(self):
        self.at_established()
        code, _ = exi_car.read_supported_app_protocol_res(self.ask(handshake()))
        assert code.startswith("OK")

    def at_read(self):
        self.at_negotiated()
        setup = self.ask(exi_car.session_setup_req(NO_SESSION, bytes(6)))
        session_id = exi_car.read_message(setup)[0]["SessionID"]
        for message in requests(session_id, 33):
            self.ask(message)

    def at_last_ack(self):
        self.at_established()
        self.send("FA")
        self.seq = self.seq + 1 & _MASK
        self.wait_for(lambda: self.state == "LAST_ACK")

    def at_fin_wait_1(self):
        self.at_established()
        self.say(b"no V2GTP at all")
        self.wait_for(lambda: self.state == "FIN_WAIT_1")

    def at_fin_wait_2(self):
        self.at_fin_wait_1()
        self.send("A", ack=1)
        self.ack = self.ack + 1 & _MASK
        self.wait_for(lambda: self.state == "FIN_WAIT_2")

    def at_closing(self):
        self.at_fin_wait_1()
        self.send("FA")
        self.seq = self.seq + 1 & _MASK
        self.wait_for(lambda: self.state == "CLOSING")

    def at_time_wait(self):
        self.at_fin_wait_2()
        self.send("FA")
        self.seq = self.seq + 1 & _MASK
        self.wait_for(lambda: self.state == "TIME_WAIT")

    @property
    def state(self):
        return self.bridge.secc._tcp.state


STATES = [name[3:] for name in vars(Attacker) if name.startswith("at_")]

HELLO = v2gtp(b"\x80\x00")


def _overlap(a):
    """The same place three times with other contents, then the gap before it, then all of it once more."""
    a.send("PA", seq=10, data=b"A" * 30)
    a.send("PA", seq=20, data=b"B" * 30)
    a.send("PA", seq=5, data=b"C" * 30)
    a.send("PA", seq=0, data=HELLO)
    a.send("PA", seq=0, data=b"D" * 60)


def _reversed_bytes(a):
    message = v2gtp(handshake())
    for index in reversed(range(len(message))):
        a.send("PA", seq=index, data=message[index : index + 1])


def _storm(a):
    rng = random.Random(a.port)
    for _ in range(60):
        a.send(
            "".join(rng.sample("FSRPAUEC", rng.randrange(5))),
            seq=rng.choice((0, 1, -1, 100, 5000, rng.randrange(1 << 32))),
            ack=rng.choice((0, 1, -1, 100, rng.randrange(1 << 32))),
            data=rng.randbytes(rng.choice((0, 1, 30, 300))),
            window=rng.choice((0, 1, 65535)),
        )


ATTACKS = {
    "RST": lambda a: a.send("R"),
    "RST, ACK": lambda a: a.send("RA"),
    "RST inside the window": lambda a: a.send("R", seq=100),
    "RST before the window": lambda a: a.send("R", seq=-1),
    "RST far beyond": lambda a: a.send("R", seq=1 << 30),
    "RST with data": lambda a: a.send("R", data=b"why"),
    "FIN": lambda a: a.send("FA"),
    "FIN without ACK": lambda a: a.send("F"),
    "FIN with data": lambda a: a.send("FPA", data=HELLO),
    "FIN out of order": lambda a: a.send("FA", seq=40),
    "FIN twice, then data": lambda a: (a.send("FA"), a.send("FA"), a.send("PA", seq=1, data=HELLO)),
    "SYN again": lambda a: a.send("S"),
    "SYN inside the window": lambda a: a.send("S", seq=50),
    "SYN with data": lambda a: a.send("S", data=HELLO),
    "SYN, FIN": lambda a: a.send("SF"),
    "SYN, RST": lambda a: a.send("SR"),
    "SYN, ACK": lambda a: a.send("SA"),
    "no flags": lambda a: a.send("", data=HELLO),
    "all flags": lambda a: a.send("FSRPAUEC", data=HELLO),
    "FIN, PSH, URG": lambda a: a.send("FPU"),
    "ACK of what was never sent": lambda a: a.send("A", ack=5000),
    "ACK of long ago": lambda a: a.send("A", ack=-100000),
    "data before the window": lambda a: a.send("PA", seq=-200, data=b"x" * 100),
    "data beyond the window": lambda a: a.send("PA", seq=1 << 20, data=b"x" * 100),
    "data across the right edge": lambda a: a.send("PA", seq=4090, data=b"x" * 600),
    "data across the left edge": lambda a: a.send("PA", seq=-50, data=b"x" * 100),
    "nothing but gaps": lambda a: [a.send("PA", seq=100 * n, data=b"x" * 50) for n in range(40, 0, -1)],
    "overlapping data": _overlap,
    "a message backwards, byte by byte": _reversed_bytes,
    "more than the window": lambda a: [a.send("PA", seq=1000 * n, data=b"x" * 1000) for n in range(8)],
    "window 0": lambda a: a.send("PA", data=v2gtp(handshake()), window=0),
    "urgent data": lambda a: a.send("PAU", data=HELLO, urgptr=65535),
    "data offset too short": lambda a: a.send("PA", data=HELLO, dataofs=4),
    "data offset too long": lambda a: a.send("PA", data=HELLO, dataofs=15),
    "wrong checksum": lambda a: a.send("PA", data=HELLO, chksum=1),
    "V2GTP of 4 GB": lambda a: a.send("PA", data=b"\x01\xfe\x80\x01\xff\xff\xff\xff" + b"x" * 300),
    "EXI of noise": lambda a: a.send("PA", data=v2gtp(random.Random(a.port).randbytes(200))),
    "a storm": _storm,
}

OPTIONS = {
    "none": b"",
    "end of list": b"\0",
    "40 no-operations": b"\1" * 40,
    "length 0": b"\2\0\1\1",
    "length 1": b"\2\1\1\1",
    "length beyond the header": b"\2\x28\1\1",
    "MSS cut off": b"\1\1\1\2",
    "MSS 0": b"\2\4\0\0",
    "MSS 1": b"\2\4\0\1",
    "MSS 65535": b"\2\4\xff\xff",
    "MSS with 6 bytes": b"\2\6\1\x5e\0\0",
    "MSS twice": b"\2\4\1\x5e\2\4\5\xa0",
    "as an Ioniq's": b"\2\4\1\x5e\0\0\0\0",
    "as a Polestar's": b"\2\4\5\xa0\4\2\1\1",
    "window scale 14": b"\3\3\x0e\1\2\4\1\x5e",
    "window scale 255": b"\3\3\xff\1",
    "SACK permitted, SACK of nonsense": b"\4\2\5\x0a" + b"\xff" * 8,
    "timestamps": b"\1\1\x08\x0a" + b"\xff" * 8,
    "MD5": b"\x13\x12" + b"m" * 16,
    "fast open with a cookie": b"\x22\x0a" + b"c" * 8,
    "multipath": b"\x1e\x0c" + b"p" * 10,
    "experiment 253": b"\xfd\x08test12",
    "noise": bytes(range(7, 47)),
}


class Ground:
    """Bridge, attacker and an honest car."""

    def __init__(self):
        make_pair()
        wait_for_address()
        self.bridge = Bridge(BOX)
        self.attacker = Attacker(self.bridge)
        self.index = socket.if_nametoindex(CAR)
        self.honest_cars = 0

    def run_out(self):
        """Until the attacker's session is over; the box's clock jumps from timer to timer."""
        for _ in range(70):
            if not self.bridge.secc.active:
                break
            self.bridge.skip(1000)
        assert not self.bridge.secc.active, (self.bridge.secc.stage, self.bridge.events[-5:])
        self.attacker.turn(1)
        self.bridge.next_car()

    def honest_car(self):
        """SDP and a session over the kernel's sockets; the box must read what it tells, then let it go."""
        self.honest_cars += 1
        soc = self.honest_cars % 100 + 1
        since = len(self.bridge.events)
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sdp:
            sdp.setblocking(False)
            sdp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, self.index)
            sdp.sendto(SDP_REQUEST, ("ff02::1", 15118, 0, self.index))
            port = int.from_bytes(self._receive(sdp)[24:26], "big")
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as car:
            car.setblocking(False)
            car.connect_ex((BOX_ADDRESS, port, 0, self.index))
            self.bridge.run_until(lambda: self.bridge.secc._tcp.state == "ESTABLISHED", LONGEST_S)
            assert exi_car.read_supported_app_protocol_res(self._ask(car, handshake()))[0].startswith("OK")
            setup = self._ask(car, exi_car.session_setup_req(NO_SESSION, bytes(6)))
            session_id = exi_car.read_message(setup)[0]["SessionID"]
            for message in (*requests(session_id, soc), exi_car.session_stop_req(session_id)):
                body = exi_car.read_message(self._ask(car, message))[2]
                assert body["ResponseCode"] == "OK", body
        self.bridge.run_until(lambda: self._seen("peer_left", since), LONGEST_S)
        # The box lingers for a second behind its last FIN.
        self.bridge.skip(1500)
        assert not self.bridge.secc.active
        read = [event[1].soc_percent for event in self.bridge.of("reading", since)]
        assert read == [soc], (read, soc)
        assert len(self.bridge.of("released", since)) == 1
        self.bridge.next_car()

    def _seen(self, _what, _since):
        plug_in = self.bridge.secc._plug_in
        return plug_in is None or plug_in.leave_at is not None

    def _receive(self, client):
        data = []

        def arrived():
            with contextlib.suppress(BlockingIOError):
                data.append(client.recv(4096))
            return data

        self.bridge.run_until(arrived, LONGEST_S)
        return data[0]

    def _ask(self, car, message):
        car.send(v2gtp(message))
        return self._receive(car)[8:]

    def opens_again(self):
        """The attacker's next connection is served, however the one before ended."""
        if self.bridge.secc.stage == "LEAVING":
            return False  # read already: this session is only waiting for its end
        self.bridge.skip(600)
        self.attacker.turn(1)
        if not self.bridge.secc.active:
            return False
        self.attacker.connect()
        code, _ = exi_car.read_supported_app_protocol_res(self.attacker.ask(handshake()))
        assert code.startswith("OK")
        return True


def states():
    ground = Ground()
    ground.honest_car()
    done = again = 0
    for state in STATES:
        for name, attack in ATTACKS.items():
            try:
                getattr(ground.attacker, "at_" + state)()
                attack(ground.attacker)
                ground.attacker.turn(3)
                again += ground.opens_again()
                ground.run_out()
                ground.honest_car()
            except BaseException:
                print(f"after {name!r} in state {state!r}")
                raise
            done += 1
    print(
        f"{done} attacks ({len(ATTACKS)} in each of {len(STATES)} states): every one of {ground.honest_cars} honest cars "
        f"was read; {again} times the attacker itself came back at once and was served"
    )
    print(f"  {_told(ground)}")


def options():
    ground = Ground()
    attacker = ground.attacker
    for name, text in OPTIONS.items():
        try:
            attacker.sdp()
            attacker.port += 1
            attacker.seen.clear()
            attacker.seq, attacker.ack = random.randrange(1 << 32), 0
            attacker.raw_options(text)
            attacker.seq = attacker.seq + 1 & _MASK
            attacker.wait_for(lambda: attacker.seen)
            assert str(attacker.seen[0].flags) == "SA", attacker.seen[0].flags
            attacker.ack = attacker.seen[0].seq + 1 & _MASK
            attacker.send("A")
            answers = b""
            attacker.seen.clear()
            attacker.say(v2gtp(handshake()))
            attacker.wait_for(lambda: len(b"".join(segment.data for segment in attacker.seen)) >= 12)
            answers = b"".join(segment.data for segment in attacker.seen)
            assert exi_car.read_supported_app_protocol_res(answers[8:12])[0].startswith("OK")
            ground.run_out()
            ground.honest_car()
        except BaseException:
            print(f"after the options {name!r}")
            raise
    print(
        f"{len(OPTIONS)} sets of TCP options: each connected and was answered; {ground.honest_cars} honest cars read"
    )


def flood():
    """SYNs without end, from many ports and hosts, and connections that are opened and dropped."""
    ground = Ground()
    attacker = ground.attacker
    attacker.sdp()
    for number in range(2000):
        attacker.port = 1024 + number
        attacker.send("S", seq=number)
        if number % 50 == 0:
            attacker.turn(1)
    attacker.turn(50)
    ground.run_out()
    ground.honest_car()
    attacker.sdp()
    for _ in range(200):
        attacker.connect()
        attacker.send("R")
        attacker.turn(1)
    ground.run_out()
    ground.honest_car()
    print(f"2000 SYNs and 200 connections reset at once; {ground.honest_cars} honest cars read")
    print(f"  {_told(ground)}")


def _told(ground):
    counts = {name: value for name, value in ground.bridge.secc._tcp.counts.items() if value}
    return f"the box: {counts}; worst answer {ground.bridge.worst_answer_ms:.1f} ms on this computer"


SCENARIOS = {f.__name__: f for f in (states, options, flood)}

if __name__ == "__main__":
    random.seed(int(os.environ.get("HOSTILE_SEED", "1")))
    SCENARIOS[sys.argv[1]]()
