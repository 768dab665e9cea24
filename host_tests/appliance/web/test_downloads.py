# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Files that the owner takes away: a capture that Wireshark reads, backup and settings.toml in pieces."""

import json
import struct
from types import SimpleNamespace

import pytest
from appliance.state.frame_ring import FrameRing
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


def test_frames_come_in_order_with_the_time_since_the_start():
    ring = FrameRing()
    frames = [bytes([number]) * (60 + number) for number in range(2 * FRAMES_A_PIECE + 3)]
    for number, frame in enumerate(frames):
        ring.add(0, frame, 1000 + 250 * number)
    now = 1000 + 250 * len(frames)
    uptime = SimpleNamespace(seconds=now // 1000, millis=now % 1000)
    records = records_of(b"".join(pcap_pieces(ring, uptime, now)))
    assert [frame for _, _, frame in records] == frames
    assert [seconds * 1000 + micros // 1000 for seconds, micros, _ in records] == [
        1000 + 250 * number for number in range(len(frames))
    ]


def test_a_frame_from_before_the_first_second_is_not_before_the_start():
    ring = FrameRing()
    ring.add(0, bytes(60), 0)
    ((seconds, micros, _),) = records_of(b"".join(pcap_pieces(ring, SimpleNamespace(seconds=0, millis=0), 5)))
    assert seconds == 0 and micros < 1000000


def test_an_empty_ring_is_an_empty_capture():
    assert records_of(b"".join(pcap_pieces(FrameRing(), SimpleNamespace(seconds=9, millis=0), 0))) == []


class Keeper:
    """As much of the settings as a download reads."""

    asked = None

    def backup(self, with_secrets):
        self.asked = with_secrets
        return {"HOSTNAME": 'gar"age', "LOG_LEVEL": "D", "HTTP_PORT": 8080}

    def toml_lines(self, with_secrets):
        self.asked = with_secrets
        return ["LINE_%d = 1" % number for number in range(2 * ROWS_A_PIECE + 1)]


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
