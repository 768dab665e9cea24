# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes a recording for the tests from a capture of the power line (pcap or pcapng): one JSON object a line.

    python -m host_tests.tools.convert_recording CAPTURE OUT.jsonl [--most-demands 6]

Each row: `t` seconds from the first kept frame; `dir` "ev->evse", "evse->ev" or "other"; `layer` "eth" for a whole
Ethernet frame without FCS, "v2gtp" for a reassembled V2GTP message (8 bytes header, then EXI), right behind the
frame that completed it; `hex`; and a `note`. Kept are HomePlug management frames (0x88E1) and IPv6; IPv4 and LLDP of the
computer beside the power line are left out. Docs: docs/recordings.md.
"""

import argparse
import json
import sys
from pathlib import Path

from scapy.utils import PcapReader

MME, IPV6 = b"\x88\xe1", b"\x86\xdd"
ICMPV6, TCP, UDP = 58, 6, 17
SDP_PORT, MDNS_PORT = 15118, 5353
V2GTP_HEADER = b"\x01\xfe"
EXI_PAYLOAD = 0x8001
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


class Converter:
    """Takes frames in order, gives rows. `most_demands`: behind so many CurrentDemandReq nothing more is kept."""

    def __init__(self, most_demands=None):
        self.rows = []
        self._start = None
        self._cars = set()
        self._stations = set()
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

    def _row(self, t, direction, layer, data, note):
        if self._start is None:
            self._start = t
        row = {"t": round(t - self._start, 6), "dir": direction, "layer": layer, "hex": data.hex()}
        if note:
            row["note"] = note
        self.rows.append(row)

    def _take_mme(self, t, frame):
        kind = frame[15:17].hex()
        source, target = frame[6:12], frame[:6]
        if kind in FROM_CAR:
            self._cars.add(source)
        elif kind in FROM_STATION:
            self._stations.add(source)
            self._cars.add(target)
        self._row(t, self._direction(source, target), "eth", frame, NAMES.get(kind))

    def _direction(self, source, target):
        if source in self._cars:
            return "ev->evse"
        if source in self._stations or target in self._cars:
            return "evse->ev"
        return "other"

    def _take_ipv6(self, t, frame):
        header, payload = frame[20], frame[54 : 54 + int.from_bytes(frame[18:20], "big")]
        ports = (int.from_bytes(payload[0:2], "big"), int.from_bytes(payload[2:4], "big"))
        if header == UDP and MDNS_PORT in ports:
            return
        if header == UDP and ports[1] == SDP_PORT:
            self._cars.add(frame[6:12])
        if header == UDP and ports[0] == SDP_PORT:
            self._stations.add(frame[6:12])
        direction = self._direction(frame[6:12], frame[:6])
        self._row(t, direction, "eth", frame, None)
        if header == TCP and len(payload) >= 20:
            self._take_segment(t, direction, (frame[22:54], ports), payload)

    def _take_segment(self, t, direction, flow, payload):
        sequence = int.from_bytes(payload[4:8], "big")
        data = payload[(payload[12] >> 4) * 4 :]
        if payload[13] & 2:
            self._streams[flow] = [(sequence + 1) & 0xFFFFFFFF, b""]
            return
        stream = self._streams.setdefault(flow, [sequence, b""])
        # A segment that came before, whole or in part, adds only what is new.
        known = (stream[0] - sequence) & 0xFFFFFFFF
        if not data or known >= len(data):
            return
        stream[0] = (sequence + len(data)) & 0xFFFFFFFF
        stream[1] += data[known:]
        while len(stream[1]) >= 8 and stream[1][:2] == V2GTP_HEADER:
            size = 8 + int.from_bytes(stream[1][4:8], "big")
            if len(stream[1]) < size:
                return
            self._take_message(t, direction, stream[1][:size])
            stream[1] = stream[1][size:]

    def _take_message(self, t, direction, message):
        note = note_of(message)
        self._row(t, direction, "v2gtp", message, note)
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
