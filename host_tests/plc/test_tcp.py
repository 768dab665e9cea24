# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.tcp as a wire script: the car sends, the box answers, time is stepped by hand.

The car's segments are built by scapy, those of the box read by scapy, checksums included (``scapy_peer``).
Sequence numbers in the scripts are offsets from the two initial ones, as in a Wireshark window.
"""

import ipaddress
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plc import tcp as tcp_module
from plc.ipv6 import Ipv6
from plc.tcp import TcpServer, distance
from plc.ticks import ticks_add

from host_tests.support.scapy_peer import (
    BOX_MAC,
    CAR_IP,
    CAR_MAC,
    OTHER_IP,
    OTHER_MAC,
    PORT,
    TCP,
    IPv6,
    body,
    car_frame,
    car_segment,
    dissect,
    mac_bytes,
    repaired,
)

CAR_ISN = 0x1000
MASK = 0xFFFFFFFF

# SYN options of cars and of pyPLC's Windows, as recorded.
IONIQ = bytes.fromhex("0204015e00000000")
POLESTAR = bytes.fromhex("020405a004020101")
TESLA = bytes.fromhex("020405a0")
WINDOWS = bytes.fromhex("020405a00103030801010402")


class Wire:
    """A box at one end, the script at the other."""

    def __init__(self, now=1000, isn=CAR_ISN, box_isn=None, port=50103, mac=CAR_MAC, ip=CAR_IP):
        rng = random.Random(1)
        self.now = now
        self.ipv6 = Ipv6(mac_bytes(BOX_MAC))
        self.box_isns = [] if box_isn is None else [box_isn.to_bytes(4, "big")]
        self.tcp = TcpServer(
            self.ipv6, PORT, lambda n: self.box_isns.pop() if self.box_isns else rng.randbytes(n)
        )
        self.isn = isn
        self.box_isn = None
        self.port = port
        self.mac = mac
        self.ip = ip

    @property
    def state(self):
        return self.tcp.state

    def push(self, frame):
        packet = self.ipv6.parse(frame)
        assert packet is not None, self.ipv6.counts
        self.tcp.receive(packet, self.now)

    def sends(self, flags="A", data=b"", seq=0, ack=None, **fields):
        """A segment of the car; ``seq`` and ``ack`` count from the initial sequence numbers."""
        if ack is None:
            ack = 0 if flags in ("S", "R", "F") or self.box_isn is None else 1
        if ack or "A" in flags:
            fields["ack"] = ((self.box_isn or 0) + ack) & MASK
        fields.setdefault("port", self.port)
        fields.setdefault("mac", self.mac)
        fields.setdefault("ip", self.ip)
        self.push(car_segment(flags, data, seq=(self.isn + seq) & MASK, **fields))

    def frames(self):
        return [dissect(frame) for frame in self.tcp.take_frames()]

    def answers(self, *expected):
        """Checks all waiting frames: (flags, seq, ack, data), or (flags, seq, ack) without data."""
        seen = []
        for packet in self.frames():
            assert (packet.dst, packet[IPv6].dst) == (self.mac, self.ip)
            assert (packet[TCP].sport, packet[TCP].dport) == (PORT, self.port)
            seq = distance(packet[TCP].seq, self.box_isn)
            ack = distance(packet[TCP].ack, self.isn) if packet[TCP].flags & 0x10 else None
            seen.append((str(packet[TCP].flags), seq, ack, body(packet)))
        assert seen == [row if len(row) == 4 else (*row, b"") for row in expected]

    def quiet(self):
        assert list(self.tcp.take_frames()) == []

    def events(self, *expected):
        seen = []
        while (event := self.tcp.take_event()) is not None:
            seen.append(event)
        assert seen == list(expected)

    def after(self, ms):
        self.now = ticks_add(self.now, ms)
        self.tcp.poll(self.now)

    def syn(self, options=TESLA, flags="S", **fields):
        """Sends a SYN and takes the SYN-ACK, which is returned."""
        self.sends(flags, options=raw_options(options), **fields)
        (answer,) = self.frames()
        assert str(answer[TCP].flags) == "SA"
        self.box_isn = answer[TCP].seq
        assert answer[TCP].ack == (self.isn + 1) & MASK
        return answer

    def connect(self, options=TESLA, **fields):
        self.syn(options, **fields)
        self.sends("A", seq=1, **fields)
        self.events("connected")
        self.quiet()
        assert self.state == "ESTABLISHED"
        return self


def raw_options(octets):
    """Options as scapy takes them, so that the very bytes of the recording go out."""
    options = []
    at = 0
    while at < len(octets):
        kind = octets[at]
        if kind == 0:
            options.append(("EOL", None))
            at += 1
        elif kind == 1:
            options.append(("NOP", None))
            at += 1
        else:
            size = octets[at + 1]
            value = octets[at + 2 : at + size]
            options.append(("MSS", int.from_bytes(value, "big")) if kind == 2 else (kind, value))
            at += size
    return options


@pytest.fixture
def wire():
    return Wire()


def in_state(name, **options):
    """A wire whose box is in ``name``; box data sent so far 0, car data 0. FIN numbers: both 1 where sent."""
    wire = Wire(**options)
    if name == "LISTEN":
        return wire
    if name == "SYN_RECEIVED":
        wire.syn()
        return wire
    wire.connect()
    if name in ("CLOSE_WAIT", "LAST_ACK"):
        wire.sends("FA", seq=1)
        wire.answers(("A", 1, 2))
    if name in ("FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "TIME_WAIT", "LAST_ACK"):
        wire.tcp.close(wire.now)
        wire.answers(("FA", 1, 2 if name == "LAST_ACK" else 1))
    if name in ("FIN_WAIT_2", "TIME_WAIT"):
        wire.sends("A", seq=1, ack=2)
    if name == "TIME_WAIT":
        wire.sends("FA", seq=1, ack=2)
        wire.answers(("A", 2, 2))
    if name == "CLOSING":
        wire.sends("FA", seq=1, ack=1)
        wire.answers(("A", 2, 2))
    while wire.tcp.take_event():
        pass
    assert wire.state == name
    return wire


STATES = (
    "LISTEN",
    "SYN_RECEIVED",
    "ESTABLISHED",
    "FIN_WAIT_1",
    "FIN_WAIT_2",
    "CLOSING",
    "TIME_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
)
# What the car's next sequence number is, and the box's, in the state that in_state() left.
CAR_NEXT = dict.fromkeys(STATES, 1) | {
    "LISTEN": 0,
    "CLOSING": 2,
    "TIME_WAIT": 2,
    "CLOSE_WAIT": 2,
    "LAST_ACK": 2,
}
BOX_NEXT = dict.fromkeys(STATES, 2) | {"SYN_RECEIVED": 1, "ESTABLISHED": 1, "CLOSE_WAIT": 1}


# --- opening ---


@pytest.mark.parametrize(
    ("options", "window", "mss"),
    [
        (IONIQ, 1500, 350),
        (TESLA, 2920, 1440),
        (POLESTAR, 4000, 1440),
        (WINDOWS, 64800, 1440),
        (b"", 4000, 1220),
        (bytes.fromhex("01010204015e"), 4000, 350),
        (bytes.fromhex("080a00000001000000000204015e0101"), 4000, 350),
        (bytes.fromhex("0204ffff"), 4000, 1440),
        (bytes.fromhex("02040000"), 4000, 64),
    ],
)
def test_handshake_and_mss(wire, options, window, mss):
    answer = wire.syn(options, window=window)
    assert wire.state == "SYN_RECEIVED"
    assert answer[TCP].options == [("MSS", 1440)]
    assert answer[TCP].window == 4096
    wire.events()
    wire.sends("A", seq=1, window=60000)
    wire.events("connected")
    assert wire.state == "ESTABLISHED"
    assert wire.tcp.peer == ipaddress.IPv6Address(CAR_IP).packed
    assert wire.tcp.peer_port == 50103
    assert wire.tcp.write(bytes(3000))
    assert max(len(body(packet)) for packet in wire.frames()) == mss


@pytest.mark.parametrize(
    "options", ["02", "0204", "020401", "0200015e", "0201015e", "ff00", "05ff0102", "0203015e", "fe01fe02"]
)
def test_broken_options_do_not_stop_the_handshake(wire, options):
    octets = bytes.fromhex(options)
    octets += bytes(-len(octets) % 4)
    header = TCP(sport=50103, dport=PORT, flags="S", seq=CAR_ISN, window=4000, dataofs=5 + len(octets) // 4)
    wire.push(car_frame(header / octets))
    assert [str(packet[TCP].flags) for packet in wire.frames()] == ["SA"]
    assert wire.state == "SYN_RECEIVED"


def test_options_in_every_segment_are_skipped(wire):
    wire.connect()
    wire.sends("PA", b"hello", seq=1, options=[("NOP", None), ("NOP", None), ("Timestamp", (1, 2))])
    assert wire.tcp.read() == b"hello"
    wire.answers(("A", 1, 6))


@pytest.mark.parametrize("flags", ["SEC", "SPU", "SF"])
def test_a_syn_with_other_bits(wire, flags):
    """ECN set-up (RFC 3168) must be answered without ECE; FIN in a SYN is ignored by RFC 9293."""
    assert str(wire.syn(flags=flags)[TCP].flags) == "SA"


def test_data_in_the_syn_is_left_to_its_repetition(wire):
    wire.sends("S", b"early")
    (answer,) = wire.frames()
    wire.box_isn = answer[TCP].seq
    assert answer[TCP].ack == CAR_ISN + 1
    wire.sends("PA", b"early", seq=1)
    assert wire.tcp.read() == b"early"


def test_data_with_the_last_part_of_the_handshake(wire):
    wire.syn()
    wire.sends("PA", b"hello", seq=1)
    wire.events("connected")
    assert wire.tcp.read() == b"hello"
    wire.answers(("A", 1, 6))


def test_fin_with_the_last_part_of_the_handshake(wire):
    wire.syn()
    wire.sends("FPA", b"hello", seq=1)
    wire.events("connected", "peer_closed")
    assert (wire.tcp.read(), wire.state) == (b"hello", "CLOSE_WAIT")
    wire.answers(("A", 1, 7))


def test_a_repeated_syn_gets_the_same_answer(wire):
    first = wire.syn()
    again = wire.syn()
    assert again[TCP].seq == first[TCP].seq
    wire.sends("A", seq=1)
    wire.events("connected")


def test_a_repeated_syn_is_answered_to_the_mac_that_it_came_from(wire):
    """No checksum covers a frame's addresses on the bus: one wrong bit in the first SYN's costs a repetition."""
    right = wire.mac
    wire.mac = right[:-1] + ("0" if right[-1] != "0" else "8")
    wire.syn()
    wire.mac = right
    wire.syn()
    wire.sends("A", seq=1)
    wire.events("connected")
    wire.tcp.write(b"answer")
    wire.answers(("PA", 1, 1, b"answer"))


def test_a_different_syn_from_the_same_port_starts_again(wire):
    first = wire.syn()
    wire.isn += 777
    assert wire.syn()[TCP].seq != first[TCP].seq
    wire.sends("A", seq=1)
    wire.events("connected")


def test_the_syn_ack_is_repeated_until_given_up(wire):
    wire.syn()
    times = []
    for _ in range(700):
        wire.after(50)
        for packet in wire.frames():
            times.append((wire.now - 1000, str(packet[TCP].flags)))
    repeats = [500, 1500, *range(3500, 29500, 2000)]
    assert times == [(when, "SA") for when in repeats] + [(29500, "RA")]
    assert wire.state == "LISTEN"
    wire.events()
    assert wire.tcp.counts["timeout"] == 1


def test_a_wrong_ack_in_the_handshake_is_refused(wire):
    wire.syn()
    for wrong in (2, 0, 5000, -1):
        wire.sends("A", seq=1, ack=wrong)
        (answer,) = wire.frames()
        assert (str(answer[TCP].flags), answer[TCP].seq) == ("R", (wire.box_isn + wrong) & MASK)
    assert wire.state == "SYN_RECEIVED"
    wire.sends("A", seq=1)
    wire.events("connected")


def test_a_reset_in_the_handshake_is_not_reported(wire):
    wire.syn()
    wire.sends("R", seq=1)
    assert wire.state == "LISTEN"
    wire.events()
    wire.quiet()


def test_initial_numbers_differ():
    numbers = set()
    wire = Wire()
    for index in range(20):
        wire.port = 50000 + index
        numbers.add(wire.syn()[TCP].seq)
        wire.sends("A", seq=1)
        wire.sends("R", seq=1)
    assert len(numbers) == 20
    assert len({Wire(box_isn=n).syn()[TCP].seq for n in (0, 1, MASK)}) == 3


@pytest.mark.parametrize("number", [0, 1, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, MASK])
def test_the_initial_number_is_the_random_one(number):
    assert Wire(box_isn=number).connect().box_isn == number


# --- what belongs to no connection ---


@pytest.mark.parametrize("flags", ["S", "A", "PA", "FA", "F", "SA", "", "P"])
def test_a_wrong_port_is_refused(wire, flags):
    data = b"xyz" if "P" in flags else b""
    wire.push(car_segment(flags, data, to_port=15119, seq=700, ack=900))
    (answer,) = wire.frames()
    assert (answer[TCP].sport, answer[TCP].dport) == (15119, 50103)
    if "A" in flags:
        assert (str(answer[TCP].flags), answer[TCP].seq) == ("R", 900)
    else:
        length = len(data) + flags.count("S") + flags.count("F")
        assert (str(answer[TCP].flags), answer[TCP].seq, answer[TCP].ack) == ("RA", 0, 700 + length)
    assert wire.state == "LISTEN"


@pytest.mark.parametrize("flags", ["R", "RA"])
@pytest.mark.parametrize("port", [PORT, 15119])
def test_a_reset_is_never_answered(wire, flags, port):
    wire.push(car_segment(flags, to_port=port, seq=700, ack=900))
    wire.quiet()


@pytest.mark.parametrize("flags", ["A", "PA", "FA", "SA"])
def test_an_old_connection_is_refused_while_listening(wire, flags):
    wire.push(car_segment(flags, seq=700, ack=0xFFFFFFFE))
    (answer,) = wire.frames()
    assert (str(answer[TCP].flags), answer[TCP].seq) == ("R", 0xFFFFFFFE)
    assert wire.state == "LISTEN"


@pytest.mark.parametrize("state", STATES[1:])
def test_a_stranger_without_syn_is_refused_and_changes_nothing(state):
    wire = in_state(state)
    wire.push(car_segment("PA", b"x", port=60000, seq=1, ack=5))
    wire.push(car_segment("PA", b"x", port=wire.port, mac=OTHER_MAC, ip=OTHER_IP, seq=CAR_ISN + 1, ack=5))
    answers = wire.frames()
    assert [(str(packet[TCP].flags), packet[TCP].dport) for packet in answers] == [
        ("R", 60000),
        ("R", wire.port),
    ]
    assert (answers[1].dst, answers[1][IPv6].dst) == (OTHER_MAC, OTHER_IP)
    assert wire.state == state


def test_segments_to_all_or_from_nobody_are_dropped(wire):
    layer = TCP(sport=50103, dport=PORT, flags="S", seq=CAR_ISN)
    wire.push(car_frame(layer, to_mac="33:33:00:00:00:01", to_ip="ff02::1"))
    wire.push(car_frame(layer, ip="::"))
    wire.push(car_frame(TCP(sport=0, dport=PORT, flags="S", seq=CAR_ISN)))
    wire.quiet()
    assert (wire.state, wire.tcp.counts["malformed"]) == ("LISTEN", 3)


@pytest.mark.parametrize("offset", [0, 1, 4, 6, 15])
def test_a_data_offset_that_cannot_be(wire, offset):
    frame = bytearray(car_segment("S"))
    frame[66] = offset << 4
    wire.push(repaired(frame))
    wire.quiet()
    assert wire.tcp.counts["malformed"] == 1


# --- data in ---


def test_request_and_answer_share_the_acknowledgement(wire):
    wire.connect()
    wire.sends("PA", b"request", seq=1)
    assert wire.tcp.read() == b"request"
    assert wire.tcp.read() == b""
    assert wire.tcp.write(b"response")
    wire.answers(("PA", 1, 8, b"response"))
    wire.sends("A", seq=8, ack=9)
    wire.quiet()
    wire.after(20000 - 1)
    assert wire.tcp.counts["retransmit"] == 0


def test_an_acknowledgement_goes_alone_when_there_is_nothing_to_say(wire):
    wire.connect()
    wire.sends("PA", b"request", seq=1)
    wire.answers(("A", 1, 8))
    wire.quiet()


def test_data_without_push_is_data(wire):
    wire.connect()
    wire.sends("A", b"ab", seq=1)
    wire.sends("A", b"cd", seq=3)
    assert wire.tcp.read() == b"abcd"
    wire.answers(("A", 1, 5))


def test_urgent_data_is_data(wire):
    wire.connect()
    wire.sends("UA", b"ab", seq=1, urgptr=1)
    assert wire.tcp.read() == b"ab"


def test_a_segment_without_ack_is_ignored(wire):
    wire.connect()
    wire.sends("P", b"ab", seq=1, ack=0)
    wire.sends("", b"ab", seq=1, ack=0)
    assert wire.tcp.read() == b""
    wire.quiet()


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_message_split_at_every_byte(cut):
    message = bytes(range(60))
    wire = Wire().connect()
    wire.sends("A", message[:cut], seq=1)
    first = wire.tcp.read()
    wire.sends("PA", message[cut:], seq=1 + cut)
    assert first + wire.tcp.read() == message


def test_a_message_byte_by_byte(wire):
    wire.connect()
    got = b""
    for at in range(60):
        wire.sends("A", bytes((at,)), seq=1 + at)
        got += wire.tcp.read()
        wire.answers(("A", 1, 2 + at))
    assert got == bytes(range(60))


def test_a_duplicate_is_acknowledged_and_not_delivered(wire):
    wire.connect()
    wire.sends("PA", b"hello", seq=1)
    assert wire.tcp.read() == b"hello"
    wire.answers(("A", 1, 6))
    wire.sends("PA", b"hello", seq=1)
    assert wire.tcp.read() == b""
    wire.answers(("A", 1, 6))
    assert wire.tcp.counts["duplicate"] == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, 5), (0, 9)),
        ((0, 5), (3, 9)),
        ((0, 5), (4, 6)),
        ((0, 5), (5, 9)),
        ((0, 9), (0, 5)),
        ((0, 9), (2, 4)),
    ],
)
def test_overlaps(wire, first, second):
    message = b"abcdefghi"
    wire.connect()
    for start, end in (first, second):
        wire.sends("A", message[start:end], seq=1 + start)
    end = max(first[1], second[1])
    assert wire.tcp.read() == message[:end]
    wire.answers(("A", 1, 1 + end))


@pytest.mark.parametrize("state", ["ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT"])
@pytest.mark.parametrize("garbage", [b"", b"\0", b"\xff"])
def test_keep_alive_probes_are_answered(state, garbage):
    wire = in_state(state)
    car_next = CAR_NEXT[state]
    for _ in range(3):
        wire.after(150)
        wire.sends("A", garbage, seq=car_next - 1)
        assert wire.tcp.read() == b""
        wire.answers(("A", BOX_NEXT[state], car_next))


@pytest.mark.parametrize(
    "order", [(1, 0), (2, 1, 0), (1, 2, 0), (4, 3, 2, 1, 0), (0, 2, 3, 1), (3, 1, 3, 0, 2)]
)
def test_segments_out_of_order(wire, order):
    message = bytes(range(50))
    wire.connect()
    for index in order:
        wire.sends("A", message[index * 10 : index * 10 + 10], seq=1 + index * 10)
    assert wire.tcp.read() == message[: (max(order) + 1) * 10]
    assert wire.frames()[-1][TCP].ack == CAR_ISN + 1 + (max(order) + 1) * 10


def test_out_of_order_segments_are_answered_at_once_with_the_old_number(wire):
    wire.connect()
    wire.sends("A", b"late", seq=5)
    wire.answers(("A", 1, 1))
    wire.sends("A", b"gap.", seq=1)
    wire.answers(("A", 1, 9))
    assert wire.tcp.read() == b"gap.late"


def test_out_of_order_with_overlaps(wire):
    message = bytes(range(100))
    wire.connect()
    for start, end in ((50, 70), (60, 80), (10, 20), (15, 55), (0, 12), (80, 100)):
        wire.sends("A", message[start:end], seq=1 + start)
    assert wire.tcp.read() == message


def test_what_is_kept_out_of_order_is_bounded(wire):
    wire.connect()
    for index in range(1, 40):
        wire.sends("A", bytes(10), seq=1 + 10 * index)
    wire.sends("A", bytes(10), seq=1)
    assert len(wire.tcp.read()) == 50


def test_an_early_segment_beyond_the_window_is_cut_when_its_turn_comes(wire):
    wire.connect()
    wire.sends("A", b"x" * 1400, seq=3001)
    for index in range(3):
        wire.sends("A", bytes(1000), seq=1 + 1000 * index)
    assert wire.tcp.read() == bytes(3000) + b"x" * 1096
    assert wire.frames()[-1][TCP].ack == CAR_ISN + 4097


def test_copies_do_not_fill_the_places_for_early_segments(wire):
    wire.connect()
    for index in (1, 1, 1, 1, 2, 3, 0):
        wire.sends("A", bytes((index,)) * 10, seq=1 + 10 * index)
    assert len(wire.tcp.read()) == 40


def test_an_early_fin_waits_for_its_repetition(wire):
    wire.connect()
    wire.sends("FA", b"late", seq=5)
    wire.sends("A", b"gap.", seq=1)
    assert (wire.tcp.read(), wire.state) == (b"gap.late", "ESTABLISHED")
    wire.answers(("A", 1, 9))
    wire.sends("FA", b"late", seq=5)
    wire.answers(("A", 1, 10))
    wire.events("peer_closed")


def test_the_window_is_true_and_bounds_the_memory(wire):
    wire.connect()
    for index in range(4):
        wire.sends("A", bytes(1000), seq=1 + 1000 * index)
        (answer,) = wire.frames()
        assert answer[TCP].window == 4096 - 1000 * (index + 1)
    wire.sends("A", b"x" * 1000, seq=4001)
    (answer,) = wire.frames()
    assert (answer[TCP].window, answer[TCP].ack) == (0, CAR_ISN + 4097)
    wire.sends("A", b"y", seq=4097)
    wire.answers(("A", 1, 4097))
    assert len(wire.tcp.read()) == 4096
    (update,) = wire.frames()
    assert (update[TCP].window, update[TCP].ack) == (4096, CAR_ISN + 4097)
    wire.sends("A", b"y", seq=4097)
    assert wire.tcp.read() == b"y"


def test_a_full_box_still_hears_acknowledgements_and_resets(wire):
    wire.connect()
    wire.tcp.write(b"hello")
    wire.answers(("PA", 1, 1, b"hello"))
    for index in range(4):
        wire.sends("A", bytes(1024), seq=1 + 1024 * index)
    wire.sends("A", b"no room", seq=4097, ack=6)
    wire.after(600)
    assert wire.tcp.counts["retransmit"] == 0
    wire.sends("R", seq=4097)
    wire.events("reset")


def test_a_fin_behind_more_than_the_window_is_not_taken(wire):
    wire.connect()
    for index in range(4):
        wire.sends("A", bytes(1000), seq=1 + 1000 * index)
    wire.sends("FA", bytes(97), seq=4001)
    assert wire.state == "ESTABLISHED"
    wire.tcp.read()
    wire.sends("FA", b"x", seq=4097)
    assert wire.state == "CLOSE_WAIT"


@pytest.mark.parametrize("seq", [4097, 5000, 1 << 31, -5000, 0x7FFFFFFF])
def test_data_outside_the_window_is_answered_and_dropped(wire, seq):
    wire.connect()
    wire.sends("PA", b"far", seq=seq)
    assert wire.tcp.read() == b""
    wire.answers(("A", 1, 1))


def test_an_exchange_of_acknowledgements_cannot_run_hot(wire):
    """Two stacks that disagree about the window would answer each other's pure ACK for ever."""
    wire.connect()
    answers = 0
    for _ in range(50):
        wire.after(3)
        wire.sends("A", seq=9000)
        answers += len(wire.frames())
    assert answers == 2


