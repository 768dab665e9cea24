# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Ethernet frames to and from the byte stream of the QCA7005's data port.

Host to modem, one frame per external write (as Linux ``qca_7k`` and the maker's host interface note have
it)::

    | AA AA AA AA | FL (2, little-endian) | 00 00 | frame, FL bytes, no FCS | 55 55 |

Modem to host: the same behind LEN, a 4-byte *big-endian* count of everything after it, so LEN = FL + 10::

    | LEN (4) | AA AA AA AA | FL (2, little-endian) | 00 00 | frame, FL bytes | 55 55 | LEN (4) | AA ...

A burst may hold several frames, and a frame may begin in one burst and end in a later one. FL is 60..1518,
1522 with a VLAN tag. The two reserved bytes are ignored.
"""

from plc.const import const

_FRAME_MIN = const(60)
_FRAME_MAX = const(1522)
_ETHERNET_HEADER = const(14)

_MARK = b"\xaa\xaa\xaa\xaa"
_FOOTER = b"\x55\x55"
_ZEROS = memoryview(bytes(_FRAME_MIN))

# Modem to host, counted from LEN.
_RX_MARK = const(4)
_RX_FL = const(8)
_RX_FRAME = const(12)
_RX_OVERHEAD = const(14)
# A header whose mark is not complete yet has at most this many bytes at the end of a block: LEN and three of AA.
_RX_TAIL = const(7)

# Limit for one call while out of sync: a block of nothing but AA has 3000 marks, and each costs about 25 us on the
# device.
_MARKS_PER_CALL = const(64)

WRITE_OVERHEAD = 10
"""What BFR_SIZE counts in addition to the frame, in bytes: mark, FL, reserved, footer."""
STORED_OVERHEAD = 14
"""What a frame takes in the modem's buffers in addition to itself, in bytes: as above, and LEN, in both directions."""


class FrameEncoder:
    """The transmit buffer: ``lead`` bytes for the bus's command word, then one framed Ethernet frame."""

    def __init__(self, lead, size):
        self._frame = lead + 8
        self._lead = lead
        self.buffer = bytearray(size)
        self._view = memoryview(self.buffer)

    def put(self, frame):
        """Put ``frame``, padded to 60 bytes, behind the lead. Returns FL; 0 if its length is no Ethernet frame's."""
        given = len(frame)
        if given < _ETHERNET_HEADER or given > _FRAME_MAX:
            return 0
        view = self._view
        at = self._frame
        length = given
        view[at : at + given] = frame
        if given < _FRAME_MIN:
            # Otherwise bytes of an earlier frame would go out as padding.
            length = _FRAME_MIN
            view[at + given : at + _FRAME_MIN] = _ZEROS[given:]
        buffer = self.buffer
        view[self._lead : self._lead + 4] = _MARK
        buffer[at - 4] = length & 0xFF
        buffer[at - 3] = length >> 8
        buffer[at - 2] = 0
        buffer[at - 1] = 0
        view[at + length : at + length + 2] = _FOOTER
        return length


class FrameDecoder:
    """Finds frames in what was read from the data port, however the reads were split.

    Use: write up to ``room(n)`` bytes into ``buffer`` from ``end`` on, report them with ``added(m)``, then call
    ``next_frame()`` until it returns None. Frames are views into the buffer, valid until the next ``room()``.

    After bad bytes the decoder looks for the next mark whose LEN and FL agree, so no good frame behind them is
    lost. ``counts`` (a dict that may be shared) gets "resync": how often sync was lost; "dropped_bytes";
    "bad_length": headers whose LEN and FL agree on a length that no frame has.
    """

    def __init__(self, size, counts=None):
        self.counts = {} if counts is None else counts
        for name in ("resync", "dropped_bytes", "bad_length"):
            self.counts.setdefault(name, 0)
        self.buffer = bytearray(size)
        self._view = memoryview(self.buffer)
        self._start = 0
        self.end = 0
        self._in_sync = True
        self.unscanned = False
        """The last ``next_frame()`` stopped to save time, with bytes left to examine: call it again before reading more."""

    def reset(self):
        """Drop everything kept: after a restart of the modem its stream begins anew."""
        self._start = 0
        self.end = 0
        self._in_sync = True
        self.unscanned = False

    @property
    def waiting(self):
        """Number of bytes kept: the beginning of a frame, or a tail in which one may begin."""
        return self.end - self._start

    @property
    def in_frame(self):
        """After ``next_frame()`` returned None: an incomplete frame's header is there, or bytes are left to examine."""
        return self.end - self._start >= _RX_FRAME

    def room(self, count):
        """Move what is kept to the front of the buffer. Returns how many of ``count`` bytes fit behind it."""
        start = self._start
        if start:
            kept = self.end - start
            if kept:
                self._view[0:kept] = bytes(self._view[start : self.end])
            self._start = 0
            self.end = kept
        free = len(self.buffer) - self.end
        return count if count < free else free

    def added(self, count):
        """``count`` bytes were written at ``end``."""
        self.end += count

    def next_frame(self):
        """The next whole frame as a view into the buffer, or None."""
        buffer = self.buffer
        self.unscanned = False
        marks = _MARKS_PER_CALL
        while self.end - self._start >= _RX_FRAME:
            start = self._start
            length = self._length_at(start)
            if length:
                after = start + length + _RX_OVERHEAD
                if after > self.end:
                    return None
                if buffer[after - 1] == 0x55 and buffer[after - 2] == 0x55:
                    self._start = after
                    self._in_sync = True
                    return self._view[start + _RX_FRAME : after - 2]
            if not marks:
                self.unscanned = True
                return None
            marks -= 1
            self._skip()
        return None

    def _skip(self):
        """Drop at least one byte, up to the next mark. At least _RX_FRAME bytes are there."""
        start = self._start
        if self._in_sync:
            self._in_sync = False
            self.counts["resync"] += 1
        mark = self.buffer.find(_MARK, start + 1 + _RX_MARK, self.end)
        start = mark - _RX_MARK if mark >= 0 else max(start + 1, self.end - _RX_TAIL)
        self.counts["dropped_bytes"] += start - self._start
        self._start = start

    def distrust(self):
        """Give up on what is kept: no rest of it came in time, so noise made its header, or it is a stray tail."""
        if self.waiting >= _RX_FRAME:
            self._skip()
        elif self.waiting:
            self.counts["dropped_bytes"] += self.waiting
            self._start = self.end

    def _length_at(self, start):
        """FL of the header at ``start``; 0 unless it has the mark, LEN == FL + 10 and an FL that a frame may have."""
        buffer = self.buffer
        if buffer[start] or buffer[start + 1] or buffer.find(_MARK, start + _RX_MARK, start + _RX_FL) < 0:
            return 0
        length = buffer[start + _RX_FL] | buffer[start + _RX_FL + 1] << 8
        if (buffer[start + 2] << 8 | buffer[start + 3]) != length + 10:
            return 0
        if length < _FRAME_MIN or length > _FRAME_MAX:
            self.counts["bad_length"] += 1
            return 0
        return length
