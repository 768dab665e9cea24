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

What writes is in ``writing``, which whoever saves loads then.
"""

import binascii
import json
import struct

DIRECTORY = "/saved"
NAME = "settings.bin"
PLACES = ("1", "2", "3", "4")

_PAGE = 4096
RECORD = 8192
RECORD_AT = _PAGE
SIZE = RECORD_AT + RECORD + _PAGE
MAGIC = b"SBX1"
# magic, number, length of the content, CRC-32 of number, length and content
HEAD = "<4sIII"
HEAD_SIZE = 16
# Nothing could be newer than a record with it.
NO_NUMBER = 0xFFFFFFFF

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


def unpacked(record):
    """(number, entries) of a record that is whole, else None."""
    if len(record) < HEAD_SIZE:
        return None
    magic, number, length, check_sum = struct.unpack_from(HEAD, record, 0)
    if magic != MAGIC or number == NO_NUMBER or length > len(record) - HEAD_SIZE:
        return None
    content = bytes(memoryview(record)[HEAD_SIZE : HEAD_SIZE + length])
    if check_sum_of(number, content) != check_sum:
        return None
    try:
        entries = json.loads(str(content, "utf-8"))
    except (ValueError, RuntimeError):
        # A check sum that is right by accident, or a record of a later version.
        return None
    if not isinstance(entries, list) or not all(is_entry(entry) for entry in entries):
        return None
    return number, [whole_entry(entry) for entry in entries]


def is_entry(entry):
    """True for a list of key, text, text or None, and what a later version may have put behind these."""
    if not isinstance(entry, (list, tuple)) or len(entry) < 3:
        return False
    key, text, old = entry[:3]
    return isinstance(key, str) and isinstance(text, str) and (old is None or isinstance(old, str))


def whole_entry(entry):
    """Its three texts, without halves of characters."""
    key, text, old = entry[:3]
    return joined_surrogates(key), joined_surrogates(text), None if old is None else joined_surrogates(old)


def check_sum_of(number, content):
    """CRC-32 of what a record has."""
    return binascii.crc32(content, binascii.crc32(struct.pack("<II", number, len(content)))) & 0xFFFFFFFF


class Store:
    """The entries on flash. ``root`` is the drive's root as a path without the last slash, ``remount`` is
    ``storage.remount`` (None: the drive can be written as it is)."""

    def __init__(self, root, remount, tell):
        self.directory = root + DIRECTORY
        self.remount = remount
        self.tell = tell
        self.newest = None
        self.number = 0

    def path(self, place):
        """Its file."""
        return "%s/%s/%s" % (self.directory, place, NAME)

    def read(self):
        """The saved entries, [] when there are none. Raises nothing."""
        best = None
        for place in PLACES:
            found = self.read_record(place)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
                self.newest = place
        if best is None:
            return []
        self.number = best[0]
        return best[1]

    def read_record(self, place):
        """(number, entries), or None."""
        try:
            with open(self.path(place), "rb") as file:
                file.seek(RECORD_AT)
                return unpacked(file.read(RECORD))
        except OSError:
            return None
