# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The connection to the broker, as ``adafruit_minimqtt`` wants a socket pool and a socket.

The library spins while a send buffer is full, blocks in the middle of a packet, and accepts a packet of any size. So it
does not get a socket of the firmware: here bytes wait until the network takes them, the library gets a packet only when
it is complete, and every wait is bounded.
"""

import errno
import select

from plc.ticks import ticks_add, ticks_diff

# A broker in the house answers in 20 ms, and a sleeping radio adds 100.
CONNECT_MS = 500
SLICE_MS = 100
# What somebody sends to the box is a word; a longer packet is skipped.
LARGEST_PACKET = 1024
MOST_UNSENT = 4096

# Why a connection ended.
OFF, REFUSED, SILENT, CLOSED, STRANGE = "off", "refused", "silent", "closed", "strange"
_CONNACK = 0x20
DISCONNECT = b"\xe0\0"


class Line:
    """One connection at a time: a pool that gives out itself. ``network`` has the firmware's ``pool``.

    ``fault`` says what ended it, ``answer`` is the return code of the last CONNACK.
    """

    def __init__(self, network, ticks):
        self.ticks = ticks
        self.fault = None
        self.answer = None
        self._network = network
        self._socket = None
        self._poller = None
        self._address = None
        self._deadline = None
        self._unsent = bytearray()
        self._buffer = bytearray(LARGEST_PACKET)
        self._start = 0
        self._end = 0
        self._serving = 0
        self._skip = 0

    # ---- what the session uses

    def aim(self, address):
        """The next connection goes to this numeric address."""
        self._address = address

    def wait(self, ms):
        """From now on a packet is waited for, ``ms`` at most in all."""
        self._deadline = ticks_add(self.ticks(), ms)

    def hurry(self):
        """From now on nothing is waited for."""
        self._deadline = None

    @property
    def unsent(self):
        """True while bytes wait for the network to take them."""
        return len(self._unsent) > 0

    def readable(self):
        """True when something came in, or the broker hung up. Allocates nothing."""
        for _ in self._poller.ipoll(0):
            return True
        return self._end > self._start

    def packet_waits(self):
        """True when a whole packet is there. Raises OSError when the broker hung up."""
        self._fill()
        return self._packet_size() > 0

    def drain(self):
        """Send what the network takes now; raises OSError when the connection is gone."""
        while self._unsent:
            try:
                count = self._socket.send(self._unsent)
            except OSError as error:
                if error.errno == errno.EAGAIN:
                    return
                self.fault = CLOSED
                raise error
            self._unsent = self._unsent[count:]

    def finish(self, ms):
        """Disconnect and wait, ``ms`` at most, until the broker closes the connection: then it has everything that was sent.
        A restart would lose what is in the firmware's buffers.
        """
        self.wait(ms)
        try:
            self.send(DISCONNECT)
            while True:
                self._start += self._next_packet()
        except OSError:
            return

    # ---- what the library takes for a pool

    @property
    def SOCK_STREAM(self):
        """The firmware's number for TCP."""
        return self._network.pool.SOCK_STREAM

    def getaddrinfo(self, _host, port, _family=0, _type=0):
        """The address that was looked up before: a look-up can last for seconds."""
        pool = self._network.pool
        return [(pool.AF_INET, pool.SOCK_STREAM, 0, "", (self._address, port))]

    def socket(self, family, kind):
        """A new connection."""
        self.fault, self.answer = OFF, None
        self._unsent = bytearray()
        self._start = self._end = self._serving = self._skip = 0
        self._socket = self._network.pool.socket(family, kind)
        return self

    # ---- what the library takes for a socket

    def settimeout(self, _seconds):
        """``wait`` rules; the library's time for each call does not."""

    def connect(self, address):
        """Blocks CONNECT_MS at most. Raises OSError."""
        self._socket.settimeout(CONNECT_MS / 1000)
        try:
            self._socket.connect(address)
        except OSError as error:
            # lwIP reports a refused connection as a reset one.
            if error.errno in (errno.ECONNRESET, errno.ECONNREFUSED):
                self.fault = REFUSED
            raise error
        self.fault = SILENT
        self._socket.settimeout(0)
        self._poller = select.poll()
        self._poller.register(self._socket, select.POLLIN)

    def send(self, data):
        """Keep ``data`` until the network takes it."""
        if len(self._unsent) + len(data) > MOST_UNSENT:
            raise OSError(errno.ECONNABORTED)
        self._unsent.extend(data)
        return len(data)

    def recv_into(self, buffer, size=0):
        """Bytes of a packet that is there as a whole. Without one: EAGAIN, or ECONNABORTED at the end of a ``wait``."""
        if not self._serving:
            self._serving = self._next_packet()
        count = min(size or len(buffer), self._serving)
        buffer[:count] = self._buffer[self._start : self._start + count]
        self._start += count
        self._serving -= count
        return count

    def close(self):
        """Hang up."""
        if self._socket is None:
            return
        self._poller = None
        self._socket.close()
        self._socket = None

    # ---- packets

    def _next_packet(self):
        while True:
            left_ms = 0 if self._deadline is None else ticks_diff(self._deadline, self.ticks())
            if left_ms < 0:
                # Packets may keep coming without the one that is waited for.
                self.fault = SILENT
                raise OSError(errno.ECONNABORTED)
            size = self._packet_size()
            if size:
                # First of all, because a broker that refuses a login closes right after its answer.
                if self._buffer[self._start] == _CONNACK and size == 4:
                    self.answer = self._buffer[self._start + 3]
                return size
            self.drain()
            if self._fill():
                continue
            if self._deadline is None:
                raise OSError(errno.EAGAIN)
            # In slices, for what is unsent. Not with a time-out of the socket, whose last look throws away what it fetches.
            for _ in self._poller.ipoll(min(left_ms, SLICE_MS) + 1):
                break

    def _fill(self):
        """Take in what came; True when it was something. Raises OSError when the broker hung up."""
        if self._start:
            rest = self._end - self._start
            self._buffer[:rest] = self._buffer[self._start : self._end]
            self._start, self._end = 0, rest
        if self._end == LARGEST_PACKET:
            return True
        try:
            count = self._socket.recv_into(memoryview(self._buffer)[self._end :])
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return False
            count = 0
        if not count:
            # A web server sends something as well before it closes.
            self.fault = STRANGE if self.answer is None and self._end > self._start else CLOSED
            raise OSError(errno.ECONNRESET)
        self._end += count
        skipped = min(self._skip, self._end)
        self._start += skipped
        self._skip -= skipped
        return True

    def _packet_size(self):
        """Bytes of the packet that comes next, 0 while it is not there as a whole."""
        at, size, shift = self._start + 1, 0, 0
        while at < self._end:
            byte = self._buffer[at]
            size |= (byte & 0x7F) << shift
            at += 1
            shift += 7
            if byte & 0x80:
                if shift > 21:
                    self.fault = STRANGE
                    raise OSError(errno.ECONNABORTED)
                continue
            whole = at - self._start + size
            there = self._end - self._start
            if whole > LARGEST_PACKET:
                self._skip = whole - there
                self._start = self._end
                return 0
            return whole if whole <= there else 0
        return 0
