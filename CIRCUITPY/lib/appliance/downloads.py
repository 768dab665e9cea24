# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Files that the owner takes away: frames for Wireshark, a report for whoever helps, the settings.

All are made in pieces while they are sent. None but a backup that the owner asked for with the password holds a
secret, and the report names neither the owner's network nor all of a car's address.
"""

import json
import struct

from plc.ticks import ticks_diff

from appliance import answers, api
from appliance import status as status_module
from appliance.keeper import BACKUP_KIND
from appliance.settings import KEY, SCHEMA, SECRET, error_texts

FRAMES_A_PIECE = 8
LINES_A_PIECE = 10
ROWS_A_PIECE = 6

PCAP_TYPE = "application/vnd.tcpdump.pcap"
_PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def pcap_pieces(ring, uptime, now):
    """A capture file of the frames in ``ring``; its times count from the start of the box (1970 for Wireshark)."""
    yield _PCAP_HEADER
    batch = []
    for tick, _direction, frame in ring.snapshot().frames():
        age_ms = ticks_diff(now, tick)
        seconds = uptime.seconds - age_ms // 1000
        millis = uptime.millis - age_ms % 1000
        if millis < 0:
            seconds, millis = seconds - 1, millis + 1000
        batch.append(struct.pack("<IIII", max(0, seconds), millis * 1000, len(frame), len(frame)))
        batch.append(frame)
        if len(batch) == 2 * FRAMES_A_PIECE:
            yield b"".join(batch)
            batch = []
    if batch:
        yield b"".join(batch)


class Mask:
    """Takes out of a text what is nobody else's business."""

    def __init__(self, box):
        words = []
        for row in SCHEMA:
            value = str(box.settings[row[KEY]])
            if row[SECRET] and value:
                words.append((value, "(secret)"))
        made_up = box.access.made_up
        if made_up:
            words += [(made_up, "(secret)"), (made_up.replace("-", ""), "(secret)")]
        if len(box.settings["WIFI_SSID"]) > 2:
            words.append((box.settings["WIFI_SSID"], "(network)"))
        for session in box.status.sessions:
            for number in (session.ev_mac, session.evccid):
                text = status_module.hex_text(number)
                if text and len(text) > 6:
                    # The first half names the maker of the car's modem, which helps.
                    words.append((text, text[:6] + "x" * (len(text) - 6)))
        self._words = words

    def __call__(self, text):
        for word, instead in self._words:
            text = text.replace(word, instead)
        return text


def _setting_line(row, box):
    value = box.settings[row[KEY]]
    if row[SECRET] or row[KEY] == "WIFI_SSID":
        value = "(set)" if value else "(not set)"
    elif row[KEY] == "SMARTEVSE_URL":
        value = value.split("?", 1)[0]
    return "%s = %s   (%s)\n" % (row[KEY], value, box.settings.source(row[KEY]))


def diagnostics_pieces(box):
    """A text file with all that helps to find a fault, and no secret."""
    mask = Mask(box)
    status = box.status
    yield "%s %s, running for %d s\n" % (status_module.PRODUCT, status_module.VERSION, status.uptime.seconds)
    yield "Passwords and the name of the network are left out, addresses of cars cut.\n"
    yield "The raw frames are not in here: /capture.pcap.\n"
    for name, content in (
        ("system", box.system),
        ("stage", [status.stage(), status.headline(), status.modem_status, status.secc_stage]),
        ("causes", status.causes()),
        ("modem", api.modem_document(box.loop.modem, box.firmware)),
        ("session counts", getattr(box.loop.secc, "counts", None)),
        ("smartevse", api.smartevse_document(box.smartevse)),
        ("wifi", box.wifi.document()),
        ("loop", api.loop_document(box.loop)),
        ("web", box.web_counts()),
        ("self-test", api.self_test_document(box)),
        ("frames", {"kept": box.frames.kept, "dropped": box.frames.dropped}),
        ("reading", status_module.reading_document(status.reading, status.age_s())),
    ):
        yield "\n[%s]\n%s\n" % (name, mask(json.dumps(content)))
    yield "\n[sessions]\n"
    for session in status.sessions:
        yield mask(json.dumps(status_module.session_document(session, status.uptime.seconds))) + "\n"
    yield "\n[timeline]\n"
    for seconds, millis, number, text in status.timeline:
        yield mask("%d.%03d %d %s\n" % (seconds, millis, number, text))
    yield "\n[settings]\n"
    for row in SCHEMA:
        yield _setting_line(row, box)
    for text in error_texts(box.settings):
        yield mask(text) + "\n"
    yield "\n[log] %d lines dropped\n" % box.log.dropped
    batch = ""
    for count, record in enumerate(box.log.records(), 1):
        batch += "%d.%03d %s %s %s\n" % record[1:]
        if count % LINES_A_PIECE == 0:
            yield mask(batch)
            batch = ""
    yield mask(batch)


def backup_pieces(keeper, with_secrets):
    """The settings as a JSON file that people can read: one line each."""
    yield '{\n  "kind": "%s",\n  "version": "%s",\n  "settings": {' % (BACKUP_KIND, status_module.VERSION)
    backup = keeper.backup(with_secrets)
    between = "\n"
    for row in SCHEMA:
        if row[KEY] in backup:
            yield '%s    "%s": %s' % (between, row[KEY], json.dumps(backup[row[KEY]]))
            between = ",\n"
    yield "\n  }\n}\n"


def toml_pieces(keeper, with_secrets):
    """settings.toml as it would be with everything in it."""
    batch = ""
    for count, line in enumerate(keeper.toml_lines(with_secrets), 1):
        batch += line + "\n"
        if count % ROWS_A_PIECE == 0:
            yield batch
            batch = ""
    yield batch


class Downloads:
    """Handlers of the files."""

    def __init__(self, box):
        self._box = box

    def pcap(self, request):
        """GET /capture.pcap"""
        box = self._box
        pieces = pcap_pieces(box.frames, box.uptime, box.ticks())
        return answers.Pieces(request, pieces, PCAP_TYPE, "socbox.pcap")

    def diagnostics(self, request):
        """GET /diagnostics.txt"""
        return answers.Pieces(request, diagnostics_pieces(self._box), answers.TEXT, "socbox-diagnostics.txt")

    def backup(self, request, with_secrets=False):
        """GET /api/backup"""
        pieces = backup_pieces(self._box.keeper, with_secrets)
        return answers.Pieces(request, pieces, answers.JSON, "socbox-settings.json")

    def toml(self, request, with_secrets=False):
        """GET /settings.toml"""
        pieces = toml_pieces(self._box.keeper, with_secrets)
        return answers.Pieces(request, pieces, answers.TEXT, "settings.toml")
