# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.ipv6 against frames built and read by scapy."""

import ipaddress
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plc.ipv6 import Ipv6, link_local, ones_sum
from scapy.layers.inet6 import (
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6MLReport2,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
    RouterAlert,
)
from scapy.packet import Raw

from host_tests.support.scapy_peer import (
    ALL_NODES_MAC,
    BOX_IP,
    BOX_MAC,
    BOX_SOLICITED,
    BOX_SOLICITED_MAC,
    CAR_IP,
    CAR_MAC,
    TCP,
    UDP,
    IPv6,
    car_frame,
    dissect,
    mac_bytes,
)


@pytest.fixture
def ip():
    return Ipv6(mac_bytes(BOX_MAC))


def packed(text):
    return ipaddress.IPv6Address(text).packed


def sdp_request(data=b"\x01\xfe\x90\x00\x00\x00\x00\x02\x10\x00", **fields):
    return UDP(sport=49154, dport=15118, **fields) / Raw(data)


def solicitation(target=BOX_IP, option=True, **fields):
    layer = ICMPv6ND_NS(tgt=target, **fields)
    return layer / ICMPv6NDOptSrcLLAddr(lladdr=CAR_MAC) if option else layer


# --- addresses ---


@pytest.mark.parametrize(
    ("mac", "address"),
    [
        (BOX_MAC, BOX_IP),
        (CAR_MAC, CAR_IP),
        ("00:00:00:00:00:00", "fe80::200:ff:fe00:0"),
        ("ff:ff:ff:ff:ff:ff", "fe80::fdff:ffff:feff:ffff"),
        ("04:65:65:00:64:c3", "fe80::665:65ff:fe00:64c3"),
    ],
)
def test_link_local_is_eui_64(mac, address):
    assert link_local(mac_bytes(mac)) == packed(address)


@pytest.mark.parametrize(
    ("to_mac", "to_ip"),
    [
        (BOX_MAC, BOX_IP),
        (ALL_NODES_MAC, "ff02::1"),
        (BOX_SOLICITED_MAC, BOX_SOLICITED),
        (BOX_MAC, "ff02::1"),
        (BOX_MAC, BOX_SOLICITED),
    ],
)
def test_frames_for_us_are_taken(ip, to_mac, to_ip):
    packet = ip.parse(car_frame(sdp_request(), to_mac=to_mac, to_ip=to_ip))
    assert packet.source == packed(CAR_IP)
    assert packet.destination == packed(to_ip)
    assert packet.source_mac == mac_bytes(CAR_MAC)
    assert ip.counts["accepted"] == 1


@pytest.mark.parametrize(
    ("changes", "counter"),
    [
        ({"to_mac": "02:5e:0b:a1:b2:c4"}, "not_for_us"),
        ({"to_mac": "33:33:00:00:00:02", "to_ip": "ff02::2"}, "not_for_us"),
        ({"to_mac": "33:33:ff:a1:b2:c4", "to_ip": "ff02::1:ffa1:b2c4"}, "not_for_us"),
        ({"to_ip": "fe80::1"}, "not_for_us"),
        ({"to_mac": "ff:ff:ff:ff:ff:ff"}, "not_for_us"),
        ({"mac": BOX_MAC}, "not_for_us"),
        ({"mac": "03:00:00:00:00:01"}, "malformed"),
        ({"ip": "ff02::1"}, "malformed"),
        ({"version": 4}, "malformed"),
        ({"plen": 2000}, "malformed"),
        ({"nh": 59}, "unknown_header"),
        ({"nh": 50}, "unknown_header"),
        ({"nh": 255}, "unknown_header"),
    ],
)
def test_frames_that_are_not_for_us_or_broken(ip, changes, counter):
    assert ip.parse(car_frame(sdp_request(), **changes)) is None
    assert ip.counts[counter] == 1
    assert sum(ip.counts.values()) == 1


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({"mac": "02:5e:0d:e1:e2:e3"}, True),
        ({"ip": "fe80::77"}, True),
        ({"to_mac": ALL_NODES_MAC, "to_ip": "ff02::1"}, True),
        ({"to_mac": "02:5e:0b:a1:b2:c4"}, False),
        ({"to_ip": "fe80::1"}, False),
        ({"mac": BOX_MAC}, False),
    ],
)
def test_addresses_are_looked_at_again_when_one_changes(ip, changes, taken):
    for _ in range(2):
        assert ip.parse(car_frame(sdp_request())).source == packed(CAR_IP)
        packet = ip.parse(car_frame(sdp_request(), **changes))
        assert (packet is not None) == taken
        if taken:
            assert packet.source_mac == mac_bytes(changes.get("mac", CAR_MAC))
            assert packet.source == packed(changes.get("ip", CAR_IP))
            assert packet.destination == packed(changes.get("to_ip", BOX_IP))


