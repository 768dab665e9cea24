# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A network interface of this computer as a bundle of Ethernet frames (Linux, root).

    wire = Wire("veth0")        PermissionError without root, OSError for an interface that does not exist
    frame = wire.read()         None when nothing came in
    wire.send(frame)

What the kernel left to the network card is completed on the way in: the checksum of the upper layer.
"""

import socket
import struct

_SOL_PACKET = 263
_PACKET_ADD_MEMBERSHIP = 1
_PACKET_AUXDATA = 8
_PACKET_MR_PROMISC = 1
_PACKET_OUTGOING = 4
_TP_STATUS_CSUMNOTREADY = 1 << 3
_LONGEST = 65_600


class Wire:
    """All frames that arrive at an interface, whoever they are for; not those this computer sends there."""

    def __init__(self, interface):
        self.interface = interface
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        try:
            self._socket.bind((interface, 0))
            index = socket.if_nametoindex(interface)
            membership = struct.pack("IHH8s", index, _PACKET_MR_PROMISC, 0, b"")
            self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, membership)
            self._socket.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise

    def fileno(self):
        return self._socket.fileno()

    def close(self):
        self._socket.close()

    def send(self, frame):
        """OSError when the interface is down or gone."""
        self._socket.send(frame)

    def read(self):
        """The next frame, None when there is none. OSError when the interface is down or gone."""
        while True:
            try:
                frame, ancillary, _, address = self._socket.recvmsg(_LONGEST, 64)
            except (BlockingIOError, InterruptedError):
                return None
            if address[2] == _PACKET_OUTGOING:
                continue
            for level, kind, data in ancillary:
                if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
                    if struct.unpack_from("=I", data)[0] & _TP_STATUS_CSUMNOTREADY:
                        return with_checksum(frame)
            return frame


def with_checksum(frame):
    """An IPv6 frame whose TCP, UDP or ICMPv6 checksum the kernel left to the network card, completed."""
    places = {6: 16, 17: 6, 58: 2}
    if frame[12:14] != b"\x86\xdd" or len(frame) < 54 or frame[20] not in places:
        return frame
    length = int.from_bytes(frame[18:20], "big")
    payload = bytearray(frame[54 : 54 + length])
    place = places[frame[20]]
    if len(payload) < place + 2:
        return frame
    payload[place : place + 2] = b"\0\0"
    pseudo = frame[22:54] + length.to_bytes(4, "big") + bytes((0, 0, 0, frame[20]))
    data = pseudo + payload + b"\0" * (length & 1)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    payload[place : place + 2] = ((~total & 0xFFFF) or 0xFFFF).to_bytes(2, "big")
    return frame[:54] + bytes(payload)
