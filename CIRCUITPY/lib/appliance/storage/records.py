# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where the box keeps what was saved on its web page, so that a power cut loses no more than the save that it cuts.

Flash is erased and written in pages of 4 kB; a cut in between loses the page. Creating, growing or replacing a file
writes FAT and root directory, whose pages have the entries of other files. So there are four files that never change
their length, made once (``preallocate``), each in a directory of its own:

    /saved/1/settings.bin ... /saved/4/settings.bin:    pad 4 kB | record 8 kB | pad 4 kB

Four and not two, because closing a file rewrites its directory with a new date, and a cut then loses the file as well.
Records are written in turn, never over the newest. Each has a number and a check sum; the intact one with the highest
number counts. Because of the pads no page of a record or a directory has anything else in it, at whatever cluster the
file begins.

While a PC has mounted the drive nothing can be written, and the page says so. Writing is in ``writing``, which is loaded
for a save.
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
# The highest number; no record could be newer than one with it.
NO_NUMBER = 0xFFFFFFFF

PC_HAS_THE_DRIVE = (
    "A computer has the CIRCUITPY drive. Eject it there and save again, or edit settings.toml on the drive."
)


class StoreError(Exception):
    """Nothing was saved; the text tells the owner why."""


def joined_surrogates(text):
    """``text`` with each pair of surrogates as one character: the device's JSON reader keeps \\ud83d\\ude00 as two."""
    try:
        if b"\xed" not in text.encode("utf-8"):
            # No character from U+D000 to the last surrogate, as in nearly every text.
            return text
    except UnicodeError:
        # CPython raises UnicodeError for a surrogate.
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
    """(number, entries) of an intact record, else None."""
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
        # The check sum is right by accident, or the record is of a later version.
        return None
    if not isinstance(entries, list) or not all(is_entry(entry) for entry in entries):
        return None
    return number, [whole_entry(entry) for entry in entries]


def is_entry(entry):
    """True for a list of key, text, text or None; a later version may have more items after these."""
    if not isinstance(entry, (list, tuple)) or len(entry) < 3:
        return False
    key, text, old = entry[:3]
    return isinstance(key, str) and isinstance(text, str) and (old is None or isinstance(old, str))


def whole_entry(entry):
    """The three texts of an entry, without halves of characters."""
    key, text, old = entry[:3]
    return joined_surrogates(key), joined_surrogates(text), None if old is None else joined_surrogates(old)


def check_sum_of(number, content):
    """CRC-32 of a record's number, length and content."""
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
        """The path of the file number ``place``."""
        return "%s/%s/%s" % (self.directory, place, NAME)

    def read(self):
        """The saved entries; [] if there are none. Raises nothing."""
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
        """(number, entries) of the record in file number ``place``, or None."""
        try:
            with open(self.path(place), "rb") as file:
                file.seek(RECORD_AT)
                return unpacked(file.read(RECORD))
        except OSError:
            return None
