# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The receive window of a TCP connection (RFC 9293 3.3.1): what came in and was not read yet, and the room left."""

from plc.const import const
from plc.tcp_segment import SEQUENCE_MASK, distance

RECEIVE_BUFFER = const(4096)
_EARLY_MAX = const(4)  # out-of-order segments kept


class ReceiveWindow:
    """``next``: the sequence number expected next (RCV.NXT); ``room``: bytes that still fit (RCV.WND)."""

    def __init__(self):
        self._buffer = memoryview(bytearray(RECEIVE_BUFFER))
        self.begin(0)

    def begin(self, sequence):
        """Start empty, for a peer whose first byte will have the number ``sequence``."""
        self.next = sequence
        self.room = RECEIVE_BUFFER
        self._early = []  # (sequence number, bytes) behind a gap

    def accepts(self, segment):
        """RFC 9293 3.10.7.4, first check. A segment with the next number passes even without room, for its ACK."""
        ahead = distance(segment.sequence, self.next)
        return ahead == 0 or (ahead < self.room and ahead + segment.length > (0 if segment.length else -1))

    def read(self):
        """All bytes received in order since the last call."""
        data = bytes(self._buffer[: RECEIVE_BUFFER - self.room])
        self.room = RECEIVE_BUFFER
        return data

    def store(self, data):
        """Append ``data``, which begins at ``next`` and fits."""
        begin = RECEIVE_BUFFER - self.room
        self._buffer[begin : begin + len(data)] = data
        self.room -= len(data)
        self.skip(len(data))

    def skip(self, count):
        """Advance by ``count`` sequence numbers that carry no byte to store; a FIN takes one."""
        self.next = (self.next + count) & SEQUENCE_MASK

    def keep_early(self, segment):
        """Keep the data of an out-of-order segment. A FIN on it is not kept: the peer will repeat it."""
        if not segment.data or len(self._early) == _EARLY_MAX:
            return
        for sequence, data in self._early:
            if sequence == segment.sequence and len(data) >= len(segment.data):
                return
        self._early.append((segment.sequence, bytes(segment.data)))

    def join_early(self):
        """Store the kept segments that follow without a gap."""
        index = 0
        while index < len(self._early):
            sequence, data = self._early[index]
            behind = distance(self.next, sequence)
            if behind < 0:
                index += 1
                continue
            self._early.pop(index)
            self.store(data[behind : behind + self.room])
            index = 0
