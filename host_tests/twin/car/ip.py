# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""IPv6 as cars speak it on the charging cable: link-local address, neighbour discovery, SDP over UDP.

`Ipv6Car` checks every received packet (RFC 8200, 4861, 768) and drops what deviates with a complaint. The
neighbour cache knows one station, because a charging cable has one. `now` is a plain count of milliseconds.
"""

from host_tests.twin.car.ledger import earlier

ETHERTYPE_IPV6 = b"\x86\xdd"
ICMPV6 = 58
UDP = 17
TCP = 6
UNSPECIFIED = bytes(16)
ALL_NODES = b"\xff\x02" + bytes(13) + b"\x01"
ALL_ROUTERS = b"\xff\x02" + bytes(13) + b"\x02"
ALL_MLD_ROUTERS = b"\xff\x02" + bytes(13) + b"\x16"
LINK_LOCAL_PREFIX = b"\xfe\x80" + bytes(6)

SDP_PORT = 15118
SDP_REQUEST = 0x9000
SDP_RESPONSE = 0x9001
SECURITY_TLS = 0x00
SECURITY_NONE = 0x10

_RETRANS_MS = 1000  # RFC 4861 RETRANS_TIMER
_MOST_SOLICITATIONS = 3


def link_local(mac):
    """fe80::/64 plus EUI-64 of the MAC (RFC 4291 appendix A)."""
    return LINK_LOCAL_PREFIX + bytes([mac[0] ^ 2, mac[1], mac[2], 0xFF, 0xFE, mac[3], mac[4], mac[5]])


def solicited_node(address):
    return b"\xff\x02" + bytes(9) + b"\x01\xff" + address[13:16]


def multicast_mac(address):
    return b"\x33\x33" + address[12:16]


def internet_checksum(pieces):
    """RFC 1071 over the concatenated pieces (each of even length but the last), carry folded word by word."""
    total = 0
    for piece in pieces:
        index = 0
        end = len(piece) - 1
        while index < end:
            total += piece[index] << 8 | piece[index + 1]
            if total > 0xFFFF:
                total = (total & 0xFFFF) + 1
            index += 2
        if index == end:
            total += piece[index] << 8
            if total > 0xFFFF:
                total = (total & 0xFFFF) + 1
    return total ^ 0xFFFF


def transport_checksum(source, destination, protocol, segment):
    return internet_checksum(
        (source, destination, len(segment).to_bytes(4, "big"), bytes([0, 0, 0, protocol]), segment)
    )


class Ipv6Car:
    """Addresses, neighbour cache and SDP client of one car."""

    def __init__(self, mac, habits, book):
        self.habits = habits
        self.book = book
        self.use(mac)
        self.stop()

    def use(self, mac):
        """The car's MAC and the address made from it."""
        self.mac = mac
        self.address = link_local(mac)

    def stop(self):
        """Forget the link."""
        self.up = False
        self.plan = []  # (due, kind) of the habitual frames after the link came up
        self.neighbours = []  # [[address, mac]], the station's
        self.asking = None  # address being resolved or probed
        self.asked = 0
        self.ask_unicast = False
        self.ask_due = None
        self.probe_due = None
        self.lost = False

    def start(self, now):
        """The link is up: send the habitual solicitations in their time."""
        self.stop()
        self.up = True
        for delay_ms, kind in self.habits["ip_after_link"]:
            self.plan.append((now + delay_ms, kind))

    def early(self, now):
        """Woken by the pilot: some cars send IPv6 before they have matched (facts 5.3 no. 6)."""
        self.plan = [(now + delay_ms, kind) for delay_ms, kind in self.habits["ip_before_slac"]]

    # ---- building

    def packet(self, mac, source, destination, protocol, payload, hop_limit=None):
        hops = self.habits["hop_limit"] if hop_limit is None else hop_limit
        head = b"\x60\x00\x00\x00" + len(payload).to_bytes(2, "big") + bytes([protocol, hops])
        return mac + self.mac + ETHERTYPE_IPV6 + head + source + destination + payload

    def _icmp(self, mac, source, destination, message):
        check = transport_checksum(source, destination, ICMPV6, message)
        message = message[0:2] + check.to_bytes(2, "big") + message[4:]
        self.book.send(self.packet(mac, source, destination, ICMPV6, message, 255))

    def _send_habit(self, kind):
        own = b"\x01\x01" + self.mac
        if kind == "dad":
            group = solicited_node(self.address)
            self._icmp(
                multicast_mac(group), UNSPECIFIED, group, b"\x87\x00\x00\x00" + bytes(4) + self.address
            )
        elif kind == "rs_unspecified":
            self._icmp(multicast_mac(ALL_ROUTERS), UNSPECIFIED, ALL_ROUTERS, b"\x85\x00\x00\x00" + bytes(4))
        elif kind == "rs_bare":
            self._icmp(multicast_mac(ALL_ROUTERS), self.address, ALL_ROUTERS, b"\x85\x00\x00\x00" + bytes(4))
        elif kind == "rs":
            self._icmp(
                multicast_mac(ALL_ROUTERS), self.address, ALL_ROUTERS, b"\x85\x00\x00\x00" + bytes(4) + own
            )
        elif kind == "mld":
            self._send_mld()

    def _send_mld(self):
        """MLDv2 report for the own solicited-node group, behind a router alert (RFC 3810)."""
        record = b"\x04\x00\x00\x00" + solicited_node(self.address)
        message = b"\x8f\x00\x00\x00\x00\x00\x00\x01" + record
        check = transport_checksum(self.address, ALL_MLD_ROUTERS, ICMPV6, message)
        message = message[0:2] + check.to_bytes(2, "big") + message[4:]
        hop_by_hop = bytes([ICMPV6, 0, 5, 2, 0, 0, 1, 0])
        mac = multicast_mac(ALL_MLD_ROUTERS)
        self.book.send(self.packet(mac, self.address, ALL_MLD_ROUTERS, 0, hop_by_hop + message, 1))

    def udp(self, mac, destination, source_port, destination_port, payload):
        length = 8 + len(payload)
        head = (
            source_port.to_bytes(2, "big") + destination_port.to_bytes(2, "big") + length.to_bytes(2, "big")
        )
        check = transport_checksum(self.address, destination, UDP, head + b"\x00\x00" + payload) or 0xFFFF
        return self.packet(mac, self.address, destination, UDP, head + check.to_bytes(2, "big") + payload)

    def tcp(self, mac, destination, segment):
        """`segment` with a zero checksum field."""
        check = transport_checksum(self.address, destination, TCP, segment)
        return self.packet(
            mac, self.address, destination, TCP, segment[0:16] + check.to_bytes(2, "big") + segment[18:]
        )

    # ---- neighbour discovery

    def mac_of(self, address):
        """MAC of the station, None while unknown."""
        for entry in self.neighbours:
            if entry[0] == address:
                return entry[1]
        return None

    def resolve(self, address, now):
        """Ask for the MAC of `address`; mac_of() knows it after the advertisement."""
        if self.asking is None:
            self._ask(address, False, now)

    def _ask(self, address, unicast, now):
        self.asking = address
        self.ask_unicast = unicast
        self.asked = 0
        self.ask_due = now

    def _send_solicitation(self, now):
        if self.asked >= _MOST_SOLICITATIONS:
            self.book.complain(f"IPv6: no neighbour advertisement after {self.asked} solicitations")
            self.asking = self.ask_due = None
            self.neighbours = []
            self.lost = True
            return
        message = b"\x87\x00\x00\x00" + bytes(4) + self.asking + b"\x01\x01" + self.mac
        mac = self.mac_of(self.asking)
        if self.ask_unicast and mac:
            self._icmp(mac, self.address, self.asking, message)
        else:
            group = solicited_node(self.asking)
            self._icmp(multicast_mac(group), self.address, group, message)
        self.asked += 1
        self.ask_due = now + _RETRANS_MS

    def _learn(self, address, mac):
        for entry in self.neighbours:
            if entry[0] == address:
                entry[1] = mac
                return
        self.neighbours.append([address, mac])

    def _icmp_received(self, packet, now):
        message = packet.payload
        kind = message[0]
        if kind not in (135, 136):
            return
        if packet.hop_limit != 255:
            self.book.complain(f"IPv6: neighbour discovery with hop limit {packet.hop_limit}, must be 255")
        elif len(message) < 24 or message[1] != 0:
            self.book.complain("IPv6: malformed neighbour discovery")
        elif kind == 135:
            self._solicited(packet)
        else:
            self._advertised(packet, now)

    def _solicited(self, packet):
        target = packet.payload[8:24]
        if target != self.address or not self.up:
            return
        if packet.source == UNSPECIFIED:
            self.book.complain("IPv6: the station probes for the car's own address")
            return
        if packet.payload[24:26] == b"\x01\x01":
            self._learn(packet.source, packet.payload[26:32])
        mac = self.mac_of(packet.source) or packet.source_mac
        reply = b"\x88\x00\x00\x00\x60\x00\x00\x00" + self.address + b"\x02\x01" + self.mac
        self._icmp(mac, self.address, packet.source, reply)

    def _advertised(self, packet, now):
        message = packet.payload
        target = message[8:24]
        if target == self.address:
            self.book.complain("IPv6: the station claims the car's own address")
            return
        if target != self.asking:
            if self.mac_of(target) == packet.source_mac:
                return  # a repeated solicitation brings a repeated answer
            self.book.complain("IPv6: neighbour advertisement nobody asked for")
            return
        if packet.destination != self.address or not message[4] & 0x40:
            self.book.complain("IPv6: answer to a solicitation without the solicited flag")
            return
        mac = packet.source_mac
        if message[24:26] == b"\x02\x01":
            mac = message[26:32]
            if mac != packet.source_mac:
                self.book.complain("IPv6: neighbour advertisement for another MAC than its sender")
                return
        elif not self.ask_unicast:
            self.book.complain("IPv6: answer to a multicast solicitation without target link-layer address")
            return
        self._learn(target, mac)
        self.asking = self.ask_due = None
        if self.habits["probe_ms"]:
            self.probe_due = now + self.habits["probe_ms"]

    # ---- time

    def next_due(self):
        due = earlier(self.ask_due, self.probe_due)
        for item in self.plan:
            due = earlier(due, item[0])
        return due

    def poll(self, now):
        for item in [item for item in self.plan if now >= item[0]]:
            self.plan.remove(item)
            self._send_habit(item[1])
        if self.probe_due is not None and now >= self.probe_due:
            self.probe_due = now + self.habits["probe_ms"]
            if self.neighbours and self.asking is None:
                self._ask(self.neighbours[0][0], not self.habits["probe_multicast"], now)
        if self.ask_due is not None and now >= self.ask_due:
            self._send_solicitation(now)

    # ---- receiving

    def receive(self, frame, now):
        """Check one IPv6 frame; give a Packet for UDP and TCP, None when dealt with or dropped."""
        packet = Packet(frame)
        problem = packet.problem(self.mac, self.address)
        if problem == "foreign":
            return None
        if problem:
            self.book.complain("IPv6: " + problem)
            return None
        if packet.protocol == ICMPV6:
            self._icmp_received(packet, now)
            return None
        return packet


