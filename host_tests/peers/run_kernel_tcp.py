# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The Linux kernel's IPv6 and TCP against ``plc.ipv6`` and ``plc.tcp``, over a TAP interface, in real time.

    unshare -n python run_kernel_tcp.py SCENARIO        ends with status 0 and a line of figures

Wants root and /dev/net/tun. The kernel resolves the address of the box, opens, sends, closes and resets
connections as any car software on Linux would; the box echoes. Frames can be lost on the way.
"""

import contextlib
import fcntl
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

from plc.ipv6 import ICMPV6, TCP, Ipv6, link_local
from plc.tcp import TcpServer

CAR_MAC = "02:5e:0c:d1:d2:d3"
BOX_MAC = bytes.fromhex("025e0ba1b2c3")
BOX = socket.inet_ntop(socket.AF_INET6, link_local(BOX_MAC))
PORT = 15118
TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002


def ip(*words):
    return subprocess.run(("ip", *words), check=True, capture_output=True, text=True).stdout


class Link:
    """A TAP interface with the box on its far side."""

    def __init__(self, seed=1):
        self.tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.tap, TUNSETIFF, struct.pack("16sH", b"plc0", IFF_TAP_NO_PI))
        self.loss = 0.0
        self.rng = random.Random(seed)
        self.ipv6 = Ipv6(BOX_MAC)
        self.tcp = TcpServer(self.ipv6, PORT, os.urandom)
        self.echo = bytearray()
        self.total = 0
        self.events = []
        self.closes = True
        ip("link", "set", "plc0", "address", CAR_MAC, "up")
        self.run_until(lambda: "tentative" not in ip("-6", "addr") and "fe80" in ip("-6", "addr"), 10, 0.05)
        self.index = socket.if_nametoindex("plc0")

    @property
    def now(self):
        return time.monotonic_ns() // 1_000_000 & (1 << 29) - 1

    def send(self, frame):
        if self.rng.random() >= self.loss:
            os.write(self.tap, frame)

    def take(self, frame):
        packet = self.ipv6.parse(frame)
        if packet is None or self.rng.random() < self.loss:
            return
        if packet.next_header == ICMPV6:
            answer = self.ipv6.receive_icmp(packet)
            if answer:
                self.send(answer)
        elif packet.next_header == TCP:
            self.tcp.receive(packet, self.now)

    def step(self, wait_s=0.002):
        if select.select([self.tap], [], [], wait_s)[0]:
            self.take(os.read(self.tap, 2000))
        tcp = self.tcp
        tcp.poll(self.now)
        data = tcp.read()
        self.total += len(data)
        self.echo += data
        while self.echo and tcp.write(self.echo[:512]):
            del self.echo[:512]
        event = tcp.take_event()
        if event:
            self.events.append(event)
        if tcp.state == "CLOSE_WAIT" and not self.echo and self.closes:
            tcp.close(self.now)
        for frame in tcp.take_frames():
            self.send(frame)

    def run_until(self, condition, limit_s=20, wait_s=0.002):
        end = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < end, ("too late", self.tcp.state, self.events, self.tcp.counts)
            self.step(wait_s)

    def socket(self, **options):
        client = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        client.setblocking(False)
        for name, value in options.items():
            level = socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP
            client.setsockopt(level, getattr(socket, name), value)
        return client

    def connect(self, port=PORT, **options):
        client = self.socket(**options)
        client.connect_ex((BOX, port, 0, self.index))
        return client

    def connected(self, **options):
        client = self.connect(**options)
        self.run_until(lambda: select.select([], [client], [], 0)[1] and self.tcp.state == "ESTABLISHED")
        assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        return client

    def exchange(self, client, size, limit_s=60):
        """The kernel sends ``size`` random bytes and must get them back."""
        message = self.rng.randbytes(size)
        sent = 0
        got = bytearray()
        end = time.monotonic() + limit_s
        while len(got) < size:
            assert time.monotonic() < end, (sent, len(got), self.tcp.counts, self.events)
            if sent < size:
                with contextlib.suppress(BlockingIOError):
                    sent += client.send(message[sent : sent + 3000])
            self.step()
            with contextlib.suppress(BlockingIOError):
                got += client.recv(100_000)
        assert bytes(got) == message


def ended(client):
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False


def clean():
    link = Link()
    client = link.connected()
    link.exchange(client, 200_000)
    client.shutdown(socket.SHUT_WR)
    link.run_until(lambda: ended(client))
    link.run_until(lambda: link.tcp.state == "LISTEN")
    assert link.events == ["connected", "peer_closed", "closed"], link.events
    assert link.tcp.counts["out_of_window"] == link.tcp.counts["malformed"] == 0
    assert link.ipv6.counts["bad_checksum"] == link.ipv6.counts["malformed"] == 0
    assert link.ipv6.counts["neighbour_answered"] >= 1
    return link


def small_segments():
    """MSS 350 as the Ioniq's, both ways."""
    link = Link()
    client = link.connected(TCP_MAXSEG=350)
    assert link.tcp._mss == 350
    link.exchange(client, 50_000)
    assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 350
    return link


