# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where the files of a drive lie in flash: which page of 4 kB a write erases, and who else lives in it.

    sector 0      1 ... 28   29 ... 60        61 ...
    boot          FAT        root directory   clusters of 2 kB, so that every second one spans two pages

The volume is the one that the firmware makes on a 16 MB board with extended storage: one FAT of 16 bits, 512 entries
in the root. Clusters are taken as FatFs takes them, the next free one after the last. test_flash_cycles.py has the
same work done by FatFs itself and compares the erase cycles.
"""

import itertools

SECTOR = 512
PAGE_SECTORS = 8
CLUSTER_SECTORS = 4
CLUSTER = CLUSTER_SECTORS * SECTOR
FAT_AT = 1
ROOT_AT = 29
DATA_AT = 61
PER_FAT_SECTOR = SECTOR // 2
# user_fs of a 16 MB board, 11968 kB, extended over the second firmware slot of 2 MB, less what lies before the data.
CLUSTERS = ((11968 + 2048) * 2 - DATA_AT) // CLUSTER_SECTORS
ROOT_PAGE = ROOT_AT // PAGE_SECTORS


class Full(Exception):
    """No free cluster."""


def page_of(sector):
    return sector // PAGE_SECTORS


def sector_of(cluster):
    """The first sector of a cluster; clusters count from 0 here."""
    return DATA_AT + cluster * CLUSTER_SECTORS


def fat_page(cluster):
    """The page of the FAT entry of a cluster (FatFs counts clusters from 2)."""
    return page_of(FAT_AT + (cluster + 2) // PER_FAT_SECTOR)


def crossings(clusters):
    """How often a chain goes on in another sector of the FAT."""
    sectors = [(cluster + 2) // PER_FAT_SECTOR for cluster in clusters]
    return sum(1 for one, other in itertools.pairwise(sectors) if one != other)


class Layout:
    """Chains of clusters by host path. `directory`: the drive on the host; files that appear there get clusters."""

    def __init__(self, directory):
        self._directory = directory
        self._chains = {}
        self._owner = [None] * CLUSTERS
        self._last = -1

    def follow(self):
        """Take note of what a PC or a test has put on the drive or taken from it."""
        there = {}
        for path in sorted(self._directory.rglob("*")):
            if "__pycache__" not in path.parts:
                there[path] = CLUSTER if path.is_dir() else path.stat().st_size
        for path in [path for path in self._chains if path not in there]:
            self.free(path)
        for path, size in there.items():
            try:
                self.extend(path, size)
            except Full:
                # More than the drive could hold: it is full.
                return

    def chain(self, path):
        return self._chains.get(path, [])

    def extend(self, path, size):
        """Give a file clusters for `size` bytes; gives the new ones with the last old one before them. Full."""
        chain = self._chains.setdefault(path, [])
        wanted = -(-size // CLUSTER) - len(chain)
        before = chain[-1:]
        new = []
        for _ in range(wanted):
            cluster = self._next_free()
            self._owner[cluster] = path
            chain.append(cluster)
            new.append(cluster)
        return before + new if new else []

    def _next_free(self):
        for step in range(1, CLUSTERS + 1):
            cluster = (self._last + step) % CLUSTERS
            if self._owner[cluster] is None:
                self._last = cluster
                return cluster
        raise Full

    def cut(self, path, size):
        """Give back what a file does not need for `size` bytes; gives those clusters."""
        chain = self._chains.get(path, [])
        keep = -(-size // CLUSTER)
        gone = chain[keep:]
        del chain[keep:]
        for cluster in gone:
            self._owner[cluster] = None
        return gone

    def free(self, path):
        gone = self.cut(path, 0)
        self._chains.pop(path, None)
        return gone

    def move(self, old, new):
        """Another name: clusters stay."""
        for path in [path for path in self._chains if path == old or old in path.parents]:
            renamed = new / path.relative_to(old) if path != old else new
            chain = self._chains.pop(path)
            self._chains[renamed] = chain
            for cluster in chain:
                self._owner[cluster] = renamed

    @property
    def free_clusters(self):
        return self._owner.count(None)

    def directory_page(self, path):
        """The page of the entry of a file or directory, as far as the first sector of its directory goes."""
        chain = self._chains.get(path.parent)
        return page_of(sector_of(chain[0])) if chain else ROOT_PAGE

    def pieces(self, path, low, high):
        """(page, low, high) of each cycle that writing these bytes of a file takes: FatFs ends at every cluster."""
        chain = self._chains[path]
        at = low
        while at < high:
            cluster, inside = divmod(at, CLUSTER)
            sector = sector_of(chain[cluster]) + inside // SECTOR
            end_of_page = at - at % SECTOR + (PAGE_SECTORS - sector % PAGE_SECTORS) * SECTOR
            end = min(high, (cluster + 1) * CLUSTER, end_of_page)
            yield page_of(sector), at, end
            at = end

    def living_in(self, page):
        """(path, offset, length) of every file that has sectors in a page; a directory as far as its entries go."""
        first = page * PAGE_SECTORS
        for sector in range(max(first, DATA_AT), first + PAGE_SECTORS):
            cluster, inside = divmod(sector - DATA_AT, CLUSTER_SECTORS)
            path = self._owner[cluster] if cluster < CLUSTERS else None
            if path is not None:
                yield path, self._chains[path].index(cluster) * CLUSTER + inside * SECTOR, SECTOR