# --- data out ---


def test_the_mss_of_the_ioniq_splits_long_answers(wire):
    wire.connect(IONIQ, window=1500)
    message = bytes(index & 0xFF for index in range(800))
    wire.tcp.write(message)
    wire.answers(("A", 1, 1, message[:350]), ("A", 351, 1, message[350:700]), ("PA", 701, 1, message[700:]))


def test_the_window_is_honoured(wire):
    wire.connect(IONIQ, window=1500)
    message = bytes(index & 0xFF for index in range(3000))
    assert wire.tcp.write(message)
    got = b"".join(body(packet) for packet in wire.frames())
    assert 1400 <= len(got) <= 1500
    while len(got) < 3000:
        wire.sends("A", seq=1, ack=1 + len(got), window=1500)
        more = b"".join(body(packet) for packet in wire.frames())
        assert 0 < len(more) <= 1500
        got += more
    assert got == message


def test_the_window_of_the_last_handshake_segment_counts(wire):
    wire.syn(window=10)
    wire.sends("A", seq=1, window=4000)
    wire.tcp.write(bytes(1000))
    wire.answers(("PA", 1, 1, bytes(1000)))


def test_a_write_that_does_not_fit_is_not_taken_at_all(wire):
    wire.connect(window=100)
    assert wire.tcp.write(bytes(4000))
    assert not wire.tcp.write(bytes(97))
    assert wire.tcp.write(bytes(96))
    assert not wire.tcp.write(b"x")


