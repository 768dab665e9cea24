# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A scripted TCP session, whose output must be the same on every interpreter, and its cost on MicroPython.

    run_tcp.py script          one line a frame, event, read: the same bytes everywhere
    run_tcp.py cost            idle bytes, then time and heap of a request in -> answer out (MicroPython only)

The car's segments come from the box's own frame builder, here with the car's MAC: what is compared is two
interpreters, not two stacks.
"""

import binascii
import gc
import sys
import time
from struct import pack

from plc.ipv6 import TCP, UDP, Ipv6, link_local, ones_sum
from plc.tcp import TcpServer
from plc.ticks import ticks_add

BOX_MAC = b"\x02\x5e\x0b\xa1\xb2\xc3"
CAR_MAC = b"\x02\x5e\x0c\xd1\xd2\xd3"
BOX = link_local(BOX_MAC)
PORT = 15118
MASK = 0xFFFFFFFF


class Car:
    """Builds the segments of the script; the numbers wrap in the middle of it."""

    def __init__(self):
        self.ipv6 = Ipv6(CAR_MAC)
        self.isn = 0xFFFFFFC0
        self.box_isn = 0

    def segment(self, flags, seq, ack, data=b"", port=50103, window=1500, options=b""):
        head = pack(
            ">HHIIBBHHH",
            port,
            PORT,
            (self.isn + seq) & MASK,
            (self.box_isn + ack) & MASK if flags & 0x10 else 0,
            (5 + len(options) // 4) << 4,
            flags,
            window,
            0,
            0,
        )
        return self.ipv6.build_tcp(BOX_MAC, BOX, head + options + data)


class Box:
    """The layers under test and a random source that can be repeated."""

    def __init__(self):
        self.seed = 1
        self.ipv6 = Ipv6(BOX_MAC)
        self.tcp = TcpServer(self.ipv6, PORT, self.random_bytes)
        self.now = (1 << 29) - 2000

    def random_bytes(self, size):
        out = bytearray(size)
        for index in range(size):
            self.seed = (self.seed * 1103515 + 12345) & 0xFFFFFF
            out[index] = self.seed >> 12 & 0xFF
        return bytes(out)

    def receive(self, frame):
        packet = self.ipv6.parse(frame)
        if packet is None:
            print("refused", sorted(self.ipv6.counts.items()))
        elif packet.next_header == TCP:
            self.tcp.receive(packet, self.now)
        elif packet.next_header == UDP:
            ports = self.ipv6.udp(packet)
            print("udp", ports[0], ports[1], bytes(ports[2]))
        else:
            answer = self.ipv6.receive_icmp(packet)
            print("icmp", answer and binascii.hexlify(answer).decode())

    def show(self):
        for frame in self.tcp.take_frames():
            print("out", binascii.hexlify(frame).decode())
        event = self.tcp.take_event()
        while event:
            print("event", event)
            event = self.tcp.take_event()
        data = self.tcp.read()
        if data:
            print("read", binascii.hexlify(data).decode())
        print(self.tcp.state)

    def wait(self, ms):
        self.now = ticks_add(self.now, ms)
        self.tcp.poll(self.now)
        self.show()


SYN = 0x02
ACK = 0x10
PSH_ACK = 0x18
FIN_ACK = 0x11
RST = 0x04
IONIQ_MSS = b"\x02\x04\x01\x5e\x00\x00\x00\x00"


def connect(car, box, port=50103):
    box.receive(car.segment(SYN, 0, 0, port=port, options=IONIQ_MSS))
    frames = box.tcp.take_frames()
    print("syn-ack", binascii.hexlify(frames[0]).decode())
    car.box_isn = int.from_bytes(frames[0][58:62], "big")
    box.receive(car.segment(ACK, 1, 1, port=port))
    box.show()


def solicit(car, target):
    message = bytearray(b"\x87\x00\x00\x00\x00\x00\x00\x00" + target + b"\x01\x01" + CAR_MAC)
    frame = bytearray(car.ipv6.build_udp(BOX_MAC, BOX, 0, 0, bytes(len(message) - 8)))
    frame[20] = 58
    frame[21] = 255
    frame[54:] = message
    total = ones_sum(bytes(frame[54:]), ones_sum(bytes(frame[22:54])) + 58 + len(frame) - 54)
    frame[56:58] = (0xFFFF - (total or 0xFFFF)).to_bytes(2, "big")
    return frame


def script():
    """Neighbour, SDP, a damaged frame, requests whose parts come in the wrong order, a duplicate."""
    car = Car()
    box = Box()
    box.receive(solicit(car, BOX))
    box.receive(solicit(car, link_local(CAR_MAC)))
    box.receive(car.ipv6.build_udp(BOX_MAC, BOX, 49154, PORT, b"\x01\xfe\x90\x00\x00\x00\x00\x02\x10\x00"))
    damaged = bytearray(car.segment(SYN, 0, 0))
    damaged[60] ^= 1
    box.receive(damaged)
    connect(car, box)
    at = 1
    for index in range(6):
        message = bytes((index,)) * (11 + index)
        box.receive(car.segment(ACK, at + 5, 1, message[5:]))
        box.receive(car.segment(PSH_ACK, at, 1, message[:8]))
        at += len(message)
        box.show()
    box.receive(car.segment(PSH_ACK, 1, 1, b"\0" * 11))
    box.show()
    answers(car, box, at)
    more_connections(car, box)
    print(sorted(box.tcp.counts.items()))
    print(sorted(box.ipv6.counts.items()))


def answers(car, box, at):
    """Time-outs, a closed window, challenges, a keep-alive probe, the car's FIN; the car is at ``at``."""
    box.tcp.write(bytes(range(256)) * 4)
    box.show()
    for ms in (499, 1, 600, 400, 1000):
        box.wait(ms)
    box.receive(car.segment(ACK, at, 351))
    box.show()
    box.receive(car.segment(ACK, at, 1025, window=0))
    box.tcp.write(b"window is closed")
    box.show()
    box.wait(500)
    box.receive(car.segment(ACK, at, 1026, window=0))
    box.wait(500)
    box.receive(car.segment(ACK, at, 1026, window=1500))
    box.show()
    box.receive(car.segment(ACK, at, 1041))
    box.receive(car.segment(RST, at + 100, 0))
    box.receive(car.segment(SYN, 5, 0))
    box.show()
    box.wait(10000)
    box.receive(car.segment(FIN_ACK, at, 1041, b"last"))
    box.show()
    box.tcp.close(box.now)
    box.show()
    box.receive(car.segment(ACK, at + 5, 1042))
    box.show()


