# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""V2GTP, the eight-byte header in front of every SDP and EXI message (DIN SPEC 70121 clause 8.7).

01 FE | payload type, 2 bytes | payload length, 4 bytes | payload        numbers are big-endian
"""

from struct import pack, unpack_from

from plc.errors import PeerError

EXI = 0x8001
SDP_REQUEST = 0x9000
SDP_RESPONSE = 0x9001

HEADER_BYTES = 8
_VERSION = 0x01FE
_TLS = b"\x16\x03"  # how a TLS client begins: a handshake record, major version 3
# The longest request that a car sends has fewer than 500 bytes; a longer payload is noise or malice.
MAX_PAYLOAD_BYTES = 4096


def message(payload_type, payload):
    """``payload`` (bytes) with its header in front."""
    return pack(">HHI", _VERSION, payload_type, len(payload)) + payload


def header(data):
    """(payload type, payload length) of the first eight bytes of ``data``; raises PeerError."""
    version, payload_type, length = unpack_from(">HHI", data, 0)
    if version != _VERSION:
        raise PeerError("not a V2GTP header")
    if length > MAX_PAYLOAD_BYTES:
        raise PeerError("V2GTP payload too long")
    return payload_type, length


class Reassembler:
    """Splits a byte stream into messages: a segment may contain several, or part of one."""

    _pending = b""

    def reset(self):
        self._pending = b""

    @property
    def begins_tls(self):
        """True if what is left unread begins like a TLS ClientHello."""
        return self._pending[:2] == _TLS

    def feed(self, data):
        """Appends ``data`` (bytes) of the stream; then fetch the messages with ``next_message``."""
        self._pending = self._pending + data if self._pending else data

    def next_message(self):
        """(payload type, payload) of the oldest complete message, or None. Raises PeerError for an invalid header.

        After that the framing of the stream is lost, and the connection can only be closed.
        """
        pending = self._pending
        if len(pending) < HEADER_BYTES:
            return None
        kind, length = header(pending)
        end = HEADER_BYTES + length
        if len(pending) < end:
            return None
        self._pending = pending[end:]
        return kind, pending[HEADER_BYTES:end]
