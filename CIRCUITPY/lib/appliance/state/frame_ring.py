# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The raw frames of the last sessions, for Wireshark, in a bounded ring in RAM that counts what it forgot."""

import struct

TO_BOX, FROM_BOX = 0, 1

_HEADER = "<HHI"
_HEADER_SIZE = 8
_WRAP_MARK = 0xFFFF


class FrameRing:
    """The last Ethernet frames of both directions in one preallocated buffer.

    A record is length (2 bytes), direction and milliseconds (2), seconds since the start (4) and the frame,
    never split: where a record does not fit before the end of the buffer, a mark there sends the reader back to
    the start. A session fills some 15 kB. A frame may lie here for weeks, and a tick would be compared with a
    later one for three days only.
    """

    def __init__(self, size=32768):
        self._buffer = bytearray(size)
        self._view = memoryview(self._buffer)
        self._head = 0
        self._tail = 0
        self.kept = 0
        self.dropped = 0

    def add(self, direction, frame, uptime):
        """Copy one frame into the ring, forgetting old ones to make room; it came now, by ``uptime``."""
        length = len(frame)
        need = _HEADER_SIZE + length
        if need > len(self._buffer) // 4:
            self.dropped += 1
            return
        if self._head + need > len(self._buffer):
            self._make_room(len(self._buffer) - self._head)
            self._mark_wrap()
        self._make_room(need)
        struct.pack_into(_HEADER, self._buffer, self._head, length, direction << 10 | uptime.millis, uptime.seconds)
        self._view[self._head + _HEADER_SIZE : self._head + need] = frame
        self._head += need
        self.kept += 1

    def _mark_wrap(self):
        if self._head + 2 <= len(self._buffer):
            struct.pack_into("<H", self._buffer, self._head, _WRAP_MARK)
        self._head = 0

    def _make_room(self, need):
        """Forget the oldest records that lie in the ``need`` bytes from the head on."""
        end = self._head + need
        while self.kept and self._head <= self._tail < end:
            after = self._tail + _HEADER_SIZE + self._length_at(self._tail)
            self.kept -= 1
            self.dropped += 1
            # Follow a wrap mark now: the next frame may overwrite it.
            self._tail = self._record_start(after) if self.kept else after
        if not self.kept:
            self._tail = self._head

    def _length_at(self, offset):
        return self._buffer[offset] | self._buffer[offset + 1] << 8

    def _record_start(self, offset):
        """Where the record that follows ``offset`` really starts."""
        if offset + 2 > len(self._buffer) or self._length_at(offset) == _WRAP_MARK:
            return 0
        return offset

    def snapshot(self):
        """A copy that stays as it is while the ring goes on."""
        copy = FrameRing(len(self._buffer))
        copy._view[:] = self._view
        copy._head, copy._tail = self._head, self._tail
        copy.kept, copy.dropped = self.kept, self.dropped
        return copy

    def frames(self):
        """(seconds, milliseconds, direction, frame as a copy), oldest first."""
        offset = self._tail
        for _ in range(self.kept):
            offset = self._record_start(offset)
            length, mixed, seconds = struct.unpack_from(_HEADER, self._buffer, offset)
            start = offset + _HEADER_SIZE
            yield seconds, mixed & 1023, mixed >> 10, bytes(self._view[start : start + length])
            offset = start + length
