# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The car's IPv6, SDP and TCP read and answered by scapy."""

import logging

import pytest

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

from scapy.layers.inet import TCP, UDP  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6MLReport2,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

from host_tests.twin.car.habits import merged  # noqa: E402
from host_tests.twin.car.ip import Ipv6Car, SdpClient, link_local  # noqa: E402
from host_tests.twin.car.ledger import Ledger  # noqa: E402
from host_tests.twin.car.tcp_car import TcpCar  # noqa: E402

CAR = bytes.fromhex("02ab34cd56ef")
CAR_IP = "fe80::ab:34ff:fecd:56ef"
EVSE = bytes.fromhex("021122334455")
EVSE_IP = "fe80::11:22ff:fe33:4455"
CAR_TEXT, EVSE_TEXT = "02:ab:34:cd:56:ef", "02:11:22:33:44:55"
ISN = 0xFFFFFFF0  # the sequence numbers wrap soon


def rebuilt(frame):
    """The frame through scapy with lengths and checksums computed anew: the same bytes."""
    packet = Ether(frame)
    for layer in (TCP, UDP, ICMPv6ND_NS, ICMPv6ND_NA, ICMPv6ND_RS, ICMPv6MLReport2):
        if layer in packet:
            packet[layer].delfieldval("chksum" if layer in (TCP, UDP) else "cksum")
    if IPv6 in packet:
        del packet[IPv6].plen
    if UDP in packet:
        del packet[UDP].len
    assert bytes(Ether(bytes(packet))) == frame
    return Ether(frame)


class Rig:
    """A linked car without SLAC and session: IPv6, SDP and TCP only."""

    def __init__(self, **habits):
        self.habits = merged(habits)
        self.book = Ledger()
        self.ip = Ipv6Car(CAR, self.habits, self.book)
        self.sdp = SdpClient(self.ip, self.habits, self.book)
        self.tcp = TcpCar(self.ip, self.habits, self.book)
        self.ip.start(0)
        self.now = 0
        self.peer_seq = 5000

    def sent(self):
        taken, self.book.frames = self.book.frames, []
        return [rebuilt(frame) for frame in taken]

    def until(self, now):
        while self.now < now:
            self.now += 1
            self.ip.poll(self.now)
            self.sdp.poll(self.now)
            self.tcp.poll(self.now)
        return self.sent()

    def give(self, packet, spoil=None):
        frame = bytearray(bytes(Ether(dst=CAR_TEXT, src=EVSE_TEXT) / packet))
        if spoil is not None:
            frame[spoil] ^= 1
        packet = self.ip.receive(bytes(frame), self.now)
        if packet and packet.protocol == 17:
            self.sdp.receive(packet, self.now)
        elif packet:
            self.tcp.receive(packet, self.now)
        return self.sent()

    def segment(self, flags="A", data=b"", seq=None, ack=None, options=(), window=4096, **fields):
        seq = self.peer_seq if seq is None else seq
        ack = self.tcp.snd_nxt if ack is None else ack
        head = TCP(
            sport=15118,
            dport=49152,
            flags=flags,
            seq=seq,
            ack=ack,
            window=window,
            options=list(options),
            **fields,
        )
        packet = IPv6(src=EVSE_IP, dst=CAR_IP) / head
        return packet / Raw(data) if data else packet

    def connected(self):
        self.ip._learn(link_local(EVSE), EVSE)
        self.tcp.connect(link_local(EVSE), 15118, 49152, ISN, self.now)
        syn = self.sent()[0]
        reply = self.give(self.segment("SA", options=[("MSS", 1440)]))
        self.peer_seq += 1
        return syn, reply


def test_addresses():
    assert link_local(CAR) == bytes.fromhex("fe8000000000000000ab34fffecd56ef")


