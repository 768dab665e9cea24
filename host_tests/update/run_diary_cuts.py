# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Power cuts at every write of the diary; runs on MicroPython, whose FatFs is the one of CircuitPython.

    run_diary_cuts.py OUT SHIFT        counts as JSON in OUT

On a drive full of holes the device's own diary makes room, writes entries, dates them, mends what a cut took and is
deleted, while every cycle of the flash is noted. At each cut the drive is mounted as after a restart, the diary comes to
rest there, and what it then has is judged, with every other file.
"""

import json
import sys

import vfs
from appliance.diary.diary import Diary
from appliance.diary.ring import Ring
from appliance.state.log import Uptime
from appliance.state.status import Session, Status
from v2g.reading import Reading

from host_tests.update.flash import Flash, Nor, cuts
from host_tests.update.owners_files import all_there, contents, make_holes

SECTORS = 8192
ROOT = "/d"
OURS = ("/diary",)
READINGS = 14
NOW_S = 1790000000
MAC = b"\2\xab\x34\xcd\x56\xef"


def remount(_path, _readonly):
    pass


class Box:
    """One run of a box with a diary below `root`."""

    def __init__(self, root, salt=b"12345678"):
        self.status = Status(Uptime(0), str)
        ring = Ring(root, remount, lambda count: salt)
        self.diary = Diary(ring, self.status, True, lambda: True, print_nothing, lambda: None)

    def plug_in(self, soc):
        self.status.uptime.seconds += 3600
        session = Session(MAC, self.status.uptime.seconds)
        session.end_s = session.start_s + 5
        session.reading = Reading("DIN 70121", MAC, MAC)
        session.reading.soc_percent = soc
        self.status.sessions.append(session)
        del self.status.sessions[:-8]
        self.status.changed()
        self.settle()

    def settle(self):
        while self.diary.due(0):
            self.diary.run(0)

    def found(self):
        """What the list has, as text: charges and, where they are known, times."""
        rows = []
        for entries in self.diary.sectors():
            for number, entry in entries or ():
                rows.append("%d:%d%s" % (number, entry.soc_percent, "" if entry.unix_s is None else "t"))
        return self.diary.fault + " ".join(rows)


def print_nothing(_text):
    pass


class Judge:
    """Cuts journals; ``outcomes`` are {what was done: {what a restart finds: how often}}."""

    def __init__(self, flash):
        self.flash = flash
        self.outcomes = {}
        self.everything = contents(ROOT, OURS)

    def watched(self, work, *arguments):
        before = dict(self.flash.nor.pages)
        self.flash.journal = []
        work(*arguments)
        journal, self.flash.journal = self.flash.journal, None
        return before, journal

    def look(self, pages):
        """(what a restart finds, the cycles of its mending) on a flash with ``pages``, which are not changed."""
        flash = Flash(self.flash.sectors, self.flash.shift, Nor(dict(pages)))
        try:
            vfs.mount(vfs.VfsFat(flash), "/c")
        except OSError:
            return "lost", []
        try:
            if not all_there("/c", self.everything):
                return "lost", []
            flash.journal = []
            box = Box("/c")
            box.settle()
            journal, flash.journal = flash.journal, None
            return box.found(), journal
        finally:
            vfs.umount("/c")

    def cut_all(self, what, before, journal, deeper=0):
        """Each cycle at its three moments; ``deeper``: of so many cuts that need mending the mending is cut as well."""
        outcomes = self.outcomes.setdefault(what, {})
        nor = Nor(dict(before))
        found = None
        for _, moment in cuts(nor, journal):
            if not moment and found is not None:  # nothing was written since
                outcomes[found] += 1
                continue
            found, mending = self.look(nor.pages)
            outcomes[found] = outcomes.get(found, 0) + 1
            if mending and deeper:
                deeper -= 1
                self.cut_all(what + ", mending", dict(nor.pages), mending)


def main(out, shift):
    flash = Flash(SECTORS, int(shift))
    vfs.VfsFat.mkfs(flash)
    vfs.mount(vfs.VfsFat(flash), ROOT)
    make_holes(ROOT, 60)
    judge = Judge(flash)
    box = Box(ROOT)
    box.settle()
    cycles = {}
    for number in range(READINGS):
        before, journal = judge.watched(box.plug_in, number)
        if number == 0:
            cycles["room"] = len(journal)
            continue
        cycles["reading"] = max(cycles.get("reading", 0), len(journal))
        judge.cut_all("reading %d" % number, before, journal, 2 if number == 5 else 0)
    box.status.uptime.tell_time(NOW_S, "ntp")
    before, journal = judge.watched(box.settle)
    cycles["date"] = len(journal)
    judge.cut_all("date", before, journal)
    before, journal = judge.watched(box.diary.delete)
    judge.cut_all("delete", before, journal)
    before, journal = judge.watched(box.settle)
    cycles["wipe"] = len(journal)
    judge.cut_all("wipe", before, journal[:40])
    whole = contents(ROOT, OURS) == judge.everything
    with open(out, "w") as file:
        json.dump({"cycles": cycles, "outcomes": judge.outcomes, "foreign files whole": whole}, file)


main(*sys.argv[1:])
