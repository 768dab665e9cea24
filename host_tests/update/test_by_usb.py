# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What comes by USB, and what is left when nothing starts: half-copied drives, the recovery page, safe mode."""

import shutil

import pytest

from host_tests.tools import bundle, deploy
from host_tests.twin.world import CIRCUITPY, World
from host_tests.update import device_files
from host_tests.update.boxes import NEW, PASSWORD, UpdatedBox, made

# What the box's Python costs is measured elsewhere.
FREE = {"charge_lines": False}


def deployed(folder, version=None):
    """A drive as `make deploy` or the zip makes it."""
    folder.mkdir(exist_ok=True)
    deploy.copy(folder, bundle.drive_files(version=version))
    shutil.copy(CIRCUITPY / "settings.toml", folder)
    return folder


def notes_of(box):
    return " ".join(box.ask("GET", "/api/status")[1]["notes"])


def causes_of(box):
    return [cause["code"] for cause in box.ask("GET", "/api/status")[1]["causes"]]


def test_a_whole_drive_has_nothing_to_tell(tmp_path):
    with UpdatedBox(circuitpy=deployed(tmp_path / "drive"), device_options=FREE) as box:
        box.world.run(40)
        assert "files_differ" not in causes_of(box)


def test_missing_and_stale_files_are_named(tmp_path):
    drive = deployed(tmp_path / "drive", NEW)
    (drive / "www" / "webserial.js").unlink()
    (drive / "lib/appliance/captive_dns.py").write_text("# of an older version\n")
    same_length = (drive / "lib/appliance/qr.py").read_bytes().replace(b"2026", b"2025")
    (drive / "lib/appliance/qr.py").write_bytes(same_length)
    with UpdatedBox(circuitpy=drive, device_options=FREE) as box:
        assert box.world.run_until(lambda: "missing or of another version" in box.device.console_text(), 90)
        box.world.run(1)
        text = notes_of(box)
        for name in ("www/webserial.js", "lib/appliance/captive_dns.py", "lib/appliance/qr.py"):
            assert name in text
        assert "files_differ" in causes_of(box)


def test_a_copied_version_replaces_the_one_in_a_slot(tmp_path):
    with UpdatedBox(circuitpy=deployed(tmp_path / "drive"), device_options=FREE) as box:
        box.send(made(NEW))
        box.install()
        box.wait_for_page()
        assert box.runs() == NEW
        deploy.copy(box.world.drive_dir, bundle.drive_files(version="0.1.9"))
        box.device.reset()
        box.wait_for_page()
        assert (box.runs(), box.state()["runs_from"]) == ("0.1.9", "lib")


def test_a_half_copied_version_that_cannot_start_gives_way_to_a_slot(tmp_path, figures):
    with UpdatedBox(circuitpy=deployed(tmp_path / "drive"), device_options=FREE) as box:
        box.send(made(NEW))
        box.install()
        box.wait_for_page()
        deploy.copy(box.world.drive_dir, bundle.drive_files(version="0.3.0"))
        (box.world.drive_dir / "lib/appliance/loop.py").unlink()
        started_s = box.now_s
        box.device.reset()
        assert box.world.run_until(lambda: box.device.console[-1][1].startswith(f"starting a {NEW}"), 240)
        figures(f"a half-copied drive: the slot's version runs again after {box.now_s - started_s:.0f} s")
        box.wait_for_page()
        assert box.runs() == NEW
        assert "copied to the drive did not run well" in notes_of(box)


@pytest.fixture
def dead_box(tmp_path):
    drive = deployed(tmp_path / "drive")
    (drive / "lib/appliance/box.py").write_text("raise ValueError('planted')\n")
    (drive / "www/index.html").unlink()
    with World(
        seed=1,
        circuitpy=drive,
        settings={"WIFI_SSID": "Home", "WIFI_PASSWORD": "correct horse", "WEB_PASSWORD": PASSWORD},
        device_options=FREE,
    ) as world:
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 300)
        world.run(2)
        yield world


def test_the_recovery_page_names_what_is_missing_and_tries_again(dead_box):
    answer = dead_box.network.http("GET", "/")
    assert answer.status == 200
    text = answer.body.decode()
    assert "cannot start" in text and "www/index.html" in text and "lib/appliance/box.py" in text
    good = (CIRCUITPY / "lib/appliance/box.py").read_bytes()
    (dead_box.drive_dir / "lib/appliance/box.py").write_bytes(good)
    assert dead_box.network.http("POST", "/again").status == 200
    assert dead_box.run_until(lambda: "page at http" in dead_box.device.console[-1][1], 60)


def test_the_recovery_page_tries_again_by_itself_and_survives_bad_clients(dead_box):
    client = dead_box.network.connect_to_box(80)
    client.close()
    client = dead_box.network.connect_to_box(80)
    client.send(b"\xff\xfe\x00")
    dead_box.run(4)
    starts = dead_box.device.starts
    assert dead_box.network.http("GET", "/").status == 200
    assert dead_box.run_until(lambda: dead_box.device.starts > starts, 1000)


@pytest.mark.parametrize("event", ["BROWNOUT", "crash", "WATCHDOG"])
def test_safe_mode_is_left_by_itself_and_the_boot_button_stays(event):
    with World(seed=1, device_options={"watchdog_to_safe_mode": True, "charge_lines": False}) as world:
        world.run_until(lambda: world.device.state == "RUNNING", 20)
        if event == "crash":
            world.device.crash()
        else:
            world.device.reset(event)
        world.run(1.5)
        assert world.run_until(lambda: world.device.state == "RUNNING", 60)
        world.device.press_boot_into_safe_mode()
        world.run(60)
        assert world.device.state == "SAFE_MODE"


def test_the_recovery_page_reads_the_network_that_was_saved_on_the_page(tmp_path):
    from appliance.store import Store

    recovery = _recovery()
    assert recovery.saved_network(str(tmp_path)) == {}
    saved = Store(str(tmp_path), None, lambda text: None)
    for ssid in ("first", "second", "third"):
        saved.write([("WIFI_SSID", ssid, None), ("WIFI_PASSWORD", "päss", None)])
    assert recovery.saved_network(str(tmp_path)) == {"WIFI_SSID": "third", "WIFI_PASSWORD": "päss"}
    nvm = bytearray(8192)
    assert recovery.own_password(nvm) is None and recovery.own_password(None) is None
    nvm[-32:-18] = b"AP1:abcdefghjk"
    assert recovery.own_password(nvm) == "abcdefghjk"


def _recovery():
    import sys
    import types

    sys.modules.setdefault("microcontroller", types.ModuleType("microcontroller"))
    try:
        return device_files.module("recovery")
    finally:
        if not hasattr(sys.modules["microcontroller"], "__file__"):
            del sys.modules["microcontroller"]
