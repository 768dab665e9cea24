# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes what people install: `python -m host_tests.tools.bundle` (or `make bundle`) writes to dist/

    socbox-<version>.update    one file for the page /update, or for update_box.py
    socbox-<version>.zip       the files for the drive, to drag there; without settings.toml, which is the owner's
    settings.toml              for a new box

The same files give the same bytes. An update is a page of 4 kB with the manifest as JSON and a check sum of it, and then
a FAT volume (`fat_image`) that the box writes into a slot as it is and mounts. The list of all files with size
and SHA-256 is `files.json` in the volume and in the zip; `--list FILE` prints both.

`--out DIR` writes elsewhere, `--version V` makes a bundle of another version, for tests.
"""

import argparse
import binascii
import hashlib
import io
import json
import re
import sys
import zipfile
from pathlib import Path

from host_tests.tools import fat_image

ROOT = Path(__file__).resolve().parents[2]
DRIVE = ROOT / "CIRCUITPY"
KIND = "socbox update"
VERSION_FILE = "lib/appliance/version.py"
LIST = "files.json"
PAGE = 4096
CHECK = 9
# As the slots on the box: lib/appliance/slots.py.
MOST_IMAGE = 1280 * 1024
MOST_CHANGES = 1200
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def drive_files(drive=DRIVE, version=None):
    """{path: bytes} of everything that belongs on the drive but for settings.toml and what others put there."""
    files = {}
    for pattern in ("*.py", "lib/appliance/**/*", "lib/plc/**/*", "lib/v2g/**/*", "www/**/*", "app/*"):
        for path in drive.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                files[path.relative_to(drive).as_posix()] = path.read_bytes()
    if version is not None:
        files[VERSION_FILE] = re.sub(
            rb'(?m)^VERSION = "[^"]*"', b'VERSION = "%s"' % version.encode(), files[VERSION_FILE]
        )
    return files


def value_of(files, name):
    """A text of version.py."""
    return re.search(rb'(?m)^%s = "([^"]*)"' % name.encode(), files[VERSION_FILE]).group(1).decode()


def listing(files):
    """files.json: version, and path, size, CRC-32 and SHA-256 of every file."""
    rows = [
        [path, len(files[path]), binascii.crc32(files[path]), hashlib.sha256(files[path]).hexdigest()]
        for path in sorted(files)
    ]
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f'{{"version": "{value_of(files, "VERSION")}", "files": [\n{lines}\n]}}\n'.encode()


def libraries():
    """Names of the modules in requirements.txt, as they lie in lib/ of the drive."""
    names = []
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        name = line.partition("#")[0].strip()
        if name:
            name = name.removeprefix("adafruit-circuitpython-").replace("-", "_")
            names.append("adafruit_" + name.replace("connectionmanager", "connection_manager"))
    return names


def changes_of(version, changelog=None):
    """What CHANGELOG.md says of a version, shortened; "" when it says nothing."""
    text = changelog if changelog is not None else (ROOT / "CHANGELOG.md").read_text()
    section = re.search(rf"(?ms)^## \[?{re.escape(version)}\]?[^\n]*\n(.*?)(?=^## |\Z)", text)
    return section.group(1).strip()[:MOST_CHANGES] if section else ""


def update(files):
    """The bytes of an .update."""
    inside = {path: files[path] for path in files if path.startswith(("lib/", "www/"))}
    inside[LIST] = listing(inside)
    image = fat_image.build(inside)
    if len(image) > MOST_IMAGE:
        raise ValueError(f"{len(image)} bytes do not fit into a slot of {MOST_IMAGE}")
    manifest = {
        "kind": KIND,
        "product": value_of(files, "PRODUCT"),
        "version": value_of(files, "VERSION"),
        "circuitpython": value_of(files, "CIRCUITPYTHON"),
        "libraries": libraries(),
        "size": len(image),
        "crc32": binascii.crc32(image),
        "sha256": hashlib.sha256(image).hexdigest(),
        "files": len(inside),
        "changes": changes_of(value_of(files, "VERSION")),
    }
    head = json.dumps(manifest, indent=1).encode()
    return head_page(head) + image


def head_page(text):
    """A manifest as the page that begins an .update: JSON, spaces, CRC-32 of both in 8 digits, a line feed."""
    if len(text) > PAGE - CHECK:
        raise ValueError("the manifest does not fit into a page")
    text = text.ljust(PAGE - CHECK)
    return text + b"%08x\n" % binascii.crc32(text)


def archive(files):
    """The bytes of the zip."""
    files = dict(files)
    files[LIST] = listing(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            zipped.writestr(entry, files[path])
    return buffer.getvalue()


def manifest_of(data):
    """The manifest of an .update."""
    return json.loads(data[: PAGE - CHECK])


def main(arguments):
    """Write the files; gives the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, default=ROOT / "dist", metavar="DIR")
    options.add_argument("--version", help="make it say another version, for tests")
    options.add_argument("--list", type=Path, metavar="FILE", help="print the manifest of an .update")
    chosen = options.parse_args(arguments)
    if chosen.list:
        data = chosen.list.read_bytes()
        print(json.dumps(manifest_of(data), indent=2))
        start = data.index(b'{"version": "', PAGE)
        print(data[start : data.index(b"\n]}\n", start) + 3].decode())
        return 0
    files = drive_files(version=chosen.version)
    name = f"{value_of(files, 'PRODUCT')}-{value_of(files, 'VERSION')}"
    chosen.out.mkdir(parents=True, exist_ok=True)
    for file_name, data in (
        (f"{name}.update", update(files)),
        (f"{name}.zip", archive(files)),
        ("settings.toml", (DRIVE / "settings.toml").read_bytes()),
    ):
        path = chosen.out / file_name
        path.write_bytes(data)
        print(f"{path}  {len(data)} bytes  sha256 {hashlib.sha256(data).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
