# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Flash cycles of what the box does with its drive; runs on MicroPython, whose FatFs is the one of CircuitPython.

    run_cycles.py OUT        writes {operation: cycles} as JSON

The volume is that of a 16 MB board, and its sector 0 is the first of a flash page, as on the board.
"""

import json
import os
import sys

import vfs
from appliance.storage.preallocate import reserve

from host_tests.update.flash import Flash

SECTORS = (11968 + 2048) * 2
ROOT = "/d"
SLOT = 1024 * 1024
RECORD = 16384


class Counted:
    """A drive; `counted(name, work)` notes the cycles that `work()` takes."""

    def __init__(self):
        self.flash = Flash(SECTORS - 8, 0)
        vfs.VfsFat.mkfs(self.flash)
        vfs.mount(vfs.VfsFat(self.flash), ROOT)
        self.found = {}

    def counted(self, name, work):
        self.flash.journal = []
        work()
        self.found[name] = len(self.flash.journal)
        self.flash.journal = None


def write(path, size, mode="wb", at=0):
    with open(ROOT + path, mode) as file:
        if at:
            file.seek(at)
        file.write(bytes(size))


def operations(drive):
    """The same steps that test_flash_cycles.py has the twin do."""
    yield "a directory", lambda: os.mkdir(ROOT + "/one")
    yield "a file of 100 bytes", lambda: write("/one/small.txt", 100)
    yield "a file of 10 kB", lambda: write("/one/large.txt", 10240)
    yield "the file of 100 bytes again", lambda: write("/one/small.txt", 100)
    yield "room for a slot", lambda: reserve(ROOT + "/updates", [("a", "image.bin", SLOT, (0,))])
    slot = open(ROOT + "/updates/a/image.bin", "r+b")  # noqa: SIM115 - closing it is counted
    slot.seek(4096)
    yield "a slice of 8 kB", lambda: slot.write(bytes(8192))
    yield "the next slice of 8 kB", lambda: slot.write(bytes(8192))
    yield "closing the slot", slot.close
    yield "room for records", lambda: reserve(ROOT + "/saved", [(n, "settings.bin", RECORD, (4096,)) for n in "12"])
    yield "a record of 512 bytes", lambda: write("/saved/1/settings.bin", 512, "r+b", 4096)
    yield "a record of 3 kB", lambda: write("/saved/1/settings.bin", 3072, "r+b", 4096)
    yield "a record of 8 kB", lambda: write("/saved/2/settings.bin", 8192, "r+b", 4096)
    yield "a file removed", lambda: os.remove(ROOT + "/one/large.txt")


def main(out):
    drive = Counted()
    drive.found["cluster"] = os.statvfs(ROOT)[0]
    for name, work in operations(drive):
        drive.counted(name, work)
    with open(out, "w") as file:
        json.dump(drive.found, file)


if __name__ == "__main__":
    main(sys.argv[1])