@pytest.mark.parametrize("state", STATES)
def test_write_needs_an_open_connection(state):
    assert in_state(state).tcp.write(b"hello") == (state in ("ESTABLISHED", "CLOSE_WAIT"))


def test_retransmission_backs_off_and_ends(wire):
    wire.connect()
    wire.tcp.write(b"hello")
    wire.answers(("PA", 1, 1, b"hello"))
    start = wire.now
    times = []
    for _ in range(3500):
        wire.after(10)
        for packet in wire.frames():
            times.append((wire.now - start, str(packet[TCP].flags), body(packet)))
    sends = [(when, "PA", b"hello") for when in (500, 1500, *range(3500, 29500, 2000))]
    assert times == [*sends, (29500, "RA", b"")]
    wire.events("timeout")
    assert (wire.state, wire.tcp.peer) == ("LISTEN", None)


def test_a_late_acknowledgement_ends_the_repetition(wire):
    wire.connect()
    wire.tcp.write(b"hello")
    wire.after(600)
    wire.answers(("PA", 1, 1, b"hello"), ("PA", 1, 1, b"hello"))
    wire.sends("A", seq=1, ack=6)
    wire.after(9000)
    wire.quiet()
    wire.tcp.write(b"again")
    wire.answers(("PA", 6, 1, b"again"))
    wire.after(500)
    wire.answers(("PA", 6, 1, b"again"))