def test_frames_after_the_link_came_up():
    kinds = ((1, "dad"), (2, "rs_unspecified"), (3, "rs_bare"), (4, "rs"), (5, "mld"))
    dad, rs_unspecified, rs_bare, rs, mld = Rig(ip_after_link=kinds).until(10)
    assert (dad[IPv6].src, dad[IPv6].dst, dad[ICMPv6ND_NS].tgt, dad.dst) == (
        "::",
        "ff02::1:ffcd:56ef",
        CAR_IP,
        "33:33:ff:cd:56:ef",
    )
    assert (rs_unspecified[IPv6].src, rs_bare[IPv6].src, rs_unspecified[IPv6].dst) == (
        "::",
        CAR_IP,
        "ff02::2",
    )
    assert rs[ICMPv6NDOptSrcLLAddr].lladdr == CAR_TEXT
    assert ICMPv6NDOptSrcLLAddr not in rs_bare
    assert (mld[IPv6].nh, mld[IPv6].hlim, mld[ICMPv6MLReport2].records[0].dst) == (0, 1, "ff02::1:ffcd:56ef")


def na(target=EVSE_IP, lladdr=EVSE_TEXT, solicited=1, hlim=255, option=True):
    packet = IPv6(src=EVSE_IP, dst=CAR_IP, hlim=hlim) / ICMPv6ND_NA(tgt=target, R=0, S=solicited, O=1)
    return packet / ICMPv6NDOptDstLLAddr(lladdr=lladdr) if option else packet


def test_resolving_the_station():
    rig = Rig(ip_after_link=())
    rig.ip.resolve(link_local(EVSE), 0)
    (solicitation,) = rig.until(1)
    assert (solicitation[IPv6].dst, solicitation.dst, solicitation[IPv6].hlim) == (
        "ff02::1:ff33:4455",
        "33:33:ff:33:44:55",
        255,
    )
    rig.give(na())
    assert rig.ip.mac_of(link_local(EVSE)) == EVSE
    rig.give(na())  # a repeated answer is not a fault
    assert rig.book.complaints == []


def test_probing_later_is_unicast_and_needs_no_option():
    rig = Rig(ip_after_link=(), probe_ms=5000)
    rig.ip.resolve(link_local(EVSE), 0)
    rig.until(1)
    rig.give(na())
    (probe,) = rig.until(5100)
    assert (probe.dst, probe[IPv6].dst) == (EVSE_TEXT, EVSE_IP)
    rig.give(na(option=False))
    assert rig.ip.asking is None
    assert rig.book.complaints == []


@pytest.mark.parametrize(
    "answer",
    [
        na(hlim=64),
        na(solicited=0),
        na(option=False),
        na(lladdr="02:00:00:00:00:01"),
        na(target=CAR_IP),
        na(target="fe80::1"),
    ],
)
def test_a_wrong_advertisement_is_no_answer(answer):
    rig = Rig(ip_after_link=())
    rig.ip.resolve(link_local(EVSE), 0)
    rig.until(1)
    rig.give(answer)
    assert rig.ip.mac_of(link_local(EVSE)) is None
    assert len(rig.book.complaints) == 1
    assert len(rig.until(4000)) == 2
    assert rig.ip.lost


def test_solicitation_for_the_car_is_answered():
    rig = Rig(ip_after_link=())
    ask = IPv6(src=EVSE_IP, dst="ff02::1:ffcd:56ef", hlim=255) / ICMPv6ND_NS(tgt=CAR_IP)
    frame = bytes(
        Ether(dst="33:33:ff:cd:56:ef", src=EVSE_TEXT) / ask / ICMPv6NDOptSrcLLAddr(lladdr=EVSE_TEXT)
    )
    rig.ip.receive(frame, 0)
    (answer,) = rig.sent()
    assert (answer[ICMPv6ND_NA].tgt, answer[ICMPv6ND_NA].S, answer[ICMPv6ND_NA].R) == (CAR_IP, 1, 0)
    assert answer[ICMPv6NDOptDstLLAddr].lladdr == CAR_TEXT
    assert rig.ip.mac_of(link_local(EVSE)) == EVSE