def more_connections(car, box):
    """Closed by the box, reset by the car, half open; first numbers around 2**30 and 2**31."""
    car.isn = 0x3FFFFFF0
    connect(car, box, port=50104)
    box.tcp.close(box.now)
    box.receive(car.segment(FIN_ACK, 1, 2, port=50104))
    box.show()
    car.isn = 0x7FFFFFFE
    connect(car, box, port=50105)
    box.receive(car.segment(RST, 1, 0, port=50105))
    box.show()
    box.receive(car.segment(PSH_ACK, 1, 7, b"nobody", port=50105))
    box.show()
    connect(car, box, port=50106)
    for _ in range(7):
        box.wait(5000)


def idle_bytes(box, passes=2000):
    """Heap that polls take while nothing happens."""
    tcp = box.tcp
    now = box.now
    done = 0
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    while done < passes:
        tcp.poll(now)
        tcp.take_frames()
        tcp.take_event()
        tcp.read()
        done += 1
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken


def exchange(car, box, rounds):
    """(microseconds, bytes) of a 100-byte request in -> read -> 120-byte answer out, mean over ``rounds``."""
    frames = []
    for index in range(rounds):
        frames.append(car.segment(PSH_ACK, 1 + 100 * index, 1 + 120 * index, b"q" * 100))
    answer = b"a" * 120
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    start = time.ticks_us()
    for frame in frames:
        box.tcp.receive(box.ipv6.parse(frame), box.now)
        box.tcp.read()
        box.tcp.write(answer)
        box.tcp.take_frames()
    elapsed = time.ticks_diff(time.ticks_us(), start)
    taken = gc.mem_alloc() - before
    gc.enable()
    return elapsed / rounds, taken // rounds


def acknowledge(car, box, at, rounds):
    """(microseconds, bytes) of a segment in -> ACK out."""
    frames = [car.segment(PSH_ACK, at + 100 * index, 1, b"q" * 100) for index in range(rounds)]
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    start = time.ticks_us()
    for frame in frames:
        box.tcp.receive(box.ipv6.parse(frame), box.now)
        box.tcp.read()
        box.tcp.take_frames()
    elapsed = time.ticks_diff(time.ticks_us(), start)
    taken = gc.mem_alloc() - before
    gc.enable()
    return elapsed / rounds, taken // rounds


def cost():
    car = Car()
    box = Box()
    print("idle_listen_bytes", idle_bytes(box))
    connect(car, box)
    print("idle_established_bytes", idle_bytes(box))
    us, taken = acknowledge(car, box, 1, 300)
    print("segment_to_ack_us", round(us, 1))
    print("segment_to_ack_bytes", taken)
    car = Car()
    box = Box()
    connect(car, box)
    us, taken = exchange(car, box, 300)
    print("request_to_answer_us", round(us, 1))
    print("request_to_answer_bytes", taken)


if sys.argv[1] == "script":
    script()
else:
    cost()
