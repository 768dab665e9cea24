# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""socketpool on two buffers a connection, in virtual time; the other ends are in ``virtual_network``, datagrams as well.

Time-outs and errors as in the firmware: timeout 0 never waits and raises EAGAIN, a wait that ends raises ETIMEDOUT, a
closed peer reads as 0 bytes.
"""

import errno

import bench_state

SLICE_US = 1000


class Socket:
    def __init__(self, end=None):
        self.end = end
        self.timeout = None
        self.backlog = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()
        return False

    def settimeout(self, seconds):
        self.timeout = seconds

    def setsockopt(self, level, option, value):
        """Taken."""

    def bind(self, address):
        self._address = address

    def listen(self, backlog):
        self.backlog = []
        bench_state.network.listeners[self._address[1]] = self

    def readable(self):
        if self.backlog is not None:
            return len(self.backlog) > 0
        return self.end is not None and (len(self.end.inbox) > 0 or self.end.peer_closed)

    def accept(self):
        if not self.backlog:
            raise OSError(errno.EAGAIN, "")
        end = self.backlog.pop(0)
        return Socket(end), end.address

    def connect(self, address):
        bench_state.pass_time(5000)
        self.end = bench_state.network.open(address)
        if self.end is None:
            raise OSError(errno.ECONNREFUSED, "")

    def _wait(self):
        left = None if self.timeout is None else int(self.timeout * 1000000)
        while not self.readable():
            if left is not None and left <= 0:
                raise OSError(errno.EAGAIN if self.timeout == 0 else errno.ETIMEDOUT, "")
            bench_state.pass_time(SLICE_US)
            if left is not None:
                left -= SLICE_US

    def recv_into(self, buffer, bufsize=0):
        if self.end is None:
            raise OSError(errno.EBADF, "")
        self._wait()
        books = bench_state.books
        books.enter()
        count = self.end.take_into(buffer, bufsize or len(buffer))
        books.leave()
        return count

    def send(self, data):
        if self.end is None:
            raise OSError(errno.EBADF, "")
        books = bench_state.books
        books.enter()
        count = self.end.put(data)
        books.leave()
        if not count:
            raise OSError(errno.EAGAIN, "")
        return count

    def close(self):
        if self.end is not None:
            self.end.close()
            self.end = None


class Datagrams:
    """A socket of UDP. ``waiting``: [(octets, sender)]."""

    def __init__(self):
        self.waiting = []

    def settimeout(self, seconds):
        """What is there is there at once."""

    def bind(self, address):
        bench_state.network.datagrams[address[1]] = self

    def readable(self):
        return len(self.waiting) > 0

    def recvfrom_into(self, buffer):
        if not self.waiting:
            raise OSError(errno.EAGAIN, "")
        octets, sender = self.waiting.pop(0)
        buffer[: len(octets)] = octets
        return len(octets), sender

    def sendto(self, octets, address):
        answer = bench_state.network.answers.get(address)
        if answer is not None:
            self.waiting.append((answer(bytes(octets)), address))
        return len(octets)

    def close(self):
        """Nothing is held."""


class SocketPool:
    AF_INET = 2
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    SOL_SOCKET = 0xFFF
    SO_REUSEADDR = 4

    def __init__(self, radio):
        self.radio = radio

    def socket(self, family=2, kind=1, proto=0):
        return Datagrams() if kind == self.SOCK_DGRAM else Socket()

    def getaddrinfo(self, host, port, family=0, kind=0, proto=0, flags=0):
        return [(2, 1, 0, "", (host, port))]