class Packet:
    """IPv6 frame: `source_mac`, `source`, `destination`, `protocol`, `hop_limit`, `payload` (bytes)."""

    def __init__(self, frame):
        frame = bytes(frame)
        self.frame = frame
        self.source_mac = frame[6:12]
        self.source = frame[22:38]
        self.destination = frame[38:54]
        self.protocol = frame[20] if len(frame) > 20 else None
        self.hop_limit = frame[21] if len(frame) > 21 else 0
        self.length = int.from_bytes(frame[18:20], "big")
        self.payload = frame[54 : 54 + self.length]

    def problem(self, mac, address):
        """Why a strict receiver drops it, "foreign" when it is for somebody else, None when it is good."""
        frame = self.frame
        if len(frame) < 54 or frame[14] >> 4 != 6:
            return "not an IPv6 packet"
        if frame[0:6] != mac and frame[0:2] != b"\x33\x33":
            return "foreign"
        if self.destination not in (address, ALL_NODES, solicited_node(address)):
            return "foreign"
        if self.destination != address and frame[0:6] != multicast_mac(self.destination):
            return "group address and MAC do not match"
        if self.source[0] == 0xFF or (frame[6] & 1):
            return "source is a group address"
        if self.hop_limit == 0:
            return "hop limit 0"
        return self._length_problem() or self._checksum_problem()

    def _length_problem(self):
        surplus = self.frame[54 + self.length :]
        if len(self.payload) != self.length:
            return f"payload length {self.length} in a frame of {len(self.frame)} bytes"
        if surplus and (len(self.frame) > 60 or any(surplus)):
            return f"{len(surplus)} surplus bytes behind the payload"
        return None

    def _checksum_problem(self):
        if self.protocol not in (ICMPV6, UDP, TCP):
            return f"next header {self.protocol}"
        least = {ICMPV6: 8, UDP: 8, TCP: 20}[self.protocol]
        if self.length < least:
            return "payload shorter than its header"
        if self.protocol == UDP and self.payload[6:8] == b"\x00\x00":
            return "UDP without checksum"
        if transport_checksum(self.source, self.destination, self.protocol, self.payload):
            return f"wrong checksum, next header {self.protocol}"
        return None


