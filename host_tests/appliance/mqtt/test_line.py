# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The connection that the library gets: whole packets only, an end to every wait, and a name for how it ended."""

import contextlib
import errno
from pathlib import Path
from types import SimpleNamespace

import pytest
from appliance.mqtt import line as lines
from appliance.mqtt.line import LARGEST_PACKET, MOST_UNSENT, Line

from host_tests.support.boards import board, said
from host_tests.twin.clock import Clock
from host_tests.twin.device import Services

CONNACK = b"\x20\x02\x00"


class Socket:
    """The firmware's socket: `incoming` is a list of what comes next: b"" from a peer that hangs up, None while
    nothing is there, as at its end."""

    def __init__(self, incoming=(), refusal=None, room=1 << 20):
        self.incoming = list(incoming)
        self.sent = b""
        self.room = room
        self.closed = False
        self._refusal = refusal

    def settimeout(self, _seconds):
        """Time does not pass here."""

    def connect(self, _address):
        if self._refusal is not None:
            raise OSError(self._refusal, "")

    def recv_into(self, buffer):
        data = self.incoming.pop(0) if self.incoming else None
        if data is None:
            raise OSError(errno.EAGAIN, "")
        buffer[: len(data)] = data
        return len(data)

    def send(self, data):
        if not self.room:
            raise OSError(errno.EAGAIN, "")
        count = min(self.room, len(data))
        self.sent += bytes(data[:count])
        self.room -= count
        return count

    def close(self):
        self.closed = True


def opened(monkeypatch, *incoming, **options):
    """(Line, Socket), connected; each look at the clock lets a millisecond pass."""
    clock = iter(range(10000))
    socket = Socket(incoming, **options)
    pool = SimpleNamespace(AF_INET=2, SOCK_STREAM=1, socket=lambda _family, _kind: socket)
    poller = SimpleNamespace(register=lambda *_: None, ipoll=lambda _ms: iter(()))
    monkeypatch.setattr(lines, "select", SimpleNamespace(poll=lambda: poller, POLLIN=1))
    line = Line(SimpleNamespace(pool=pool), lambda: next(clock))
    line.aim("192.168.1.40")
    assert line.getaddrinfo("broker.local", 1883)[0][4] == ("192.168.1.40", 1883), "nothing is looked up here"
    line.socket(2, 1)
    with contextlib.suppress(OSError):
        line.connect(("192.168.1.40", 1883))
    return line, socket


def received(line, count):
    buffer = bytearray(count)
    return bytes(buffer[: line.recv_into(buffer)])


def test_a_packet_is_handed_over_only_when_it_is_there_as_a_whole(monkeypatch):
    line, _ = opened(monkeypatch, b"\x30\x04\x00\x01", b"x", None, b"y")
    assert not line.packet_waits()
    with pytest.raises(OSError, match=str(errno.EAGAIN)):
        line.recv_into(bytearray(1))
    assert line.packet_waits()
    assert [received(line, 1), received(line, 5)] == [b"\x30", b"\x04\x00\x01xy"]


def test_a_packet_that_is_too_long_is_skipped_and_the_next_one_comes(monkeypatch):
    size = LARGEST_PACKET + 500
    length = bytes((size & 0x7F | 0x80, size >> 7))
    long = b"\x30" + length + bytes(size)
    line, _ = opened(monkeypatch, *(long[at : at + 256] for at in range(0, len(long), 256)), b"\xd0\x00")
    while not line.packet_waits():
        pass
    assert received(line, 2) == b"\xd0\x00"


def test_a_length_without_an_end_is_not_a_brokers(monkeypatch):
    line, _ = opened(monkeypatch, b"\x30\xff\xff\xff\xff\xff")
    with pytest.raises(OSError, match=str(errno.ECONNABORTED)):
        line.packet_waits()
    assert line.fault == lines.STRANGE


