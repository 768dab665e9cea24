# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Cures of what a real board does otherwise than was thought, each taken out of a copy of the drive: a scene on the twin
must notice.

python -m host_tests.endurance.start_cures
"""

import binascii
import functools
import json
import shutil
import sys
import tempfile
import types
from pathlib import Path

from appliance.settings.service import Keeper
from appliance.storage.records import Store

from host_tests.session import restarts
from host_tests.session.restarts import HEALTHY_S, START_S, said, world_of
from host_tests.support.shown_codes import network_on
from host_tests.twin.world import CIRCUITPY, SETTINGS_IN_USE, World
from host_tests.update import device_files

# ---- scenes: each gives what is wrong with the drive's files, or None


def stays_up(drive):
    """The watchdog is armed by code.py and changed by the box."""
    with world_of(drive) as world:
        world.run(HEALTHY_S)
        if world.device.starts != 1:
            return f"{world.device.starts} starts"
        return "the watchdog refused" if said(world, "no watchdog") else None


def patience_comes_back(drive):
    """Room is begun for a save, and the drive turns out to be too full."""
    settings = dict(SETTINGS_IN_USE, WEB_PASSWORD="correct horse")
    with world_of(drive, settings=settings) as world:
        if not world.run_until(lambda: said(world, "page at http"), 60):
            return "no page"
        (world.drive_dir / "film.bin").write_bytes(bytes(16 * 1024 * 1024))
        owner = {"Authorization": "Bearer correct horse", "Content-Type": "application/json"}
        body = json.dumps({"values": {"LOG_LEVEL": "D"}}).encode()
        world.network.http("POST", "/api/settings", body=body, headers=owner, timeout_s=60)
        world.run(1)
        return None if world.device.watchdog.timeout_s == 30 else "the watchdog keeps its long time-out"


def told_why_not(drive, words, **options):
    """A board on which the box cannot run."""
    with World(seed=62, circuitpy=drive, device_options=dict(options, charge_lines=False)) as world:
        world.run_until(lambda: said(world, words) or world.ready, 60)
        return None if said(world, words) else "nothing says why it does not work"


def starts_without_usb(drive):
    """A chip without USB of its own: boot.py must not end in an exception."""
    with world_of(drive, native_usb=False) as world:
        world.run(3)
        return "boot.py fails" if "Traceback" in "\n".join(world.device.boot_output) else None


def few_days(drive):
    """Two days with four router outages."""
    with tempfile.TemporaryDirectory() as folder:
        return restarts.ordinary_life(drive, folder, days=2, outages=4, day_s=1800)[0]


def dhcp_for_ten_minutes(drive):
    return restarts.silent_dhcp(drive, times=4, least=3)[0]


def broken_program(drive):
    return restarts.recovery_of_a_broken_program(drive, restarts.OLDEST)[0]


def hanging_program(drive):
    return restarts.recovery_of_a_hanging_program(drive, restarts.NEWEST)[0]


def switched_on_with_room_for_updates(drive):
    """slots.py looks at every start."""
    return restarts.switched_on_twenty_times(drive, room_for_updates=True)


def setting_that_crashes(drive):
    return restarts.saved_setting_that_kills(drive, falls=restarts.CRASH)


def network_of_the_recovery_page(drive):
    """Saved on the page, then edited in settings.toml: the box goes by the file, the recovery page must too."""
    page = device_files.module(
        "recovery", Path(drive or CIRCUITPY), microcontroller=types.ModuleType("microcontroller")
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "settings.toml"
        file.write_text('WIFI_SSID = "old"\n')
        for ssid in ("first", "second"):
            keeper = Keeper(str(file), Store(folder, None, lambda _text: None), lambda _settings: None)
            keeper.save({"WIFI_SSID": ssid})
        if page.setting("WIFI_SSID", page.saved_entries(folder), {"WIFI_SSID": "old"}.get) != "second":
            return "what was saved does not count"
        if page.setting("WIFI_SSID", page.saved_entries(folder), {"WIFI_SSID": "edited"}.get) != "edited":
            return "what was edited since does not count"
        for path in Path(folder).rglob("settings.bin"):
            data = path.read_bytes()
            path.write_bytes(data.replace(b"second", b"sekond"))
        found = page.setting("WIFI_SSID", page.saved_entries(folder), {"WIFI_SSID": "old"}.get)
        return None if found == "first" else "a damaged record counts"


def files_of_the_recovery_page(drive):
    """A file of the right length in which a bit is wrong."""
    page = device_files.module(
        "recovery", Path(drive or CIRCUITPY), microcontroller=types.ModuleType("microcontroller")
    )
    with tempfile.TemporaryDirectory() as folder:
        files = {"lib/whole.bin": b"\x01" * 5000, "lib/damaged.bin": b"\x02" * 5000}
        rows = [[path, len(data), binascii.crc32(data), ""] for path, data in files.items()]
        (Path(folder) / "files.json").write_text(json.dumps({"files": rows}))
        (Path(folder) / "lib").mkdir()
        for path, data in files.items():
            (Path(folder) / path).write_bytes(data)
        (Path(folder) / "lib/damaged.bin").write_bytes(b"\x02" * 4999 + b"\x03")
        named = page.faulty_files(folder)
    return None if named == ["lib/damaged.bin"] else f"named are {named}"


def address_of_the_recovery_page(drive):
    """A box with a fixed address whose program does not start."""
    fixed = {"WIFI_STATIC_ADDRESS": "192.168.1.9", "WIFI_NETMASK": "255.255.255.0", "WIFI_GATEWAY": "192.168.1.1"}
    with world_of(drive, settings=dict(SETTINGS_IN_USE, **fixed)) as world:
        restarts.write(world, f"{LIB}/box.py", restarts.BROKEN)
        if not world.run_until(lambda: said(world, restarts.RECOVERY), 150):
            return "no recovery page"
        return None if said(world, f"{restarts.RECOVERY} 192.168.1.9") else "it is at another address"


def screens_are_drawn(drive):
    """A small display: the words of the start, then a network's code, because the box has none."""
    settings = dict(SETTINGS_IN_USE, WIFI_SSID="", WIFI_PASSWORD="")
    with world_of(drive, settings=settings, display="ssd1306") as world:
        if not world.run_until(lambda: world.device.station.ap_active, START_S):
            return "no access point"
        world.run(30)
        if said(world, " E "):
            return next(line for _, line in world.device.console if " E " in line)
        if not network_on(world.display):
            return "no code that can be read on the display"
        image = world.display.image().convert("L")
        # The library leaves out a letter that it cannot draw, without a word.
        return None if image.crop((image.width // 2, 0, *image.size)).getbbox() else "no words beside the code"


# ---- the cures

LIB = "lib/appliance"
# name: (file, what stands there, what takes its place, the scene that must notice)
CURES = {
    "the watchdog is off before it is changed": (
        f"{LIB}/watchdog.py",
        "            self._dog.mode = None\n",
        "",
        stays_up,
    ),
    "the watchdog's usual time comes back with the loop": (
        f"{LIB}/watchdog.py",
        "        if self._long:\n",
        "        if False:\n",
        patience_comes_back,
    ),
    "the version of CircuitPython is looked at": (
        f"{LIB}/start.py",
        "    if has < tuple(",
        "    if not has and has < tuple(",
        functools.partial(told_why_not, words="needs CircuitPython 10.1.0", firmware="10.0.3"),
    ),
    "PSRAM is looked for": (
        f"{LIB}/start.py",
        "    if psram < LEAST_PSRAM:\n",
        "    if psram < 0:\n",
        functools.partial(told_why_not, words="no extra memory", psram_bytes=0),
    ),
    "a chip without USB of its own starts": (
        "boot.py",
        "except Exception:\n",
        "except ImportError:\n",
        starts_without_usb,
    ),
    "failed starts are kept through a reset": (
        "slots.py",
        "    kept.set_error(text)\n    kept.save()\n",
        "    kept.set_error(text)\n",
        broken_program,
    ),
    "a file that cannot be imported counts twice": (
        "code.py",
        "for _ in range(2 if final",
        "for _ in range(1 if final",
        broken_program,
    ),
    "what failed before is looked at": (
        "code.py",
        "kept.reason == survival.WATCHDOG or any(marks)",
        "kept.reason == survival.WATCHDOG",
        broken_program,
    ),
    "a hang is looked at": (
        "code.py",
        "kept.reason == survival.WATCHDOG or any(marks)",
        "any(marks)",
        hanging_program,
    ),
    "what is in NVM survives a reset, RTC memory does not": (
        "survival.py",
        "            self._block[:] = stored\n",
        "            pass\n",
        restarts.switched_on_twenty_times,
    ),
    "joins are marked after a reset by the watchdog": (
        "survival.py",
        "        if asked or self.byte(HANGS):\n",
        "        if asked:\n",
        dhcp_for_ten_minutes,
    ),
    "ordinary joins are marked nowhere": (
        "survival.py",
        "        if asked or self.byte(HANGS):\n",
        "        if True:\n",
        few_days,
    ),
    "the mark of a join ends with its run": (
        "survival.py",
        "        self.set_byte(JOINING, 0)\n        if self.reason != WATCHDOG:\n",
        "        if self.reason != WATCHDOG:\n",
        restarts.hangs_at_start,
    ),
    "switching on does not count as a failed start": (
        "slots.py",
        "        counts.forget_for_now()\n    elif",
        "        _fail_before(counts, root, HUNG)\n    elif",
        switched_on_with_room_for_updates,
    ),
    "the copy of the passwords in NVM counts": (
        f"{LIB}/storage/secrets.py",
        "text = copy if _fits(row, copy) else",
        "text =",
        restarts.switched_on_twenty_times,
    ),
    "the fourth start goes without the saved settings": (
        "slots.py",
        "    (True, 3, WITHOUT_SETTINGS),  # those that were saved on the page\n",
        "",
        restarts.saved_setting_that_kills,
    ),
    "a crash of the chip is a failed start": (
        "safemode.py",
        "        count_crash()\n",
        "        pass\n",
        setting_that_crashes,
    ),
    "a supply that sags fails no version": (
        "safemode.py",
        "reason != supervisor.SafeModeReason.BROWNOUT:",
        "True:",
        restarts.sagging_supply,
    ),
    "the firmware's own watchdog accuses no join": (
        "survival.py",
        "if started_by_reset and supervisor.runtime.safe_mode_reason == supervisor.SafeModeReason.NONE:",
        "if started_by_reset:",
        restarts.sagging_supply,
    ),
    "what NVM did not take is written later": (
        "survival.py",
        """        self._stored = b""\n""",
        "        self._stored = bytes(block)\n",
        restarts.nvm_that_fails,
    ),
    "once without the saved settings is once": (
        "slots.py",
        "        kept.set_byte(survival.ONCE, 0)\n",
        "",
        restarts.started_once_without,
    ),
    "the recovery page goes by the last edit": (
        "recovery.py",
        "if entry[0] == key and entry[2] == in_file:",
        "if entry[0] == key:",
        network_of_the_recovery_page,
    ),
    "the recovery page checks the record": (
        "recovery.py",
        ' or check_sum.to_bytes(4, "little") != record[12:16]:',
        ":",
        network_of_the_recovery_page,
    ),
    "the recovery page compares check sums": (
        "recovery.py",
        "== row[1] and check_sum_of(path) == row[2]:",
        "== row[1]:",
        files_of_the_recovery_page,
    ),
    "the recovery page takes the fixed address": (
        "recovery.py",
        "        take_address(wifi.radio, entries)\n",
        "",
        address_of_the_recovery_page,
    ),
    "a letter is no wider than its bitmap": (
        f"{LIB}/display/typeset.py",
        "fontio.Glyph(bitmap, 0, width, rows,",
        "fontio.Glyph(bitmap, 0, width + 1, rows,",
        screens_are_drawn,
    ),
    "a code stays inside its bitmap": (
        f"{LIB}/display/code_panel.py",
        "        left = (self._layout.across - len(rows)) // 2\n",
        "        left = self._layout.across - len(rows) + 1\n",
        screens_are_drawn,
    ),
}
# Scenes that take longest: `make soak` plays them.
LONG = ("joins are marked after a reset by the watchdog", "once without the saved settings is once")


def without(name, folder):
    """A copy of the drive in `folder`, with one cure taken out."""
    path, cure, instead, _ = CURES[name]
    drive = Path(folder) / "drive"
    shutil.copytree(CIRCUITPY, drive, ignore=shutil.ignore_patterns("__pycache__"))
    text = (drive / path).read_text()
    if text.count(cure) != 1:
        raise ValueError(f"{name}: the cure stands {text.count(cure)} times in {path}")
    (drive / path).write_text(text.replace(cure, instead))
    return drive


def noticed(name):
    """What the scene says about the drive without that cure, or None."""
    with tempfile.TemporaryDirectory() as folder:
        return CURES[name][3](without(name, folder))


def main():
    missed = 0
    for name in CURES:
        found = noticed(name)
        missed += found is None
        print(f"{name:56} {found or 'NOT NOTICED'}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
