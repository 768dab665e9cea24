# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The other end of the wire for the tests of ``plc.ipv6`` and ``plc.tcp``, built and read by scapy.

Nothing here uses code of the box: frames of the car are scapy's, and every frame of the box goes through
``dissect``, which has scapy rebuild lengths and checksums and compares byte by byte.

Scapy is slower than the box, and thousands of cases begin with the same handshake, so its results are cached.
"""

import functools
import logging

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

from scapy.layers.inet import TCP, UDP  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    IPv6,
    in6_chksum,
)
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

BOX_MAC = "02:5e:0b:a1:b2:c3"
BOX_IP = "fe80::5e:bff:fea1:b2c3"
BOX_SOLICITED = "ff02::1:ffa1:b2c3"
BOX_SOLICITED_MAC = "33:33:ff:a1:b2:c3"
CAR_MAC = "02:5e:0c:d1:d2:d3"
CAR_IP = "fe80::5e:cff:fed1:d2d3"
OTHER_MAC = "02:5e:0d:e1:e2:e3"
OTHER_IP = "fe80::5e:dff:fee1:e2e3"
ALL_NODES_MAC = "33:33:00:00:00:01"
PORT = 15118

# Frames kept, some of the last.
_KEPT = 4096
_CHECKED = (TCP, UDP, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6EchoRequest, ICMPv6EchoReply)


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def octets(packet):
    """The bytes of a scapy packet without fields that stand for several values: then scapy need not copy the packet for each
    value, which is half of its work."""
    layer = packet
    while layer:
        layer.explicit = 1
        layer = layer.payload
    return bytes(packet)


def dissect(frame):
    """The scapy packet in ``frame``, after checking that scapy would write the same lengths and checksums. Read only."""
    assert type(frame) is bytes
    return _judged(frame)


@functools.lru_cache(_KEPT)
def _judged(frame):
    packet = Ether(frame)
    assert packet.src == BOX_MAC and packet[IPv6].src == BOX_IP
    assert packet[IPv6].hlim in range(64, 256)
    again = Ether(frame)
    del again[IPv6].plen
    for layer in _CHECKED:
        if layer in again:
            again[layer].delfieldval("chksum" if layer in (TCP, UDP) else "cksum")
            if layer is UDP:
                del again[UDP].len
            if layer is TCP:
                del again[TCP].dataofs
            break
    else:
        raise AssertionError("unexpected frame of the box: " + packet.summary())
    assert octets(again) == frame
    return packet


def repaired(frame):
    """A TCP frame without padding whose octets were changed by hand, its checksum set right."""
    frame[70:72] = b"\0\0"
    frame[70:72] = in6_chksum(6, IPv6(bytes(frame[14:54])), bytes(frame[54:])).to_bytes(2, "big")
    return frame


def body(packet):
    """The TCP data, without what Ethernet padded."""
    layer = packet[TCP]
    size = packet[IPv6].plen - layer.dataofs * 4
    return bytes(layer.payload)[:size]


def car_frame(layer, mac=CAR_MAC, ip=CAR_IP, to_mac=BOX_MAC, to_ip=BOX_IP, padded=True, **header):
    """Ethernet frame of a car around ``layer``, padded to 60 bytes as the modem delivers it."""
    frame = octets(Ether(src=mac, dst=to_mac) / IPv6(src=ip, dst=to_ip, **header) / layer)
    return frame + bytes(60 - len(frame)) if padded and len(frame) < 60 else frame


def car_segment(flags="A", data=b"", *, options=(), window=4000, **fields):
    return _built(flags, bytes(data), tuple(options), window=window, **fields)


@functools.lru_cache(_KEPT)
def _built(flags, data, options, *, port=50103, to_port=PORT, mac=CAR_MAC, ip=CAR_IP, **fields):
    layer = TCP(sport=port, dport=to_port, flags=flags, options=list(options), **fields)
    return car_frame(layer / Raw(data) if data else layer, mac=mac, ip=ip)