def test_a_partial_acknowledgement(wire):
    wire.connect()
    wire.tcp.write(b"abcdef")
    wire.answers(("PA", 1, 1, b"abcdef"))
    wire.sends("A", seq=1, ack=4)
    wire.quiet()
    wire.after(500)
    wire.answers(("PA", 4, 1, b"def"))


def test_after_a_time_out_the_box_starts_again_with_one_segment(wire):
    wire.connect(IONIQ, window=4000)
    message = bytes(index & 0xFF for index in range(1400))
    wire.tcp.write(message)
    assert len(wire.frames()) == 4
    wire.after(500)
    wire.answers(("A", 1, 1, message[:350]))
    wire.sends("A", seq=1, ack=351)
    wire.answers(("A", 351, 1, message[350:700]), ("A", 701, 1, message[700:1050]))
    wire.sends("A", seq=1, ack=1401)
    wire.quiet()
    wire.after(5000)
    wire.quiet()


@pytest.mark.parametrize("ack", [7, 5000, 1 << 31])
def test_an_acknowledgement_of_what_was_never_sent(wire, ack):
    wire.connect()
    wire.tcp.write(b"hello")
    wire.answers(("PA", 1, 1, b"hello"))
    wire.sends("PA", b"x", seq=1, ack=ack)
    wire.answers(("A", 6, 1))
    assert wire.tcp.read() == b""
    wire.sends("A", seq=1, ack=6)
    assert wire.tcp._out == b""


