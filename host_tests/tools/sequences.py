# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Sequence diagrams (Mermaid) of whole plug-ins, drawn from what really went over the virtual power line.

python -m host_tests.tools.sequences CAR        a name of the virtual cars
"""

import struct
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "CIRCUITPY" / "lib"))

from plc import mme, mme_slac  # noqa: E402
from v2g import apphand, din, exi, iso2  # noqa: E402

from host_tests.interpreter.run_car import Lcg  # noqa: E402
from host_tests.interpreter.run_session import LIMIT_MS, Bench  # noqa: E402
from host_tests.twin.car.car import named  # noqa: E402

CAR, BOX, MODEM = "Car", "Box", "Modem"
_MMES = {
    value: name
    for name, value in [*vars(mme).items(), *vars(mme_slac).items()]
    if isinstance(value, int) and name.startswith(("CM_", "VS_"))
}
# Polled while the link comes up, or one for each sound: of no interest here.
_LEFT_OUT = ("VS_SW_VER_CNF", "VS_PL_LINK_STATUS_REQ", "VS_PL_LINK_STATUS_CNF", "CM_ATTEN_PROFILE_IND")
_SCHEMAS = {77: din.SCHEMA, 76: iso2.SCHEMA}


class Diagram:
    """Arrows ``(from, to, text)`` in their order."""

    def __init__(self, car_mac):
        self._car_mac = car_mac
        self._streams = {}
        self.arrows = []

    def add(self, sender, receiver, text):
        """One more arrow."""
        self.arrows.append((sender, receiver, text))

    def frame(self, frame, from_box):
        """Takes one Ethernet frame that the box sent or received."""
        frame = bytes(frame)
        if frame[12:14] == b"\x88\xe1":
            self._mme(frame, from_box)
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 17:
            self._sdp(frame, from_box)
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 6:
            self._tcp(frame, from_box)

    def _ends(self, from_box, other=CAR):
        return (BOX, other) if from_box else (other, BOX)

    def _mme(self, frame, from_box):
        name = _MMES.get(mme.mmtype(frame))
        if name is None or name in _LEFT_OUT:
            return
        other = CAR if self._car_mac in (frame[0:6], frame[6:12]) else MODEM
        if frame[0:6] == b"\xff" * 6:
            other = CAR
        self.add(*self._ends(from_box, other), name)

    def _sdp(self, frame, from_box):
        kind, _ = struct.unpack_from(">HI", frame, 64)
        self.add(*self._ends(from_box), "SDP request" if kind == 0x9000 else "SDP response: no TLS")

    def _tcp(self, frame, from_box):
        flags = frame[67]
        if flags & 0x02:
            self.add(*self._ends(from_box), "TCP SYN" if not flags & 0x10 else "TCP SYN ACK")
        start = 54 + (frame[66] >> 4) * 4
        end = 54 + struct.unpack_from(">H", frame, 18)[0]
        stream = self._streams.get(from_box, b"") + frame[start:end]
        while len(stream) >= 8 and len(stream) >= 8 + struct.unpack_from(">I", stream, 4)[0]:
            length = struct.unpack_from(">I", stream, 4)[0]
            self.add(*self._ends(from_box), _message(stream[8 : 8 + length]))
            stream = stream[8 + length :]
        self._streams[from_box] = stream
        if flags & 0x05:
            self.add(*self._ends(from_box), "TCP FIN" if flags & 0x01 else "TCP RST")

    def _repeats(self, at, size):
        """How often the ``size`` arrows from ``at`` on come in a row."""
        first = self.arrows[at : at + size]
        count = 1
        while self.arrows[at + count * size : at + (count + 1) * size] == first:
            count += 1
        return count

    def text(self):
        """The diagram in Mermaid's words."""
        lines = [
            "sequenceDiagram",
            f"    participant {CAR}",
            f"    participant {BOX}",
            f"    participant {MODEM}",
        ]
        at = 0
        while at < len(self.arrows):
            # Pairs first: a request that comes again and again takes its answer with it.
            size, count = max(
                ((size, self._repeats(at, size)) for size in (2, 1)), key=lambda found: found[1]
            )
            if count > 1 and size > 1:
                lines.append(f"    loop {count} times")
            for sender, receiver, text in self.arrows[at : at + size if count > 1 else at + 1]:
                times = f" ({count} times)" if count > 1 and size == 1 else ""
                lines.append(f"    {sender}->>{receiver}: {text}{times}")
            if count > 1 and size > 1:
                lines.append("    end")
            at += size * count if count > 1 else 1
        return "\n".join(lines)


def _message(octets):
    """What a V2G message says, in a few words."""
    schema = _SCHEMAS.get(octets[1] >> 1, apphand.SCHEMA)
    tree = exi.decode(schema, octets)
    if schema is apphand.SCHEMA:
        ((name, body),) = tree.items()
        return f"{name} {body['ResponseCode']}" if "ResponseCode" in body else name
    ((name, body),) = tree["V2G_Message"]["Body"].items()
    return ", ".join([name, *_told(body)])


def _told(body):
    """The values of a message that the whole matter is about."""
    status = body.get("DC_EVSEChargeParameter", body).get("DC_EVSEStatus", {})
    words = [body.get("ResponseCode"), body.get("EVSEProcessing"), status.get("EVSEStatusCode")]
    if "EVSEIsolationStatus" in status:
        words.append("isolation " + status["EVSEIsolationStatus"])
    if "EVSEPresentVoltage" in body:
        words.append("%d V" % body["EVSEPresentVoltage"]["Value"])
    ev_status = body.get("DC_EVChargeParameter", body).get("DC_EVStatus")
    if ev_status:
        words.append("SoC %d %%" % ev_status["EVRESSSOC"])
    return [word for word in words if word]


def of(name, soc_percent=42):
    """The diagram of a plug-in of the car ``name``, until the box is done with it."""
    car = named(name, Lcg(7), soc_percent=soc_percent)
    bench = Bench(car)
    diagram = Diagram(car.mac)
    receive, take_frames = bench.secc.receive, bench.secc.take_frames

    def heard(frame, now):
        diagram.frame(frame, from_box=False)
        receive(frame, now)

    def said():
        frames = take_frames()
        for frame in frames:
            diagram.frame(frame, from_box=True)
        return frames

    bench.secc.receive, bench.secc.take_frames = heard, said
    bench.step()
    bench.step()
    diagram.arrows.clear()
    car.plug(bench.clock.now_ms)
    car.pilot(50, bench.clock.now_ms)
    while bench.clock.now_ms < LIMIT_MS and not bench.kinds("session_end"):
        bench.step()
    return diagram.text()


if __name__ == "__main__":
    print(of(sys.argv[1]))
