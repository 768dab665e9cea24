# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Name server of the box's own access point: every name has the box's address (RFC 1035, section 4).

A phone that joins a network fetches a known page from the internet. If it gets the box's page instead, it takes that for a
captive portal and opens it by itself. One datagram a pass; nothing blocks.
"""

import errno

PORT = 53
# A query for one name fits; anything longer is not one (RFC 1035, 4.2.1).
LARGEST_QUERY = 512
_HEADER = 12
_LONGEST_NAME = 255
_A, _ANY, _IN = 1, 255, 1
# Short, because the answer is wrong as soon as the phone is back in another network.
TTL_S = 5


def question_end(query, length):
    """Where the question of a query ends; 0 if it is not a plain query for one name."""
    if length < _HEADER or query[2] & 0xF8 or query[4] << 8 | query[5] != 1 or query[6] | query[7]:
        # Too short, an answer, another kind of request, or not exactly one question.
        return 0
    at = _HEADER
    while at < length:
        size = query[at]
        at += 1
        if size == 0:
            return at + 4 if at + 4 <= length and at - _HEADER <= _LONGEST_NAME else 0
        if size > 63:
            # A pointer, which cannot be in the first name.
            return 0
        at += size
    return 0


def answer(query, length, address):
    """The answer (bytes) to ``length`` bytes of ``query``, or None if that is no query.

    ``address`` (4 bytes) is the answer for A. For AAAA, HTTPS and all others the name exists without such a record, so
    that a phone falls back to A at once.
    """
    end = question_end(query, length)
    if end == 0:
        return None
    kind = query[end - 4] << 8 | query[end - 3]
    found = kind in (_A, _ANY) and query[end - 2] << 8 | query[end - 1] == _IN
    # Answer, authoritative, recursion wanted as asked; recursion available, no error.
    head = bytes((query[0], query[1], 0x84 | query[2] & 1, 0x80, 0, 1, 0, 1 if found else 0, 0, 0, 0, 0))
    question = bytes(query[_HEADER:end])
    if not found:
        return head + question
    return head + question + b"\xc0\x0c\x00\x01\x00\x01" + TTL_S.to_bytes(4, "big") + b"\x00\x04" + address


class CaptiveDns:
    """The server. ``poller`` is a ``select.poll()`` of its own; ``subnet`` is the text that guests' addresses
    begin with; ``seen()`` is called for each of their queries."""

    def __init__(self, pool, poller, address, subnet, seen):
        self.counts = {"answered": 0, "refused": 0}
        self._poller = poller
        self._address = bytes([int(part) for part in address.split(".")])
        self._subnet = subnet
        self._seen = seen
        self._buffer = bytearray(LARGEST_QUERY)
        self._socket = socket = pool.socket(pool.AF_INET, pool.SOCK_DGRAM)
        try:
            socket.bind(("0.0.0.0", PORT))
            socket.settimeout(0)
            poller.register(socket, 1)
        except Exception as error:
            socket.close()
            raise error

    def poll(self):
        """Answer one query; True when there was one. Allocates nothing while nobody asks."""
        readable = False
        for _ in self._poller.ipoll(0):
            readable = True
        if not readable:
            return False
        try:
            length, sender = self._socket.recvfrom_into(self._buffer)
            self._reply(length, sender)
        except OSError as error:
            # EAGAIN: it was no datagram after all. Anything else (no buffers, phone gone): it asks again.
            if error.errno != errno.EAGAIN:
                self.counts["refused"] += 1
        return True

    def _reply(self, length, sender):
        # On the owner's network the box is not a name server.
        reply = None
        if sender[0].startswith(self._subnet):
            self._seen()
            reply = answer(self._buffer, length, self._address)
        if reply is None:
            self.counts["refused"] += 1
        else:
            self._socket.sendto(reply, sender)
            self.counts["answered"] += 1

    def close(self):
        """Free the socket."""
        try:
            self._poller.unregister(self._socket)
        except (KeyError, OSError, ValueError):
            # Its descriptor is gone.
            pass
        self._socket.close()
