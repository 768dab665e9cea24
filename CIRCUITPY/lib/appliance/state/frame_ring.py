# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The raw frames of the last sessions, for Wireshark: a bounded ring in RAM that counts the frames it forgot."""

import struct

TO_BOX, FROM_BOX = 0, 1

_HEADER = "<HHI"
_HEADER_SIZE = 8
_PIECE = 2048
_PIECES = 17


class FrameRing:
    """The last Ethernet frames of both directions, in several pieces of memory: one for what the modem tells at a start; the
    others are allocated together when the first car comes, because they stay, and holes between them would be lost.

    A record is length (2 bytes), direction and milliseconds (2), seconds since the start (4) and the frame. It never
    crosses pieces; zeros follow the last one, and the oldest piece is dropped as a whole. A session fills some 15 kB.
    No ticks are kept, because frames may stay for weeks, and ticks can be compared for three days only.
    """

    def __init__(self):
        self._pieces = []
        self._end = _PIECE
        self.kept = 0
        self.dropped = 0

    def add(self, direction, frame, uptime):
        """Copy a frame that came now, by ``uptime``; old ones are dropped to make room."""
        length = len(frame)
        need = _HEADER_SIZE + length
        if need > _PIECE:
            self.dropped += 1
            return
        if self._end + need > _PIECE:
            self._begin_piece()
        piece, start = self._pieces[-1], self._end + _HEADER_SIZE
        struct.pack_into(_HEADER, piece, self._end, length, direction << 10 | uptime.millis, uptime.seconds)
        self._end += need
        piece[start : self._end] = frame
        self.kept += 1

    def _begin_piece(self):
        if len(self._pieces) < _PIECES:
            missing = _PIECES - 1 if self._pieces else 1
            self._pieces = [bytearray(_PIECE) for _ in range(missing)] + self._pieces
        oldest, offset = self._pieces.pop(0), 0
        while _length_at(oldest, offset):
            offset += _HEADER_SIZE + _length_at(oldest, offset)
            self.kept -= 1
            self.dropped += 1
        oldest[:] = bytes(_PIECE)
        self._pieces.append(oldest)
        self._end = 0

    def frames(self):
        """Yields (seconds, milliseconds, direction, frame), oldest first: those present at the call, as the ring goes on."""
        for piece in [bytes(piece) for piece in self._pieces]:
            offset = 0
            while _length_at(piece, offset):
                length, mixed, seconds = struct.unpack_from(_HEADER, piece, offset)
                start = offset + _HEADER_SIZE
                offset = start + length
                yield seconds, mixed & 1023, mixed >> 10, piece[start:offset]


def _length_at(piece, offset):
    """Length of the frame whose record begins there; 0 after the last one."""
    return 0 if offset + _HEADER_SIZE > _PIECE else piece[offset] | piece[offset + 1] << 8
