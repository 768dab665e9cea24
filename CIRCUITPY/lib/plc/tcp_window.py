# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The receive window of a TCP connection (RFC 9293 3.3.1): what came in and was not read yet, and room for more."""

from plc.const import const
from plc.tcp_segment import SEQUENCE_MASK, distance

RECEIVE_BUFFER = const(4096)
_EARLY_MAX = const(4)  # segments kept that came before their turn


class ReceiveWindow:
    """``next``: the sequence number that is expected (RCV.NXT); ``room``: bytes that may follow it (RCV.WND)."""

    def __init__(self):
        self._buffer = memoryview(bytearray(RECEIVE_BUFFER))
        self.begin(0)

    def begin(self, sequence):
        """Empty, for a peer whose first byte will be number ``sequence``."""
        self.next = sequence
        self.room = RECEIVE_BUFFER
        self._early = []  # (sequence number, bytes) that wait for a gap to close

    def accepts(self, segment):
        """RFC 9293 3.10.7.4, first check; the very next number is let in for its ACK even without room."""
        ahead = distance(segment.sequence, self.next)
        return ahead == 0 or (ahead < self.room and ahead + segment.length > (0 if segment.length else -1))

    def read(self):
        """All bytes received in order since the last call."""
        data = bytes(self._buffer[: RECEIVE_BUFFER - self.room])
        self.room = RECEIVE_BUFFER
        return data

    def store(self, data):
        """Take ``data``, which is what comes next and for which there is room."""
        begin = RECEIVE_BUFFER - self.room
        self._buffer[begin : begin + len(data)] = data
        self.room -= len(data)
        self.skip(len(data))

    def skip(self, count):
        """So many numbers are past without a byte to store: a FIN is one."""
        self.next = (self.next + count) & SEQUENCE_MASK

    def keep_early(self, segment):
        """Keeps text that came before its turn; a FIN with it is left to the peer's repetition."""
        if not segment.data or len(self._early) == _EARLY_MAX:
            return
        for sequence, data in self._early:
            if sequence == segment.sequence and len(data) >= len(segment.data):
                return
        self._early.append((segment.sequence, bytes(segment.data)))

    def join_early(self):
        """Store of what is kept whatever has come to its turn."""
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
