# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Copies this version onto a mounted CIRCUITPY drive: `python -m host_tests.tools.deploy [DRIVE]` (or `make deploy`).

Finds the drive by its name, writes only files that differ, removes those of our own folders that this version no longer
has, and never touches `saved`, `updates`, or a settings.toml with a setting of the box in it. files.json is written last,
so that a copy that was cut off is noticed by the box. Where the publisher's key is (`publisher_key`), its public half comes
along as publisher.pem; without one the drive keeps the publisher.pem that it has. Then circup installs the libraries; it
needs a network, `--no-circup` leaves it out.

A drive that CircuitPython has just made has a settings.toml already, an empty one (supervisor/shared/filesystem.c
filesystem_init), and the installer on its page writes lines for CircuitPython itself. Such a file is replaced by the one
for a new box, as long as nothing was saved on the box's page, and the network in it is taken over.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from host_tests.tools import bundle, publisher_key

OURS = ("lib/appliance", "lib/plc", "lib/v2g", "www")
PLACES = (
    "/media/*/CIRCUITPY",
    "/media/CIRCUITPY",
    "/run/media/*/CIRCUITPY",
    "/Volumes/CIRCUITPY",
    "/mnt/CIRCUITPY",
)


def find_drive():
    """The mounted drive, or None."""
    for pattern in PLACES:
        for path in sorted(Path("/").glob(pattern.lstrip("/"))):
            if path.is_dir():
                return path
    return None


def first_settings(there):
    """settings.toml for a drive that holds `there` (bytes, or None) under that name; None when that is an owner's."""
    try:
        lines = tomllib.loads((there or b"").decode("utf-8-sig"))
    except ValueError:
        return None
    if any(not key.startswith("CIRCUITPY_") for key in lines):
        return None
    text = (bundle.DRIVE / "settings.toml").read_text()
    for key in ("WIFI_SSID", "WIFI_PASSWORD"):
        value = lines.get("CIRCUITPY_" + key)
        if isinstance(value, str):
            text = text.replace(f'\n{key} = ""\n', f"\n{key} = {json.dumps(value, ensure_ascii=False)}\n")
    return text.encode()


def copy(drive, files):
    """Bring the drive to `files`; gives ([written], [removed])."""
    files = dict(files)
    listing = bundle.listing(files)
    written, removed = [], []
    settings = drive / "settings.toml"
    first = first_settings(settings.read_bytes() if settings.exists() else None)
    # A line that was not there when a value was saved on the page is the later edit, and would win.
    if first is not None and not (settings.exists() and (drive / "saved").exists()):
        files["settings.toml"] = first
    for folder in OURS:
        for path in sorted((drive / folder).rglob("*")):
            name = path.relative_to(drive).as_posix()
            if path.is_file() and name not in files:
                path.unlink()
                removed.append(name)
    for name in sorted(files):
        path = drive / name
        if not path.exists() or path.read_bytes() != files[name]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
            written.append(name)
    (drive / bundle.LIST).write_bytes(listing)
    if hasattr(os, "sync"):
        os.sync()
    return written, removed


def run_circup(drive):
    """Install the libraries; gives circup's exit status."""
    program = Path(sys.executable).with_name("circup")
    command = [str(program) if program.exists() else shutil.which("circup") or "circup"]
    command += ["--path", str(drive), "install", "-r", str(bundle.ROOT / "requirements.txt")]
    try:
        return subprocess.run(command, check=False).returncode
    except OSError:
        print("circup is not installed: pip install circup", file=sys.stderr)
        return 1


def main(arguments):
    """Copy; gives the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("drive", type=Path, nargs="?", help="where the drive is mounted")
    options.add_argument("--key", type=Path, metavar="FILE", help="the publisher's, instead of the usual one")
    options.add_argument("--no-circup", action="store_true", help="leave the libraries alone")
    chosen = options.parse_args(arguments)
    drive = chosen.drive or find_drive()
    if drive is None or not drive.is_dir():
        print(
            "No drive named CIRCUITPY is mounted here. Name the folder: make deploy ARGS=/path",
            file=sys.stderr,
        )
        return 1
    try:
        key = publisher_key.chosen_key(chosen.key)
    except publisher_key.NoKey as error:
        print(error, file=sys.stderr)
        return 1
    written, removed = copy(drive, bundle.drive_files() | bundle.public_half(key))
    print(f"{drive}: {len(written)} files written, {len(removed)} removed")
    if chosen.no_circup:
        return 0
    status = run_circup(drive)
    if status:
        print("circup did not succeed: the libraries in requirements.txt must be in lib/.", file=sys.stderr)
    print("Eject the drive, then press RESET on the board.")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