def test_an_old_acknowledgement_is_no_harm_and_its_data_counts(wire):
    wire.connect()
    wire.tcp.write(b"hello")
    wire.sends("A", seq=1, ack=6)
    wire.frames()
    wire.sends("PA", b"data", seq=1, ack=1)
    assert wire.tcp.read() == b"data"
    wire.sends("PA", b"data", seq=5, ack=-70000)
    assert wire.tcp.read() == b""


def test_a_closed_window_is_probed_with_one_byte_until_it_opens(wire):
    wire.connect(window=0)
    assert wire.tcp.write(b"hello")
    wire.quiet()
    times = []
    for _ in range(6000):
        wire.after(10)
        for packet in wire.frames():
            assert body(packet) == b"h"
            times.append(wire.now)
            wire.sends("A", seq=1, ack=1, window=0)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps[0] == 1000 and set(gaps[1:]) == {2000} and len(gaps) > 25
    assert wire.state == "ESTABLISHED"
    wire.sends("A", seq=1, ack=1, window=1000)
    wire.answers(("PA", 1, 1, b"hello"))
    wire.after(499)
    wire.quiet()
    wire.after(1)
    wire.answers(("PA", 1, 1, b"hello"))
    wire.sends("A", seq=1, ack=6, window=1000)
    wire.after(9000)
    wire.quiet()


def test_a_probe_that_was_taken(wire):
    wire.connect(window=0)
    wire.tcp.write(b"hello")
    wire.after(500)
    wire.answers(("A", 1, 1, b"h"))
    wire.sends("A", seq=1, ack=2, window=0)
    wire.quiet()
    wire.after(500)
    wire.answers(("A", 2, 1, b"e"))
    wire.sends("A", seq=1, ack=3, window=100)
    wire.answers(("PA", 3, 1, b"llo"))


def test_a_closed_window_without_answers_is_given_up(wire):
    wire.connect(window=0)
    wire.tcp.write(b"hello")
    for _ in range(4000):
        wire.after(10)
    wire.events("timeout")


def test_a_window_that_shrinks_below_what_is_under_way(wire):
    wire.connect(IONIQ, window=1400)
    message = bytes(index & 0xFF for index in range(1400))
    wire.tcp.write(message)
    assert len(wire.frames()) == 4
    wire.sends("A", seq=1, ack=351, window=100)
    wire.quiet()
    wire.after(500)
    wire.answers(("A", 351, 1, message[350:450]))
    wire.sends("A", seq=1, ack=1401, window=1400)
    assert wire.tcp._out == b""


def test_no_crumbs(wire):
    """A window that opens byte by byte does not make the box send byte by byte."""
    wire.connect(IONIQ, window=400)
    wire.tcp.write(bytes(1000))
    wire.answers(("A", 1, 1, bytes(350)))
    wire.sends("A", seq=1, ack=1, window=410)
    wire.quiet()
    wire.sends("A", seq=1, ack=351, window=700)
    wire.answers(("A", 351, 1, bytes(350)), ("PA", 701, 1, bytes(300)))


# --- closing ---


def test_the_car_closes_first(wire):
    wire.connect()
    wire.sends("FA", seq=1)
    wire.events("peer_closed")
    wire.answers(("A", 1, 2))
    assert wire.tcp.write(b"still here")
    wire.answers(("PA", 1, 2, b"still here"))
    wire.sends("A", seq=2, ack=11)
    wire.tcp.close(wire.now)
    wire.answers(("FA", 11, 2))
    assert wire.state == "LAST_ACK"
    wire.sends("A", seq=2, ack=12)
    wire.events("closed")
    assert wire.state == "LISTEN"
    wire.quiet()


def test_data_with_fin(wire):
    wire.connect()
    wire.sends("FPA", b"last words", seq=1)
    assert wire.tcp.read() == b"last words"
    wire.events("peer_closed")
    wire.tcp.close(wire.now)
    wire.answers(("FA", 1, 12))


def test_the_box_closes_first(wire):
    wire.connect()
    wire.tcp.close(wire.now)
    wire.answers(("FA", 1, 1))
    assert wire.state == "FIN_WAIT_1"
    wire.sends("A", seq=1, ack=2)
    assert wire.state == "FIN_WAIT_2"
    wire.events()
    wire.sends("PA", b"more", seq=1, ack=2)
    assert wire.tcp.read() == b"more"
    wire.answers(("A", 2, 5))
    wire.sends("FA", seq=5, ack=2)
    wire.answers(("A", 2, 6))
    assert wire.state == "TIME_WAIT"
    wire.events("closed")
    wire.after(3000)
    wire.sends("FA", seq=5, ack=2)
    wire.answers(("A", 2, 6))
    wire.after(3000)
    assert wire.state == "TIME_WAIT"
    wire.after(1000)
    assert wire.state == "LISTEN"
    wire.events()


def test_fin_and_acknowledgement_of_ours_in_one_segment():
    wire = in_state("FIN_WAIT_1")
    wire.sends("FA", seq=1, ack=2)
    wire.answers(("A", 2, 2))
    assert wire.state == "TIME_WAIT"
    wire.events("closed")


def test_simultaneous_close():
    wire = in_state("FIN_WAIT_1")
    wire.sends("FA", seq=1, ack=1)
    wire.answers(("A", 2, 2))
    assert wire.state == "CLOSING"
    wire.events()
    wire.sends("A", seq=2, ack=2)
    assert wire.state == "TIME_WAIT"
    wire.events("closed")