def lossy():
    """One frame in six is lost, both ways."""
    link = Link(seed=5)
    client = link.connected()
    link.loss = 0.17
    link.exchange(client, 20_000)
    link.loss = 0.0
    client.shutdown(socket.SHUT_WR)
    link.run_until(lambda: ended(client))
    assert link.tcp.counts["retransmit"] > 0
    return link


def box_closes():
    link = Link()
    client = link.connected()
    link.exchange(client, 1000)
    link.tcp.close(link.now)
    link.run_until(lambda: ended(client))
    link.run_until(lambda: link.tcp.state == "FIN_WAIT_2")
    client.send(b"still there")
    link.run_until(lambda: link.total == 1011)
    client.close()
    link.run_until(lambda: link.tcp.state == "TIME_WAIT")
    link.echo.clear()
    again = link.connected()
    link.exchange(again, 1000)
    assert link.events == ["connected", "closed", "connected"]
    return link


def resets():
    """The kernel resets, is reset, and is refused."""
    link = Link()
    client = link.connected(SO_LINGER=struct.pack("ii", 1, 0))
    client.close()
    link.run_until(lambda: link.tcp.state == "LISTEN")
    client = link.connected()
    link.tcp.abort(link.now)
    link.run_until(lambda: client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 104)
    client = link.connect(port=15119)
    link.run_until(lambda: client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 111)
    assert link.events == ["connected", "reset", "connected"]
    return link


def reader_stops():
    """The kernel's buffer fills up: window closed, probed, opened again."""
    link = Link()
    client = link.connected(SO_RCVBUF=2304)
    message = bytes(index & 0xFF for index in range(20_000))
    link.echo += message
    link.run_until(lambda: link.tcp._window < 500 and link.tcp._out, 10)
    link.run_until(lambda: link.tcp.counts["probe"] + link.tcp.counts["retransmit"] > 1, 10)
    got = bytearray()
    end = time.monotonic() + 30
    while len(got) < len(message):
        assert time.monotonic() < end, (len(got), link.tcp.counts)
        link.step()
        with contextlib.suppress(BlockingIOError):
            got += client.recv(700)
    assert got == message
    return link


def keep_alive():
    """The kernel probes an idle connection, we answer; nobody gives up."""
    link = Link()
    client = link.connected(SO_KEEPALIVE=1, TCP_KEEPIDLE=1, TCP_KEEPINTVL=1, TCP_KEEPCNT=2)
    end = time.monotonic() + 4.5
    while time.monotonic() < end:
        link.step(0.01)
    assert link.tcp.counts["duplicate"] >= 3
    link.exchange(client, 100)
    return link


def reopened():
    """A second connection while the first is open and idle takes its place."""
    link = Link()
    first = link.connected()
    link.exchange(first, 100)
    end = time.monotonic() + 0.7
    while time.monotonic() < end:
        link.step()
    second = link.connect()
    link.run_until(lambda: link.tcp.peer_port == second.getsockname()[1] and link.tcp.state == "ESTABLISHED")
    link.exchange(second, 1000)
    assert link.events == ["connected", "reset", "connected"]
    first.send(b"lost")
    link.run_until(lambda: first.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 104)
    link.exchange(second, 1000)
    return link


def address_conflict():
    """The kernel wants the box's address: its duplicate-address detection must fail. Its own one did not."""
    link = Link()
    assert "dadfailed" not in ip("-6", "addr")
    assert link.ipv6.counts["neighbour_answered"] == 0
    ip("-6", "addr", "add", BOX + "/64", "dev", "plc0")
    link.run_until(lambda: "dadfailed" in ip("-6", "addr"), 10, 0.02)
    return link


def echo_request():
    """The kernel's ICMPv6 raw socket: echo of 0, 1 and 1400 bytes."""
    link = Link()
    probe = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    probe.setblocking(False)
    for size in (0, 1, 1400):
        data = os.urandom(size)
        probe.sendto(struct.pack(">BBHHH", 128, 0, 0, 7, size) + data, (BOX, 0, 0, link.index))
        seen = []

        def answered(seen=seen, data=data, size=size):
            try:
                seen.append(probe.recv(2000))
            except BlockingIOError:
                return False
            return seen[-1][0] == 129 and seen[-1][4:] == struct.pack(">HH", 7, size) + data

        link.run_until(answered, 5)
    return link


SCENARIOS = {
    name.__name__: name
    for name in (
        clean,
        small_segments,
        lossy,
        box_closes,
        resets,
        reader_stops,
        keep_alive,
        reopened,
        address_conflict,
        echo_request,
    )
}

if __name__ == "__main__":
    done = SCENARIOS[sys.argv[1]]()
    print(sys.argv[1], {name: value for name, value in done.tcp.counts.items() if value}, done.ipv6.counts)
