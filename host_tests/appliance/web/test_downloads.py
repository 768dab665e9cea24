# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Files that the owner takes away: a capture that Wireshark reads, backup and settings.toml in pieces."""

import json
import struct

import pytest
from appliance.state.frame_ring import FrameRing
from appliance.state.log import Uptime
from appliance.web import downloads
from appliance.web.downloads import FRAMES_A_PIECE, ROWS_A_PIECE, backup_pieces, pcap_pieces, toml_pieces


def records_of(data):
    """[(seconds, microseconds, frame)] of a capture, as a reader takes it apart."""
    assert struct.unpack_from("<IHH", data) == (0xA1B2C3D4, 2, 4)
    assert struct.unpack_from("<I", data, 20) == (1,), "Ethernet"
    at, found = 24, []
    while at < len(data):
        seconds, micros, kept, whole = struct.unpack_from("<IIII", data, at)
        assert kept == whole
        found.append((seconds, micros, data[at + 16 : at + 16 + kept]))
        at += 16 + kept
    return found


def capture_of(ring):
    return records_of(b"".join(pcap_pieces(ring)))


def test_frames_come_in_order_with_the_time_since_the_start():
    ring, uptime = FrameRing(), Uptime(500)
    frames = [bytes([number]) * (60 + number) for number in range(2 * FRAMES_A_PIECE + 3)]
    for number, frame in enumerate(frames):
        uptime.advance(1500 + 250 * number)
        ring.add(0, frame, uptime)
    assert capture_of(ring) == [
        (1 + number // 4, 250000 * (number % 4), frame) for number, frame in enumerate(frames)
    ]


def test_a_frame_keeps_its_time_for_weeks_and_while_it_is_sent():
    """The clock's ticks wrap after 6.2 days."""
    ring, uptime = FrameRing(), Uptime(0)
    hour_ms = 3_600_000
    for hour in range(24 * 30 + 1):
        uptime.advance(hour * hour_ms & ((1 << 29) - 1))
        if hour % (24 * 10) == 0:
            ring.add(0, bytes(60), uptime)
    pieces = pcap_pieces(ring)
    start = next(pieces)
    uptime.advance(30 * 24 * hour_ms + 9000 & ((1 << 29) - 1))
    assert [record[0] for record in records_of(start + b"".join(pieces))] == [days * 86400 for days in (0, 10, 20, 30)]


def test_an_empty_ring_is_an_empty_capture():
    assert capture_of(FrameRing()) == []


class Keeper:
    """As much of the settings as a download reads."""

    asked = None

    def backup(self, with_secrets):
        self.asked = with_secrets
        return {"HOSTNAME": 'gar"age', "LOG_LEVEL": "D", "HTTP_PORT": 8080}

    def toml_lines(self, with_secrets):
        self.asked = with_secrets
        return ["LINE_%d = 1" % number for number in range(2 * ROWS_A_PIECE + 1)]


@pytest.fixture(autouse=True)
def copies(monkeypatch):
    """In place of settings.copies."""
    for name in ("backup", "toml_lines"):
        monkeypatch.setattr(downloads.copies, name, getattr(Keeper, name))


@pytest.mark.parametrize("with_secrets", (False, True))
def test_a_backup_is_json_that_people_can_read_a_line_for_each_setting(with_secrets):
    keeper = Keeper()
    text = "".join(backup_pieces(keeper, with_secrets))
    assert keeper.asked == with_secrets
    assert json.loads(text)["settings"] == keeper.backup(with_secrets)
    assert len(text.splitlines()) == 6 + len(keeper.backup(with_secrets))


def test_a_settings_toml_comes_whole_and_in_order():
    pieces = list(toml_pieces(Keeper(), False))
    assert "".join(pieces).splitlines() == Keeper().toml_lines(False) and len(pieces) == 3