def test_the_fin_goes_with_the_last_byte_and_waits_for_the_window(wire):
    wire.connect(IONIQ, window=350)
    wire.tcp.write(bytes(500))
    wire.tcp.close(wire.now)
    wire.answers(("A", 1, 1, bytes(350)))
    wire.sends("A", seq=1, ack=351, window=350)
    wire.answers(("FPA", 351, 1, bytes(150)))
    wire.sends("A", seq=1, ack=501, window=350)
    assert wire.state == "FIN_WAIT_1"
    wire.after(500)
    wire.answers(("FA", 501, 1))
    wire.sends("A", seq=1, ack=502)
    assert wire.state == "FIN_WAIT_2"


@pytest.mark.parametrize("state", ["FIN_WAIT_1", "CLOSING", "LAST_ACK"])
def test_a_lost_fin_is_repeated_and_bounded(state):
    wire = in_state(state)
    times = []
    for _ in range(1100):
        wire.after(10)
        for packet in wire.frames():
            times.append((wire.now - 1000, str(packet[TCP].flags)))
    assert times == [(when, "FA") for when in (500, 1500, 3500, 5500, 7500, 9500)] + [(10000, "RA")]
    wire.events("timeout")
    assert wire.state == "LISTEN"


def test_a_long_answer_on_a_slow_line_is_not_cut_by_the_limit(wire):
    """Each confirmed piece gives another 10 s."""
    wire.connect(IONIQ, window=350)
    wire.tcp.write(bytes(1400))
    wire.tcp.close(wire.now)
    for confirmed in (350, 700, 1050, 1400):
        wire.after(9000)
        wire.sends("A", seq=1, ack=1 + confirmed, window=350)
    wire.after(9000)
    wire.sends("FA", seq=1, ack=1402)
    wire.events("closed")


def test_a_car_that_never_closes_is_not_waited_for_even_if_it_talks():
    wire = in_state("FIN_WAIT_2")
    for index in range(99):
        wire.after(100)
        wire.sends("PA", b"x", seq=1 + index, ack=2)
        assert wire.tcp.read() == b"x"
    assert wire.state == "FIN_WAIT_2"
    wire.after(100)
    assert wire.frames()[-1][TCP].flags == "RA"
    wire.events("timeout")


@pytest.mark.parametrize("state", STATES)
def test_close_twice_and_everywhere(state):
    wire = in_state(state)
    for _ in range(3):
        wire.tcp.close(wire.now)
    count = len(wire.frames())
    assert count == (1 if state in ("SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT") else 0)
    after = {"ESTABLISHED": "FIN_WAIT_1", "CLOSE_WAIT": "LAST_ACK", "SYN_RECEIVED": "LISTEN"}
    assert wire.state == after.get(state, state)


@pytest.mark.parametrize("state", STATES)
def test_abort_everywhere(state):
    wire = in_state(state)
    wire.tcp.abort(wire.now)
    if state in ("LISTEN", "TIME_WAIT"):
        wire.quiet()
    else:
        wire.answers(("RA", BOX_NEXT[state], CAR_NEXT[state]))
    assert wire.state == "LISTEN"
    wire.events()
    wire.port += 1
    wire.connect()


# --- RST and SYN inside a connection ---


@pytest.mark.parametrize("state", STATES[1:])
def test_an_exact_reset_ends_every_state(state):
    wire = in_state(state)
    wire.sends("R", seq=CAR_NEXT[state])
    assert wire.state == "LISTEN"
    wire.events(*(() if state in ("SYN_RECEIVED", "TIME_WAIT") else ("reset",)))
    wire.quiet()


@pytest.mark.parametrize("state", STATES[2:])
def test_a_reset_in_the_window_is_challenged(state):
    wire = in_state(state)
    wire.sends("R", seq=CAR_NEXT[state] + 100)
    wire.answers(("A", BOX_NEXT[state], CAR_NEXT[state]))
    assert wire.state == state
    wire.events()


@pytest.mark.parametrize("state", STATES[1:])
@pytest.mark.parametrize("offset", [-1, -100, 4096, 5000, 1 << 31])
def test_a_reset_outside_the_window_is_ignored(state, offset):
    wire = in_state(state)
    wire.sends("R", seq=CAR_NEXT[state] + offset)
    wire.quiet()
    assert wire.state == state


@pytest.mark.parametrize("state", [state for state in STATES[2:] if state != "TIME_WAIT"])
@pytest.mark.parametrize("seq", [0, 50, 1 << 30])
def test_a_syn_inside_a_connection_is_challenged(state, seq):
    """A car that restarted with the same port answers the challenge with RST, then its next SYN is taken."""
    wire = in_state(state)
    wire.sends("S", seq=seq)
    wire.answers(("A", BOX_NEXT[state], CAR_NEXT[state]))
    assert wire.state == state
    wire.sends("R", seq=CAR_NEXT[state])
    assert wire.state == "LISTEN"
    wire.isn += 99999
    wire.events("reset")
    wire.connect()


def test_a_syn_ack_inside_a_connection_is_challenged(wire):
    wire.connect()
    wire.sends("SA", seq=5, ack=1)
    wire.answers(("A", 1, 1))


# --- a new connection while an old one is there ---


@pytest.mark.parametrize("state", STATES[1:])
def test_a_new_syn_from_another_port_replaces_what_is_closing_or_idle(state):
    wire = in_state(state)
    if state == "ESTABLISHED":
        wire.after(500)
    wire.port += 1
    wire.isn += 1_000_000
    wire.syn()
    wire.sends("A", seq=1)
    wire.events(*(() if state in ("SYN_RECEIVED", "TIME_WAIT") else ("reset",)), "connected")
    assert wire.tcp.peer_port == wire.port
    wire.sends("PA", b"new", seq=1)
    assert wire.tcp.read() == b"new"


def test_a_syn_in_the_midst_of_an_exchange_is_not_believed_at_once(wire):
    wire.connect()
    wire.after(499)
    wire.sends("S", port=50999)
    wire.quiet()
    assert wire.tcp.counts["syn_ignored"] == 1
    wire.sends("PA", b"on we go", seq=1)
    assert wire.tcp.read() == b"on we go"
    wire.frames()
    wire.after(1000)
    wire.port = 50999
    wire.syn()
    wire.events("reset")


def test_unread_data_of_the_old_connection_does_not_reach_the_new_one(wire):
    wire.connect()
    wire.sends("PA", b"old", seq=1)
    wire.sends("PA", b"early", seq=10)
    wire.frames()
    wire.tcp.write(b"old answer")
    wire.frames()
    wire.after(499)
    wire.sends("R", seq=4)
    wire.events("reset")
    wire.port += 1
    wire.connect()
    assert wire.tcp.read() == b""
    wire.sends("PA", b"newnew", seq=1)
    assert wire.tcp.read() == b"newnew"
    wire.tcp.write(b"answer")
    wire.answers(("PA", 1, 7, b"answer"))


