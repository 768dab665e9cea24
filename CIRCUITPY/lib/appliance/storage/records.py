# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where the box keeps what was saved on its web page, so that no power cut takes more than the cut save itself.

Flash is erased and written in pages of 4 kB, and a cut between the two loses all of a page. A file that is
created, grows or is replaced writes to FAT and root directory, where a page holds the entries of other files. So
there are four files that never change their length, made once (``room``), each in a directory of its own:

    /saved/1/settings.bin ... /saved/4/settings.bin:    pad 4 kB | record 8 kB | pad 4 kB

Four and not two, because closing a file rewrites its directory for a new date, and a cut in that moment loses the
file with it. Records are written in turns, never over the newest; each has a number and a check sum, and the
whole one with the highest number counts. The pads keep pages that a record or a directory shares with
its neighbours empty of anything else, whatever cluster the file begins at.

The drive belongs to a PC while one has it mounted: then nothing can be written here, and the page says so.
"""

import binascii
import json
import struct

DIRECTORY = "/saved"
NAME = "settings.bin"
PLACES = ("1", "2", "3", "4")

_PAGE = 4096
_SECTOR = 512
_RECORD = 8192
_RECORD_AT = _PAGE
_SIZE = _RECORD_AT + _RECORD + _PAGE
_MAGIC = b"SBX1"
# magic, number, length of the content, CRC-32 of number, length and content
_HEAD = "<4sIII"
_HEAD_SIZE = 16
# Nothing could be newer than a record with it.
_NO_NUMBER = 0xFFFFFFFF

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
    """A record: ``entries`` are (key, text, text in settings.toml or None). ValueError for what would not read back."""
    whole = 0 <= number < _NO_NUMBER and isinstance(entries, (list, tuple))
    if not whole or not all(_is_entry(entry) and _whole(entry) == tuple(entry) for entry in entries):
        raise ValueError("The settings contain a text that cannot be saved.")
    content = json.dumps([list(entry) for entry in entries]).encode("utf-8")
    if len(content) > _RECORD - _HEAD_SIZE:
        raise ValueError("These settings are too long to be saved together. Shorten some of their texts.")
    record = struct.pack(_HEAD, _MAGIC, number, len(content), _check_sum(number, content)) + content
    # Whole sectors go to flash directly, without a detour that would be written later.
    return record + bytes(-len(record) % _SECTOR)


def unpacked(record):
    """(number, entries) of a record that is whole, else None."""
    if len(record) < _HEAD_SIZE:
        return None
    magic, number, length, check_sum = struct.unpack_from(_HEAD, record, 0)
    if magic != _MAGIC or number == _NO_NUMBER or length > len(record) - _HEAD_SIZE:
        return None
    content = bytes(memoryview(record)[_HEAD_SIZE : _HEAD_SIZE + length])
    if _check_sum(number, content) != check_sum:
        return None
    try:
        entries = json.loads(str(content, "utf-8"))
    except (ValueError, RuntimeError):
        # A check sum that is right by accident, or a record of a later version.
        return None
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        return None
    return number, [_whole(entry) for entry in entries]


def _is_entry(entry):
    """True for a list of key, text, text or None, and what a later version may have put behind these."""
    if not isinstance(entry, (list, tuple)) or len(entry) < 3:
        return False
    key, text, old = entry[:3]
    return isinstance(key, str) and isinstance(text, str) and (old is None or isinstance(old, str))


def _whole(entry):
    key, text, old = entry[:3]
    return joined_surrogates(key), joined_surrogates(text), None if old is None else joined_surrogates(old)


def _check_sum(number, content):
    return binascii.crc32(content, binascii.crc32(struct.pack("<II", number, len(content)))) & 0xFFFFFFFF


class Store:
    """The entries on flash. ``root`` is the drive's root as a path without the last slash, ``remount`` is
    ``storage.remount`` (None: the drive can be written as it is)."""

    def __init__(self, root, remount, tell):
        self._directory = root + DIRECTORY
        self._remount = remount
        self._tell = tell
        self._newest = None
        self._number = 0

    def _path(self, place):
        return "%s/%s/%s" % (self._directory, place, NAME)

    def read(self):
        """The saved entries, [] when there are none. Raises nothing."""
        best = None
        for place in PLACES:
            found = self._read_record(place)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
                self._newest = place
        if best is None:
            return []
        self._number = best[0]
        return best[1]

    def _read_record(self, place):
        try:
            with open(self._path(place), "rb") as file:
                file.seek(_RECORD_AT)
                return unpacked(file.read(_RECORD))
        except OSError:
            return None

    def write(self, entries):
        """Save ``entries``; takes 0.15 to 0.4 s, the first time 9 s. Raises StoreError."""
        try:
            record = packed(self._number + 1, entries)
        except ValueError as error:
            raise StoreError(str(error))
        try:
            self._open_drive(False)
        except RuntimeError:
            raise StoreError(PC_HAS_THE_DRIVE)
        try:
            place = self._next_place()
            with open(self._path(place), "r+b") as file:
                file.seek(_RECORD_AT)
                file.write(record)
        except OSError as error:
            raise StoreError("the drive cannot be written: %s" % error)
        finally:
            self._open_drive(True)
        if self._read_record(place) is None:
            raise StoreError("what was written could not be read back")
        self._number += 1
        self._newest = place

    def _open_drive(self, readonly):
        if self._remount is not None:
            self._remount("/", readonly)

    def _next_place(self):
        """The place to write: not the newest, and of the others the oldest."""
        from appliance.storage import preallocate

        there = self._places_there(preallocate)
        if len(there) < 2:
            self._tell("making room in %s, only this once: please leave the power on" % self._directory)
            rows = [(place, NAME, _SIZE, (_RECORD_AT,)) for place in PLACES]
            try:
                preallocate.reserve(self._directory, rows)
            except preallocate.NoRoom as error:
                raise StoreError(str(error))
            there = self._places_there(preallocate)
        best, lowest = None, 0
        for place in there:
            found = self._read_record(place)
            number = 0 if found is None else found[0]
            if place != self._newest and (best is None or number < lowest):
                best, lowest = place, number
        return best

    def _places_there(self, preallocate):
        return [place for place in PLACES if preallocate.is_there(self._path(place), _SIZE)]


class NoStore:
    """Stands in when what is saved cannot be read: nothing was saved, and nothing can be."""

    def read(self):
        """No entries."""
        return []

    def write(self, _entries):
        """Raises StoreError."""
        raise StoreError("what was saved on this page cannot be read; the log says why")