@pytest.mark.parametrize("frame", [b"", bytes(13), bytes(53), bytes(60), b"\xff" * 60])
def test_what_is_not_ipv6_is_left_alone(ip, frame):
    assert ip.parse(frame) is None
    assert sum(ip.counts.values()) == 0


def test_every_truncation_is_refused(ip):
    frame = car_frame(sdp_request(), padded=False)
    for length in range(54, len(frame)):
        assert ip.parse(frame[:length]) is None, length
    assert ip.counts["malformed"] == len(frame) - 54
    assert ip.parse(frame)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_buffer(ip, kind):
    assert ip.udp(ip.parse(kind(car_frame(sdp_request(b"abc")))))[2] == b"abc"


# --- checksums ---


def wire_sum(addresses, next_header, data):
    """RFC 1071 by hand."""
    text = (
        addresses + len(data).to_bytes(4, "big") + bytes((0, 0, 0, next_header)) + data + bytes(len(data) & 1)
    )
    total = 0
    for at in range(0, len(text), 2):
        total += text[at] << 8 | text[at + 1]
        total = (total & 0xFFFF) + (total >> 16)
    return total


@given(st.binary(min_size=32, max_size=32), st.sampled_from((6, 17, 58)), st.binary(max_size=1460))
@settings(max_examples=200, deadline=None)
def test_the_sum_equals_the_addition_of_rfc_1071(addresses, next_header, data):
    total = wire_sum(addresses, next_header, data)
    start = ones_sum(addresses) + next_header + len(data)
    assert ones_sum(memoryview(data), start) == total % 0xFFFF


def test_a_udp_checksum_of_zero_goes_out_as_ffff(ip):
    """Two bytes of data make the sum 0xFFFF; a plain complement would write the forbidden 0."""
    frame = ip.build_udp(mac_bytes(CAR_MAC), packed(CAR_IP), 1, 2, b"\0\0")
    missing = int.from_bytes(frame[60:62], "big")
    frame = ip.build_udp(mac_bytes(CAR_MAC), packed(CAR_IP), 1, 2, missing.to_bytes(2, "big"))
    assert frame[60:62] == b"\xff\xff"
    assert dissect(frame)[UDP].chksum == 0xFFFF
    assert Ipv6(mac_bytes(CAR_MAC)).parse(frame)
    assert Ipv6(mac_bytes(CAR_MAC)).parse(frame[:60] + b"\0\0" + frame[62:]) is None


def test_a_tcp_checksum_may_be_zero(ip):
    segment = bytearray(22)
    segment[12] = 0x50
    frame = ip.build_tcp(mac_bytes(CAR_MAC), packed(CAR_IP), segment)
    segment[20:22] = frame[70:72]
    frame = ip.build_tcp(mac_bytes(CAR_MAC), packed(CAR_IP), segment)
    assert frame[70:72] == b"\0\0"
    assert Ipv6(mac_bytes(CAR_MAC)).parse(frame)


def test_udp_without_checksum_is_refused(ip):
    assert ip.parse(car_frame(sdp_request(chksum=0))) is None
    assert ip.counts["bad_checksum"] == 1


@pytest.mark.parametrize(
    "layer",
    [sdp_request(b"xyz"), TCP(sport=1, dport=2, flags="A") / Raw(b"xyz"), ICMPv6EchoRequest(data=b"xyz")],
    ids=["udp", "tcp", "icmpv6"],
)
def test_every_flipped_bit_behind_the_header_is_found(ip, layer):
    frame = car_frame(layer, padded=False)
    for bit in range(54 * 8, len(frame) * 8):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        assert ip.parse(damaged) is None, bit
    assert ip.counts["bad_checksum"] > 8 * (len(frame) - 54) - 40
    assert ip.parse(frame)


def test_padding_behind_the_packet_is_cut(ip):
    frame = car_frame(sdp_request(b"odd"), padded=False) + b"garbage"
    assert bytes(ip.udp(ip.parse(frame))[2]) == b"odd"
    frame = car_frame(TCP(sport=1, dport=2, flags="A"), padded=False) + b"\xa5" * 6
    assert len(ip.parse(frame).payload) == 20


