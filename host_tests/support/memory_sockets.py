# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Sockets in memory that behave as CircuitPython's: EAGAIN, ENOTCONN after a close, a bounded send buffer."""

import errno


class MemorySocket:
    """The box's end of a connection; the test plays the client with `feed`, `hang_up` and `received`.

    `was_reset`: closed before all of the request was read, in which case a real client loses its answer.
    """

    def __init__(self, send_room=1 << 20):
        self.incoming = bytearray()
        self.received = bytearray()
        self.closed = False
        self.was_reset = False
        self.peer_closed = False
        self.send_room = send_room
        self.broken = False
        self.told_broken = False
        self.timeout = None
        self.largest_send = 0

    def feed(self, data):
        self.incoming += data

    def hang_up(self):
        self.peer_closed = True

    def readable(self):
        return bool(self.incoming) or self.peer_closed or self.broken

    def settimeout(self, value):
        self.timeout = value

    def recv_into(self, buffer, size=0):
        assert self.timeout == 0, "a socket without timeout 0 would wait"
        assert not self.closed
        if self.broken:
            # As in the firmware: told only at the second try, and without the reason.
            told, self.told_broken = self.told_broken, True
            raise OSError(errno.ENOTCONN if told else errno.EAGAIN, "")
        if not self.incoming:
            raise OSError(errno.ENOTCONN if self.peer_closed else errno.EAGAIN, "")
        count = min(size or len(buffer), len(self.incoming))
        buffer[:count] = self.incoming[:count]
        del self.incoming[:count]
        return count

    def send(self, data):
        assert not self.closed
        if self.broken:
            raise BrokenPipeError(errno.EPIPE, "")
        if self.send_room == 0:
            raise OSError(errno.EAGAIN, "")
        count = min(len(data), self.send_room)
        self.send_room -= count
        self.largest_send = max(self.largest_send, count)
        self.received += bytes(data[:count])
        return count

    def close(self):
        self.was_reset = bool(self.incoming)
        self.closed = True


class Listener:
    """The listening socket: `waiting` holds clients that were not accepted yet."""

    def __init__(self):
        self.waiting = []
        self.options = []
        self.closed = False

    def setsockopt(self, *option):
        self.options.append(option)

    def bind(self, address):
        self.address = address

    def listen(self, backlog):
        self.backlog = backlog

    def settimeout(self, value):
        self.timeout = value

    def accept(self):
        assert self.timeout == 0
        if not self.waiting:
            raise OSError(errno.EAGAIN, "")
        return self.waiting.pop(0), ("192.168.1.9", 50000)

    def readable(self):
        return bool(self.waiting)

    def close(self):
        self.closed = True


class Pool:
    """A socket pool with one listener."""

    AF_INET, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR = 2, 1, 0xFFF, 4

    def __init__(self):
        self.listener = Listener()

    def socket(self, _family, _kind):
        return self.listener


class Poller:
    """`select.poll()` with the device's `ipoll`."""

    def __init__(self):
        self.sockets = []

    def register(self, socket, _events):
        self.sockets.append(socket)

    def unregister(self, socket):
        self.sockets.remove(socket)

    def ipoll(self, timeout):
        assert timeout == 0
        return iter([(socket, 1) for socket in self.sockets if socket.readable()])
