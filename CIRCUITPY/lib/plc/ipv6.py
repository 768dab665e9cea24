# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The part of IPv6 that a charger needs on a link with one car.

Ethernet frames in, checked upper-layer packets out, and the reverse. An accepted packet has passed every
length test and its checksum; whoever reads ``packet.payload`` need not check again.

* RFC 8200: header; at most four extension headers are skipped, options in them are not read
* RFC 4861: a neighbour solicitation is answered, but not one of the car's duplicate address detection (RFC 4862)
* RFC 4443: an echo request is answered

Left out on purpose: fragments (no message of DIN 70121 or ISO 15118 needs them), our own duplicate address
detection (no time: a Polestar's first packet comes 0.2 s after MATCH.CNF), a neighbour cache (the box only answers,
and to the MAC that the frame came from), router and multicast listener messages (there is no router).
"""

from struct import pack_into, unpack_from

from plc.const import const

_ETHERNET_HEADER = const(14)
_ETHERTYPE = const(12)
_L4 = const(54)  # Ethernet and IPv6 headers together
_L4_MAX = const(1460)

_OFF_LENGTH = const(18)
_OFF_NEXT_HEADER = const(20)
_OFF_SOURCE = const(22)
_OFF_DESTINATION = const(38)

HOP_BY_HOP = const(0)
TCP = const(6)
UDP = const(17)
_ROUTING = const(43)
_FRAGMENT = const(44)
ICMPV6 = const(58)
_DESTINATION_OPTIONS = const(60)
_EXTENSIONS_MAX = const(4)

_ECHO_REQUEST = const(128)
_ECHO_REPLY = const(129)
_NEIGHBOUR_SOLICITATION = const(135)
_NEIGHBOUR_ADVERTISEMENT = const(136)
_SOURCE_LINK_LAYER = const(1)
_TARGET_LINK_LAYER = const(2)
_SOLICITED = const(0x40)
_OVERRIDE = const(0x20)

HOP_LIMIT = const(64)
_HOP_LIMIT_NEIGHBOUR = const(255)  # RFC 4861 7.1.1: shows that no router forwarded it

UNSPECIFIED = bytes(16)
ALL_NODES = b"\xff\x02" + bytes(13) + b"\x01"
_SOLICITED_PREFIX = b"\xff\x02" + bytes(9) + b"\x01\xff"
_ALL_NODES_MAC = b"\x33\x33\x00\x00\x00\x01"

_COUNTS = (
    "accepted not_for_us malformed fragment bad_checksum unknown_header neighbour_answered echo_answered icmp_ignored"
).split()

# Bytes of the shortest header of each upper layer.
_L4_MIN = {TCP: 20, UDP: 8, ICMPV6: 8}


def link_local(mac):
    """The fe80::/64 address (16 bytes) made from ``mac`` as EUI-64 (RFC 4291 appendix A)."""
    return b"\xfe\x80" + bytes(6) + bytes((mac[0] ^ 2, mac[1], mac[2], 0xFF, 0xFE, mac[3], mac[4], mac[5]))


def ones_sum(data, start=0):
    """The 16-bit one's-complement sum of ``data`` (RFC 1071) plus ``start``, modulo 0xFFFF.

    2**16 is 1 modulo 0xFFFF, so a big-endian integer modulo 0xFFFF is the sum of its 16-bit digits. The result 0
    stands for both zeros of one's complement.
    """
    total = int.from_bytes(data, "big") % 0xFFFF
    if len(data) & 1:
        total = total * 256  # the padding byte behind odd data
    return (total + start) % 0xFFFF


class Packet:
    """What ``Ipv6.parse`` found: one object, overwritten by the next frame. MAC and addresses (bytes) are copies."""

    def __init__(self):
        self.source_mac = b""
        self.source = b""
        self.destination = b""
        self.hop_limit = 0
        self.next_header = 0
        self.payload = b""  # memoryview into the frame: upper-layer header and data


class Ipv6:
    """One interface with one link-local address."""

    def __init__(self, mac):
        self.mac = bytes(mac)
        self.address = link_local(mac)
        self._our_macs = (self.mac, _ALL_NODES_MAC, b"\x33\x33\xff" + self.address[13:])
        self._our_addresses = (self.address, ALL_NODES, _SOLICITED_PREFIX + self.address[13:])
        # Nearly all frames of a session have the same addresses, so the last good ones are kept with their sums.
        self._last_macs = self._last_addresses = self._sum_destination = b""
        self._last_sum = self._sum = 0
        self.packet = Packet()
        self.counts = {}
        for name in _COUNTS:
            self.counts[name] = 0
        self._out = bytearray(_L4 + _L4_MAX)
        self._out_view = memoryview(self._out)
        pack_into(">6s6sHB", self._out, 0, self.mac, self.mac, 0x86DD, 0x60)
        pack_into(">16s", self._out, _OFF_SOURCE, self.address)

    # --- in ---

    def parse(self, frame):
        """The packet in an Ethernet ``frame``; None, and counted, if it is damaged, not for us or of an unknown kind."""
        if len(frame) < _L4 or frame[_ETHERTYPE] != 0x86 or frame[_ETHERTYPE + 1] != 0xDD:
            return None
        view = memoryview(frame)
        fault = None
        if view[0:12] != self._last_macs or view[_OFF_SOURCE:_L4] != self._last_addresses:
            fault = self._address_fault(view)
        fault = fault or self._fill(view)
        self.counts[fault or "accepted"] += 1
        return None if fault else self.packet

    def _address_fault(self, view):
        """Name of the counter if the frame is not for us or its source impossible; else None, and the addresses are kept."""
        source_mac = bytes(view[6:12])
        destination = bytes(view[_OFF_DESTINATION:_L4])
        if (
            bytes(view[0:6]) not in self._our_macs
            or destination not in self._our_addresses
            or source_mac == self.mac
        ):
            return "not_for_us"
        if source_mac[0] & 1 or view[_OFF_SOURCE] == 0xFF:  # a group cannot send
            return "malformed"
        packet = self.packet
        packet.source_mac = source_mac
        packet.source = bytes(view[_OFF_SOURCE:_OFF_DESTINATION])
        packet.destination = destination
        self._last_macs = bytes(view[0:12])
        self._last_addresses = packet.source + destination
        self._last_sum = ones_sum(self._last_addresses)
        return None

    def _fill(self, view):
        """Checks everything but the addresses and completes ``packet``. Name of the counter on a fault, else None."""
        # Ethernet pads short frames, so the length field counts, not the end of the frame.
        end = _L4 + (view[_OFF_LENGTH] << 8 | view[_OFF_LENGTH + 1])
        if view[_ETHERNET_HEADER] >> 4 != 6 or end > len(view):
            return "malformed"
        next_header = view[_OFF_NEXT_HEADER]
        at = _L4
        if next_header not in _L4_MIN:
            next_header, at = _skip_extensions(view, next_header, end)
            if at is None:
                return next_header
        if end - at < _L4_MIN[next_header]:
            return "malformed"
        if next_header == UDP:
            size = view[at + 4] << 8 | view[at + 5]
            if size < 8 or at + size > end:
                return "malformed"
            if view[at + 6] == 0 and view[at + 7] == 0:
                return "bad_checksum"
            end = at + size
        payload = view[at:end]
        if ones_sum(payload, self._last_sum + next_header + end - at):
            return "bad_checksum"
        packet = self.packet
        packet.hop_limit = view[21]
        packet.next_header = next_header
        packet.payload = payload
        return None

    def udp(self, packet):
        """(source port, destination port, data as memoryview) of a UDP packet, else None."""
        if packet.next_header != UDP or packet.source == UNSPECIFIED:
            return None
        payload = packet.payload
        source_port, destination_port = unpack_from(">HH", payload)
        return source_port, destination_port, payload[8:]

    def receive_icmp(self, packet):
        """The frame (bytes) that answers an ICMPv6 packet, or None. Either way it is counted."""
        if packet.next_header != ICMPV6:
            return None
        kind = packet.payload[0]
        answer = None
        if packet.payload[1] == 0:  # the only code that either kind has
            if kind == _NEIGHBOUR_SOLICITATION:
                answer = self._advertise(packet)
            elif kind == _ECHO_REQUEST and packet.source != UNSPECIFIED:
                answer = self._echo(packet)
        if answer is None:
            self.counts["icmp_ignored"] += 1
        return answer

    def _advertise(self, packet):
        # A car probes its own address with the same message (source ::), even before SLAC is done; an answer would
        # make it give that address up. Only the target tells which address is meant.
        if bytes(packet.payload[8:24]) != self.address or not _is_valid_solicitation(packet):
            return None
        out = self._out
        pack_into(">BBHBBH", out, _L4, _NEIGHBOUR_ADVERTISEMENT, 0, 0, _OVERRIDE, 0, 0)
        pack_into(">16sBB6s", out, _L4 + 8, self.address, _TARGET_LINK_LAYER, 1, self.mac)
        self.counts["neighbour_answered"] += 1
        pack_into(">HBB", out, _OFF_LENGTH, 32, ICMPV6, _HOP_LIMIT_NEIGHBOUR)
        if packet.source == UNSPECIFIED:
            return self._finish(_ALL_NODES_MAC, ALL_NODES, _L4 + 2)
        out[_L4 + 4] |= _SOLICITED
        return self._finish(packet.source_mac, packet.source, _L4 + 2)

    def _echo(self, packet):
        size = len(packet.payload)
        if size > _L4_MAX:
            return None
        self._out_view[_L4 : _L4 + size] = packet.payload
        pack_into(">BBH", self._out, _L4, _ECHO_REPLY, 0, 0)
        self.counts["echo_answered"] += 1
        pack_into(">HBB", self._out, _OFF_LENGTH, size, ICMPV6, HOP_LIMIT)
        return self._finish(packet.source_mac, packet.source, _L4 + 2)

    # --- out ---

    def build_udp(self, destination_mac, destination, source_port, destination_port, payload):
        """A complete frame (bytes) with ``payload``, at most 1452 bytes; ValueError for more."""
        size = 8 + len(payload)
        if size > _L4_MAX:
            raise ValueError("UDP payload too long")
        pack_into(">HHHH", self._out, _L4, source_port, destination_port, size, 0)
        self._out_view[_L4 + 8 : _L4 + size] = payload
        pack_into(">HBB", self._out, _OFF_LENGTH, size, UDP, HOP_LIMIT)
        return self._finish(destination_mac, destination, _L4 + 6)

    def build_tcp(self, destination_mac, destination, segment, data=b""):
        """A complete frame (bytes) around a TCP ``segment``, with its checksum filled in.

        ``data`` follows ``segment``, so that a caller with only a header need not join them; together at most 1460
        bytes, ValueError for more.
        """
        at = _L4 + len(segment)
        size = len(segment) + len(data)
        if size > _L4_MAX:
            raise ValueError("TCP segment too long")
        self._out_view[_L4:at] = segment
        self._out_view[at : _L4 + size] = data
        pack_into(">H", self._out, _L4 + 16, 0)
        pack_into(">HBB", self._out, _OFF_LENGTH, size, TCP, HOP_LIMIT)
        return self._finish(destination_mac, destination, _L4 + 16)

    def _finish(self, destination_mac, destination, checksum_at):
        """The frame (bytes), once length, next header, hop limit and upper layer are in ``_out``."""
        out = self._out
        pack_into(">6s", out, 0, destination_mac)
        pack_into(">16s", out, _OFF_DESTINATION, destination)
        size, next_header = unpack_from(">HB", out, _OFF_LENGTH)
        if destination != self._sum_destination:
            self._sum_destination = bytes(destination)
            self._sum = ones_sum(self._out_view[_OFF_SOURCE:_L4])
        # The next header, a part of the pseudo-header, is never 0, so a sum of 0 modulo 0xFFFF is 0xFFFF.
        start = self._sum + next_header + size
        value = 0xFFFF - (ones_sum(self._out_view[_L4 : _L4 + size], start) or 0xFFFF)
        if value == 0 and next_header == UDP:
            value = 0xFFFF  # RFC 8200 8.1: 0 would mean "no checksum", which IPv6 forbids
        pack_into(">H", out, checksum_at, value)
        return bytes(self._out_view[: _L4 + size])


def _skip_extensions(view, next_header, end):
    """(upper-layer header number, its offset), or (counter name, None)."""
    at = _L4
    for index in range(_EXTENSIONS_MAX + 1):
        if next_header in _L4_MIN:
            return next_header, at
        if next_header == _FRAGMENT:
            return "fragment", None
        if next_header not in (HOP_BY_HOP, _ROUTING, _DESTINATION_OPTIONS):
            return "unknown_header", None
        length = (view[at + 1] + 1) * 8 if at + 8 <= end else 8
        if (
            at + length > end
            or (next_header == HOP_BY_HOP and index)
            or (next_header == _ROUTING and view[at + 3])  # segments left: somebody else's packet
        ):
            return "malformed", None
        next_header = view[at]
        at += length
    return "malformed", None


def _is_valid_solicitation(packet):
    """RFC 4861 7.1.1, for a solicitation of at least 24 bytes."""
    payload = packet.payload
    size = len(payload)
    unspecified = packet.source == UNSPECIFIED
    if packet.hop_limit != _HOP_LIMIT_NEIGHBOUR:
        return False
    if unspecified and packet.destination[:13] != _SOLICITED_PREFIX:
        return False
    at = 24
    while at < size:
        if at + 8 > size or payload[at + 1] == 0:
            return False
        if payload[at] == _SOURCE_LINK_LAYER and unspecified:
            return False
        at += payload[at + 1] * 8
    return at == size