@pytest.mark.parametrize(("length", "counter"), [(7, "malformed"), (0, "malformed"), (19, "malformed")])
def test_udp_length_that_cannot_be(ip, length, counter):
    assert ip.parse(car_frame(sdp_request(bytes(10), len=length))) is None
    assert ip.counts[counter] == 1


def test_udp_shorter_than_its_packet(ip):
    addresses = packed(CAR_IP) + packed(BOX_IP)
    datagram = bytearray(b"\xc0\x02\x3b\x0e\x00\x0a\x00\x00ab")
    datagram[6:8] = (0xFFFF - wire_sum(addresses, 17, bytes(datagram))).to_bytes(2, "big")
    frame = car_frame(Raw(bytes(datagram) + b"surplus"), nh=17)
    assert bytes(ip.udp(ip.parse(frame))[2]) == b"ab"


@pytest.mark.parametrize(("next_header", "size"), [(6, 19), (17, 7), (58, 7), (6, 0), (17, 0), (58, 0)])
def test_upper_layer_too_short(ip, next_header, size):
    assert ip.parse(car_frame(Raw(bytes(size)) if size else Raw(b""), nh=next_header)) is None
    assert ip.counts["malformed"] == 1


# --- extension headers ---

HOP = IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"")])
DESTINATION = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(12))])
NO_SEGMENTS_LEFT = IPv6ExtHdrRouting(type=4, segleft=0, addresses=[])


@pytest.mark.parametrize(
    "headers",
    [HOP, DESTINATION, HOP / DESTINATION, HOP / DESTINATION / NO_SEGMENTS_LEFT / DESTINATION.copy()],
    ids=["hop-by-hop", "destination", "two", "four"],
)
def test_extension_headers_are_skipped(ip, headers):
    packet = ip.parse(car_frame(headers / sdp_request(b"behind")))
    assert bytes(ip.udp(packet)[2]) == b"behind"


@pytest.mark.parametrize(
    ("headers", "counter"),
    [
        (DESTINATION / HOP, "malformed"),
        (IPv6ExtHdrRouting(type=4, segleft=1, addresses=[]), "malformed"),
        (DESTINATION / DESTINATION / DESTINATION / DESTINATION / DESTINATION, "malformed"),
        (IPv6ExtHdrDestOpt(len=200), "malformed"),
        (IPv6ExtHdrFragment(offset=0, m=1), "fragment"),
        (IPv6ExtHdrFragment(offset=10, m=0), "fragment"),
        (HOP / IPv6ExtHdrFragment(), "fragment"),
        (IPv6ExtHdrDestOpt(nh=99), "unknown_header"),
    ],
)
def test_extension_headers_that_are_refused(ip, headers, counter):
    assert ip.parse(car_frame(headers / sdp_request())) is None
    assert ip.counts[counter] == 1


def test_a_chain_cut_at_every_byte(ip):
    inner = bytes(HOP / DESTINATION / sdp_request())
    for size in range(len(inner)):
        assert ip.parse(car_frame(Raw(inner[:size]), nh=0)) is None


# --- neighbour discovery ---


@pytest.mark.parametrize(
    ("to_mac", "to_ip", "option"),
    [(BOX_SOLICITED_MAC, BOX_SOLICITED, True), (BOX_MAC, BOX_IP, True), (BOX_MAC, BOX_IP, False)],
    ids=["multicast", "reachability probe", "without option"],
)
def test_solicitation_for_us_is_answered(ip, to_mac, to_ip, option):
    packet = ip.parse(car_frame(solicitation(option=option), to_mac=to_mac, to_ip=to_ip))
    answer = dissect(ip.receive_icmp(packet))
    assert answer.dst == CAR_MAC
    assert answer[IPv6].dst == CAR_IP
    assert answer[IPv6].hlim == 255
    advertisement = answer[ICMPv6ND_NA]
    assert (advertisement.R, advertisement.S, advertisement.O) == (0, 1, 1)
    assert advertisement.tgt == BOX_IP
    assert advertisement[ICMPv6NDOptDstLLAddr].lladdr == BOX_MAC
    assert ip.counts["neighbour_answered"] == 1


