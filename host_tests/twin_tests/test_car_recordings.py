# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The virtual car re-enacts recorded cars: given what the real station sent, it sends what the real car sent.

The recordings lie beside the repository (shared/captures) and are not part of it; without them these tests
are skipped. Compared are complete frames, byte for byte, of SLAC, IPv6, SDP and TCP; bare TCP
acknowledgements are left out because their number depends on milliseconds, and in TCP segments the
acknowledgement number and window. The station's TCP checksums are put right first: its network card
filled them in after the recording was taken.
"""

import json
from pathlib import Path

import pytest

from host_tests.cars import recordings
from host_tests.twin.car import exi_car, frames
from host_tests.twin.car.car import named
from host_tests.twin.car.ip import Packet, transport_checksum
from host_tests.twin.car.recorded import RECORDED

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"
MODEM_MAC = bytes.fromhex("00b052000002")


def rows_of(name):
    path = CAPTURES / name
    if not path.exists():
        pytest.skip(recordings.ABSENT)
    return [json.loads(line) for line in path.read_text().splitlines()]


def ethernet(name, start_s, end_s):
    """[(ms, direction, frame)] of what went over the powerline."""
    found = []
    for row in rows_of(name):
        if row["layer"] == "eth" and start_s <= row["t"] < end_s and row["dir"] in ("ev->evse", "evse->ev"):
            found.append((round(row["t"] * 1000), row["dir"], with_checksum(bytes.fromhex(row["hex"]))))
    return found


def with_checksum(frame):
    if frame[12:14] != b"\x86\xdd" or frame[20] != 6:
        return frame
    packet = Packet(frame)
    blank = packet.payload[0:16] + bytes(2) + packet.payload[18:]
    check = transport_checksum(packet.source, packet.destination, 6, blank)
    return frame[0:54] + blank[0:16] + check.to_bytes(2, "big") + blank[18:]


class Replay:
    """Random bytes as the recorded car drew them: RunID, then the filling of each sound."""

    def __init__(self, traffic):
        self.drawn = [f[21:29] for _, d, f in traffic if d == "ev->evse" and frames.mmtype_of(f) == 0x6064][
            :1
        ]
        self.drawn += [f[55:71] for _, d, f in traffic if d == "ev->evse" and frames.mmtype_of(f) == 0x6076]

    def __call__(self, count):
        if self.drawn and len(self.drawn[0]) == count:
            return self.drawn.pop(0)
        return bytes(count)


def reenact(car, traffic, join_ms):
    """Step the car through the recorded station's frames; gives [(ms, frame)] that the car sent."""
    sent = []
    first = next(
        ms for ms, d, f in traffic if d == "ev->evse" and frames.mmtype_of(f) == frames.SLAC_PARM_REQ
    )
    now = first - car.habits["wake_ms"]
    car.pilot(50, now)
    station, before = [], 0  # (ms, frames the car must have sent by then, frame)
    for ms, direction, frame in traffic:
        if direction == "evse->ev":
            station.append((ms, before, frame))
        elif comparable(frame) is not None:
            before += 1
    end = traffic[-1][0] + 1
    link_at = None
    while now < end:
        car.poll(now)
        if link_at is not None and now >= link_at:
            link_at = None
            car.link(True, now)
        said = len([f for _, f in sent if comparable(f) is not None])
        while station and station[0][0] <= now and said >= station[0][1]:
            car.receive(station.pop(0)[2], now)
        for frame in car.take_frames():
            if frame[0:6] == frames.LOCAL_MODEM:
                payload = b"\x01" + bytes(8) + b"\x04\x00\x00\xff\x00"
                car.receive(frames.mme(car.mac, MODEM_MAC, frames.SET_KEY_CNF, payload), now)
                link_at = now + join_ms
            else:
                sent.append((now, frame))
        due = [t for t in (car.next_due(), link_at, station[0][0] if station else None, end) if t is not None]
        now = max(now + 1, min(now + 5, *due))
    return sent


def own_bytes(traffic):
    """MAC of the recorded car, and the filling of its first sound."""
    sound = next(f for _, d, f in traffic if d == "ev->evse" and frames.mmtype_of(f) == frames.MNBC_SOUND_IND)
    return sound[6:12], sound[55:71]


def comparable(frame):
    """The frame without what depends on milliseconds; None for a bare acknowledgement."""
    if frame[12:14] != b"\x86\xdd" or frame[20] != 6:
        return frame
    segment = Packet(frame).payload
    offset = (segment[12] >> 4) * 4
    if segment[13] == 0x10 and len(segment) == offset:
        return None
    if segment[13] & 0x02:
        return frame
    return frame[0:54] + segment[0:8] + segment[12:14] + segment[offset:]


def told_apart(sent, traffic):
    mine = [f for f in (comparable(frame) for _, frame in sent) if f is not None]
    real = [f for f in (comparable(frame) for _, d, frame in traffic if d == "ev->evse") if f is not None]
    return mine, real


