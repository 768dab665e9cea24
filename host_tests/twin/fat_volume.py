# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Reads a FAT12 or FAT16 volume, sector by sector, for `storage.VfsFat` of the twin. Knows nothing of who made it."""

import struct

SECTOR = 512
_END = {12: 0xFF8, 16: 0xFFF8}


class NotFat(ValueError):
    """No FAT volume, or a broken one."""


class Volume:
    """`read_sectors(first, count) -> bytes`. `tree()` gives {path: bytes, or None for a directory}."""

    def __init__(self, read_sectors):
        self._read = read_sectors
        boot = read_sectors(0, 1)
        if boot[510:512] != b"\x55\xaa" or boot[0] not in (0xEB, 0xE9):
            raise NotFat("no boot sector")
        (size, per_cluster, reserved, fats, roots, small, _media, fat_sectors) = struct.unpack_from(
            "<HBHBHHBH", boot, 11
        )
        total = small or struct.unpack_from("<I", boot, 32)[0]
        if size != SECTOR or not per_cluster or not fats or not fat_sectors:
            raise NotFat("not a volume of 512 byte sectors")
        self._per_cluster = per_cluster
        self._root_at = reserved + fats * fat_sectors
        self._root_sectors = roots * 32 // SECTOR
        self._data_at = self._root_at + self._root_sectors
        self._reserved = reserved
        self._fat_sectors = fats * fat_sectors
        self._clusters = (total - self._data_at) // per_cluster
        # Clusters of every file and directory that was walked: path -> [cluster].
        self.chains = {}
        self._bits = 12 if self._clusters < 4085 else 16
        self._fat = read_sectors(reserved, fat_sectors)

    def _next(self, cluster):
        if self._bits == 16:
            return struct.unpack_from("<H", self._fat, cluster * 2)[0]
        pair = struct.unpack_from("<H", self._fat, cluster * 3 // 2)[0]
        return pair >> 4 if cluster & 1 else pair & 0xFFF

    def _chain(self, cluster, path):
        data = b""
        clusters = self.chains[path] = []
        for _ in range(self._clusters + 1):
            if not 2 <= cluster < self._clusters + 2:
                raise NotFat("a chain leads out of the volume")
            clusters.append(cluster)
            data += self._read(self._data_at + (cluster - 2) * self._per_cluster, self._per_cluster)
            cluster = self._next(cluster)
            if cluster >= _END[self._bits]:
                return data
        raise NotFat("a chain without an end")

    def tree(self):
        found = {}
        self._walk(self._read(self._root_at, self._root_sectors), "", found)
        return found

    def owners(self):
        """Whose each sector is: "boot", "FAT", "root", or a path; sectors of free clusters are left out."""
        self.tree()
        owners = dict.fromkeys(range(self._reserved), "boot")
        owners.update({self._reserved + sector: "FAT" for sector in range(self._fat_sectors)})
        owners.update({self._root_at + sector: "root" for sector in range(self._root_sectors)})
        for path, clusters in self.chains.items():
            for cluster in clusters:
                first = self._data_at + (cluster - 2) * self._per_cluster
                for sector in range(first, first + self._per_cluster):
                    if sector in owners:
                        raise NotFat(f"a sector belongs to {owners[sector]} and to {path}")
                    owners[sector] = path
        return owners

    def _walk(self, listing, path, found):
        long_name = {}
        for at in range(0, len(listing), 32):
            entry = listing[at : at + 32]
            if entry[0] == 0:
                return
            attributes = entry[11]
            if attributes == 0x0F:
                long_name[entry[0] & 0x3F] = entry[1:11] + entry[14:26] + entry[28:32]
                continue
            name = self._name(entry, long_name)
            long_name = {}
            if entry[0] in (0xE5, 0x2E) or attributes & 0x08:
                continue
            cluster, size = struct.unpack_from("<HI", entry, 26)
            if attributes & 0x10:
                found[path + name] = None
                self._walk(self._chain(cluster, path + name), path + name + "/", found)
            else:
                found[path + name] = self._chain(cluster, path + name)[:size] if size else b""

    @staticmethod
    def _name(entry, long_name):
        if long_name:
            letters = b"".join(long_name[order] for order in sorted(long_name))
            return letters.decode("utf-16-le", "replace").split("\0")[0]
        base = entry[:8].decode("ascii", "replace").rstrip()
        extension = entry[8:11].decode("ascii", "replace").rstrip()
        base = base.lower() if entry[12] & 0x08 else base
        extension = extension.lower() if entry[12] & 0x10 else extension
        return base + ("." + extension if extension else "")
