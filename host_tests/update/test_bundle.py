# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What `make bundle` and `make deploy` make: the same bytes each time, readable by the FAT code of the board."""

import binascii
import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from host_tests.interpreter import micropython
from host_tests.tools import bundle, deploy, fat_image
from host_tests.twin.fat_volume import NotFat, Volume

ROOT = Path(__file__).resolve().parents[2]
# Reads a volume with FatFs, the FAT code that CircuitPython has as well.
FATFS = """
import binascii, os, sys, vfs
class Device:
    def __init__(self, path):
        self.file = open(path, "rb")
    def readblocks(self, block, buffer):
        self.file.seek(block * 512)
        self.file.readinto(buffer)
    def writeblocks(self, block, buffer):
        raise OSError(30)
    def ioctl(self, operation, argument):
        if operation == 4:
            return self.file.seek(0, 2) // 512
        if operation == 5:
            return 512
vfs.mount(os.VfsFat(Device(sys.argv[1])), "/app", readonly=True)
def walk(path):
    for name, kind, _, size in os.ilistdir(path):
        if kind == 0x4000:
            walk(path + "/" + name)
        else:
            data = open(path + "/" + name, "rb").read()
            assert len(data) == size
            print(path[5:] + "/" + name if path[5:] else name, size, binascii.crc32(data))
walk("/app")
"""


def sectors_of(image):
    return lambda first, count: image[first * 512 : (first + count) * 512]


def read_by_fatfs(image, folder):
    (folder / "image.bin").write_bytes(image)
    (folder / "read.py").write_text(FATFS)
    done = micropython.run(folder / "read.py", folder / "image.bin", heap="8M")
    assert done.returncode == 0, done.stderr
    rows = [line.rsplit(" ", 2) for line in done.stdout.splitlines()]
    return {name: (int(size), int(check_sum)) for name, size, check_sum in rows}


AWKWARD = {
    "a": b"",
    "b.txt": b"x",
    "exactly one cluster.bin": bytes(range(256)) * 8,
    "deep/er/und/tief.py": b"pass\n" * 700,
    "deep/thirteen_long": b"1" * 2049,
    "deep/" + "long" * 12 + ".html": b"\xff" * 5000,
    **{f"many/file_{number}.py": bytes([number]) * number for number in range(100)},
}


def test_the_volume_is_read_alike_by_fatfs_and_by_the_twins_reader(tmp_path):
    image = fat_image.build(AWKWARD)
    assert len(image) % 4096 == 0
    wanted = {name: (len(data), binascii.crc32(data)) for name, data in AWKWARD.items()}
    assert read_by_fatfs(image, tmp_path) == wanted
    tree = Volume(sectors_of(image)).tree()
    assert {name: data for name, data in tree.items() if data is not None} == AWKWARD
    assert sorted(name for name in tree if tree[name] is None) == ["deep", "deep/er", "deep/er/und", "many"]


def test_a_broken_volume_is_noticed():
    image = bytearray(fat_image.build(AWKWARD))
    image[510] = 0
    with pytest.raises(NotFat):
        Volume(sectors_of(bytes(image)))
    image = bytearray(fat_image.build(AWKWARD))
    image[512 : 512 + 300] = bytes(300)
    with pytest.raises(NotFat):
        Volume(sectors_of(bytes(image))).tree()


def test_names_that_fatfs_reads_in_another_alphabet_are_refused():
    with pytest.raises(ValueError, match="grün"):
        fat_image.build({"grün.py": b""})


def test_the_project_fits_and_is_whole_in_its_update(tmp_path):
    files = bundle.drive_files()
    data = bundle.update(files)
    manifest = bundle.manifest_of(data)
    image = data[4096:]
    assert manifest["size"] == len(image) <= bundle.MOST_IMAGE
    assert manifest["sha256"] == hashlib.sha256(image).hexdigest()
    assert manifest["crc32"] == binascii.crc32(image)
    inside = read_by_fatfs(image, tmp_path)
    assert len(inside) == manifest["files"]
    for name, data in bundle.packed(files).items():
        if name.startswith(("lib/", "www/")):
            assert inside[name] == (len(data), binascii.crc32(data)), name
    assert not any(name.endswith(("settings.toml", "code.py", "slots.py")) for name in inside)
    assert manifest["libraries"] == sorted(set(manifest["libraries"]))
    assert {"adafruit_httpserver", "adafruit_connection_manager"} <= set(manifest["libraries"])
    assert "adafruit_minimqtt" not in manifest["libraries"], "an update is not refused for want of what is not used"


def test_pages_are_compressed_once_and_whole():
    files = {"www/index.html": b"page", "www/lang/de.js.gz": b"packed", "lib/a.py": b"code"}
    packed = bundle.packed(files)
    assert gzip.decompress(packed.pop("www/index.html.gz")) == b"page"
    assert packed == {"www/lang/de.js.gz": b"packed", "lib/a.py": b"code"}


