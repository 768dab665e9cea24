# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""TCP segments as bytes (RFC 9293 3.1): parsing, the segments that need no connection, and sequence numbers.

Sequence numbers have 32 bits, which makes most of them big integers on the device; so everything else is counted in
small offsets from one of them.
"""

from struct import pack, unpack_from

from plc.const import const

FIN = const(0x01)
SYN = const(0x02)
RST = const(0x04)
PSH = const(0x08)
ACK = const(0x10)

HEADER_BYTES = const(20)
SEQUENCE_MASK = const(0xFFFFFFFF)

MSS = const(1440)  # 1500 less both headers
MSS_DEFAULT = const(1220)  # RFC 9293 3.7.1, for IPv6
_MSS_LEAST = const(64)  # a peer that asks for less is in error; with 0 nothing could be sent


def distance(later, earlier):
    """Signed distance from sequence number ``earlier`` to ``later``, modulo 2**32."""
    steps = (later - earlier) & SEQUENCE_MASK
    return steps if steps < 0x80000000 else steps - 0x100000000


class Segment:
    """The fields of a received segment; one object, overwritten by the next."""

    def __init__(self):
        self.source_port = self.destination_port = 0
        self.sequence = self.acknowledgement = 0
        self.flags = self.window = self.length = 0
        self.options = self.data = b""

    def read(self, payload):
        """Parses ``payload`` (memoryview of at least 20 bytes); False if it is malformed."""
        (
            self.source_port,
            self.destination_port,
            self.sequence,
            self.acknowledgement,
            offset,
            flags,
            self.window,
        ) = unpack_from(">HHIIBBH", payload)
        header = (offset >> 4) * 4
        if header < HEADER_BYTES or header > len(payload) or self.source_port == 0:
            return False
        self.flags = flags  # nothing looks at URG, nor at the ECN bits, which some stacks offer in the SYN
        self.options = payload[HEADER_BYTES:header] if flags & SYN else b""  # only a SYN has any of interest
        self.data = payload[header:] if header < len(payload) else b""
        self.length = len(self.data) + (1 if flags & SYN else 0) + (1 if flags & FIN else 0)
        return True

    def mss(self):
        """The peer's maximum segment size in bytes from its SYN, limited to what we can use. Stops at a malformed option."""
        options = self.options
        at = 0
        size = MSS_DEFAULT
        while at < len(options) and options[at] != 0:
            if options[at] == 1:
                at += 1
                continue
            if at + 2 > len(options) or options[at + 1] < 2 or at + options[at + 1] > len(options):
                break
            if options[at] == 2 and options[at + 1] == 4:
                size = options[at + 2] << 8 | options[at + 3]
            at += options[at + 1]
        return min(max(size, _MSS_LEAST), MSS)


def syn_ack(port, peer_port, sequence, acknowledgement, window):
    """SYN, ACK (bytes) with our MSS as the only option: no window scaling, SACK or timestamps."""
    return pack(
        ">HHIIBBHIBBH", port, peer_port, sequence, acknowledgement, 0x60, SYN | ACK, window, 0, 2, 4, MSS
    )


def refusal(segment):
    """The RST (bytes) that answers a ``Segment`` without a connection (RFC 9293 3.10.7.1)."""
    sequence, acknowledgement, flags = segment.acknowledgement, 0, RST
    if not segment.flags & ACK:
        sequence, acknowledgement, flags = 0, (segment.sequence + segment.length) & SEQUENCE_MASK, RST | ACK
    port, peer_port = segment.destination_port, segment.source_port
    return pack(">HHIIBBHI", port, peer_port, sequence, acknowledgement, 0x50, flags, 0, 0)
