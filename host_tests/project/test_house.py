# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The house of the device code holds, and each of its rules catches what it is for."""

import subprocess
import sys
from pathlib import Path

import pytest

from host_tests.checks import house

ROOT = Path(__file__).resolve().parents[2]
DRIVE = ROOT / "CIRCUITPY"
NONE = {}


def drive_with(directory, files):
    """A drive of a few files: {place: text}."""
    for place, text in files.items():
        path = directory / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def rules_of(directory, files, exceptions=NONE):
    return [finding[2] for finding in house.findings(drive_with(directory, files), exceptions)]


def test_the_device_code_keeps_the_rules_of_the_house():
    done = subprocess.run(
        [sys.executable, "-m", "host_tests.checks.house"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_make_lint_asks_the_house():
    makefile = (ROOT / "Makefile").read_text()
    lint = makefile[makefile.index("\nlint:") :].split("\n\n")[0]
    assert "host_tests.checks.house" in lint


# (what is wrong, where it stands, its code, the module it names)
DIRECTIONS = (
    ("up", "lib/appliance/network/station.py", "from appliance.web import server", "lib/appliance/web/server.py"),
    ("up, in a function", "lib/appliance/base/text.py", "def f():\n    import appliance.box", "lib/appliance/box.py"),
    ("up, from below the box", "lib/v2g/exi.py", "from appliance.base.text import x", "lib/appliance/base/text.py"),
    ("up, by a name in a table", "lib/appliance/state/log.py", 'T = ("appliance.jobs",)', "lib/appliance/jobs.py"),
    ("sideways", "lib/appliance/web/actions.py", "import appliance.update.files", "lib/appliance/update/files.py"),
    ("a file of the root", "lib/appliance/web/actions.py", "import recovery", "recovery.py"),
    ("a room without a row", "lib/appliance/attic/old.py", "x = 1", "lib/appliance/jobs.py"),
)


@pytest.mark.parametrize(("place", "code", "other"), [row[1:] for row in DIRECTIONS], ids=[row[0] for row in DIRECTIONS])
def test_an_import_against_the_one_way_is_found(tmp_path, place, code, other):
    assert rules_of(tmp_path, {place: code, other: ""}) == ["one-way"]


def test_imports_that_go_down_or_stay_in_the_room_are_fine(tmp_path):
    files = {
        "lib/appliance/box.py": "from appliance.web import server\nimport survival",
        "lib/appliance/web/server.py": "from appliance.web import router\nimport slots\nfrom plc.ticks import expired",
        "lib/appliance/web/router.py": "import appliance.network.link",
        "lib/appliance/network/link.py": "from v2g import exi",
        "lib/v2g/exi.py": "from plc import ticks",
        "lib/plc/ticks.py": "",
        "slots.py": "",
        "survival.py": "",
    }
    assert rules_of(tmp_path, files) == []


@pytest.mark.parametrize("code", ("def make(box): return box", "class A:\n    def f(self): return self._box.log"))
def test_a_part_that_is_handed_the_box_is_found(tmp_path, code):
    assert rules_of(tmp_path / "below", {"lib/appliance/web/server.py": code}) == ["handed-box"]
    assert rules_of(tmp_path / "wiring", {"lib/appliance/box_pages.py": code}) == []


LONG = "def f(a):\n" + "    a += 1\n" * 39
LIMITS = (
    ("lines", "x = 1\n" * 500, "x = 1\n" * 501),
    ("function", LONG, LONG + "    return a\n"),
    (
        "constructor",
        "class A:\n    def __init__(self, a, b, c, d, e, f): pass",
        "class A:\n    def __init__(self, a, b, c, d, e, *, f, g): pass",
    ),
    (
        "imports",
        "".join(f"from v2g import m{number}\n" for number in range(12)),
        "".join(f"from v2g import m{number}\n" for number in range(13)),
    ),
)


@pytest.mark.parametrize(("rule", "kept", "broken"), LIMITS, ids=[row[0] for row in LIMITS])
def test_each_limit_is_where_it_says(tmp_path, rule, kept, broken):
    others = {f"lib/v2g/m{number}.py": "" for number in range(13)}
    place = "lib/v2g/exi.py"
    assert rules_of(tmp_path / "kept", {**others, place: kept}) == []
    assert rules_of(tmp_path / "broken", {**others, place: broken}) == [rule]


def test_a_docstring_is_not_counted_as_length_of_a_function(tmp_path):
    text = LONG.replace("(a):\n", '(a):\n    """One.\n\n    Two.\n    """\n')
    assert rules_of(tmp_path, {"lib/v2g/exi.py": text}) == []


def test_an_exception_excuses_one_place_and_is_noticed_when_it_is_needed_no_more(tmp_path):
    exceptions = {("lines", "lib/v2g/exi.py"): "a reason"}
    assert rules_of(tmp_path, {"lib/v2g/exi.py": "x = 1\n" * 501}, exceptions) == []
    findings = house.findings(drive_with(tmp_path, {"lib/v2g/exi.py": ""}), exceptions)
    assert findings == [("lib/v2g/exi.py", 0, "lines", "an exception that is needed no more")]


def test_every_exception_has_a_reason():
    assert all(len(reason) > 10 for reason in house.EXCEPTIONS.values())
