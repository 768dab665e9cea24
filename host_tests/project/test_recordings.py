# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Recordings of real cars: where they come from, that they are the ones known, and how to make more."""

import hashlib
import json

import pytest

from host_tests.cars import recordings
from host_tests.cars.sources import SOURCES
from host_tests.tools import convert_recording
from host_tests.twin.world import World

REPEATED = 3
TCP = 6


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """A plug-in on the twin as the power line's capture."""
    path = tmp_path_factory.mktemp("capture") / "line.pcap"
    with World(seed=3, pcap=str(path), display=None) as world:
        world.run(14)
        world.plug(world.new_car("ioniq", soc_percent=42))
        assert world.run_until(lambda: world.charging, 60)
    return path


def test_a_capture_becomes_a_recording_that_the_tests_read(capture, tmp_path, monkeypatch):
    out = tmp_path / "car.jsonl"
    assert convert_recording.main([str(capture), str(out)]) == 0
    monkeypatch.setattr(recordings, "CAPTURES", tmp_path)
    recording = recordings.Recording("car.jsonl")
    assert len(recording.of("SLAC_PARM_REQ") or recording.rows) > 0
    request = recording.message("ChargeParameterDiscoveryReq")
    status = request.body["DC_EVChargeParameter"]["DC_EVStatus"]
    assert status["EVRESSSOC"] == 42
    names = [message.name for message in recording.messages if message.car]
    assert names[:2] == ["supportedAppProtocolReq", "SessionSetupReq"]


def test_every_message_is_there_once_and_knows_who_sent_it(capture):
    rows = convert_recording.convert(capture)
    messages = [row for row in rows if row["layer"] == "v2gtp"]
    assert len({row["hex"] for row in messages if row["dir"] == "ev->evse"}) >= 6
    for row in messages:
        asks = row["note"].endswith("Req")
        assert row["dir"] == ("ev->evse" if asks else "evse->ev"), row
    assert not any(row["dir"] == "other" for row in rows if "SLAC" in row.get("note", ""))


def test_a_segment_that_is_repeated_adds_nothing(capture):
    converter = convert_recording.Converter()
    from scapy.utils import PcapReader

    with PcapReader(str(capture)) as reader:
        for packet in reader:
            for _ in range(REPEATED):
                converter.take(float(packet.time), bytes(packet))
    once = [row["hex"] for row in convert_recording.convert(capture) if row["layer"] == "v2gtp"]
    assert [row["hex"] for row in converter.rows if row["layer"] == "v2gtp"] == once


def _frames(capture):
    """[(seconds, frame)] of a capture."""
    from scapy.utils import PcapReader

    with PcapReader(str(capture)) as reader:
        return [(float(packet.time), bytes(packet)) for packet in reader]


def _rows(frames):
    converter = convert_recording.Converter()
    for t, frame in frames:
        converter.take(t, frame)
    return converter.rows


def _carriers(frames):
    """The places in `frames` of those that carry octets of a connection."""
    return [
        number
        for number, (_, frame) in enumerate(frames)
        if frame[12:14] == b"\x86\xdd"
        and frame[20] == TCP
        and int.from_bytes(frame[18:20], "big") > (frame[66] >> 4) * 4
    ]


def _messages(rows):
    return [(row["dir"], row["hex"]) for row in rows if row["layer"] == "v2gtp"]


def test_a_frame_that_a_capture_lacks_costs_its_own_message_and_no_other(capture):
    frames = _frames(capture)
    whole = _messages(_rows(frames))
    carriers = _carriers(frames)
    assert len(whole) == len(carriers) > 10
    for number in range(len(carriers)):
        left = frames[: carriers[number]] + frames[carriers[number] + 1 :]
        assert _messages(_rows(left)) == whole[:number] + whole[number + 1 :]


def test_a_capture_that_begins_in_the_middle_of_a_session_has_what_follows_and_who_said_it(capture):
    frames = _frames(capture)
    carriers = _carriers(frames)
    whole = _messages(_rows(frames))
    rows = _rows(frames[carriers[4] :])
    assert _messages(rows) == whole[4:]
    ends = {frames[carriers[4]][1][6:12], frames[carriers[4]][1][:6]}
    spoken = [row for row in rows if bytes.fromhex(row["hex"][:12]) in ends and row["layer"] == "eth"]
    assert spoken and not any(row["dir"] == "other" for row in spoken)


def test_segments_that_come_the_wrong_way_round_are_put_in_order(capture):
    """Two messages in five segments, of which two overlap."""
    whole = _messages(_rows(_frames(capture)))
    stream = convert_recording.Stream(0xFFFFFFF0)
    octets = bytes.fromhex(whole[0][1] + whole[2][1])
    pieces = [(0, 9), (9, 20), (15, 31), (31, 40), (40, len(octets))]
    for start, end in (pieces[0], pieces[3], pieces[2], pieces[4], pieces[1]):
        assert stream.messages() == []
        stream.take((0xFFFFFFF0 + start) & 0xFFFFFFFF, octets[start:end])
    assert [message.hex() for message in stream.messages()] == [whole[0][1], whole[2][1]]


def test_what_a_car_said_before_it_searched_is_its_own(capture):
    frames = _frames(capture)
    car = next(frame[6:12] for _, frame in frames if frame[12:17] == b"\x88\xe1\x01\x64\x60")
    early = b"\x33\x33\0\0\0\2" + car + b"\x86\xdd\x60" + bytes(5) + b"\x3a\xff" + bytes(40)
    assert _rows([(0, early), *frames])[0]["dir"] == "ev->evse"


@pytest.mark.parametrize(
    ("options", "mss", "sack", "padding"),
    [
        ("0204015e00000000", 350, False, 4),
        ("01010204015e0000", 350, False, 2),
        ("04020204015e0000", 350, True, 2),
        ("0303070102040200", 512, False, 0),
        ("0303070101010100", None, False, 1),
    ],
)
def test_the_options_of_a_syn_are_found_wherever_they_stand_and_not_in_a_knock_at_another_port(
    options, mss, sack, padding, capture, tmp_path, monkeypatch
):
    frames = _frames(capture)
    carrier = frames[_carriers(frames)[0]][1]
    number = next(n for n, (_, frame) in enumerate(frames) if frame[20] == TCP and frame[54:58] == carrier[54:58])
    t, frame = frames[number]
    syn = frame[:74] + bytes.fromhex(options)
    assert len(syn) == len(frame)
    knock = syn[:56] + (60918).to_bytes(2, "big") + syn[58:74] + bytes.fromhex("020405a000000000")
    rows = _rows([*frames[:number], (t, knock), (t, syn), *frames[number + 1 :]])
    (tmp_path / "car.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(recordings, "CAPTURES", tmp_path)
    measured = recordings.Recording("car.jsonl").measured()
    assert [measured[name][0] for name in ("mss", "sack", "syn_padding")] == [mss, sack, padding]


@pytest.mark.parametrize(
    ("file", "digest"), [(row[0], row[4]) for row in SOURCES], ids=[row[0] for row in SOURCES]
)
def test_the_recordings_are_those_that_the_page_names(file, digest):
    if not recordings.present():
        pytest.skip(recordings.ABSENT)
    assert hashlib.sha256((recordings.CAPTURES / file).read_bytes()).hexdigest() == digest


def test_a_row_is_one_json_object(capture, tmp_path):
    out = tmp_path / "car.jsonl"
    convert_recording.main([str(capture), str(out)])
    for line in out.read_text().splitlines():
        assert set(json.loads(line)) <= {"t", "dir", "layer", "hex", "note"}
