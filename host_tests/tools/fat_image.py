# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Builds a FAT12 volume in memory: the same files give the same bytes, on any computer at any time.

    sector  0          boot sector, no partition table
            1 ...      one FAT
            ...        root directory
            ...        clusters of 512 bytes: first the directories, then the files, each in one run

Every name is stored long, beside a numbered short one. There is no clock in it: a file's date is made from its
content, so that a browser that keeps a page by size and date notices every change.
"""

import binascii
import struct

SECTOR = 512
# One, because a drive of some two hundred small files wastes half a cluster with each.
CLUSTER_SECTORS = 1
CLUSTER = SECTOR * CLUSTER_SECTORS
PAGE = 4096
ROOT_ENTRIES = 64
ENTRY = 32
# With more clusters a volume is FAT16 by definition.
MOST_CLUSTERS = 4084
_END_OF_CHAIN = 0xFFF
_LETTERS_AN_ENTRY = 13
_DIRECTORY, _ARCHIVE, _LONG = 0x10, 0x20, 0x0F


class _Folder:
    def __init__(self):
        self.entries = {}
        self.cluster = 0
        self.count = 0

    def folder(self, name):
        return self.entries.setdefault(name, _Folder())


def build(files, label="SOCBOX"):
    """The volume with ``files`` ({"lib/appliance/box.py": bytes}), padded to whole pages of 4 kB."""
    root = _Folder()
    for path in sorted(files):
        if not path.isascii():
            raise ValueError(f"{path}: the device reads names in a code page of its own")
        *folders, name = path.split("/")
        folder = root
        for part in folders:
            folder = folder.folder(part)
        folder.entries[name] = files[path]
    chain = _Chain()
    _place_folders(root, chain)
    content = {}
    placed = {}
    for path in sorted(files):
        placed[path] = chain.take(len(files[path]))
        content[placed[path]] = files[path]
    _fill_folders(root, None, placed, "", content)
    return _volume(chain, content, _root_sectors(root, placed, label), label)


class _Chain:
    """The FAT while it grows: every run is taken from the end."""

    def __init__(self):
        self.entries = [0xFF8, _END_OF_CHAIN]

    def take(self, size):
        """First cluster of a run for ``size`` bytes; 0 for an empty file."""
        count = -(-size // CLUSTER)
        first = len(self.entries)
        for number in range(count):
            self.entries.append(first + number + 1 if number + 1 < count else _END_OF_CHAIN)
        return first if count else 0


def _place_folders(folder, chain):
    for name in sorted(folder.entries):
        inner = folder.entries[name]
        if isinstance(inner, _Folder):
            slots = 2 + sum(_entries_of(inside) for inside in inner.entries)
            inner.cluster = chain.take(slots * ENTRY)
            inner.count = slots
            _place_folders(inner, chain)


def _entries_of(name):
    return 1 + -(-len(name) // _LETTERS_AN_ENTRY)


def _fill_folders(folder, parent, placed, path, content):
    for name in sorted(folder.entries):
        inner = folder.entries[name]
        if isinstance(inner, _Folder):
            _fill_folders(inner, folder, placed, path + name + "/", content)
    if parent is not None:
        up = parent.cluster
        dots = _short(b".          ", _DIRECTORY, folder.cluster, 0, 0)
        dots += _short(b"..         ", _DIRECTORY, up, 0, 0)
        content[folder.cluster] = dots + _listing(folder, placed, path)


def _root_sectors(root, placed, label):
    listing = _short(label.ljust(11).encode("ascii"), 0x08, 0, 0, 0) + _listing(root, placed, "")
    if len(listing) > ROOT_ENTRIES * ENTRY:
        raise ValueError("too many files in the root directory")
    return listing.ljust(ROOT_ENTRIES * ENTRY, b"\0")


def _listing(folder, placed, path):
    listing = b""
    for number, name in enumerate(sorted(folder.entries)):
        inner = folder.entries[name]
        short = b"F%07d%-3s" % (number, name.rpartition(".")[2][:3].upper().encode("ascii"))
        listing += _long(name, short)
        if isinstance(inner, _Folder):
            listing += _short(short, _DIRECTORY, inner.cluster, 0, 0)
        else:
            listing += _short(
                short, _ARCHIVE, placed[path + name], len(inner), binascii.crc32(name.encode() + inner)
            )
    return listing


def _long(name, short):
    """The entries that spell a name, last piece first, as they stand before the short one."""
    check = 0
    for octet in short:
        check = ((check & 1) << 7 | check >> 1) + octet & 0xFF
    letters = name.encode("utf-16-le")
    count = _entries_of(name) - 1
    if len(letters) // 2 < count * _LETTERS_AN_ENTRY:
        letters += b"\0\0"
    letters = letters.ljust(count * _LETTERS_AN_ENTRY * 2, b"\xff")
    entries = b""
    for number in range(count, 0, -1):
        piece = letters[(number - 1) * 26 : number * 26]
        order = number | (0x40 if number == count else 0)
        entries += struct.pack(
            "<B10sBBB12sH4s", order, piece[:10], _LONG, 0, check, piece[10:22], 0, piece[22:]
        )
    return entries


def _short(name, attributes, cluster, size, mark):
    # Any day from 1990 to 2089 and any even second of it.
    date = (10 + mark % 100) << 9 | (1 + mark // 100 % 12) << 5 | 1 + mark // 1200 % 28
    time = (mark >> 8) % 24 << 11 | (mark >> 13) % 60 << 5 | (mark >> 19) % 30
    return struct.pack("<11sBBBHHHHHHHI", name, attributes, 0, 0, 0, 0, 0, 0, time, date, cluster, size)


def _volume(chain, content, root, label):
    clusters = len(chain.entries) - 2
    fat_sectors = -(-(clusters + 2) * 3 // 2 // SECTOR) + 1
    head = 1 + fat_sectors + len(root) // SECTOR
    total = head + clusters * CLUSTER_SECTORS
    # Clusters that fill up to a whole page belong to nobody.
    total += -total % (PAGE // SECTOR)
    if (total - head) // CLUSTER_SECTORS > MOST_CLUSTERS:
        raise ValueError("too much for a FAT12 volume")
    image = bytearray(total * SECTOR)
    image[:SECTOR] = _boot_sector(total, fat_sectors, label)
    image[SECTOR : SECTOR + fat_sectors * SECTOR] = _packed(chain.entries).ljust(fat_sectors * SECTOR, b"\0")
    image[(1 + fat_sectors) * SECTOR : head * SECTOR] = root
    for cluster, data in content.items():
        if cluster:
            start = (head + (cluster - 2) * CLUSTER_SECTORS) * SECTOR
            image[start : start + len(data)] = data
    return bytes(image)


def _packed(entries):
    """12 bits each, two in three bytes."""
    packed = bytearray()
    for low, high in zip(entries[::2], entries[1::2] + [0] * (len(entries) % 2), strict=True):
        packed += (low | high << 12).to_bytes(3, "little")
    return bytes(packed)


def _boot_sector(total, fat_sectors, label):
    sector = struct.pack(
        "<3s8sHBHBHHBHHHII",
        b"\xeb\x3c\x90",
        b"SOCBOX  ",
        SECTOR,
        CLUSTER_SECTORS,
        1,
        1,
        ROOT_ENTRIES,
        total,
        0xF8,
        fat_sectors,
        1,
        1,
        0,
        0,
    )
    sector += struct.pack(
        "<BBBI11s8s", 0x80, 0, 0x29, 0x50B0CB0C, label.ljust(11).encode("ascii"), b"FAT12   "
    )
    return sector.ljust(SECTOR - 2, b"\0") + b"\x55\xaa"
