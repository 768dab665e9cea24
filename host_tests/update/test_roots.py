# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Versions meet files in the drive's main folder that are older than they, for an update over the network brings none.

They run with the oldest ones (`roots/api_0`, from before there was survival.py) and with none, and ask for newer ones in
words.
"""

import json
import shutil
import struct
import zlib
from pathlib import Path

import pytest
from appliance.storage import records

from host_tests.tools import bundle
from host_tests.twin.world import CIRCUITPY, World
from host_tests.update import device_files
from host_tests.update.boxes import NEW, UpdatedBox, made

OLDEST = Path(__file__).with_name("roots") / "api_0"
ROOTS = ("slots.py", "survival.py", "recovery.py", "safemode.py")
FREE = {"charge_lines": False}


def drive_with(folder, roots):
    """The project's drive with the root files of a folder; None: with none but code.py and boot.py."""
    drive = folder / "drive"
    shutil.copytree(CIRCUITPY, drive, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ROOTS:
        (drive / name).unlink()
    for path in [] if roots is None else roots.glob("*.py"):
        shutil.copy(path, drive)
    return drive


def reads_a_car(world):
    world.plug(world.new_car(soc_percent=42))
    return world.run_until(lambda: world.charging, 100) and world.smartevse.posts[-1]["values"]["current_soc"] == 42


@pytest.mark.parametrize("roots", [OLDEST, None], ids=["oldest", "none"])
def test_the_version_on_the_drive_runs_with_any_root_files(tmp_path, roots):
    with World(seed=71, circuitpy=drive_with(tmp_path, roots), device_options=FREE) as world:
        assert reads_a_car(world)
        world.run(120)
        assert world.device.starts == 1 and " E " not in world.device.console_text()
        assert not any(world.device.nvm[:1024]), "what nobody there can read is not written"


def with_manifest(data, **changes):
    manifest = dict(bundle.manifest_of(data), **changes)
    return bundle.head_page(json.dumps(manifest).encode()) + data[bundle.PAGE :]


def test_the_newest_slot_on_the_oldest_root(tmp_path):
    """It is installed, proves itself, is replaced, and one that fails is taken back by the old slots.py."""
    with UpdatedBox(circuitpy=drive_with(tmp_path, OLDEST), device_options=FREE) as box:
        assert box.send(with_manifest(made(NEW), roots=1))["code"] == "roots"
        assert "once over USB" in box.send(with_manifest(made(NEW), roots=1))["error"]
        assert box.send(made(NEW))["state"] == "written"
        box.install()
        box.wait_for_page()
        assert box.runs() == NEW
        box.world.run(70)
        assert box.state()["proved"] and reads_a_car(box.world)
        planted = {"lib/appliance/box.py": lambda text: "raise ValueError('planted')\n" + text}
        assert box.send(made("0.2.1", planted))["state"] == "written"
        box.install()
        assert box.world.run_until(lambda: box.device.console_text().count(f"starting a {NEW}") == 2, 90)
        box.wait_for_page()
        assert box.runs() == NEW
        assert "0.2.1 did not run well" in " ".join(box.ask("GET", "/api/status")[1]["notes"])


def test_a_version_that_needs_newer_root_files_is_refused_before_the_upload(tmp_path):
    with UpdatedBox(device_options=FREE) as box:
        assert box.send(with_manifest(made(NEW), roots=1), agreed="older,room")["state"] == "written"
        refusal = box.send(with_manifest(made(NEW), roots=99))
        assert refusal["code"] == "roots" and "survival.py" in refusal["error"]
        assert box.state()["next"] == bundle.PAGE + bundle.manifest_of(made(NEW))["size"], "nothing was begun"


def record_of(number, entries):
    """A record as a later version may write it."""
    content = json.dumps(entries).encode()
    head = struct.pack("<II", number, len(content))
    return b"SBX1" + head + struct.pack("<I", zlib.crc32(content, zlib.crc32(head))) + content


def test_a_roll_back_reads_settings_that_a_newer_version_saved():
    with UpdatedBox(device_options=FREE) as box:
        values = {"HOSTNAME": "garage", "EVSE_ID": "DE*ABC*E1"}
        assert box.ask("POST", "/api/settings", json.dumps({"values": values}).encode())[0] == 200
        path, number = newest_record(box.world.drive_dir)
        saved = records.unpacked(path.read_bytes()[records.RECORD_AT :])[1]
        later = [[*entry, {"by": "0.9"}] for entry in saved] + [["GARAGE_DOOR", "open", None], [".later", "x", "y"]]
        data = bytearray(path.read_bytes())
        record = record_of(number, later)
        data[records.RECORD_AT : records.RECORD_AT + len(record)] = record
        path.write_bytes(data)
        password = box.device.modules["survival"].kept().part(32, 10)
        box.device.power_cycle()
        box.wait_for_page()
        status = box.ask("GET", "/api/status")[1]
        assert status["hostname"] == "garage" if "hostname" in status else "garage" in json.dumps(status)
        assert "settings_error" not in json.dumps(status["causes"])
        assert box.device.modules["survival"].kept().part(32, 10) == password
        # Saved again by this version: what only the newer one knows is still there.
        assert box.ask("POST", "/api/settings", b'{"values": {"HOSTNAME": "barn"}}')[0] == 200
        kept = records.unpacked(newest_record(box.world.drive_dir)[0].read_bytes()[records.RECORD_AT :])[1]
        assert ("GARAGE_DOOR", "open", None) in kept and (".later", "x", "y") in kept


def newest_record(drive):
    """(path, number) of the record that counts."""
    found = []
    for path in (drive / "saved").rglob("settings.bin"):
        record = records.unpacked(path.read_bytes()[records.RECORD_AT :])
        if record is not None:
            found.append((record[0], path))
    number, path = max(found)
    return path, number


# What every version may use of API 1, for ever. What comes later is a row of its own.
API = {
    "survival": {
        "API": 1,
        "RUNNING": 3,
        "FAILED": 4,
        "SAFE_MODES": 7,
        "HANGS": 8,
        "JOINING": 9,
        "ONCE": 10,
        "TRYING": 11,
        "NUMBER_A": 12,
        "STATE_A": 16,
        "NUMBER_B": 17,
        "STATE_B": 21,
        "SECRETS": 32,
        "SECRETS_SIZE": 34,
        "POWER": "power",
        "WATCHDOG": "watchdog",
        "OTHER": "other",
        "kept": None,
        "Survival": "byte set_byte part set_part error set_error save hangs begin_join end_join count_safe_mode",
    },
    "slots": {
        "API": 1,
        "LIB": 0,
        "A": 1,
        "B": 2,
        "MODEM": 1,
        "WIFI": 2,
        "PROVED": 255,
        "FAILED": 254,
        "MOUNT": "/app",
        "SLOT_SIZE": 8192 + 1280 * 1024 + 4096,
        "new_counts": None,
        "read_seal": None,
        "image_check_sum": None,
        "lib_mark": None,
        "has_room": None,
        "failed": None,
        "start": None,
        "Counts": "starts state proved prove leave give_up renew highest forget",
        "Seal": "packed",
        # API 2
        "crashed": None,
    },
}


@pytest.mark.parametrize("name", API)
def test_what_root_files_offer_stays(name):
    module = device_files.module(name, survival=device_files.module("survival"))
    for one, value in API[name].items():
        offered = getattr(module, one)
        if isinstance(offered, type):
            assert all(hasattr(offered, method) for method in value.split()), one
        elif one == "API":
            assert offered >= value
        elif value is not None:
            assert offered == value, one