def test_same_input_same_bytes_whatever_clock_folder_and_order(tmp_path):
    results = []
    for number, zone in enumerate(("UTC", "Asia/Tokyo")):
        out = tmp_path / str(number)
        environment = dict(os.environ, TZ=zone, PYTHONHASHSEED=str(number), SOURCE_DATE_EPOCH=str(number))
        done = subprocess.run(
            [sys.executable, "-m", "host_tests.tools.bundle", "--out", out],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        results.append({path.name: path.read_bytes() for path in out.iterdir()})
    version = bundle.value_of(bundle.drive_files(), "VERSION")
    assert sorted(results[0]) == ["settings.toml", f"socbox-{version}.update", f"socbox-{version}.zip"]
    assert results[0] == results[1]


def test_the_zip_has_all_but_the_owners_settings():
    files = bundle.drive_files()
    zipped = zipfile.ZipFile(io.BytesIO(bundle.archive(files)))
    names = set(zipped.namelist())
    assert names == set(files) | {"files.json"}
    assert {"code.py", "slots.py", "recovery.py", "boot.py", "safemode.py", "app/README.txt"} <= names
    assert "settings.toml" not in names
    listed = json.loads(zipped.read("files.json"))
    assert {row[0]: row[1:3] for row in listed["files"]} == {
        name: [len(data), binascii.crc32(data)] for name, data in files.items()
    }


def test_the_version_has_one_source():
    found = [name for name, data in bundle.drive_files().items() if re.search(rb'(?m)^VERSION = "', data)]
    assert found == ["lib/appliance/base/version.py"]


def test_what_the_changelog_says_comes_along():
    text = "# Changelog\n\n## 0.2.0\n\n- new\n\n## 0.1.0 (unreleased)\n\nFirst light\n"
    assert bundle.changes_of("0.2.0", text) == "- new"
    assert bundle.changes_of("0.1.0", text) == "First light"
    assert bundle.changes_of("9.9.9", text) == ""


def test_owners_get_whole_lines_of_the_changelog_and_no_details():
    long = "".join(f"- line {number} of a hundred\n" for number in range(100))
    changes = bundle.changes_of("0.1.0", f"## 0.1.0\n\n{long}")
    assert bundle.MOST_CHANGES - 30 < len(changes) <= bundle.MOST_CHANGES and changes.endswith(" of a hundred")
    assert bundle.changes_of("0.1.0", "## 0.1.0\n\n- for owners\n\n### Details\n\n- a driver\n") == "- for owners"


def test_what_the_newest_version_says_to_owners_is_not_cut():
    files = bundle.drive_files()
    changes = bundle.changes_of(bundle.value_of(files, "VERSION"))
    section = (bundle.ROOT / "CHANGELOG.md").read_text().split("\n### ")[0]
    assert changes and section.rstrip().endswith(changes)


def test_letters_of_the_changelog_are_not_escaped_in_the_manifest(monkeypatch):
    monkeypatch.setattr(bundle, "changes_of", lambda _version: "größer \U0001f600")
    head = bundle.update(bundle.drive_files())[: bundle.PAGE]
    assert "größer \U0001f600".encode() in head
    assert bundle.manifest_of(head)["changes"] == "größer \U0001f600"


def test_deploy_brings_a_drive_up_to_date_and_leaves_what_is_the_owners(tmp_path):
    for name, text in (
        ("settings.toml", "mine"),
        ("lib/appliance/gone.py", "old"),
        ("lib/adafruit_ticks.mpy", "theirs"),
        ("saved/1/settings.bin", "kept"),
        ("updates/a/image.bin", "kept"),
        ("www/index.html", "old"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert deploy.main([str(tmp_path), "--no-circup"]) == 0
    assert (tmp_path / "settings.toml").read_text() == "mine"
    assert (tmp_path / "saved/1/settings.bin").read_text() == "kept"
    assert (tmp_path / "updates/a/image.bin").read_text() == "kept"
    assert (tmp_path / "lib/adafruit_ticks.mpy").exists()
    assert not (tmp_path / "lib/appliance/gone.py").exists()
    for name, data in bundle.drive_files().items():
        assert (tmp_path / name).read_bytes() == data, name
    assert deploy.copy(tmp_path, bundle.drive_files()) == ([], [])


def test_deploy_without_a_drive_says_so(tmp_path, capsys):
    assert deploy.main([str(tmp_path / "nowhere"), "--no-circup"]) == 1
    assert "No drive named CIRCUITPY" in capsys.readouterr().err


def compiler(folder, head):
    """A program that is called as CircuitPython's mpy-cross is; what it writes begins with `head`."""
    path = folder / "mpy-cross"
    path.write_text(f"""#!{sys.executable}
import sys
_, flag, name, out, target, source = sys.argv
assert (flag, out) == ("-s", "-o")
open(target, "wb").write({head!r} + name.encode() + b" " + str(len(open(source, "rb").read())).encode())
""")
    path.chmod(0o755)
    return path


def test_an_update_can_be_compiled_and_the_zip_stays_source(tmp_path, capsys):
    made = tmp_path / "made"
    assert bundle.main(["--out", str(made), "--mpy-cross", str(compiler(tmp_path, b"C\x06\x00\x1f"))]) == 0
    volume = Volume(sectors_of(next(made.glob("*.update")).read_bytes()[bundle.PAGE :])).tree()
    names = set(volume)
    assert {"lib/appliance/box.mpy", "lib/v2g/exi.mpy", "lib/v2g/schemas/din.bin", "www/index.html.gz"} <= names
    kept = {name for name in names if name.endswith(".py")}
    assert kept == {bundle.VERSION_FILE} | {name for name in names if name.endswith("/__init__.py")}
    source = (bundle.DRIVE / "lib/v2g/exi.py").stat().st_size
    assert volume["lib/v2g/exi.mpy"] == b"C\x06\x00\x1flib/v2g/exi.py %d" % source
    with zipfile.ZipFile(next(made.glob("*.zip"))) as zipped:
        assert not [name for name in zipped.namelist() if name.endswith(".mpy")]


def test_what_is_compiled_for_micropython_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is not CircuitPython's compiler"):
        bundle.main(["--out", str(tmp_path), "--mpy-cross", str(compiler(tmp_path, b"M\x06\x00\x1f"))])
    assert not list(tmp_path.glob("*.update"))