def test_duplicate_detection_of_our_address_is_answered_to_all(ip):
    frame = car_frame(solicitation(option=False), ip="::", to_mac=BOX_SOLICITED_MAC, to_ip=BOX_SOLICITED)
    answer = dissect(ip.receive_icmp(ip.parse(frame)))
    assert answer.dst == ALL_NODES_MAC
    assert answer[IPv6].dst == "ff02::1"
    assert answer[IPv6].hlim == 255
    assert (answer[ICMPv6ND_NA].S, answer[ICMPv6ND_NA].O) == (0, 1)
    assert answer[ICMPv6ND_NA].tgt == BOX_IP


def test_answers_do_not_inherit_flags_from_each_other(ip):
    probe = car_frame(solicitation(), to_mac=BOX_MAC, to_ip=BOX_IP)
    detection = car_frame(solicitation(option=False), ip="::", to_mac=BOX_SOLICITED_MAC, to_ip=BOX_SOLICITED)
    flags = [dissect(ip.receive_icmp(ip.parse(frame)))[ICMPv6ND_NA].S for frame in (probe, detection) * 2]
    assert flags == [1, 0, 1, 0]


def test_the_cars_own_duplicate_detection_is_never_answered(ip):
    """Even when its solicited-node address is ours as well (same low 24 bits)."""
    twin = "fe80::1234:56ff:fea1:b2c3"
    frame = car_frame(
        solicitation(target=twin, option=False), ip="::", to_mac=BOX_SOLICITED_MAC, to_ip=BOX_SOLICITED
    )
    assert ip.receive_icmp(ip.parse(frame)) is None
    assert ip.counts["icmp_ignored"] == 1


def damaged_option(length, kind=1):
    return solicitation(option=False) / Raw(bytes((kind, length)) + bytes(6))


@pytest.mark.parametrize(
    ("layer", "changes"),
    [
        (solicitation(), {"hlim": 254}),
        (solicitation(), {"hlim": 64}),
        (solicitation(code=1), {}),
        (solicitation(target=CAR_IP), {}),
        (solicitation(target=BOX_SOLICITED), {}),
        (damaged_option(0), {}),
        (damaged_option(2), {}),
        (solicitation() / Raw(b"\x0e\x01\x00"), {}),
        (solicitation() / Raw(b"\x0e"), {}),
        (solicitation(), {"ip": "::", "to_mac": BOX_SOLICITED_MAC, "to_ip": BOX_SOLICITED}),
        (solicitation(option=False), {"ip": "::"}),
        (solicitation(option=False), {"ip": "::", "to_mac": ALL_NODES_MAC, "to_ip": "ff02::1"}),
    ],
)
def test_solicitations_that_must_not_be_answered(ip, layer, changes):
    changes = {"hlim": 255, **changes}
    packet = ip.parse(car_frame(layer, **changes))
    assert packet is not None
    assert ip.receive_icmp(packet) is None
    assert ip.counts["icmp_ignored"] == 1


def test_unknown_options_are_passed_over(ip):
    layer = damaged_option(1, kind=14) / ICMPv6NDOptSrcLLAddr(lladdr=CAR_MAC)
    assert ip.receive_icmp(ip.parse(car_frame(layer, hlim=255)))


@pytest.mark.parametrize("size", [0, 1, 2, 56, 57, 1412])
def test_echo(ip, size):
    data = bytes(index & 0xFF for index in range(size))
    packet = ip.parse(car_frame(ICMPv6EchoRequest(id=7, seq=9, data=data), hlim=1))
    answer = dissect(ip.receive_icmp(packet))
    assert (answer.dst, answer[IPv6].dst) == (CAR_MAC, CAR_IP)
    assert (answer[ICMPv6EchoReply].id, answer[ICMPv6EchoReply].seq) == (7, 9)
    assert answer[ICMPv6EchoReply].data == data


def test_an_echo_that_no_frame_of_ours_could_answer_is_ignored(ip):
    """It fits a frame with a VLAN tag's room, as the modem takes them."""
    packet = ip.parse(car_frame(ICMPv6EchoRequest(data=bytes(1453))))
    assert ip.receive_icmp(packet) is None
    assert ip.counts["icmp_ignored"] == 1 and ip.counts["echo_answered"] == 0


def test_echo_to_all_nodes_comes_from_our_address(ip):
    packet = ip.parse(car_frame(ICMPv6EchoRequest(), to_mac=ALL_NODES_MAC, to_ip="ff02::1"))
    assert dissect(ip.receive_icmp(packet))[IPv6].dst == CAR_IP


