# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A machine on the virtual network that is a real MQTT broker on this computer.

    outward = Outward(world.network, "192.168.1.40", broker.port, answers=broker.runs)

Virtual time runs faster than the broker's. So while the box waits for an answer (CONNACK, SUBACK, PINGRESP), virtual
time stands still until the broker, in its own time, gave it: on a busy machine a test takes longer and sees the same.
`answers()` False (a broker that was stopped or wedged on purpose): nobody waits, and to the box it is silent.

The broker's clock for a box that says nothing any more is kept here as well, in virtual time: after one and a half
keep-alives (MQTT 3.1.1, 3.1.2.10) the real connection is cut, and the broker publishes the last will.
"""

import contextlib
import select
import socket

EVERY_US = 10_000
# How long, on the wall, a broker that runs may take for an answer.
PATIENCE_S = 60.0
_CONNECT, _DISCONNECT = 1, 14
# What a packet of the box is answered with: CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ.
_ANSWERS = {1: 2, 8: 9, 10: 11, 12: 13}


class Packets:
    """Cuts a stream into MQTT packets: `take(data)` gives (kind, whole packet) of each that is complete."""

    def __init__(self):
        self._data = b""

    def take(self, data):
        self._data += data
        found = []
        while True:
            packet = self._first()
            if packet is None:
                return found
            self._data = self._data[len(packet) :]
            found.append((packet[0] >> 4, packet))

    def _first(self):
        size, shift = 0, 0
        for at, byte in enumerate(self._data[1:5], 2):
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return self._data[: at + size] if len(self._data) >= at + size else None
        return None


class Outward:
    """The host on the network. `packets`: (virtual s, kind, bytes) of everything the box sent, newest last."""

    def __init__(self, network, ip, port, answers=lambda: True, name=None, box_port=1883):
        self.port = port
        self.answers = answers
        self.network = network
        self.packets = []
        self.connections = []
        self.host = network.add_host(ip, {box_port: self._accept}, name)
        # No hook of the clock, whom time would be told after every line of the device's program.
        self._next_look = network.clock.after(EVERY_US, self._look)

    def close(self):
        """Cut everything."""
        self._next_look.cancel()
        for connection in self.connections:
            connection.cut()

    def _accept(self, conn):
        connection = _Connection(self, conn)
        self.connections.append(connection)
        return connection

    def _look(self):
        self._next_look = self.network.clock.after(EVERY_US, self._look)
        now_us = self.network.clock.now_us
        for connection in list(self.connections):
            connection.look(now_us)
        self.connections = [connection for connection in self.connections if connection.is_open]


class _Connection:
    """One connection of the box: the handler of the virtual end, and the real socket."""

    def __init__(self, outward, conn):
        self._outward = outward
        self._conn = conn
        self._from_box = Packets()
        self._from_broker = Packets()
        self._unsent = b""
        self._keep_alive_us = None
        self._heard_us = outward.network.clock.now_us
        self.is_open = True
        self._real = socket.socket()
        try:
            # The kernel answers for a program that listens; nobody waits here for the program itself.
            self._real.settimeout(PATIENCE_S)
            self._real.connect(("127.0.0.1", outward.port))
            self._real.setblocking(False)
        except OSError:
            self._end(conn.reset)

    # ---- from the box

    def received(self, data):
        if not self.is_open:
            return
        clock = self._outward.network.clock
        self._heard_us = clock.now_us
        self._unsent += data
        self._push()
        for kind, packet in self._from_box.take(data):
            self._outward.packets.append((clock.now_us / 1e6, kind, packet))
            if kind == _CONNECT:
                self._keep_alive_us = int.from_bytes(packet[_at_keep_alive(packet) :][:2], "big") * 1_000_000
            if kind in _ANSWERS and self._outward.answers():
                self._wait_for(_ANSWERS[kind])

    def peer_closed(self):
        """The box said FIN."""
        self._end(self._conn.close)

    def peer_reset(self):
        self.cut()

    # ---- from the broker

    def look(self, now_us):
        if not self.is_open:
            return
        self._push()
        self._pull()
        silent_us = now_us - self._heard_us
        if self._keep_alive_us and silent_us > self._keep_alive_us * 3 // 2:
            self.cut()

    def _push(self):
        try:
            while self._unsent and self.is_open:
                self._unsent = self._unsent[self._real.send(self._unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._end(self._conn.reset)

    def _pull(self):
        """Kinds of the packets that came from the broker."""
        try:
            data = self._real.recv(65536)
        except BlockingIOError:
            return []
        except OSError:
            self._end(self._conn.reset)
            return []
        if not data:
            self._end(self._conn.close)
            return []
        self._conn.send(data)
        return [kind for kind, _ in self._from_broker.take(data)]

    def _wait_for(self, kind):
        """Let virtual time stand until the broker has sent a packet of that kind."""
        while self.is_open and self._outward.answers():
            readable, _, _ = select.select([self._real], [], [], PATIENCE_S)
            if not readable:
                raise TimeoutError(f"the broker runs and gave no answer of kind {kind} within {PATIENCE_S:.0f} s")
            if kind in self._pull():
                return

    def cut(self):
        """The real connection ends without a good-bye; all the box sees of it is a reset."""
        if self.is_open:
            with contextlib.suppress(OSError):
                # No FIN but a reset, as for a machine that is gone.
                self._real.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self._end(self._conn.reset)

    def _end(self, tell_box):
        if self.is_open:
            self.is_open = False
            self._real.close()
            tell_box()


def _at_keep_alive(packet):
    """Where the keep-alive stands in a CONNECT: behind the remaining length, "MQTT", level and flags."""
    at = 1
    while packet[at] & 0x80:
        at += 1
    return at + 1 + 6 + 2