@pytest.mark.parametrize("code", [0, 4, 5])
def test_the_brokers_answer_is_known_even_when_it_hangs_up_right_behind_it(monkeypatch, code):
    line, _ = opened(monkeypatch, CONNACK + bytes((code,)), b"")
    line.wait(100)
    assert received(line, 4) == CONNACK + bytes((code,))
    assert line.answer == code
    with pytest.raises(OSError, match=str(errno.ECONNRESET)):
        line.recv_into(bytearray(1))
    assert line.fault == lines.CLOSED


@pytest.mark.parametrize(
    ("incoming", "fault"), [([], lines.SILENT), ([b""], lines.CLOSED), ([b"HTTP/1.1 400\r\n", b""], lines.STRANGE)]
)
def test_a_wait_has_an_end_and_a_reason(monkeypatch, incoming, fault):
    line, _ = opened(monkeypatch, *incoming)
    line.wait(50)
    with pytest.raises(OSError):
        while True:
            line.recv_into(bytearray(LARGEST_PACKET))
    assert line.fault == fault


@pytest.mark.parametrize(
    ("refusal", "fault"),
    [(errno.ECONNRESET, lines.REFUSED), (errno.ECONNREFUSED, lines.REFUSED), (errno.ETIMEDOUT, lines.OFF)],
)
def test_a_broker_that_refuses_is_told_apart_from_one_that_is_not_there(monkeypatch, refusal, fault):
    line, _ = opened(monkeypatch, refusal=refusal)
    assert line.fault == fault


def test_bytes_wait_until_the_network_takes_them_and_not_without_bound(monkeypatch):
    line, socket = opened(monkeypatch, room=3)
    assert line.send(b"hello") == 5 and line.unsent
    line.drain()
    assert socket.sent == b"hel" and line.unsent
    socket.room = 10
    line.drain()
    assert socket.sent == b"hello" and not line.unsent
    with pytest.raises(OSError, match=str(errno.ECONNABORTED)):
        line.send(bytes(MOST_UNSENT + 1))


def test_a_line_that_was_never_opened_can_be_closed(monkeypatch):
    line, socket = opened(monkeypatch)
    line.close()
    line.close()
    assert socket.closed


WAITS = """
    import socketpool, supervisor, wifi
    wifi.radio.connect("Home", "correct horse")
    wifi.radio.power_management = wifi.PowerManagement.NONE
    from appliance.mqtt.line import Line

    class Network:
        pool = socketpool.SocketPool(wifi.radio)

    line = Line(Network, supervisor.ticks_ms)
    line.aim("192.168.1.40")
    line.socket(2, 1)
    line.connect(line.getaddrinfo("", 1883)[0][4])
    line.wait(1000)
    buffer = bytearray(4)
    print(line.recv_into(buffer), line.answer)
"""


@pytest.mark.parametrize("answer_ms", [3, 104, 112, 228, 400])
def test_an_answer_that_comes_just_when_the_box_stops_waiting_for_a_moment_is_not_lost(tmp_path, answer_ms):
    """What the last look of the firmware's time-out fetches is thrown away; here that look takes long."""
    services = Services(Clock())

    class Broker:
        def __init__(self, connection):
            connection.clock.after(1000 * answer_ms, connection.send, CONNACK + b"\0")

        def received(self, _data):
            """It says what it says."""

        peer_closed = received

    services.network.add_host("192.168.1.40", {1883: Broker})
    lib = Path(lines.__file__).parents[2]
    needed = "appliance/__init__ appliance/mqtt/__init__ appliance/mqtt/line plc/__init__ plc/const plc/ticks"
    files = {f"lib/{name}.py": (lib / f"{name}.py").read_text() for name in needed.split()}
    device = board(tmp_path, WAITS, files, services, start=False)
    with device:
        device.costs.last_look_us = 20_000
        device.start()
        assert device.run_until(lambda: device.state == "DONE", 20)
        assert said(device) == ["4 0"]