# ---- SDP


def sdp_answer(
    security=0x10, transport=0, port=15118, address=None, sport=15118, dport=49152, kind=0x9001, length=20
):
    body = bytes.fromhex("01fe") + kind.to_bytes(2, "big") + length.to_bytes(4, "big")
    body += (address or link_local(EVSE)) + port.to_bytes(2, "big") + bytes([security, transport])
    return IPv6(src=EVSE_IP, dst=CAR_IP, hlim=64) / UDP(sport=sport, dport=dport) / Raw(body)


def test_sdp_request_and_answer():
    rig = Rig(ip_after_link=())
    rig.sdp.start(49152, 0)
    (request,) = rig.until(1)
    assert (request.dst, request[IPv6].dst, request[UDP].dport) == ("33:33:00:00:00:01", "ff02::1", 15118)
    assert bytes(request[UDP].payload).hex() == "01fe9000000000021000"
    rig.give(sdp_answer())
    assert rig.sdp.found == (link_local(EVSE), 15118)
    rig.give(sdp_answer())
    assert rig.book.complaints == []
    assert rig.until(2000) == []


@pytest.mark.parametrize(
    "answer",
    [
        sdp_answer(security=0),
        sdp_answer(transport=0x10),
        sdp_answer(port=0),
        sdp_answer(address=link_local(CAR)),
        sdp_answer(sport=1),
        sdp_answer(dport=49153),
        sdp_answer(kind=0x9000),
        sdp_answer(length=21),
        sdp_answer() / Raw(b"\x00"),
    ],
)
def test_a_wrong_sdp_answer_counts_for_nothing(answer):
    rig = Rig(ip_after_link=())
    rig.sdp.start(49152, 0)
    rig.until(1)
    rig.give(answer)
    assert rig.sdp.found is None
    assert rig.book.complaints


@pytest.mark.parametrize("spoil", [60, 61, 62, 70, 89])
def test_udp_checksum_is_looked_at(spoil):
    rig = Rig(ip_after_link=())
    rig.sdp.start(49152, 0)
    rig.until(1)
    rig.give(sdp_answer(), spoil=spoil)
    assert rig.sdp.found is None
    assert rig.book.complaints == ["IPv6: wrong checksum, next header 17"]


def test_tls_first_then_without():
    rig = Rig(ip_after_link=(), sdp_security=0, sdp_fallback=0x10)
    rig.sdp.start(49152, 0)
    requests = rig.until(14000)
    kinds = [bytes(request[UDP].payload)[8] for request in requests]
    assert kinds[:52] == [0] * 50 + [0x10] * 2
    assert {request[UDP].sport for request in requests[:50]} == {49152}
    assert requests[50][UDP].sport == 49153


def test_no_tls_is_accepted_as_the_answer_to_tls():
    rig = Rig(ip_after_link=(), sdp_security=0)
    rig.sdp.start(49152, 0)
    rig.until(1)
    rig.give(sdp_answer())
    assert rig.sdp.found


def test_sdp_gives_up_after_fifty():
    rig = Rig(ip_after_link=())
    rig.sdp.start(49152, 0)
    assert len(rig.until(13000)) == 50
    assert rig.sdp.failed


# ---- TCP


def test_handshake():
    syn, (reply,) = Rig(ip_after_link=()).connected()
    assert (syn[TCP].flags, syn[TCP].seq, syn[TCP].window, syn[TCP].options) == (
        "S",
        ISN,
        2920,
        [("MSS", 1440)],
    )
    assert (reply[TCP].flags, reply[TCP].seq, reply[TCP].ack) == ("A", ISN + 1, 5001)


@pytest.mark.parametrize(
    ("habits", "options"),
    [
        ({"mss": 350, "syn_padding": 4}, "0204015e00000000"),
        ({"sack": True}, "020405a004020101"),
        ({"mss": None}, ""),
    ],
)
def test_syn_options_of_real_cars(habits, options):
    syn, _ = Rig(ip_after_link=(), **habits).connected()
    raw = bytes(syn[TCP])
    assert raw[20 : (raw[12] >> 4) * 4].hex() == options


