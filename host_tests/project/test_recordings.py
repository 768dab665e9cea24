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
