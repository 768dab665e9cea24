# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What stands behind the fake sockets: connections, hosts by address, and clients that connect to the box."""

WINDOW = 5744


class End:
    """One end of a connection; what is put here arrives in the peer's ``inbox``."""

    def __init__(self):
        self.inbox = bytearray()
        self.peer = None
        self.peer_closed = False
        self.on_data = None

    def put(self, data):
        room = min(WINDOW - len(self.peer.inbox), len(data))
        if room > 0:
            self.peer.inbox.extend(bytes(memoryview(data)[:room]))
            if self.peer.on_data is not None:
                self.peer.on_data(self.peer)
        return max(room, 0)

    def take_into(self, buffer, size):
        count = min(size, len(buffer), len(self.inbox))
        buffer[:count] = self.inbox[:count]
        self.inbox = self.inbox[count:]
        return count

    def take(self):
        data, self.inbox = self.inbox, bytearray()
        return data

    def close(self):
        self.peer.peer_closed = True
        if self.peer.on_data is not None:
            self.peer.on_data(self.peer)


def pair():
    one, other = End(), End()
    one.peer, other.peer = other, one
    return one, other


class Network:
    """``hosts``: (address, port) -> function(End) that serves a connection of the box.

    ``answers``: the same of UDP, function(octets) -> octets. ``datagrams``: port -> the box's socket of UDP.
    """

    def __init__(self):
        self.hosts = {}
        self.listeners = {}
        self.answers = {}
        self.datagrams = {}

    def open(self, address):
        serve = self.hosts.get((address[0], address[1]))
        if serve is None:
            return None
        one, other = pair()
        serve(other)
        return one

    def to_box(self, port, address="192.168.1.20"):
        """An End whose peer is a new connection at the box's listener."""
        one, other = pair()
        other.address = (address, 50000)
        self.listeners[port].backlog.append(other)
        return one
