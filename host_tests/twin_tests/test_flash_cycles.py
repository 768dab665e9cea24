# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The twin's drive erases as many pages as FatFs does for the same work, and a power cut takes what lives in them."""

import json
from pathlib import Path

import pytest

from host_tests.interpreter import micropython
from host_tests.support.boards import board, said

RUN = Path(micropython.ROOT, "host_tests", "update", "run_cycles.py")
PATHS = (micropython.ROOT / "CIRCUITPY" / "lib", micropython.LIBRARY, micropython.ROOT)
RESERVE = micropython.ROOT / "CIRCUITPY" / "lib" / "appliance" / "storage" / "preallocate.py"

# The operations of run_cycles.py, in its order.
WORK = """
import os, storage
from preallocate import reserve
storage.remount("/", False)

def write(path, size, mode="wb", at=0):
    with open(path, mode) as file:
        if at:
            file.seek(at)
        file.write(bytes(size))

def counted(name):
    print(name)

os.mkdir("/one")
counted("a directory")
write("/one/small.txt", 100)
counted("a file of 100 bytes")
write("/one/large.txt", 10240)
counted("a file of 10 kB")
write("/one/small.txt", 100)
counted("the file of 100 bytes again")
reserve("/updates", [("a", "image.bin", 1048576, (0,))])
counted("room for a slot")
slot = open("/updates/a/image.bin", "r+b")
slot.seek(4096)
slot.write(bytes(8192))
counted("a slice of 8 kB")
slot.write(bytes(8192))
counted("the next slice of 8 kB")
slot.close()
counted("closing the slot")
reserve("/saved", [(n, "settings.bin", 16384, (4096,)) for n in "12"])
counted("room for records")
write("/saved/1/settings.bin", 512, "r+b", 4096)
counted("a record of 512 bytes")
write("/saved/1/settings.bin", 3072, "r+b", 4096)
counted("a record of 3 kB")
write("/saved/2/settings.bin", 8192, "r+b", 4096)
counted("a record of 8 kB")
os.remove("/one/large.txt")
counted("a file removed")
"""
# Cycles that the twin may differ by: what FatFs does at the ends of the FAT's sectors is only nearly known, and a short
# record takes one more where its first cluster spans two pages.
ABOUT = {"room for a slot": 8, "room for records": 8, "a record of 3 kB": 1}


@pytest.fixture(scope="module")
def fat_fs(tmp_path_factory):
    """{operation: cycles} of FatFs."""
    out = tmp_path_factory.mktemp("cycles") / "cycles.json"
    done = micropython.run(RUN, out, heap="200M", timeout_s=240, paths=PATHS)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(out.read_text())


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    """{operation: cycles} of the twin's drive."""
    folder = tmp_path_factory.mktemp("twin")
    device = board(folder, WORK, files={"lib/preallocate.py": RESERVE.read_text()})
    found, before = {}, 0

    def told(_now_us, line):
        nonlocal before
        found[line] = device.drive.flash_cycles - before
        before = device.drive.flash_cycles

    device.console_watchers.append(told)
    try:
        assert device.run_until(lambda: device.state == "DONE", 120), device.console_text()
        assert "Traceback" not in device.console_text(), device.console_text()
    finally:
        device.close()
    return found


def test_a_slice_of_8_kb_takes_six_cycles_and_not_two(twin):
    assert (twin["a slice of 8 kB"], twin["the next slice of 8 kB"]) == (6, 6)


def test_the_twin_erases_what_fat_fs_erases(fat_fs, twin, figures):
    assert fat_fs.pop("cluster") == 2048
    different = {
        name: (count, twin[name])
        for name, count in fat_fs.items()
        if abs(count - twin[name]) > ABOUT.get(name, 0)
    }
    assert different == {}, "(FatFs, twin)"
    figures("flash cycles: " + ", ".join(f"{name} {fat_fs[name]}" for name in sorted(fat_fs)))


CUT = """
import storage
storage.remount("/", False)
with open("/image", "r+b") as file:
    file.seek(4096)
    file.write(b"n" * 2048)
print("done")
"""


def test_a_cut_takes_the_neighbours_that_live_in_the_page(tmp_path):
    # code.py has cluster 0, image begins with cluster 1, at sector 65. Its byte 4096 lies in sector 73, so the page that
    # is erased goes from sector 72 to 79: the image's bytes 3584 to 7679.
    device = board(tmp_path, CUT, files={"image": "o" * 16384})
    device.drive.cut_at_cycle = 1
    device.run(5)
    assert device.state == "OFF" and said(device) == []
    assert device.drive.host_path("/image").read_bytes() == b"o" * 3584 + b"\xff" * 4096 + b"o" * 8704
    device.close()


def test_a_cut_at_the_beginning_of_a_file_takes_the_end_of_the_one_before(tmp_path):
    code = CUT.replace("4096", "0") + "#" * 1900
    device = board(tmp_path, code, files={"image": "o" * 16384})
    device.drive.cut_at_cycle = 1
    device.run(5)
    lost = device.drive.host_path("/code.py").read_bytes()
    # Sectors 64 to 71: the last of code.py's cluster, then the first seven of the image.
    assert lost[:1536] == code[:1536].encode() and lost[1536:] == b"\xff" * (len(code) - 1536)
    assert device.drive.host_path("/image").read_bytes()[:3584] == b"\xff" * 3584
    device.close()


def test_a_cut_while_a_directory_is_written_loses_its_only_file(tmp_path):
    code = CUT.replace('"/image"', '"/own/image"')
    device = board(tmp_path, code, files={"own/image": "o" * 16384})
    device.drive.cut_at_cycle = 3
    device.run(5)
    assert device.state == "OFF" and list(device.drive.host_path("/own").iterdir()) == []
    assert device.drive.damage == []
    device.close()


def test_a_cut_while_the_root_is_written_is_damage(tmp_path):
    device = board(tmp_path, CUT, files={"image": "o" * 16384})
    device.drive.cut_at_cycle = 2
    device.run(5)
    assert device.state == "OFF" and device.drive.damage == ["FAT or root directory"]
    device.close()
