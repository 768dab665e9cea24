# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The supply fails at every single write of the diary: before the erase, after it, after the program (run_diary_cuts.py)."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from host_tests.interpreter import micropython

RUN = Path(__file__).with_name("run_diary_cuts.py")
PATHS = (micropython.ROOT / "CIRCUITPY", micropython.LIBRARY, micropython.ROOT)


def run(folder, shift=1):
    out = folder / "facts.json"
    done = micropython.run(RUN, out, shift, heap="400M", timeout_s=280, paths=PATHS)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(out.read_text())


def listed(last, times=False):
    """What the list has after reading `last`; readings are numbered from 1 and their charges from 0."""
    return " ".join(f"{number + 1}:{number}{'t' if times else ''}" for number in range(last, -1, -1))


def check(facts):
    outcomes = facts["outcomes"]
    for number in range(1, 14):
        assert set(outcomes[f"reading {number}"]) == {listed(number - 1), listed(number)}
    assert set(outcomes["reading 5, mending"]) <= {listed(4), listed(5)}
    assert set(outcomes["date"]) == {listed(13), listed(13, True)}
    assert set(outcomes["delete"]) == {listed(13, True), ""}
    assert set(outcomes["wipe"]) == {""}
    assert facts["foreign files whole"]


@pytest.mark.parametrize("shift", [1] + [pytest.param(shift, marks=pytest.mark.soak) for shift in (0, 2, 3, 4, 5, 6, 7)])
def test_every_cut_leaves_old_or_new_and_loses_nothing_else_on_the_drive(tmp_path, figures, shift):
    facts = run(tmp_path, shift)
    check(facts)
    cycles = facts["cycles"]
    assert cycles["reading"] <= 6
    count = sum(sum(found.values()) for found in facts["outcomes"].values())
    figures(f"diary, volume {shift} sectors behind a page: {count} power cuts, old or new each time; erase cycles {cycles}")


# Defects of the kind that the cuts are there to find: file, text, what it becomes.
PLANTED = {
    "one file only": (
        "diary/ring.py",
        'return "%s/%s/%s" % (self._directory, COPIES[copy], NAME)',
        'return "%s/%s/%s" % (self._directory, COPIES[0], NAME)',
    ),
    "nothing is mended": ("diary/diary.py", "                self._differing.append(sector)\n", "                pass\n"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_defect_is_found(tmp_path, name, monkeypatch):
    path, old, new = PLANTED[name]
    planted = tmp_path / "drive"
    shutil.copytree(micropython.LIBRARY.parent, planted, ignore=shutil.ignore_patterns("__pycache__"))
    file = planted / "lib" / "appliance" / path
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    monkeypatch.setattr(sys.modules[__name__], "PATHS", (planted, planted / "lib", micropython.ROOT))
    folder = tmp_path / "run"
    folder.mkdir()
    with pytest.raises((AssertionError, KeyError)):
        check(run(folder))
