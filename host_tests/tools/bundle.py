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

With the publisher's key (`publisher_key`) the update is signed, and its public half is in the zip as publisher.pem: a box
that was set up with that zip knows whose updates these are. `--unsigned` leaves both out, `--key FILE` takes another key.

In the update the pages are compressed and modules have empty lines where comments and docstrings stood (`bare`); in
the zip both are as they were written.

`--mpy-cross PATH` puts compiled modules (.mpy) into the update, which load in an eighth of the time. PATH is
CircuitPython's own compiler, of the version that the boards run: MicroPython's writes another first byte, which the
boards refuse, and is refused here. The zip stays source: on a drive an old file beside a compiled one of the same name
would win, and what was copied there is the last resort when another CircuitPython does not take what was compiled for
an older one.
"""

import argparse
import ast
import binascii
import functools
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from host_tests.tools import bare, fat_image, publisher_key

ROOT = Path(__file__).resolve().parents[2]
DRIVE = ROOT / "CIRCUITPY"
KIND = "socbox update"
VERSION_FILE = "lib/appliance/base/version.py"
LIST = "files.json"
PAGE = 4096
CHECK = 9
PACKED = ".gz"
# As the slots on the box: slots.py in the drive's root.
MOST_IMAGE = 1280 * 1024
MOST_CHANGES = 1200
# Of every ESP32-S3; it is preferred to a copy in lib/ (py/builtinimport.c).
IN_THE_FIRMWARE = {"adafruit_bus_device"}
# Loaded when MQTT is set; a box without it says so then.
ON_DEMAND = {"adafruit_minimqtt"}
# py/persistentcode.c of CircuitPython: a C where MicroPython has an M, then the version of the format.
MPY_HEAD = b"C\x06"
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


def compiled(files, compiler):
    """``files`` with a .mpy for each module of lib/; packages and the version stay as they are, for they are looked into."""
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "module.py", Path(folder) / "module.mpy"
        for path, data in files.items():
            if not path.endswith(".py") or not path.startswith("lib/") or path.endswith(("/__init__.py", VERSION_FILE)):
                result[path] = data
                continue
            source.write_bytes(data)
            subprocess.run([compiler, "-s", path, "-o", target, source], check=True)
            module = target.read_bytes()
            if not module.startswith(MPY_HEAD):
                raise ValueError(f"{compiler} is not CircuitPython's compiler: its files begin with {module[:2]}")
            result[path.removesuffix(".py") + ".mpy"] = module
    return result


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


def libraries(files):
    """Adafruit's modules that every box needs in lib/ of the drive: those that ``files`` import, but not what the firmware
    has, nor what only owners need who set something."""
    names = set()
    for path, data in files.items():
        if path.endswith(".py"):
            names |= _imported(data)
    return sorted(name for name in names - IN_THE_FIRMWARE - ON_DEMAND if name.startswith("adafruit_"))


@functools.cache
def _imported(source):
    """The first parts of all names that it imports."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    return frozenset(names)


def changes_of(version, changelog=None):
    """What CHANGELOG.md says of a version to owners: up to its next heading, whole lines only; "" when it says nothing."""
    text = changelog if changelog is not None else (ROOT / "CHANGELOG.md").read_text()
    section = re.search(rf"(?ms)^## \[?{re.escape(version)}\]?[^\n]*\n(.*?)(?=^###? |\Z)", text)
    lines = section.group(1).strip().splitlines() if section else []
    while len("\n".join(lines)) > MOST_CHANGES:
        lines.pop()
    return "\n".join(lines)


def packed(files):
    """``files`` with the pages compressed, which the box sends as they are, and modules without comments: a slot has
    little room. On a drive they stay readable, and an old page beside a compressed one of the same name would win."""
    result = {}
    for path, data in files.items():
        if path.startswith("www/") and not path.endswith(PACKED):
            result[path + PACKED] = gzip.compress(data, 9, mtime=0)
        elif path.startswith("lib/") and path.endswith(".py"):
            result[path] = bare.bare(data)
        else:
            result[path] = data
    return result


def update(files, key=None):
    """The bytes of an .update, signed when there is a `key`."""
    inside = packed({path: files[path] for path in files if path.startswith(("lib/", "www/"))})
    inside[LIST] = listing(inside)
    image = fat_image.build(inside)
    if len(image) > MOST_IMAGE:
        raise ValueError(f"{len(image)} bytes do not fit into a slot of {MOST_IMAGE}")
    manifest = {
        "kind": KIND,
        "product": value_of(files, "PRODUCT"),
        "version": value_of(files, "VERSION"),
        "circuitpython": value_of(files, "CIRCUITPYTHON"),
        "roots": int(re.search(rb"(?m)^ROOTS = (\d+)", files[VERSION_FILE]).group(1)),
        "libraries": libraries(files),
        "size": len(image),
        "crc32": binascii.crc32(image),
        "sha256": hashlib.sha256(image).hexdigest(),
        "files": len(inside),
        "changes": changes_of(value_of(files, "VERSION")),
    }
    if key is not None:
        manifest["signature"] = publisher_key.signature_of(key, manifest)
    # As UTF-8: MicroPython reads the two escapes of one letter beyond U+FFFF as two letters, which nobody signed.
    head = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
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


def public_half(key):
    """{path: bytes} of what the drive gets of a key that may be None."""
    return {} if key is None else {publisher_key.PUBLIC: publisher_key.public_half(key)}


def signed_with(key):
    """A line that tells one key from another."""
    digest = hashlib.sha256(publisher_key.public_half(key)).hexdigest()
    return f"signed; the sha256 of the key's {publisher_key.PUBLIC} is {digest}"


def manifest_of(data):
    """The manifest of an .update."""
    return json.loads(data[: PAGE - CHECK])


def main(arguments):
    """Write the files; gives the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, default=ROOT / "dist", metavar="DIR")
    options.add_argument("--version", help="make it say another version, for tests")
    options.add_argument("--key", type=Path, metavar="FILE", help="the publisher's, instead of the usual one")
    options.add_argument("--unsigned", action="store_true", help="even where a key is")
    options.add_argument("--mpy-cross", type=Path, metavar="PATH", help="compile the update with CircuitPython's mpy-cross")
    options.add_argument("--list", type=Path, metavar="FILE", help="print the manifest of an .update")
    chosen = options.parse_args(arguments)
    if chosen.list:
        data = chosen.list.read_bytes()
        print(json.dumps(manifest_of(data), indent=2))
        start = data.index(b'{"version": "', PAGE)
        print(data[start : data.index(b"\n]}\n", start) + 3].decode())
        return 0
    try:
        key = None if chosen.unsigned else publisher_key.chosen_key(chosen.key)
    except publisher_key.NoKey as error:
        print(error, file=sys.stderr)
        return 1
    files = drive_files(version=chosen.version)
    name = f"{value_of(files, 'PRODUCT')}-{value_of(files, 'VERSION')}"
    chosen.out.mkdir(parents=True, exist_ok=True)
    modules = compiled(files, chosen.mpy_cross) if chosen.mpy_cross else files
    for file_name, data in (
        (f"{name}.update", update(modules, key)),
        (f"{name}.zip", archive(files | public_half(key))),
        ("settings.toml", (DRIVE / "settings.toml").read_bytes()),
    ):
        path = chosen.out / file_name
        path.write_bytes(data)
        print(f"{path}  {len(data)} bytes  sha256 {hashlib.sha256(data).hexdigest()}")
    print("unsigned: make key makes a key to sign with" if key is None else signed_with(key))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
