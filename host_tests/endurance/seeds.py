# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where fuzzing begins: what cars and modems of the twin really say, and requests of an honest browser."""

from host_tests.endurance.faults import TO_BOX
from host_tests.endurance.rig import Rig
from host_tests.endurance.session import play
from host_tests.endurance.targets import record
from host_tests.support.spi_frames import framed
from host_tests.twin import cars

CARS = ("virtual", "ioniq", "iso_only", "tesla_y", "id_buzz")
_GET = b"GET /api/status?x=1 HTTP/1.1\r\nHost: socbox.local\r\nAccept: */*\r\n\r\n"
_POST = (
    b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    + b'{"password":"x"}'
)


def _heard(name):
    """(ms, frame) of all that reached the box in a plug-in."""
    rig = Rig(1)
    rig.run(3_000)
    car = cars.CARS[name].build(rig.random_bytes)
    found = []
    rig.faults.tap = lambda direction, frame: direction == TO_BOX and found.append((rig.clock.now_ms, frame))
    play(rig, car)
    return found


def _payloads(frames):
    """V2GTP messages of TCP segments, and SDP requests."""
    streams, datagrams = b"", []
    for _, frame in frames:
        if frame[12:14] != b"\x86\xdd":
            continue
        end = 54 + int.from_bytes(frame[18:20], "big")
        if frame[20] == 17:
            datagrams.append(frame[62:end])
        elif frame[20] == 6:
            streams += frame[54 + (frame[66] >> 4) * 4 : end]
    return streams, datagrams


def _messages(stream):
    found = []
    while len(stream) >= 8:
        length = int.from_bytes(stream[4:8], "big")
        found.append(stream[8 : 8 + length])
        stream = stream[8 + length :]
    return found


def seeds():
    """{target: [input, ...]}."""
    out = {name: [] for name in ("decoder", "driver", "matching", "internet", "discovery", "stream")}
    out.update(
        {
            name: []
            for name in ("exi_handshake", "exi_din", "exi_iso2", "session_din", "session_iso2", "station")
        }
    )
    for name in CARS:
        frames = _heard(name)
        out["decoder"].append(b"".join(b"\x40" + framed(frame) for _, frame in frames[:12]))
        out["driver"].append(
            b"".join(
                b"\x0c\x5b" + len(framed(frame)).to_bytes(2, "big") + framed(frame) for _, frame in frames[:6]
            )
        )
        management = [one for one in frames if one[1][12:14] == b"\x88\xe1"]
        internet = [one for one in frames if one[1][12:14] == b"\x86\xdd"]
        out["matching"].append(_records(management))
        out["internet"].append(_records(internet))
        out["station"].append(_records(frames))
        stream, datagrams = _payloads(frames)
        out["discovery"] += datagrams[:1]
        out["stream"].append(b"".join(b"\xff" + stream[at : at + 256] for at in range(0, len(stream), 256)))
        first, *rest = _messages(stream)
        schema = "iso2" if name == "iso_only" else "din"
        out["exi_handshake"].append(first)
        out["exi_" + schema] += sorted(set(rest), key=lambda one: (len(one), one))
        out["session_" + schema].append(b"".join(len(one).to_bytes(2, "big") + one for one in rest))
    shipped = (cars.__file__.rsplit("/host_tests/", 1)[0]) + "/CIRCUITPY/settings.toml"
    with open(shipped, "rb") as file:
        text = file.read()
    out["settings_file"] = [
        text[:6000],
        b'WIFI_SSID = "a\\u00e9"\nHTTP_PORT = 80\nCAR_1 = "02ab34*; name=Ioniq"\n',
    ]
    out["web_request"] = [_GET, _POST, _GET.replace(b"GET", b"HEAD")]
    name = b"\x11connectivitycheck\x07gstatic\x03com\x00"
    out["name_query"] = [b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name + b"\x00\x01\x00\x01"]
    return out


def _records(frames):
    before = frames[0][0]
    out = b""
    for at_ms, frame in frames:
        out += record(at_ms - before, frame)
        before = at_ms
        if len(out) > 7000:
            break
    return out