def test_data_both_ways_across_the_wrap():
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.tcp.write(bytes(range(40)), rig.now)
    (data,) = rig.sent()
    assert (data[TCP].flags, bytes(data[TCP].payload)) == ("PA", bytes(range(40)))
    rig.give(rig.segment(data=b"hello"))
    assert rig.tcp.read() == b"hello"
    assert rig.tcp.flight == []
    (ack,) = rig.until(rig.now + 50)
    assert (ack[TCP].ack, ack[TCP].seq) == (5006, (ISN + 41) & 0xFFFFFFFF)


def test_peer_window_and_mss_are_heeded():
    rig = Rig(ip_after_link=())
    rig.ip._learn(link_local(EVSE), EVSE)
    rig.tcp.connect(link_local(EVSE), 15118, 49152, ISN, 0)
    rig.give(rig.segment("SA", options=[("MSS", 100)], window=150))
    rig.sent()
    rig.peer_seq += 1
    rig.tcp.write(bytes(300), 0)
    assert [len(f[TCP].payload) for f in rig.sent()] == [100, 50]
    assert [len(f[TCP].payload) for f in rig.give(rig.segment(window=150))] == [100, 50]


def test_splitting_habit():
    rig = Rig(ip_after_link=(), tcp_split=(1, 7))
    rig.connected()
    rig.tcp.write(bytes(20), 0)
    assert [len(f[TCP].payload) for f in rig.sent()] == [1, 7, 1, 7, 1, 3]


def test_retransmission_backs_off():
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.tcp.write(b"abc", rig.now)
    rig.sent()
    assert len(rig.until(499)) == 0
    assert len(rig.until(501)) == 1
    assert len(rig.until(1499)) == 0
    assert len(rig.until(1502)) == 1
    rig.until(60000)
    assert rig.tcp.ended == "timeout"


def test_repeated_and_overlapping_data():
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.give(rig.segment(data=b"abcd"))
    (again,) = rig.give(rig.segment(data=b"abcd"))
    assert again[TCP].ack == 5005
    rig.give(rig.segment(data=b"cdef", seq=5003))
    assert rig.tcp.read() == b"abcdef"
    assert rig.book.complaints == []
    rig.give(rig.segment(data=b"abXd"))
    assert rig.book.complaints == ["TCP: repeated bytes differ from those sent before"]


def test_a_gap_brings_a_duplicate_acknowledgement():
    rig = Rig(ip_after_link=())
    rig.connected()
    (ack,) = rig.give(rig.segment(data=b"late", seq=5101))
    assert (ack[TCP].ack, rig.tcp.read()) == (5001, b"")
    assert rig.book.complaints == []


@pytest.mark.parametrize(
    ("packet", "complaint"),
    [
        ({"ack": 5}, "that were not sent"),
        ({"flags": "S"}, "SYN inside"),
        ({"flags": "PU", "data": b"x"}, "urgent"),
        ({"flags": "P", "data": b"x"}, "without ACK"),
        ({"data": bytes(1441)}, "the MSS is 1440"),
        ({"options": [("Timestamp", (1, 2))]}, "option 8"),
        ({"options": [("SAckOK", b"")]}, "option 4"),
        ({"options": [("MSS", 1000)]}, "misplaced MSS"),
        ({"reserved": 1}, "reserved"),
        ({"flags": "AEC"}, "reserved or ECN"),
    ],
)
def test_what_a_strict_peer_complains_about(packet, complaint):
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.give(rig.segment(**packet))
    assert len(rig.book.complaints) == 1
    assert complaint in rig.book.complaints[0]
    assert rig.tcp.read() == b""
    assert rig.tcp.state == "ESTABLISHED"