# Name of a car in `RECORDED`: (from, to) in s of what is compared, modem's joining in ms, habits of that run only.
# The Ioniq's part ends at the first pre-charge whose target follows the battery it measures. In its first
# recording it sent each CM_SLAC_PARM.REQ once; its frames before matching were not in the recorder's earshot.
_QUIET_BEFORE = {"ip_before_slac": ()}
SESSIONS = {
    "tesla_y": ((60, 68.9), 170, {}),
    "polestar2": ((8, 14.08), 170, {}),
    "ioniq": ((20, 31.3), 170, {**_QUIET_BEFORE, "parm_twice_ms": 0, "probe_ms": 0}),
    "ioniq_bulbs_1": ((20, 28.9), 170, _QUIET_BEFORE),
    "ioniq_bulbs_2": ((155, 165.7), 170, _QUIET_BEFORE),
    "ioniq_bulbs_3": ((823, 833.4), 170, {}),
    "audi_q4": ((2027, 2052), 190, {}),
    "audi_q4_run_2": ((2122, 2130.1), 190, {}),
    "audi_q4_run_3": ((2201, 2208.4), 190, {}),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_the_car_sends_the_recorded_frames(name):
    span, join_ms, changes = SESSIONS[name]
    traffic = ethernet(RECORDED[name]["file"], *span)
    mac, filling = own_bytes(traffic)
    changes = changes | {"isn": initial_sequence(traffic)}
    if name == "tesla_y":
        changes |= {"sound_filling": filling}
    car = named(name, Replay(traffic), mac=mac, habits=changes)
    sent = reenact(car, traffic, join_ms)
    mine, real = told_apart(sent, traffic)
    for number, (own, recorded) in enumerate(zip(mine, real, strict=False)):
        assert own.hex() == recorded.hex(), f"frame {number} {car.complaints}"
    assert len(mine) >= len(real) - 1
    # The recorded station uses a fixed NID and, in the oldest recording, a reply without SAScheduleList.
    remarks = [text for text in car.complaints if "NID" not in text and "SAScheduleList" not in text]
    assert remarks == []
    assert car.values["soc_percent"] in [event[1] for event in car.take_events() if event[0] == "soc_sent"]


def initial_sequence(traffic):
    """The sequence number of the recorded car's SYN."""
    for _, direction, frame in traffic:
        if direction == "ev->evse" and frame[12:14] == b"\x86\xdd" and frame[20] == 6:
            return int.from_bytes(Packet(frame).payload[4:8], "big")
    raise AssertionError("no TCP in this part of the recording")


@pytest.mark.parametrize("name", ["taycan_left", "taycan_right"])
def test_a_taycan_refuses_another_run_id_as_recorded(name):
    """The recorded station echoed a wrong RunID: three requests a round, then the recorded pauses."""
    rows = rows_of(RECORDED[name]["file"])
    traffic = ethernet(RECORDED[name]["file"], RECORDED[name]["span_s"][0], rows[-1]["t"] + 1)
    asked = [(ms, f) for ms, d, f in traffic if d == "ev->evse"]
    run_ids = [f[21:29] for _, f in asked[::3]]
    car = named(name, lambda count: run_ids.pop(0), mac=asked[0][1][6:12])
    sent = reenact(car, traffic, 170)
    assert [f.hex() for _, f in sent] == [f.hex() for _, f in asked]
    assert max(abs(own[0] - real[0]) for own, real in zip(sent, asked, strict=True)) <= 40
    assert any("RunID" in text for text in car.complaints)
    assert car.slac.state == "PARM"


def recorded_requests(*files):
    found = set()
    for name in files:
        for row in rows_of(name):
            if row["layer"] == "v2gtp" and row["dir"] == "ev->evse":
                found.add(row["hex"][16:])
    return found


def test_requests_of_the_ends_of_recorded_sessions():
    """Messages that the re-enactments above do not reach."""
    recorded = recorded_requests(
        "car_audi_q4_QCA7005evse_2026-02-08.jsonl",
        "car_hyundai_ioniq_pyplc_evse_2023-04-16.jsonl",
        "car_hyundai_ioniq_pyplc_evse_2023-04-24_bulbs.jsonl",
        "car_polestar2_pyplc_evse_2024-06-18.jsonl",
    )
    session = bytes(range(1, 9))
    ioniq, polestar = (True, 0, 27, False, False), (True, 0, 75, None, None)
    limits = [(-1, "V", 4128), (-1, "A", 2000), (1, "W", 9800)]
    times = [(0, "s", 1620), (0, "s", 1020)]
    for request in (
        exi_car.power_delivery_req(session, False, (False, 0, 67, None, None)),
        exi_car.power_delivery_req(session, True, ioniq, bulk_complete=False),
        exi_car.power_delivery_req(session, True, polestar, bulk_complete=False),
        exi_car.current_demand_req(
            session, ioniq, (-1, "A", 10), (-1, "V", 3446), limits, times, bulk_complete=False
        ),
        exi_car.current_demand_req(
            session,
            polestar,
            (-1, "A", 10),
            (0, "V", 450),
            [(0, "V", 470), (-1, "A", 3750)],
            [(0, "s", 18000)],
            bulk_complete=False,
        ),
        exi_car.pre_charge_req(session, polestar, (0, "V", 418), (-1, "A", 10)),
        exi_car.welding_detection_req(session, (False, 0, 75, None, None)),
        exi_car.session_stop_req(session),
    ):
        assert request.hex() in recorded


def test_every_recorded_response_is_read():
    count = 0
    for path in sorted(CAPTURES.glob("c*.jsonl")):
        for row in rows_of(path.name):
            if row["layer"] != "v2gtp" or row["dir"] != "evse->ev" or row["hex"][4:8] != "8001":
                continue
            if "note" not in row:
                continue  # not decoded by whoever recorded it
            name = row["note"].split()[1]
            payload = bytes.fromhex(row["hex"][16:])
            if row["note"].startswith("AppHand"):
                exi_car.read_supported_app_protocol_res(payload)
            elif row["note"].startswith("DIN"):
                assert exi_car.read_message(payload)[1] == name
            count += 1
    if not count:
        pytest.skip(recordings.ABSENT)
    assert count > 200
