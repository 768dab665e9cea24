# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""V2GTP, the eight-byte header in front of every SDP and EXI message (DIN SPEC 70121 clause 8.7).

01 FE | payload type, 2 bytes | payload length, 4 bytes | payload        all big-endian
"""

from plc.errors import PeerError

EXI = 0x8001
SDP_REQUEST = 0x9000
SDP_RESPONSE = 0x9001

HEADER_BYTES = 8
# The longest request a car sends is below 500 bytes; a length beyond this is noise or malice.
MAX_PAYLOAD_BYTES = 4096


def message(payload_type, payload):
    """``payload`` with its header, as bytes."""
    return b"\x01\xfe" + payload_type.to_bytes(2, "big") + len(payload).to_bytes(4, "big") + bytes(payload)


def header(data):
    """(payload type, payload length) of the first eight bytes of ``data``; raises PeerError."""
    if data[0] != 0x01 or data[1] != 0xFE:
        raise PeerError("not a V2GTP header")
    length = int.from_bytes(bytes(data[4:8]), "big")
    if length > MAX_PAYLOAD_BYTES:
        raise PeerError("V2GTP payload too long")
    return data[2] << 8 | data[3], length


class Reassembler:
    """Messages out of a byte stream: a segment may hold part of one, or several."""

    def __init__(self):
        self._pending = b""

    def reset(self):
        self._pending = b""

    def feed(self, data):
        """All messages completed by ``data`` as [(payload type, payload)]; raises PeerError on noise.

        After a PeerError the stream has lost its framing and can only be closed.
        """
        self._pending = self._pending + bytes(data) if self._pending else bytes(data)
        messages = []
        while len(self._pending) >= HEADER_BYTES:
            kind, length = header(self._pending)
            end = HEADER_BYTES + length
            if len(self._pending) < end:
                break
            messages.append((kind, self._pending[HEADER_BYTES:end]))
            self._pending = self._pending[end:]
        return messages
