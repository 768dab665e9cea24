# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Files for the owner to download: frames for Wireshark, the settings. Only a backup that was requested with the
password contains secrets.

All are made in pieces while they are sent.
"""

import json
import struct

from plc import mme_slac

from appliance.base.version import VERSION
from appliance.settings import copies
from appliance.settings.schema import KEY, SCHEMA
from appliance.web import responses
from appliance.web.bodies import fields_of, text_of
from appliance.web.router import refused_password

FRAMES_A_PIECE = 8
ROWS_A_PIECE = 6

PCAP_TYPE = "application/vnd.tcpdump.pcap"
_PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def pcap_pieces(ring):
    """A capture file of the frames in ``ring``; its times count from the start of the box (1970 for Wireshark). Where a
    frame has a network's key the file has zeros."""
    yield _PCAP_HEADER
    batch = []
    for seconds, millis, _direction, frame in ring.frames():
        batch.append(struct.pack("<IIII", seconds, millis * 1000, len(frame), len(frame)))
        batch.append(mme_slac.without_key(frame))
        if len(batch) == 2 * FRAMES_A_PIECE:
            yield b"".join(batch)
            batch = []
    if batch:
        yield b"".join(batch)


def backup_pieces(keeper, with_secrets):
    """The settings as a JSON file that people can read: one line each."""
    yield '{\n  "kind": "%s",\n  "version": "%s",\n  "settings": {' % (copies.BACKUP_KIND, VERSION)
    backup = copies.backup(keeper, with_secrets)
    between = "\n"
    for row in SCHEMA:
        if row[KEY] in backup:
            yield '%s    "%s": %s' % (between, row[KEY], json.dumps(backup[row[KEY]]))
            between = ",\n"
    yield "\n  }\n}\n"


def toml_pieces(keeper, with_secrets):
    """settings.toml as it would be with everything in it."""
    batch = ""
    for count, line in enumerate(copies.toml_lines(keeper, with_secrets), 1):
        batch += line + "\n"
        if count % ROWS_A_PIECE == 0:
            yield batch
            batch = ""
    yield batch


class Downloads:
    """Handlers of the files. ``frames`` is a FrameRing, ``keeper`` has the settings, ``access`` knows the password."""

    def __init__(self, frames, keeper, access):
        self._frames = frames
        self._keeper = keeper
        self._access = access

    def pcap(self, request):
        """GET /capture.pcap"""
        return responses.streamed(request, pcap_pieces(self._frames), PCAP_TYPE, "socbox.pcap")

    def backup(self, request, with_secrets=False):
        """GET /api/backup"""
        pieces = backup_pieces(self._keeper, with_secrets)
        return responses.streamed(request, pieces, responses.JSON, "socbox-settings.json")

    def toml(self, request, with_secrets=False):
        """GET /settings.toml"""
        pieces = toml_pieces(self._keeper, with_secrets)
        return responses.streamed(request, pieces, responses.TEXT, "settings.toml")

    def secret_file(self, request):
        """POST /api/backup: {"password": ..., "file": "json" or "toml"}: with the secrets in it."""
        fields = fields_of(request)
        if not self._access.admits(text_of(fields.get("password")) or "", request.client_address[0]):
            return refused_password(self._access, request)
        if fields.get("file") == "toml":
            return self.toml(request, True)
        return self.backup(request, True)