@pytest.mark.parametrize("same_port", [True, False])
def test_time_wait_blocks_nothing(same_port):
    wire = in_state("TIME_WAIT")
    if not same_port:
        wire.port += 1
    wire.isn = 12345
    wire.connect()


def test_another_host_may_come_when_the_first_is_idle(wire):
    wire.connect()
    wire.after(600)
    wire.mac, wire.ip = OTHER_MAC, OTHER_IP
    wire.syn()
    wire.events("reset")


# --- silence ---


@pytest.mark.parametrize("state", ["ESTABLISHED", "CLOSE_WAIT"])
def test_a_half_dead_peer_is_probed_and_given_up(state):
    wire = in_state(state)
    times = []
    for _ in range(3200):
        wire.after(10)
        for packet in wire.frames():
            offset = distance(packet[TCP].seq, wire.box_isn)
            times.append((wire.now - 1000, str(packet[TCP].flags), offset))
    assert times == [(at, "A", 0) for at in (10000, 15000, 20000, 25000)] + [(30000, "RA", 1)]
    wire.events("timeout")
    assert wire.state == "LISTEN"


def test_a_silent_peer_that_answers_probes_stays(wire):
    wire.connect()
    for _ in range(120):
        wire.after(1000)
        for packet in wire.frames():
            assert packet[TCP].seq == wire.box_isn
            wire.sends("A", seq=1)
    assert wire.state == "ESTABLISHED"
    assert 10 <= wire.tcp.counts["probe"] <= 12


def test_the_cars_own_keep_alive_counts_as_life(wire):
    wire.connect()
    for _ in range(20):
        wire.after(9000)
        wire.sends("A", b"\0", seq=0)
        wire.answers(("A", 1, 1))
    assert wire.state == "ESTABLISHED"


def test_idle_polls_do_nothing(wire):
    assert not wire.tcp.take_frames()
    for _ in range(100):
        wire.after(1000)
    assert not wire.tcp.take_frames()
    wire.connect()
    for _ in range(99):
        wire.after(100)
    assert not wire.tcp.take_frames() and wire.tcp.take_event() is None


def test_frames_that_nobody_fetches_are_bounded(wire):
    for index in range(100):
        wire.push(car_segment("S", port=1000 + index, to_port=9, seq=1))
    assert len(wire.tcp.take_frames()) == 16
    assert wire.tcp.counts["not_sent"] == 84


# --- numbers that wrap ---


@pytest.mark.parametrize("back", [0, 1, 2, 3, 50, 99, 100, 101, 102])
@pytest.mark.parametrize("edge", [0, 1 << 30, 1 << 31])
def test_sequence_numbers_cross_every_edge(back, edge):
    wire = Wire(isn=(edge - back) & MASK, box_isn=(edge - back) & MASK).connect()
    wire.sends("A", b"b" * 50, seq=51)
    wire.sends("A", b"a" * 50, seq=1)
    assert wire.tcp.read() == b"a" * 50 + b"b" * 50
    wire.tcp.write(b"c" * 100)
    assert body(wire.frames()[-1]) == b"c" * 100
    wire.sends("A", seq=101, ack=51)
    wire.after(500)
    wire.answers(("PA", 51, 101, b"c" * 50))
    wire.sends("A", seq=101, ack=101)
    wire.sends("A", b"a" * 50, seq=1)
    wire.answers(("A", 101, 101))
    wire.tcp.close(wire.now)
    wire.answers(("FA", 101, 101))
    wire.sends("FA", seq=101, ack=102)
    wire.answers(("A", 102, 102))
    assert wire.state == "TIME_WAIT"


@pytest.mark.parametrize(
    ("later", "earlier", "steps"),
    [
        (5, 3, 2),
        (3, 5, -2),
        (0, MASK, 1),
        (MASK, 0, -1),
        (1 << 31, 0, -(1 << 31)),
        ((1 << 31) - 1, 0, (1 << 31) - 1),
        (1 << 32, 0, 0),
    ],
)
def test_distance(later, earlier, steps):
    assert distance(later, earlier) == steps


@pytest.mark.parametrize("before", [0, 1, 100, 499, 500, 501, 900, 2500])
def test_timers_across_the_wrap_of_the_ticks(before):
    wire = Wire(now=(1 << 29) - 1 - before).connect()
    wire.tcp.write(b"hello")
    wire.frames()
    waited = []
    for elapsed in range(10, 8000, 10):
        wire.after(10)
        if wire.frames():
            waited.append(elapsed)
    assert waited == [500, 1500, 3500, 5500, 7500]
    wire.sends("A", seq=1, ack=6)
    wire.tcp.close(wire.now)
    wire.sends("FA", seq=1, ack=7)
    assert wire.state == "TIME_WAIT"
    wire.after(3999)
    assert wire.state == "TIME_WAIT"
    wire.after(1)
    assert wire.state == "LISTEN"


