# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Notices if a version was copied to the drive only in part: compares the drive with files.json, one file at a time.

files.json comes with the zip and with `make deploy`; each line is a file: path, size, CRC-32, SHA-256.
"""

import binascii
import json
import os

NAME = "/files.json"
START_S = 20
MOST_NAMED = 4
_PIECE = 4096


def check_sum_of(path):
    """CRC-32 of a file. slots.py has its own function, because it may be older than this file and uses nothing of lib/."""
    check_sum = 0
    piece = bytearray(_PIECE)
    view = memoryview(piece)
    with open(path, "rb") as file:
        while True:
            count = file.readinto(piece)
            if not count:
                return check_sum & 0xFFFFFFFF
            check_sum = binascii.crc32(view[:count], check_sum)


class Files:
    """Slow piece. ``done(paths, text)`` gets the files that are missing or of another version."""

    def __init__(self, root, uptime, done):
        self._root = root
        self._uptime = uptime
        self._done = done
        self._at = 0
        self._faulty = []
        self.finished = False

    def due(self, _now):
        """True while files are left."""
        return not self.finished and self._uptime.seconds >= START_S

    def run(self, _now):
        """Check one file."""
        line = self._next_line()
        if line is None:
            self.finished = True
            if self._faulty:
                self._done(self._faulty, text_of(self._faulty))
        elif line.startswith("["):
            self._check(json.loads(line.rstrip(",\r\n")))

    def _next_line(self):
        """A line of files.json; None at its end, or without such a file (copied from the source tree)."""
        try:
            with open(self._root + NAME) as file:
                file.seek(self._at)
                line = file.readline()
                self._at = file.tell()
        except OSError:
            return None
        return line or None

    def _check(self, row):
        path, size, check_sum = row[0], row[1], row[2]
        try:
            whole = os.stat(self._root + "/" + path)[6] == size
            whole = whole and check_sum_of(self._root + "/" + path) == check_sum
        except OSError:
            whole = False
        if not whole:
            self._faulty.append(path)


def text_of(names):
    """A sentence for the page."""
    more = " and %d more" % (len(names) - MOST_NAMED) if len(names) > MOST_NAMED else ""
    return "Copied to the drive only in part, or changed there: %s%s." % (", ".join(names[:MOST_NAMED]), more)
