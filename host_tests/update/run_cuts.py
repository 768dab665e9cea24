# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Power cuts at every write of the drive; runs on MicroPython, whose FatFs is the one of CircuitPython.

    run_cuts.py OUT SHIFT HOLES ROOMS DRIVE BUNDLE...

The files of the folder DRIVE are put on a fresh volume of a 16 MB board. With HOLES = 1 it is a drive from which
every second of many small files was deleted. Then the device's own code makes room, saves settings and installs each
BUNDLE, while every cycle of the flash is noted. At each cut (with ROOMS = 0 not in the making of room) the drive is
mounted as after a restart, and judged: which version starts, which settings are read. OUT/facts.json gets the
counts, OUT/base.bin and OUT/journal.txt what an independent reader needs.
"""

import binascii
import json
import os
import sys

import slots
import survival
import vfs
from appliance.storage import records, writing
from appliance.update import receiver

from host_tests.update.flash import PAGE, Flash, Nor, cuts
from host_tests.update.owners_files import all_there, contents, make_holes

# user_fs of the 16 MB table, 11968 kB, extended over the second firmware slot of 2 MB.
SECTORS = (11968 + 2048) * 2
ROOT = "/d"
OURS = ("/saved", "/updates")
SAVES = 12


class Board:
    """One drive and what is done with it. `reset` is a restart: all that is not flash is gone."""

    def __init__(self, shift):
        self.flash = Flash(SECTORS - 8, shift)
        vfs.VfsFat.mkfs(self.flash)
        self.nvm = bytearray(8192)
        self.mounted = False
        self.mount()

    def mount(self):
        vfs.mount(vfs.VfsFat(self.flash), ROOT)
        self.mounted = True

    def reset(self):
        vfs.umount(ROOT)
        self.mount()
        survival._kept = survival.Survival(self.nvm, None, survival.POWER)
        slots.choose(ROOT)


def copy_files(folder, target):
    for entry in os.ilistdir(folder):
        name, kind = entry[0], entry[1]
        source, copy = folder + "/" + name, target + "/" + name
        if kind == 0x4000:
            os.mkdir(copy)
            copy_files(source, copy)
        else:
            with open(source, "rb") as file, open(copy, "wb") as written:
                written.write(file.read())


class Sums:
    """`binascii` as slots.py sees it: at every cut it sums up a whole image, of which at most one page is another one."""

    def __init__(self):
        self._known = {}

    def crc32(self, data, before=0):
        key = (bytes(data), before)
        if key not in self._known:
            self._known[key] = binascii.crc32(data, before)
        return self._known[key]


class Judge:
    """Looks at the drive after a cut, as the next start would."""

    def __init__(self, board, figures):
        self.board = board
        self.figures = figures

    def look(self, nor, everything):
        """What starts and which settings are read: ("0.2.0", "one"), or None for a drive that cannot be mounted."""
        flash = Flash(self.board.flash.sectors, self.board.flash.shift, nor)
        try:
            vfs.mount(vfs.VfsFat(flash), "/c")
        except OSError:
            return None
        try:
            if everything is not None and not all_there("/c", everything):
                return None
            kept = survival.Survival(bytearray(self.board.nvm), None, survival.POWER)
            picked = slots.pick(slots.Counts(kept), "/c")
            version = "lib" if picked.seal is None else picked.seal.version
            entries = records.Store("/c", None, None).read()
            return version, entries[0][1] if entries else ""
        finally:
            vfs.umount("/c")

    def cut_all(self, what, before, journal, everything=None):
        """Cut each cycle of a journal at its three moments; adds to the figures. `before`: the flash before it."""
        nor = Nor(dict(before))
        outcomes = self.figures.setdefault(what, {})
        key = None
        for _, moment in cuts(nor, journal):
            if moment or key is None:  # else nothing was written since
                seen = self.look(nor, everything)
                key = "lost" if seen is None else "%s %s" % seen
            outcomes[key] = outcomes.get(key, 0) + 1


def watched(board, work, *arguments):
    """Do something; gives (flash before, journal)."""
    before = dict(board.flash.nor.pages)
    board.flash.journal = []
    work(*arguments)
    journal, board.flash.journal = board.flash.journal, None
    return before, journal


def nothing(*_arguments):
    pass


def main(out, shift, holes, rooms, drive, *bundles):
    figures = {}
    lines = []

    def note(what, journal):
        for page, _, block, count in journal:
            lines.append("%s %d %d %d\n" % (what, page, block, count))

    slots.binascii = Sums()
    board = Board(int(shift))
    copy_files(drive, ROOT)
    if holes == "1":
        make_holes(ROOT, 120)
    everything = contents(ROOT, OURS)
    board.reset()
    judge = Judge(board, figures)

    # Settings: the first save makes room.
    saved = records.Store(ROOT, None, nothing)
    before, journal = watched(board, writing.write, saved, [("HOSTNAME", "n0", None)])
    if rooms == "1":
        judge.cut_all("room for settings", before, journal, everything)
    note("room", journal)
    for number in range(1, SAVES):
        saved = records.Store(ROOT, None, nothing)
        saved.read()
        before, journal = watched(board, writing.write, saved, [("HOSTNAME", "n%d" % number, None)] * (1 + number * 9))
        judge.cut_all("save %d" % number, before, journal, everything)
        note("save", journal)

    for turn, path in enumerate(bundles):
        with open(path, "rb") as file:
            data = file.read()
        updating = new_update()
        if turn == 0:
            before, journal = watched(board, updating.take, 0, data[:PAGE], ("room",))
            at = wiped(journal)
            if rooms == "1":
                judge.cut_all("room for updates", before, journal[:at], everything)
            note("room", journal[:at])
            pages = dict(before)
            for row in journal[:at]:
                pages[row[0]] = row[1]
            write_pages(out + "/base.bin", board, pages)
            before, rest = pages, journal[at:]
        else:
            before, rest = watched(board, updating.take, 0, data[:PAGE], ())
        journal = list(rest)
        for offset in range(PAGE, len(data), receiver.SLICE):
            piece = data[offset : offset + receiver.SLICE]
            journal += watched(board, updating.take, offset, piece, ())[1]
        journal += watched(board, updating.install, None)[1]
        judge.cut_all(
            "update %d" % turn, before, journal, everything if turn == 0 and len(data) < 200000 else None
        )
        note("update", journal)
        # What counts the starts writes no block of the drive.
        started = watched(board, start_and_prove, board)[1]
        figures.setdefault("blocks written by starts", 0)
        figures["blocks written by starts"] += len(started)
    figures["again"] = after_a_cut(board, bundles[0])
    figures["foreign files whole"] = contents(ROOT, OURS) == everything
    with open(out + "/journal.txt", "w") as file:
        file.write("".join(lines))
    with open(out + "/facts.json", "w") as file:
        json.dump(figures, file)


# A restart ends an update without closing its file. Collected here, it would be closed all the same.
_updates = []


def new_update():
    _updates.append(receiver.Update(slots, ROOT, nothing, "10.1.0", lambda: 3, nothing))
    return _updates[-1]


def wiped(journal):
    """Where the making of room ends: the last cycle of the first update's beginning wipes the seal."""
    return len(journal) - 1


def start_and_prove(board):
    board.reset()
    slots.started.counts.prove(slots.started.place, slots.started.seal)


def after_a_cut(board, path):
    """Updates go on after a cut in the middle of one: the version that is installed then."""
    with open(path, "rb") as file:
        data = file.read()
    board.reset()
    updating = new_update()
    updating.take(0, data[: 2 * PAGE], ("older",))
    board.reset()
    updating = new_update()
    for offset in range(0, len(data), receiver.SLICE):
        updating.take(offset, data[offset : offset + receiver.SLICE], ("older",))
    updating.install(None)
    board.reset()
    return slots.started.seal.version


def write_pages(path, board, pages):
    """The volume as a file: sector 0 first."""
    with open(path, "wb") as file:
        last = (board.flash.sectors + board.flash.shift) * 512 // PAGE + 1
        for number in range(last):
            page = pages.get(number, b"\xff" * PAGE)
            file.write(page)


main(*sys.argv[1:])