class SdpClient:
    """SECC discovery (DIN 70121 8.3.4): asks until a charger answers; `found` is (address, port)."""

    def __init__(self, ip, habits, book):
        self.ip = ip
        self.habits = habits
        self.book = book
        self.sent_total = 0
        self.stop()

    def stop(self):
        self.found = None
        self.failed = False
        self.due = None
        self.sent = 0
        self.asked = []  # securities asked for so far
        self.port = 0

    def start(self, port, now):
        self.stop()
        self.port = port
        self.asked = [self.habits["sdp_security"]]
        self.due = now

    def next_due(self):
        return self.due

    def poll(self, now):
        if self.due is None or now < self.due:
            return
        if self.sent >= self.habits["sdp_sends"]:
            fallback = self.habits["sdp_fallback"]
            if fallback is None or fallback in self.asked:
                self.due = None
                self.failed = True
                self.book.event("sdp_failed")
                return
            self.asked.append(fallback)  # Audi: 50 times TLS, then without
            self.sent = 0
            self.port += 1
            self.due = now + self.habits["sdp_fallback_pause_ms"]
            return
        body = b"\x01\xfe\x90\x00\x00\x00\x00\x02" + bytes([self.asked[-1], 0])
        self.book.send(self.ip.udp(multicast_mac(ALL_NODES), ALL_NODES, self.port, SDP_PORT, body))
        if self.sent == 0:
            self.book.event("sdp", f"security 0x{self.asked[-1]:02x}")
        self.sent += 1
        self.sent_total += 1
        self.due = now + self.habits["sdp_interval_ms"]

    def receive(self, packet, now):
        """A UDP packet; only a flawless answer of the charger counts."""
        payload = packet.payload
        body = payload[8:]
        if self.found and int.from_bytes(payload[2:4], "big") == self.port:
            return  # a repeated request brings a repeated answer
        if int.from_bytes(payload[2:4], "big") != self.port or self.due is None:
            self.book.complain("SDP: datagram to a port the car did not open")
            return
        problem = self._problem(packet, payload, body)
        if problem:
            self.book.complain("SDP: " + problem)
            return
        if body[26] == SECURITY_TLS and SECURITY_TLS in self.asked:
            self.book.complain("SDP: the station offers TLS, this car speaks it not here")
            return
        self.found = (body[8:24], int.from_bytes(body[24:26], "big"))
        self.due = None
        self.book.event("sdp_answer", self.found[1], f"security 0x{body[26]:02x}")

    def _problem(self, packet, payload, body):
        if int.from_bytes(payload[4:6], "big") != len(payload):
            return "UDP length is wrong"
        if int.from_bytes(payload[0:2], "big") != SDP_PORT:
            return "answer does not come from port 15118"
        if packet.destination != self.ip.address:
            return "answer is not sent to the car's address"
        if len(body) != 28 or body[0:8] != b"\x01\xfe\x90\x01\x00\x00\x00\x14":
            return "answer is not an SDP response of 28 bytes"
        if body[8:16] != LINK_LOCAL_PREFIX or body[8:24] != packet.source:
            return "address in the answer is not the sender's link-local one"
        if int.from_bytes(body[24:26], "big") == 0:
            return "port 0"
        if body[26] not in (SECURITY_NONE, SECURITY_TLS) or body[27] != 0:
            return f"security 0x{body[26]:02x}, transport 0x{body[27]:02x}"
        if body[26] == SECURITY_TLS and SECURITY_TLS not in self.asked:
            return "TLS was not asked for"
        return None
