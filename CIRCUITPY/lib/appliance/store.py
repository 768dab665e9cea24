# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where the box keeps what was saved on its web page, so that no power cut takes more than the cut save itself.

Flash is erased and written in pages of 4 kB, and a cut between the two loses all of a page. A file that is
created, grows or is replaced writes to FAT and directory, where a page holds the entries of other files. So
there is one file in a directory of its own, created once, which never changes its length:

    pad 4 kB | record A 8 kB | pad 4 kB | record B 8 kB | pad 4 kB

Records are written in turns, the older one first; each has a number and a check sum, and the whole one with the
higher number counts. The pads keep pages that a record shares with its neighbours empty of anything else,
whatever cluster the file begins at.

The drive belongs to a PC while one has it mounted: then nothing can be written here, and the owner is told.
"""

import binascii
import json
import os
import struct

DIRECTORY = "/saved"
NAME = "/settings.bin"

_PAGE = 4096
_RECORD = 8192
_PLACES = (_PAGE, _PAGE + _RECORD + _PAGE)
_SIZE = _PLACES[1] + _RECORD + _PAGE
_MAGIC = b"SBX1"
# magic, number, length of the content, CRC-32 of number, length and content
_HEAD = "<4sIII"
_HEAD_SIZE = 16

PC_HAS_THE_DRIVE = (
    "A computer has the CIRCUITPY drive. Eject it there and save again, or edit settings.toml on the drive."
)


class StoreError(Exception):
    """Nothing was saved; the text tells the owner why."""


def joined_surrogates(text):
    """``text`` with pairs of surrogates made one character: the device's JSON reader leaves \\ud83d\\ude00 as two."""
    try:
        if b"\xed" not in text.encode("utf-8"):
            # No letter from U+D000 on to the end of the surrogates: almost every text leaves here.
            return text
    except UnicodeError:
        # CPython's way to say that there is a surrogate.
        pass
    result, high = "", 0
    for letter in text:
        code = ord(letter)
        if 0xD800 <= code < 0xDC00:
            high = code
        elif high and 0xDC00 <= code < 0xE000:
            result += chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00)
            high = 0
        elif not 0xDC00 <= code < 0xE000:
            result += letter
            high = 0
    return result


def packed(number, entries):
    """A record: ``entries`` are (key, text, text in settings.toml or None). ValueError when it is too long."""
    content = json.dumps([list(entry) for entry in entries]).encode("utf-8")
    if len(content) > _RECORD - _HEAD_SIZE:
        raise ValueError("too much to save")
    return struct.pack(_HEAD, _MAGIC, number, len(content), _check_sum(number, content)) + content


def unpacked(record):
    """(number, entries) of a record that is whole, else None."""
    if len(record) < _HEAD_SIZE:
        return None
    magic, number, length, check_sum = struct.unpack_from(_HEAD, record, 0)
    if magic != _MAGIC or length > len(record) - _HEAD_SIZE:
        return None
    content = bytes(memoryview(record)[_HEAD_SIZE : _HEAD_SIZE + length])
    if _check_sum(number, content) != check_sum:
        return None
    try:
        entries = json.loads(str(content, "utf-8"))
        return number, [(key, joined_surrogates(text), _or_none(old)) for key, text, old in entries]
    except (ValueError, TypeError):
        # A check sum that is right by accident, or a record of a later version.
        return None


def _or_none(text):
    return None if text is None else joined_surrogates(text)


def _check_sum(number, content):
    return binascii.crc32(content, binascii.crc32(struct.pack("<II", number, len(content)))) & 0xFFFFFFFF


class Store:
    """The entries on flash. ``root`` is the drive's root as a path without the last slash, ``remount`` is
    ``storage.remount`` (None: the drive can be written as it is)."""

    def __init__(self, root, remount, tell):
        self._directory = root + DIRECTORY
        self._path = self._directory + NAME
        self._remount = remount
        self._tell = tell
        self._number = 0
        self._place = 1

    def read(self):
        """The saved entries, [] when there are none. Raises nothing."""
        best = None
        for place in (0, 1):
            found = self._read_record(place)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
                self._place = place
        if best is None:
            return []
        self._number = best[0]
        return best[1]

    def _read_record(self, place):
        try:
            with open(self._path, "rb") as file:
                file.seek(_PLACES[place])
                return unpacked(file.read(_RECORD))
        except OSError:
            return None

    def write(self, entries):
        """Save ``entries``; takes 0.1 s, the first time 1 s. Raises StoreError."""
        try:
            record = packed(self._number + 1, entries)
        except ValueError as error:
            raise StoreError(str(error))
        try:
            self._open_drive(False)
        except RuntimeError:
            raise StoreError(PC_HAS_THE_DRIVE)
        place = 1 - self._place
        try:
            self._create()
            with open(self._path, "r+b") as file:
                file.seek(_PLACES[place])
                file.write(record)
                file.flush()
        except OSError as error:
            raise StoreError("the drive cannot be written: %s" % error)
        finally:
            self._open_drive(True)
        if self._read_record(place) is None:
            raise StoreError("what was written could not be read back")
        self._number += 1
        self._place = place

    def _open_drive(self, readonly):
        if self._remount is not None:
            self._remount("/", readonly)

    def _create(self):
        """Make directory and file unless they are there: the only time that FAT and root directory are written."""
        try:
            if os.stat(self._path)[6] == _SIZE:
                return
        except OSError:
            pass
        self._tell("making %s, once: please leave the power on" % self._path)
        try:
            os.mkdir(self._directory)
        except OSError:
            # It is there; if not, the next line tells.
            pass
        page = bytes(_PAGE)
        with open(self._path, "wb") as file:
            for _ in range(_SIZE // _PAGE):
                file.write(page)