@pytest.mark.parametrize("spoil", [54, 58, 62, 66, 68, 70, 75])
def test_tcp_checksum_is_looked_at(spoil):
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.give(rig.segment(data=b"abcd"), spoil=spoil)
    assert rig.book.complaints == ["IPv6: wrong checksum, next header 6"]
    assert rig.tcp.read() == b""


@pytest.mark.parametrize(
    "field", [{"flags": "SAE"}, {"ack": 7}, {"options": [("WScale", 2)]}, {"options": [("SAckOK", b"")]}]
)
def test_a_wrong_syn_ack_does_not_connect(field):
    rig = Rig(ip_after_link=())
    rig.ip._learn(link_local(EVSE), EVSE)
    rig.tcp.connect(link_local(EVSE), 15118, 49152, ISN, 0)
    rig.sent()
    rig.give(rig.segment(**({"flags": "SA"} | field)))
    assert rig.tcp.state == "SYN_SENT"
    assert rig.book.complaints
    assert len(rig.until(1001)) == 1  # the SYN again


def test_own_fin_then_the_stations():
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.tcp.close(rig.now)
    (fin,) = rig.sent()
    assert fin[TCP].flags == "FA"
    rig.give(rig.segment())
    (last,) = rig.give(rig.segment("FA"))
    assert (last[TCP].ack, rig.tcp.ended) == (5002, "fin")


def test_station_closes_first():
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.give(rig.segment("FA"))
    assert rig.tcp.state == "CLOSE_WAIT"
    rig.tcp.close(rig.now)
    rig.sent()
    rig.peer_seq += 1
    rig.give(rig.segment())
    assert rig.tcp.ended == "fin"


def test_station_that_never_closes_is_reset():
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.tcp.close(rig.now)
    rig.give(rig.segment())
    frames = rig.until(4000)
    assert (frames[-1][TCP].flags, frames[-1][TCP].window) == ("R", 0)
    assert "does not close" in rig.book.complaints[0]


def test_resets():
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.give(rig.segment("R"))
    assert rig.tcp.ended == "peer rst"
    rig.connected()
    rig.sent()
    rig.tcp.abort(rig.now)
    (reset,) = rig.sent()
    assert (reset[TCP].flags, reset[TCP].ack, reset[TCP].window) == ("R", 0, 0)


def test_reset_ahead_of_the_next_byte_is_questioned():
    rig = Rig(ip_after_link=())
    rig.connected()
    (challenge,) = rig.give(rig.segment("R", seq=5101))
    assert (challenge[TCP].flags, challenge[TCP].ack, rig.tcp.state) == ("A", 5001, "ESTABLISHED")


def test_after_the_end():
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.tcp.close(rig.now)
    rig.give(rig.segment("FA"))
    (again,) = rig.give(rig.segment("FA"))
    assert (again[TCP].flags, again[TCP].ack) == ("A", 5002)
    rig = Rig(ip_after_link=())
    rig.connected()
    rig.tcp.abort(rig.now)
    rig.sent()
    (reset,) = rig.give(rig.segment(data=b"late"))
    assert (reset[TCP].flags, reset[TCP].seq) == ("R", ISN + 1)
    assert rig.give(rig.segment("R")) == []
    assert rig.book.complaints == []


def test_window_styles():
    rig = Rig(ip_after_link=(), window_style="double", window=4000)
    rig.connected()
    rig.give(rig.segment(data=bytes(12)))
    assert [f[TCP].window for f in rig.until(100)] == [3988, 4000]
    rig = Rig(ip_after_link=(), window_style="creeping", window=2920)
    rig.connected()
    windows = []
    for _ in range(60):
        rig.give(rig.segment(data=bytes(30)))
        rig.peer_seq += 30
        windows.append(rig.until(rig.now + 100)[0][TCP].window)
    assert windows[:3] == [2890, 2860, 2830]
    assert (min(windows), windows[47]) == (1510, 2920)  # below 51 % of 2920 it jumps back
