# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes a recording for the tests from a capture of the power line (pcap or pcapng): one JSON object a line.

    python -m host_tests.tools.convert_recording CAPTURE OUT.jsonl [--most-demands 6]

Each row: `t` seconds from the first kept frame; `dir` "ev->evse", "evse->ev" or "other"; `layer` "eth" for a whole
Ethernet frame without FCS, "v2gtp" for a reassembled V2GTP message (8 bytes header, then EXI), right behind the
frame that completed it; `hex`; and a `note`. Kept are HomePlug management frames (0x88E1) and IPv6; IPv4 and LLDP of the
computer beside the power line are left out. A capture may lack frames, or begin in the middle of a session: what is
missing costs the message that it was part of, and no other. Docs: docs/recordings.md.
"""

import argparse
import json
import sys
from pathlib import Path

from scapy.utils import PcapReader

MME, IPV6 = b"\x88\xe1", b"\x86\xdd"
ICMPV6, TCP, UDP = 58, 6, 17
SDP_PORT, MDNS_PORT = (15118).to_bytes(2, "big"), (5353).to_bytes(2, "big")
SYN, ACK = 2, 16
SEQUENCES = 0xFFFFFFFF
V2GTP_HEADER = b"\x01\xfe"
EXI_PAYLOAD = 0x8001
# The longest payload that is taken for a message, as the box does; behind so many segments that came before their turn
# the one that they wait for is missing.
MOST_PAYLOAD = 4096
MOST_EARLY = 4
# Who sends a management frame, by the two bytes of its MMTYPE as they lie on the wire: SLAC has fixed parts.
FROM_CAR = ("6460", "6a60", "6c60", "7660", "6f60", "7c60", "7860")
FROM_STATION = ("6560", "6e60", "7d60", "7960")
NAMES = {
    "6460": "CM_SLAC_PARM.REQ",
    "6560": "CM_SLAC_PARM.CNF",
    "6a60": "CM_START_ATTEN_CHAR.IND",
    "6e60": "CM_ATTEN_CHAR.IND",
    "6f60": "CM_ATTEN_CHAR.RSP",
    "7660": "CM_MNBC_SOUND.IND",
    "7860": "CM_VALIDATE.REQ",
    "7960": "CM_VALIDATE.CNF",
    "7c60": "CM_SLAC_MATCH.REQ",
    "7d60": "CM_SLAC_MATCH.CNF",
    "8660": "CM_ATTEN_PROFILE.IND",
}


class Stream:
    """The octets of one direction of a connection, from its segments; `sequence`: number of the first one."""

    def __init__(self, sequence):
        self._next = sequence
        self._octets = b""
        self._early = {}

    def take(self, sequence, data):
        """Takes a segment. One that came before, whole or in part, adds only what is new."""
        if _ahead(sequence, self._next) > 0:
            self._early[sequence] = data
            if len(self._early) > MOST_EARLY:
                self._skip()
            return
        self._append(sequence, data)

    def acknowledged(self, sequence):
        """The other side has all octets before this one: what is not here by now the capture lacks."""
        while self._early and _ahead(sequence, self._next) > 0:
            self._skip()

    def _skip(self):
        self._octets = b""
        self._next = min(self._early, key=lambda sequence: _ahead(sequence, self._next))
        self._append(self._next, b"")

    def _append(self, sequence, data):
        known = _ahead(self._next, sequence)
        if known < len(data):
            self._octets += data[known:]
            self._next = (sequence + len(data)) & SEQUENCES
        for early in sorted(self._early, key=lambda early: _ahead(early, self._next)):
            if _ahead(early, self._next) <= 0:
                self._append(early, self._early.pop(early))
                return

    def messages(self):
        """The whole messages that are there by now; what no header begins is the end of one that has none here."""
        found = []
        while True:
            start = self._octets.find(V2GTP_HEADER)
            self._octets = self._octets[start:] if start >= 0 else self._octets[-1:]
            if start < 0 or len(self._octets) < 8:
                return found
            size = int.from_bytes(self._octets[4:8], "big")
            if size > MOST_PAYLOAD:
                self._octets = self._octets[2:]
                continue
            if len(self._octets) < 8 + size:
                return found
            found.append(self._octets[: 8 + size])
            self._octets = self._octets[8 + size :]


def _ahead(sequence, other):
    """How far a sequence number is past the other one, below zero when it is before it."""
    return ((sequence - other + (SEQUENCES + 1) // 2) & SEQUENCES) - (SEQUENCES + 1) // 2


class Converter:
    """Takes frames in order, gives rows. `most_demands`: behind so many CurrentDemandReq nothing more is kept."""

    def __init__(self, most_demands=None):
        self.rows = []
        self._start = None
        self._cars = set()
        self._stations = set()
        self._unknown = []  # (row, source, target) of the rows that nobody is known to have sent so far
        self._streams = {}
        self._demands_left = most_demands

    def take(self, t, frame):
        """One frame at `t` seconds; False when nothing more is wanted."""
        kind = frame[12:14]
        if kind == MME:
            self._take_mme(t, frame)
        elif kind == IPV6 and len(frame) >= 54:
            self._take_ipv6(t, frame)
        return self._demands_left is None or self._demands_left > 0

    def _row(self, t, ends, layer, data, note):
        if self._start is None:
            self._start = t
        direction = self._direction(*ends)
        row = {"t": round(t - self._start, 6), "dir": direction, "layer": layer, "hex": data.hex()}
        if note:
            row["note"] = note
        self.rows.append(row)
        if direction == "other":
            self._unknown.append((row, *ends))

    def _known(self, parts, address):
        """`address` is a car's or a station's: rows from before that was known are told so as well."""
        if address not in parts:
            parts.add(address)
            for row, source, target in self._unknown:
                row["dir"] = self._direction(source, target)
            self._unknown = [entry for entry in self._unknown if entry[0]["dir"] == "other"]

    def _take_mme(self, t, frame):
        kind = frame[15:17].hex()
        source, target = frame[6:12], frame[:6]
        if kind in FROM_CAR:
            self._known(self._cars, source)
        elif kind in FROM_STATION:
            self._known(self._stations, source)
            self._known(self._cars, target)
        self._row(t, (source, target), "eth", frame, NAMES.get(kind))

    def _direction(self, source, target):
        if source in self._cars:
            return "ev->evse"
        if source in self._stations or target in self._cars:
            return "evse->ev"
        return "other"

    def _take_ipv6(self, t, frame):
        header, payload = frame[20], frame[54 : 54 + int.from_bytes(frame[18:20], "big")]
        ports = (payload[0:2], payload[2:4])
        source, target = frame[6:12], frame[:6]
        if header == UDP and MDNS_PORT in ports:
            return
        if header == UDP and ports[1] == SDP_PORT:
            self._known(self._cars, source)
        if header == UDP and ports[0] == SDP_PORT:
            self._known(self._stations, source)
        self._row(t, (source, target), "eth", frame, None)
        if header == TCP and len(payload) >= 20:
            ours, theirs = frame[22:38] + ports[0], frame[38:54] + ports[1]
            if payload[13] & ACK and (theirs, ours) in self._streams:
                self._streams[theirs, ours].acknowledged(int.from_bytes(payload[8:12], "big"))
                self._take_messages(t, (theirs, ours), (target, source))
            self._take_segment((ours, theirs), payload)
            self._take_messages(t, (ours, theirs), (source, target))

    def _take_segment(self, flow, payload):
        sequence = int.from_bytes(payload[4:8], "big")
        if payload[13] & SYN:
            self._streams[flow] = Stream((sequence + 1) & SEQUENCES)
            return
        data = payload[(payload[12] >> 4) * 4 :]
        if data:
            self._streams.setdefault(flow, Stream(sequence)).take(sequence, data)

    def _take_messages(self, t, flow, ends):
        stream = self._streams.get(flow)
        for message in stream.messages() if stream else ():
            note = note_of(message)
            if note.endswith("Req"):
                self._known(self._cars, ends[0])
            elif note.endswith("Res"):
                self._known(self._stations, ends[0])
            self._row(t, ends, "v2gtp", message, note)
            if self._demands_left is not None and "CurrentDemandReq" in note:
                self._demands_left -= 1


def note_of(message):
    """What a V2GTP message is, in words: the standard, its name and, where it has one, the SoC."""
    from v2g import apphand, din, exi, iso2

    if int.from_bytes(message[2:4], "big") != EXI_PAYLOAD:
        return ""
    for name, schema in (("AppHand", apphand.SCHEMA), ("DIN", din.SCHEMA), ("ISO2", iso2.SCHEMA)):
        try:
            tree = exi.decode(schema, message[8:])
        except exi.ExiError:
            continue
        if "V2G_Message" not in tree:
            return f"{name} {next(iter(tree))}"
        body = next(iter(tree["V2G_Message"]["Body"]))
        return f"{name} {body}"
    return "not decoded"


def convert(capture, most_demands=None):
    """Rows of a capture file."""
    converter = Converter(most_demands)
    with PcapReader(str(capture)) as reader:
        for packet in reader:
            if not converter.take(float(packet.time), bytes(packet)):
                break
    return converter.rows


def main(arguments=None):
    parser = argparse.ArgumentParser(description="capture of the power line -> recording for the tests")
    parser.add_argument("capture")
    parser.add_argument("out")
    parser.add_argument("--most-demands", type=int, help="end behind so many CurrentDemandReq")
    options = parser.parse_args(arguments)
    rows = convert(options.capture, options.most_demands)
    Path(options.out).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    messages = sum(row["layer"] == "v2gtp" for row in rows)
    print(f"{len(rows)} rows, {messages} of them V2GTP messages, in {options.out}")
    return 0 if rows else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2] / "CIRCUITPY" / "lib"))
    sys.exit(main())
