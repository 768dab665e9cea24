# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The supply fails at every single write of the drive: before the erase, after it, after the program.

`run_cuts.py` runs the device's own code on the FatFs of MicroPython, above a model of the flash, and judges what the
next start would find. What was written where is checked here, with a reader of FAT volumes that shares nothing with it.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from host_tests.interpreter import micropython
from host_tests.tools import bundle
from host_tests.twin.fat_volume import SECTOR, Volume
from host_tests.update import flash

RUN = Path(__file__).with_name("run_cuts.py")
PATHS = (micropython.ROOT / "CIRCUITPY", micropython.LIBRARY, micropython.ROOT)
VERSIONS = ("0.2.0", "0.3.0", "0.4.0")
OURS = ("saved/", "updates/")
SAVES = 12


def small(version):
    """A bundle that is whole in every respect but small, so that many cuts take little time."""
    files = bundle.drive_files(version=version)
    return bundle.update(
        {path: data for path, data in files.items() if "version" in path or "/plc/t" in path}
    )


def full(version):
    return bundle.update(bundle.drive_files(version=version))


class Run:
    """One run of `run_cuts.py` and what it found."""

    def __init__(self, folder, shift, holes, updates, rooms=True):
        drive = folder / "drive"
        for name, data in bundle.drive_files().items():
            if not name.startswith(("www/", "lib/v2g/")):
                path = drive / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        for name in bundle.libraries(bundle.drive_files()):
            (drive / "lib" / f"{name}.py").write_bytes(b"")
        paths = []
        for number, data in enumerate(updates):
            paths.append(folder / f"{number}.update")
            paths[-1].write_bytes(data)
        done = micropython.run(
            RUN, folder, shift, int(holes), int(rooms), drive, *paths, heap="400M", timeout_s=600, paths=PATHS
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.facts = json.loads((folder / "facts.json").read_text())
        self.shift = shift
        self.base = (folder / "base.bin").read_bytes()
        self.journal = [line.split() for line in (folder / "journal.txt").read_text().splitlines()]
        (folder / "base.bin").unlink()

    def owners(self):
        start = self.shift * SECTOR

        def read(first, count):
            return self.base[start + first * SECTOR : start + (first + count) * SECTOR]

        return Volume(read).owners()

    def cut_count(self, words=("save", "update")):
        return sum(
            sum(found.values())
            for what, found in self.facts.items()
            if what.startswith(words) and isinstance(found, dict)
        )

    def check(self, versions):
        """Old or new, never neither; nobody else's sector written, nor in a page that was erased."""
        for number in range(1, SAVES):
            found = set(self.facts[f"save {number}"])
            assert found == {f"lib n{number - 1}", f"lib n{number}"}, found
        for turn, version in enumerate(versions):
            old = "lib" if turn == 0 else versions[turn - 1]
            last = f"n{SAVES - 1}"
            assert set(self.facts[f"update {turn}"]) == {f"{old} {last}", f"{version} {last}"}
        assert self.facts["blocks written by starts"] == 0
        assert self.facts["foreign files whole"]
        assert self.facts["again"] == versions[0]
        owners = self.owners()
        written, erased = set(), set()
        for what, page, block, count in self.journal:
            if what != "room":
                written |= {owners.get(sector) for sector in range(int(block), int(block) + int(count))}
                first = int(page) * flash.PER_PAGE - self.shift
                erased |= {owners.get(sector) for sector in range(first, first + flash.PER_PAGE)}
        assert {path for path in written if not str(path).startswith(OURS)} == set(), "written"
        foreign = {path for path in erased if path is not None and not path.startswith(OURS)}
        assert foreign == set(), "a page with something else in it was erased"
        assert not {
            path for path in written if path.startswith("updates/") and not path.endswith("image.bin")
        }

    def tell(self, figures, what):
        figures(f"power cuts, {what}: {self.cut_count()} in saves and updates, each time old or new whole")
        room = [found for name, found in self.facts.items() if name.startswith("room for")]
        if room:
            tried = sum(sum(found.values()) for found in room)
            lost = sum(found.get("lost", 0) for found in room)
            figures(f"power cuts while room is made, once: {tried}, of which {lost} damage the drive")


def test_every_cut_on_a_drive_full_of_holes(tmp_path, figures):
    run = Run(tmp_path, 1, True, [small(version) for version in VERSIONS])
    run.check(VERSIONS)
    run.tell(figures, "small updates on a drive full of holes")
    assert run.cut_count() > 250


def test_every_cut_of_an_update_in_full_size(tmp_path, figures):
    run = Run(tmp_path, 0, False, [full("0.2.0")], rooms=False)
    run.check(["0.2.0"])
    run.tell(figures, "an update in full size")
    assert run.cut_count() > 1000


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("shift", range(8))
@pytest.mark.parametrize("holes", [False, True])
def test_every_cut_wherever_the_volume_begins(tmp_path, figures, shift, holes):
    run = Run(tmp_path, shift, holes, [full("0.2.0"), full("0.3.0")])
    run.check(["0.2.0", "0.3.0"])
    run.tell(figures, f"volume {shift} sectors behind a page, holes: {holes}")


# ---- the model can fail


def test_a_program_without_an_erase_is_an_error():
    nor = flash.Nor()
    nor.program(3, bytes(flash.PAGE))
    nor.program(3, bytes(flash.PAGE))
    with pytest.raises(flash.NotErased):
        nor.program(3, b"\x01" * flash.PAGE)
    nor.erase(3)
    nor.program(3, b"\x01" * flash.PAGE)


def test_a_sector_is_written_by_a_cycle_of_its_page():
    device = flash.Flash(64, shift=1)
    device.writeblocks(0, bytes(range(256)) * 2)
    device.journal = []
    device.writeblocks(5, b"a" * 512 * 4)
    assert [(page, block, count) for page, _, block, count in device.journal] == [(0, 5, 2), (1, 7, 2)]
    found = bytearray(512)
    device.readblocks(0, found)
    assert found == bytes(range(256)) * 2, "what else lies in the page is written again"
    nor = flash.Nor(dict(device.nor.pages))
    states = [(cycle, moment, nor.page(1)[:1]) for cycle, moment in flash.cuts(nor, device.journal)]
    assert [state[:2] for state in states] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    assert states[4][2] == b"\xff" and states[5][2] == b"a"


# Defects of the kind that the cuts are there to find: file, text, what it becomes.
PLANTED = {
    "the newest record is overwritten": (
        "lib/appliance/storage/writing.py",
        "if place != store.newest and (best is None or number < lowest):",
        "if best is None or number > lowest:",
    ),
    "the file is closed after each slice": (
        "lib/appliance/update/receiver.py",
        "        self._file.write(data)\n",
        "        self._file.write(data)\n        self._file.flush()\n",
    ),
    "a file that grows": (
        "lib/appliance/update/receiver.py",
        "        self._file.write(data)\n",
        "        self._file.write(data)\n        self._file.seek(2097152)\n        self._file.write(data)\n",
    ),
    "no ballast on a drive full of holes": (
        "lib/appliance/storage/preallocate.py",
        "_grow(ballast, min(free - wanted, _MOST_BALLAST), ())",
        "_grow(ballast, 0, ())",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_defect_is_found(tmp_path, name, monkeypatch):
    path, old, new = PLANTED[name]
    planted = tmp_path / "drive"
    shutil.copytree(micropython.LIBRARY.parent, planted, ignore=shutil.ignore_patterns("__pycache__"))
    text = (planted / path).read_text()
    assert text.count(old) == 1
    (planted / path).write_text(text.replace(old, new))
    monkeypatch.setattr(sys.modules[__name__], "PATHS", (planted, planted / "lib", micropython.ROOT))
    folder = tmp_path / "run"
    folder.mkdir()
    with pytest.raises(AssertionError):
        Run(folder, 1, "holes" in name, [small("0.2.0")], rooms=False).check(["0.2.0"])
