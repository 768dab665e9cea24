# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What happened, in two bounded rings in RAM: lines of text for people, raw frames for Wireshark.

Both forget their oldest entry when they are full and count what they forgot, so that a reader knows whether
the story is complete. Nothing is ever written to flash: an erase cycle stops both cores for up to 400 ms.
"""

import struct

from plc.ticks import ticks_diff

DEBUG, INFO, WARNING, ERROR = "D", "I", "W", "E"
_RANK = {DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3}
_LONGEST_TEXT = 400

TO_BOX, FROM_BOX = 0, 1


class Uptime:
    """Seconds and milliseconds since start, from a tick counter that wraps every 6.2 days."""

    def __init__(self, now):
        self._last = now
        self.seconds = 0
        self.millis = 0

    def advance(self, now):
        """Account for the time since the last call; allocates nothing."""
        elapsed = ticks_diff(now, self._last)
        if elapsed <= 0:
            return
        self._last = now
        self.millis += elapsed
        while self.millis >= 1000:
            self.millis -= 1000
            self.seconds += 1


class Log:
    """Ring of (sequence, seconds, millis, level, tag, text); every kept line also goes to the console."""

    def __init__(self, uptime, size=250, level=INFO, write=print):
        self._uptime = uptime
        self.size = size
        self._records = [None] * size  # type: list
        self._write = write
        self.level = level
        self.count = 0
        self.errors = 0

    @property
    def dropped(self):
        """How many of the oldest records the ring has forgotten."""
        return max(0, self.count - len(self._records))

    def add(self, level, tag, text):
        """Keep one line; a text of several lines becomes one record a line."""
        if _RANK[level] < _RANK[self.level]:
            return
        if level == ERROR:
            self.errors += 1
        for line in text.split("\n"):
            if line:
                self._keep(level, tag, line[:_LONGEST_TEXT])

    def _keep(self, level, tag, line):
        seconds, millis = self._uptime.seconds, self._uptime.millis
        self._records[self.count % len(self._records)] = (self.count, seconds, millis, level, tag, line)
        self.count += 1
        self._write("%d.%03d %s %s %s" % (seconds, millis, level, tag, line))

    def detail(self, tag, text):
        """Keep a detail."""
        self.add(DEBUG, tag, text)

    def note(self, tag, text):
        """Keep something that happened."""
        self.add(INFO, tag, text)

    def caution(self, tag, text):
        """Keep something that went wrong and that the box copes with."""
        self.add(WARNING, tag, text)

    def tell_console(self, tag, text):
        """Print a line that is kept nowhere: a password, for whoever is beside the box."""
        self._write("%d.%03d I %s %s" % (self._uptime.seconds, self._uptime.millis, tag, text))

    def fail(self, tag, text):
        """Keep something that should not have happened."""
        self.add(ERROR, tag, text)

    def checkpoint(self, tag, number, text):
        """Keep a step of a session under pyPLC's number, so that users can compare."""
        self.add(INFO, tag, "[CHECKPOINT%d] %s" % (number, text))

    def trace(self, tag, error, note=""):
        """Keep an exception with its traceback."""
        self.add(ERROR, tag, note + format_exception(error))

    def records(self, since=0):
        """The kept records from sequence number ``since`` on, oldest first."""
        size = len(self._records)
        for number in range(max(since, self.count - size, 0), self.count):
            record = self._records[number % size]
            # A reader may be slow, and newer ones take the places of the oldest meanwhile.
            if record[0] == number:
                yield record


def format_exception(error):
    """Traceback of ``error`` as text, in whatever way this interpreter offers it."""
    try:
        import traceback

        return "".join(traceback.format_exception(error)).strip()
    except (ImportError, AttributeError, TypeError):
        pass
    import io
    import sys

    print_exception = getattr(sys, "print_exception", None)
    if print_exception is None:
        return "%s: %s" % (type(error).__name__, error)
    text = io.StringIO()
    print_exception(error, text)
    return text.getvalue().strip()


_HEADER = "<HBBI"
_HEADER_SIZE = 8
_WRAP_MARK = 0xFFFF


class FrameRing:
    """The last Ethernet frames of both directions in one preallocated buffer.

    A record is length (2 bytes), direction, a spare byte, the tick in ms (4 bytes) and the frame, never
    split: where a record does not fit before the end of the buffer, a mark there sends the reader back to the
    start. A session fills some 15 kB.
    """

    def __init__(self, size=32768):
        self._buffer = bytearray(size)
        self._view = memoryview(self._buffer)
        self._head = 0
        self._tail = 0
        self.kept = 0
        self.dropped = 0

    def add(self, direction, frame, now):
        """Copy one frame into the ring, forgetting old ones to make room."""
        length = len(frame)
        need = _HEADER_SIZE + length
        if need > len(self._buffer) // 4:
            self.dropped += 1
            return
        if self._head + need > len(self._buffer):
            self._make_room(len(self._buffer) - self._head)
            self._mark_wrap()
        self._make_room(need)
        struct.pack_into(_HEADER, self._buffer, self._head, length, direction, 0, now)
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
        """(tick in ms, direction, frame as a copy), oldest first."""
        offset = self._tail
        for _ in range(self.kept):
            offset = self._record_start(offset)
            length, direction, _spare, tick = struct.unpack_from(_HEADER, self._buffer, offset)
            start = offset + _HEADER_SIZE
            yield tick, direction, bytes(self._view[start : start + length])
            offset = start + length
