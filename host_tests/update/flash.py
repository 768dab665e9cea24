# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The flash under the CIRCUITPY drive, at the level of its pages; runs on MicroPython, under its FatFs.

NOR flash: `erase` sets a page of 4 kB to ones, `program` can only clear bits, and a program that would have to set one
is an error. The firmware writes a sector of 512 bytes by reading its page, erasing it and programming all of it
(ports/espressif/supervisor/internal_flash.c of CircuitPython): one cycle for all sectors of a call that lie in the
same page. `journal` keeps every cycle, so that each can be cut afterwards.
"""

PAGE = 4096
SECTOR = 512
PER_PAGE = PAGE // SECTOR
_ERASED = b"\xff" * PAGE


class NotErased(Exception):
    """A bit would have to go from 0 to 1 without an erase."""


class Nor:
    """Pages by number; one that was never touched is erased."""

    def __init__(self, pages=None):
        self.pages = {} if pages is None else pages

    def page(self, number):
        return self.pages.get(number, _ERASED)

    def erase(self, number):
        self.pages[number] = _ERASED

    def program(self, number, data):
        before = self.page(number)
        if before is not _ERASED and before != _ERASED:
            for at in range(PAGE):
                if data[at] & ~before[at]:
                    raise NotErased(number)
        self.pages[number] = bytes(data)


class Flash:
    """A block device for FatFs. `shift`: sectors between the start of a flash page and sector 0 of the volume."""

    def __init__(self, sectors, shift=0, nor=None):
        self.nor = Nor() if nor is None else nor
        self.sectors = sectors
        self.shift = shift
        # (page, content, first sector, number of sectors) of every cycle, None while nothing is kept.
        self.journal = None

    def readblocks(self, block, buffer, _offset=0):
        view = memoryview(buffer)
        at = 0
        block += self.shift
        while at < len(view):
            number, inside = divmod(block, PER_PAGE)
            count = min(PER_PAGE - inside, (len(view) - at) // SECTOR)
            page = memoryview(self.nor.page(number))
            view[at : at + count * SECTOR] = page[inside * SECTOR : (inside + count) * SECTOR]
            at += count * SECTOR
            block += count
        return 0

    def writeblocks(self, block, buffer, _offset=0):
        view = memoryview(buffer)
        at = 0
        while at < len(view):
            number, inside = divmod(block + self.shift, PER_PAGE)
            count = min(PER_PAGE - inside, (len(view) - at) // SECTOR)
            cache = bytearray(self.nor.page(number))
            cache[inside * SECTOR : (inside + count) * SECTOR] = view[at : at + count * SECTOR]
            self.nor.erase(number)
            self.nor.program(number, cache)
            if self.journal is not None:
                self.journal.append((number, bytes(cache), block, count))
            at += count * SECTOR
            block += count
        return 0

    def ioctl(self, operation, _argument):
        if operation == 4:
            return self.sectors
        return SECTOR if operation == 5 else 0


def cuts(nor, journal):
    """Walk through a journal on `nor`, which holds the flash before it; gives (cycle, moment) at each cut.

    Moments: 0 before the erase, 1 after it, 2 after the program; between two cycles 2 of the one is 0 of the next.
    """
    for cycle in range(len(journal)):
        number, content = journal[cycle][0], journal[cycle][1]
        yield cycle, 0
        nor.erase(number)
        yield cycle, 1
        nor.program(number, content)
        yield cycle, 2
