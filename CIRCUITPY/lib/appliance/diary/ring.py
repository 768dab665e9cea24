# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The diary on flash: a ring of records in two files of fixed length, which are made once and then only overwritten.

    /diary/1/diary.bin, /diary/2/diary.bin:    pad 4 kB | head 512 | 112 sectors of 4 records of 128 bytes | pad 4 kB

A power cut between erasing and writing loses a page of 4 kB, 32 records; closing a file rewrites its directory, and a cut
then loses the file. So each record is written to the first file, then to the second, and what one of them has lost is
restored from the other before anything else is written. The check sum of a record covers the head's salt. With another
salt all records are void: that is how the diary is deleted, and why nothing counts that was on the flash before.
Records are numbered from 1 on; the number gives the place.
"""

import binascii
import struct

from appliance.storage import preallocate

DIRECTORY = "/diary"
NAME = "diary.bin"
COPIES = ("1", "2")
PAGE = 4096
SECTOR = 512
RECORD = 128
A_SECTOR = SECTOR // RECORD
SECTORS = 112
ROOM = SECTORS * A_SECTOR
BODY = RECORD - 8
SIZE = PAGE + SECTOR + SECTORS * SECTOR + PAGE
# Sectors wiped by one write; must divide SECTORS.
WIPED_AT_ONCE = 4

_MAGIC = b"SBD1"
# magic, how often the diary was deleted, salt, 1 while deleted entries must still be wiped, CRC-32 of all before it
_HEAD = "<4sI8sI"
_HEAD_SIZE = 20


def _crc(data, start=0):
    return binascii.crc32(data, start) & 0xFFFFFFFF


class Head:
    """The first sector. ``salt`` is bytes, None in a diary that is not there."""

    def __init__(self, deletions, salt, unwiped):
        self.deletions = deletions
        self.salt = salt
        self.unwiped = unwiped

    def sector(self):
        """As it lies on flash."""
        data = struct.pack(_HEAD, _MAGIC, self.deletions, self.salt, self.unwiped)
        data += struct.pack("<I", _crc(data))
        return data + bytes(SECTOR - len(data))


def head_of(sector):
    """The Head in a sector that is whole, else None."""
    if len(sector) < _HEAD_SIZE + 4 or sector[:4] != _MAGIC:
        return None
    _, deletions, salt, unwiped = struct.unpack_from(_HEAD, sector, 0)
    if struct.unpack_from("<I", sector, _HEAD_SIZE)[0] != _crc(sector[:_HEAD_SIZE]):
        return None
    return Head(deletions, salt, unwiped)


def sector_of(number):
    """The sector of record ``number``; sector 0 is the head."""
    return 1 + (number - 1) // A_SECTOR % SECTORS


class Ring:
    """``root`` is the drive's root as a path without the last slash, ``remount`` as ``Drive.remount``."""

    def __init__(self, root, remount, random_bytes):
        self.head = Head(0, None, 0)
        self._directory = root + DIRECTORY
        self._remount = remount
        self._random_bytes = random_bytes

    def _path(self, copy):
        return "%s/%s/%s" % (self._directory, COPIES[copy], NAME)

    # ---- reading

    def open(self):
        """Read the head; False if there is no diary."""
        for copy in (0, 1):
            head = head_of(self.raw(copy, 0))
            if head is not None and (self.head.salt is None or head.deletions > self.head.deletions):
                self.head = head
        return self.head.salt is not None

    def raw(self, copy, sector):
        """A sector of one of the files (bytes); b"" if it cannot be read."""
        try:
            with open(self._path(copy), "rb") as file:
                file.seek(PAGE + sector * SECTOR)
                return file.read(SECTOR)
        except OSError:
            return b""

    def number_at(self, data, sector, place):
        """The number of the record at ``place`` (0 to 3) of a sector's ``data``, 0 when none is whole there."""
        start = place * RECORD
        if len(data) < start + RECORD or self.head.salt is None:
            return 0
        check_sum, number = struct.unpack_from("<II", data, start)
        if not number or sector_of(number) != sector or (number - 1) % A_SECTOR != place:
            return 0
        return number if check_sum == _crc(data[start + 4 : start + RECORD], _crc(self.head.salt)) else 0

    def sector(self, sector):
        """(data, True if the two files differ in valid records): a sector, each record from the file that has it."""
        first, second = self.raw(0, sector), self.raw(1, sector)
        if sector == 0:
            return self.head.sector(), not first == second == self.head.sector()
        data = bytearray(first)
        data.extend(bytes(SECTOR - len(data)))
        differs = False
        for place in range(A_SECTOR):
            start = place * RECORD
            mine, other = self.number_at(first, sector, place), self.number_at(second, sector, place)
            if other > mine:
                data[start : start + RECORD] = second[start : start + RECORD]
            same = first[start : start + RECORD] == second[start : start + RECORD]
            differs = differs or mine != other or (mine and not same)
        return bytes(data), bool(differs)

    def records(self, sector):
        """[(number, body)] of the whole records in a sector, the newest last."""
        return self.records_in(sector, self.sector(sector)[0])

    def records_in(self, sector, data):
        """The same of a sector's ``data``; sector 0 has none."""
        found = []
        for place in range(A_SECTOR):
            number = self.number_at(data, sector, place)
            if number:
                start = place * RECORD + 8
                found.append((number, data[start : start + BODY]))
        return found

    # ---- writing: each takes 0.1 s, one erase of the sectors' page and one of the directory's

    def with_record(self, number, body):
        """The sector of record ``number`` (bytes), with the record in its place."""
        data = struct.pack("<I", number) + body + bytes(BODY - len(body))
        record = struct.pack("<I", _crc(data, _crc(self.head.salt))) + data
        sector, _ = self.sector(sector_of(number))
        start = (number - 1) % A_SECTOR * RECORD
        return sector[:start] + record + sector[start + RECORD :]

    def write(self, copy, sector, data):
        """Write whole sectors to one of the files. Raises RuntimeError if a PC has the drive, and OSError."""
        self._remount("/", False)
        try:
            with open(self._path(copy), "r+b") as file:
                file.seek(PAGE + sector * SECTOR)
                file.write(data)
        finally:
            self._remount("/", True)

    def lacks_room(self):
        """True if a file is missing."""
        return not (preallocate.is_there(self._path(0), SIZE) and preallocate.is_there(self._path(1), SIZE))

    def make_room(self):
        """Make the missing files; takes up to 9 s. Raises RuntimeError, OSError, preallocate.NoRoom."""
        self._remount("/", False)
        try:
            if self.lacks_room():
                preallocate.reserve(self._directory, [(copy, NAME, SIZE, (PAGE,)) for copy in COPIES])
        finally:
            self._remount("/", True)
        if self.head.salt is None:
            self.head = Head(0, self._random_bytes(8), 0)

    def void(self):
        """Make every record void. Raises as ``write``; after an error the diary is as before, or void."""
        head = Head(self.head.deletions + 1, self._random_bytes(8), 1)
        self.write(0, 0, head.sector())
        self.head = head
        self.write(1, 0, head.sector())