@pytest.mark.parametrize(
    ("layer", "changes"),
    [
        (ICMPv6ND_RS(), {"to_mac": BOX_MAC}),
        (HOP / ICMPv6MLReport2(), {}),
        (ICMPv6ND_NA(tgt=CAR_IP), {}),
        (ICMPv6EchoReply(), {}),
        (ICMPv6EchoRequest(), {"ip": "::"}),
        (ICMPv6EchoRequest(code=3), {}),
    ],
)
def test_everything_else_is_ignored_and_counted(ip, layer, changes):
    assert ip.receive_icmp(ip.parse(car_frame(layer, **changes))) is None
    assert ip.counts["icmp_ignored"] == 1


def test_only_icmp_is_icmp_and_only_udp_is_udp(ip):
    assert ip.receive_icmp(ip.parse(car_frame(sdp_request()))) is None
    assert ip.udp(ip.parse(car_frame(ICMPv6EchoRequest()))) is None
    assert ip.udp(ip.parse(car_frame(sdp_request(), ip="::"))) is None


# --- out ---


@pytest.mark.parametrize("size", [0, 1, 20, 21, 1452])
def test_build_udp(ip, size):
    data = bytes((index * 7) & 0xFF for index in range(size))
    answer = dissect(ip.build_udp(mac_bytes(CAR_MAC), packed(CAR_IP), 15118, 49154, data))
    assert (answer.dst, answer[IPv6].dst) == (CAR_MAC, CAR_IP)
    assert (answer[UDP].sport, answer[UDP].dport, answer[UDP].len) == (15118, 49154, size + 8)
    assert bytes(answer[UDP].payload) == data


def test_a_short_frame_after_a_long_one_carries_nothing_of_it(ip):
    ip.build_udp(mac_bytes(CAR_MAC), packed(CAR_IP), 1, 2, b"\xff" * 1452)
    assert (
        bytes(dissect(ip.build_udp(mac_bytes(CAR_MAC), packed(CAR_IP), 1, 2, b"odd"))[UDP].payload) == b"odd"
    )


def test_what_does_not_fit_is_our_own_bug(ip):
    with pytest.raises(ValueError):
        ip.build_udp(mac_bytes(CAR_MAC), packed(CAR_IP), 1, 2, bytes(1453))
    with pytest.raises(ValueError):
        ip.build_tcp(mac_bytes(CAR_MAC), packed(CAR_IP), bytes(1461))


# --- hostile input ---


def feed(ip, frame):
    packet = ip.parse(frame)
    if packet is not None:
        answer = ip.receive_icmp(packet)
        if answer:
            dissect(answer)
        ip.udp(packet)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_random_upper_layers_do_no_harm(data):
    ip = Ipv6(mac_bytes(BOX_MAC))
    head = bytes(car_frame(Raw(b""), padded=False))
    for next_header in (0, 6, 17, 43, 44, 58, 60):
        frame = bytearray(head + data)
        frame[18:20] = len(data).to_bytes(2, "big")
        frame[20] = next_header
        feed(ip, frame)


SEEDS = [
    car_frame(HOP / DESTINATION / sdp_request()),
    car_frame(solicitation(), hlim=255),
    car_frame(ICMPv6EchoRequest(data=b"0123456789")),
    car_frame(TCP(sport=1, dport=2, options=[("MSS", 350)])),
]


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(14, 130), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 130),
)
@settings(max_examples=300, deadline=None)
def test_mutated_frames_do_no_harm(seed, changes, length):
    """The checksum is repaired after each change, so that the deeper code is reached as well."""
    ip = Ipv6(mac_bytes(BOX_MAC))
    frame = bytearray(seed)
    for at, value in changes:
        frame[at % len(frame)] = value
    feed(ip, frame[: max(length, 20)])
    if frame[20] == 58 and len(frame) >= 62:
        end = min(54 + int.from_bytes(frame[18:20], "big"), len(frame))
        if end >= 62:
            frame[56:58] = b"\0\0"
            frame[56:58] = (0xFFFF - wire_sum(bytes(frame[22:54]), 58, bytes(frame[54:end]))).to_bytes(
                2, "big"
            )
    feed(ip, frame)


def test_many_random_frames():
    ip = Ipv6(mac_bytes(BOX_MAC))
    rng = random.Random(6)
    for _ in range(2000):
        feed(ip, mac_bytes(BOX_MAC) + rng.randbytes(6) + b"\x86\xdd\x60" + rng.randbytes(rng.randrange(150)))
    assert ip.counts["accepted"] == 0