# --- every state against every segment ---


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("flags", [*"AFSRP", "", "FA", "SA", "RA", "PA", "SF", "SR", "FPA", "SFRPAUEC"])
@pytest.mark.parametrize("data", [b"", b"hello"], ids=["bare", "text"])
@pytest.mark.parametrize("seq", [-1, 0, 4095, 4096])
def test_every_state_survives_every_segment(state, flags, data, seq):
    """Whatever arrives, the state is a known one, one frame answers at most, and never RST to RST."""
    for ack in (0, 1):
        wire = in_state(state)
        box = BOX_NEXT[state] + ack if state != "LISTEN" else ack
        wire.sends(flags, data, seq=CAR_NEXT[state] + seq, ack=box)
        answers = wire.frames()
        assert wire.state in STATES
        assert len(answers) <= 1
        if "R" in flags:
            assert not any(packet[TCP].flags & 0x04 for packet in answers)
        if state not in ("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "SYN_RECEIVED") or seq == 4096:
            assert wire.tcp.read() == b""
        if "R" not in flags and state in ("ESTABLISHED", "CLOSE_WAIT"):
            assert wire.state in (state, "CLOSE_WAIT")
        wire.after(40000)
        wire.after(40000)
        assert wire.state == "LISTEN"


OCTETS = st.lists(st.tuples(st.integers(54, 100), st.integers(0, 255)), max_size=3)


@given(
    st.sampled_from(STATES),
    st.lists(
        st.one_of(
            st.tuples(
                st.integers(0, 255),
                st.integers(-3, 12),
                st.integers(-3, 12),
                st.sampled_from((0, 1, 7, 350, 65535)),
                st.binary(max_size=12),
                OCTETS,
            ),
            st.sampled_from((1, 100, 500, 2000, 9000)),
            st.sampled_from(("write", "read", "close", "abort")),
        ),
        max_size=25,
    ),
)
@settings(max_examples=150, deadline=None)
def test_fuzz(state, script):
    wire = in_state(state)
    for step in script:
        if step == "write":
            wire.tcp.write(b"0123456789")
        elif step == "read":
            wire.tcp.read()
        elif step in ("close", "abort"):
            getattr(wire.tcp, step)(wire.now)
        elif isinstance(step, int):
            wire.after(step)
        else:
            mutated_segment(wire, *step)
        assert len(wire.frames()) <= 16
        assert wire.state in STATES
        assert wire.tcp._received.room >= 0 and len(wire.tcp._received._early) <= 4
    for _ in range(4):
        wire.after(10000)
    for _ in range(4):
        wire.after(10000)
    assert wire.state == "LISTEN", wire.state
    wire.frames()
    wire.port += 1
    while wire.tcp.take_event():
        pass
    wire.connect()


def mutated_segment(wire, flags, seq, ack, window, data, octets):
    layer = TCP(
        sport=wire.port,
        dport=PORT,
        flags=flags,
        seq=(wire.isn + seq) & MASK,
        ack=((wire.box_isn or 0) + ack) & MASK,
        window=window,
    )
    frame = bytearray(car_frame(layer / data, padded=False))
    for at, value in octets:
        if at < len(frame):
            frame[at] = value
    packet = wire.ipv6.parse(repaired(frame))
    if packet is not None:
        wire.tcp.receive(packet, wire.now)


# --- a bad line ---


class Client:
    """A small TCP client of its own kind: cumulative ACKs, one timer, early segments kept; scapy below."""

    RTO_MS = 300

    def __init__(self, message, mss, window, rng):
        self.rng = rng
        self.isn = rng.randrange(1 << 32)
        self.message = message
        self.mss = mss
        self.window = window
        self.confirmed = 0  # of our stream: 0 nothing, 1 the SYN, then data, then FIN
        self.timer = 0
        self.box_isn = None
        self.received = bytearray()
        self.early = {}
        self.box_fin = None
        self.dirty = False
        self.out = []

    @property
    def finished(self):
        return self.confirmed == len(self.message) + 2 and self.box_done

    @property
    def box_done(self):
        return self.box_fin is not None and self.box_fin == len(self.received) + 1

    def ack_number(self):
        return (self.box_isn + 1 + len(self.received) + (1 if self.box_done else 0)) & MASK

    def send(self, flags, at, data=b"", **fields):
        if self.box_isn is not None:
            fields["ack"] = self.ack_number()
        frame = car_segment(flags, data, seq=(self.isn + at) & MASK, window=self.window, **fields)
        self.out.append(frame)

    def poll(self, now):
        if self.box_isn is None:
            if now >= self.timer:
                self.timer = now + self.RTO_MS
                self.send("S", 0, options=[("MSS", self.mss)])
            return
        if now >= self.timer and self.confirmed < len(self.message) + 2:
            self.timer = now + self.RTO_MS
            self.flight()
        elif self.dirty:
            self.send("A", self.next_number())
        self.dirty = False

    def next_number(self):
        return min(self.confirmed, len(self.message) + 2)

    def flight(self):
        """Up to four segments of random size from what is not confirmed, FIN once everything is."""
        at = self.confirmed - 1
        if at >= len(self.message):
            self.send("FA", self.confirmed)
            return
        for _ in range(4):
            size = self.rng.randrange(1, 700)
            data = self.message[at : at + size]
            if data:
                self.send("PA", 1 + at, data)
            at += len(data)

    def receive(self, packet, now):
        layer = packet[TCP]
        assert not layer.flags & 0x04, "the box gave up"
        if layer.flags & 0x02:
            assert layer.options == [("MSS", 1440)]
            if self.box_isn is None:
                self.box_isn = layer.seq
            assert layer.seq == self.box_isn, "two initial numbers for one connection"
        elif self.box_isn is None:
            return
        confirmed = (layer.ack - self.isn) & MASK
        assert confirmed <= len(self.message) + 2
        if confirmed > self.confirmed:
            self.confirmed = confirmed
            self.timer = now
        data = body(packet)
        assert len(data) <= self.mss
        if data or layer.flags & 0x03:
            self.dirty = True
        at = (layer.seq - self.box_isn - 1) & MASK
        if data and at < 1 << 20:
            self.early[at] = max(self.early.get(at, b""), data, key=len)
        if layer.flags & 0x01:
            self.box_fin = at + len(data) + 1
        while True:
            have = len(self.received)
            found = [k for k in self.early if k <= have < k + len(self.early[k])]
            if not found:
                break
            self.received += self.early[found[0]][have - found[0] :]


@pytest.mark.slow
@pytest.mark.parametrize("mss", [350, 1440])
@pytest.mark.parametrize("seed", range(6))
def test_kilobytes_over_a_bad_line(seed, mss):
    """20 % loss, 10 % copies, delays of 1..120 ms that reorder, both ways; the numbers wrap on the way."""
    rng = random.Random(1000 * mss + seed)
    to_box, to_car = rng.randbytes(20_000), rng.randbytes(20_000)
    client = Client(to_box, mss, rng.choice((1500, 2920, 4000)), rng)
    box_isn = (-rng.randrange(1, 5000)) & MASK
    wire = Wire(now=(1 << 29) - 3000, box_isn=box_isn)
    client.isn = (-rng.randrange(1, 5000)) & MASK
    line = []
    got, written, events = bytearray(), 0, []

    def carry(frame, towards, now):
        for _ in range(2 if rng.random() < 0.1 else 1):
            if rng.random() >= 0.2:
                line.append((now + rng.randrange(1, 120), rng.random(), towards, frame))

    for now in range(0, 240_000, 5):
        line.sort(reverse=True)
        while line and line[-1][0] <= now:
            _, _, towards, frame = line.pop()
            if towards == "box":
                wire.push(frame)
            else:
                client.receive(dissect(frame), now)
        wire.after(5)
        got += wire.tcp.read()
        while written < len(to_car) and wire.tcp.write(to_car[written : written + 900]):
            written += len(to_car[written : written + 900])
        while (event := wire.tcp.take_event()) is not None:
            events.append(event)
            if event == "peer_closed":
                assert got == to_box
        if wire.state == "CLOSE_WAIT" and written == len(to_car):
            wire.tcp.close(wire.now)
        client.poll(now)
        for frame in wire.tcp.take_frames():
            carry(frame, "car", now)
        for frame in client.out:
            carry(frame, "box", now)
        client.out = []
        if client.finished and wire.state == "LISTEN":
            break
    assert got == to_box
    assert bytes(client.received) == to_car
    # The last ACK may be lost; then the client is gone and only the limit ends the box's side.
    assert events in (["connected", "peer_closed", "closed"], ["connected", "peer_closed", "timeout"])
    assert min(wire.tcp.counts[name] for name in ("retransmit", "duplicate", "out_of_order")) > 0


def test_constants_of_the_contract():
    assert tcp_module.RTO_START_MS == 500
    assert tcp_module.SILENCE_LIMIT_MS == 30000
    assert tcp_module.MSS_DEFAULT == 1220
