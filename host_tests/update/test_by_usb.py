# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What comes by USB, and what is left when nothing starts: half-copied drives, the recovery page, safe mode."""

import functools
import os
import shutil
import types

import pytest
from appliance.settings.service import Keeper
from appliance.storage import writing
from appliance.storage.records import Store
from appliance.storage.secrets import Secrets

from host_tests.tools import bundle, deploy
from host_tests.twin import settings_toml
from host_tests.twin.network import Response
from host_tests.twin.settings_toml import as_getenv
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
    (drive / "lib/appliance/network/captive_dns.py").write_text("# of an older version\n")
    same_length = (drive / "lib/appliance/display/qr.py").read_bytes().replace(b"2026", b"2025")
    (drive / "lib/appliance/display/qr.py").write_bytes(same_length)
    with UpdatedBox(circuitpy=drive, device_options=FREE) as box:
        assert box.world.run_until(lambda: "missing or of another version" in box.device.console_text(), 90)
        box.world.run(1)
        text = notes_of(box)
        for name in (
            "www/webserial.js",
            "lib/appliance/network/captive_dns.py",
            "lib/appliance/display/qr.py",
        ):
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


def copied(folder):
    """A drive with what the box has, on which a test damages something."""
    shutil.copytree(CIRCUITPY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def runs(world):
    return "self-test: all parts work" in world.device.console_text()


@pytest.mark.parametrize("pause_after", [("code.py",), ("lib/plc/const.py", "www/index.html"), None])
def test_no_restart_cuts_a_computer_off_that_pauses_while_it_copies(tmp_path, pause_after):
    """Where it pauses for 0.75 s CircuitPython starts what is there, and a chip that is reset while a page of the FAT is
    erased loses the drive: supervisor/shared/reload.c, ports/espressif/supervisor/internal_flash.c."""
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "code.py").write_text('print("Hello World!")\n')
    version = copied(tmp_path / "version")
    files = {path.relative_to(version).as_posix(): path.read_bytes() for path in version.rglob("*") if path.is_file()}
    options = {**FREE, "usb_host": True}
    with World(seed=1, circuitpy=drive, settings_text="", device_options=options) as world:
        world.run(5)
        for number, name in enumerate(sorted(files)):
            world.device.save_from_pc(name, files[name])
            pause_s = 3 if pause_after is None and number % 10 == 0 else 0.1
            world.run(15 if name in (pause_after or ()) else pause_s)
        assert world.device.resets == []
        assert world.run_until(lambda: runs(world), 90), "nobody has to press RESET"
        assert world.device.resets == []


def test_a_file_that_is_saved_over_usb_does_not_restart_a_box_that_runs(tmp_path):
    with World(seed=1, device_options={**FREE, "usb_host": True}) as world:
        assert world.run_until(lambda: runs(world), 90)
        world.device.save_from_pc("settings.toml", b"# mine\n")
        world.run(5)
        assert (world.device.starts, world.device.run_reason, world.device.state) == (1, "STARTUP", "RUNNING")


@pytest.mark.parametrize("at_s", [0.5, 15])
def test_a_drive_that_is_mended_while_the_box_waits_after_a_failure_starts_by_itself(tmp_path, at_s):
    """Beside a computer it waits for 16 s, also after the first failure, and also one of a box that runs."""
    whole = (CIRCUITPY / "lib/appliance/loop.py").read_bytes()
    drive = copied(tmp_path / "drive")
    planted = b"    def run(self, sleep):\n", b"    def run(self, sleep):\n        1 // 0\n"
    assert planted[0] in whole
    (drive / "lib/appliance/loop.py").write_bytes(whole.replace(*planted))
    with World(seed=1, circuitpy=drive, device_options={**FREE, "usb_host": True}) as world:
        assert world.run_until(lambda: "restart in 16 s" in world.device.console_text(), 90)
        world.run(at_s)
        world.device.save_from_pc("lib/appliance/loop.py", whole)
        assert world.run_until(lambda: runs(world), 90)
        assert world.device.resets == []


def test_a_drive_that_is_mended_beside_the_recovery_page_starts_by_itself(tmp_path):
    drive = copied(tmp_path / "drive")
    whole = (drive / "lib/appliance/box.py").read_bytes()
    (drive / "lib/appliance/box.py").write_text("raise ValueError('planted')\n")
    with World(seed=1, circuitpy=drive, device_options={**FREE, "usb_host": True}) as world:
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 300)
        resets = len(world.device.resets)
        world.device.save_from_pc("lib/appliance/box.py", whole)
        assert world.run_until(lambda: runs(world), 90)
        assert len(world.device.resets) == resets


def test_a_missing_exi_table_is_named_on_the_console_and_on_the_recovery_page(tmp_path):
    drive = deployed(tmp_path / "drive")
    (drive / "lib/v2g/schemas/din.bin").unlink()
    settings = {"WIFI_SSID": "Home", "WIFI_PASSWORD": "correct horse", "WEB_PASSWORD": PASSWORD}
    with World(seed=1, circuitpy=drive, settings=settings, device_options=FREE) as world:
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 300)
        assert "ImportError: /lib/v2g/schemas/din.bin is missing" in world.device.console_text()
        world.run(2)
        assert "lib/v2g/schemas/din.bin" in world.network.http("GET", "/").body.decode()


HOME = {"WIFI_SSID": "Home", "WIFI_PASSWORD": "correct horse", "WEB_PASSWORD": PASSWORD}
# Files of a start in the order in which it needs them, the last one long after its network is there.
NEEDED = ("lib/appliance/early.py", "lib/appliance/loop.py", "lib/appliance/box.py", "lib/appliance/story.py")
HALF_COPIES = [
    *[(path,) for path in NEEDED],
    # The drive's root is copied last of all: then nothing remembers a failed start.
    *[(root, path) for root in ("slots.py", "survival.py") for path in NEEDED],
    ("survival.py", "lib/appliance/storage/forgetful.py"),
    ("survival.py", "lib/appliance/update/health.py"),
]


def half_copy(folder, missing):
    drive = deployed(folder / "drive")
    for path in missing:
        (drive / path).unlink()
    return drive


@pytest.mark.parametrize("missing", HALF_COPIES, ids=" ".join)
def test_a_half_copied_drive_that_cannot_start_is_told_at_the_first_start(tmp_path, missing):
    drive = half_copy(tmp_path, missing)
    with World(seed=1, circuitpy=drive, settings=HOME, display=None, device_options=FREE) as world:
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 60), missing
        world.run(2)
        page = world.network.http("GET", "/").body.decode()
        assert [path for path in missing if f"<li>{path}</li>" not in page] == []
        assert world.device.starts == 1
        # It is copied again, and the owner asks for another try.
        deploy.copy(world.drive_dir, bundle.drive_files())
        world.network.http("POST", "/again")
        assert world.run_until(lambda: world.device.starts == 2 and world.ready, 60)


# What may be amiss beside a file that is missing: (settings, a fault of the world, the display).
TROUBLES = (
    (HOME, None, "ssd1306"),
    ({**HOME, "MODEM_SCK": "IO99"}, None, None),
    ({**HOME, "WIFI_SSID": ""}, None, None),
    ({**HOME, "DISPLAY": "st7789"}, "wifi_off", None),
    (HOME, "modem_absent", None),
)


def _has_come_up(device):
    said = device.console_text()
    return any(end in said for end in ("recovery page at", "self-test: ", "selftest failed"))


@pytest.mark.soak
@pytest.mark.parametrize("trouble", range(len(TROUBLES)))
def test_whichever_file_is_missing_the_box_works_or_its_recovery_page_names_it(tmp_path, trouble):
    settings, fault, display = TROUBLES[trouble]
    whole = deployed(tmp_path / "drive")
    paths = sorted(path.relative_to(whole).as_posix() for path in (whole / "lib").rglob("*") if path.is_file())
    wrong = []
    for path in paths:
        data = (whole / path).read_bytes()
        (whole / path).unlink()
        with World(seed=1, circuitpy=whole, settings=settings, display=display, device_options=FREE) as world:
            if fault is not None:
                world.set_fault(fault, True)
            device = world.device
            world.run_until(functools.partial(_has_come_up, device), 100, 100_000)
            world.run(60)
            named = path in device.console_text()
            if "recovery page at" in device.console_text():
                named = f"<li>{path}</li>" in world.network.http("GET", "/").text
            # What compares the files is missing itself.
            if device.starts != 1 or not (named or path == "lib/appliance/update/files.py"):
                wrong.append(path)
        (whole / path).write_bytes(data)
    assert wrong == []


def test_without_the_recovery_page_the_console_says_what_is_missing_and_the_box_starts_again(tmp_path):
    drive = half_copy(tmp_path, ("recovery.py", "survival.py", "lib/appliance/box.py"))
    with World(seed=1, circuitpy=drive, settings=HOME, display=None, device_options=FREE) as world:
        assert world.run_until(lambda: world.device.starts == 2, 60)
        console = world.device.console_text()
        assert "no module named 'appliance.box'" in console and "no recovery page: no module named 'recovery'" in console
        assert "restart in 16 s" in console


@pytest.mark.parametrize("path", ["lib/appliance/early.py", "lib/appliance/box.py"])
def test_the_display_says_that_files_are_missing(tmp_path, path):
    drive = half_copy(tmp_path, (path,))
    with World(seed=1, circuitpy=drive, settings=HOME, display="ssd1306", device_options=FREE) as world:
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 60)
        world.run(2)
        assert sum(world.display.image().convert("L").histogram()[128:]) > 500, "words on the display"


def test_a_boards_own_display_shows_the_console_again_with_the_recovery_page(tmp_path):
    drive = half_copy(tmp_path, ("lib/appliance/box.py",))
    options = {**FREE, "board_id": "lilygo_tdisplay_s3"}
    with World(seed=1, circuitpy=drive, settings=HOME, display="board", device_options=options) as world:
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 60)
        assert world.device.starts == 1 and world.device.modules["board"].DISPLAY.auto_refresh


@pytest.mark.parametrize("path", ["lib/appliance/box_test.py", "lib/appliance/selftest.py", "lib/appliance/state/report.py"])
def test_a_piece_whose_file_is_missing_is_no_crash_of_the_program(tmp_path, path):
    drive = half_copy(tmp_path, (path,))
    (drive / "files.json").unlink()
    with World(seed=1, circuitpy=drive, settings=HOME, display=None, device_options=FREE) as world:
        assert world.run_until(lambda: "selftest failed" in world.device.console_text(), 90)
        world.run(1)
        owner = {"Authorization": "Bearer " + PASSWORD}
        document = world.network.http("GET", "/api/status", owner).json()
        assert [cause["code"] for cause in document["causes"]] == ["files_differ"]
        assert path.rsplit("/", 1)[1].removesuffix(".py") in " ".join(document["notes"])


def test_the_recovery_page_is_in_the_network_that_one_search_did_not_find(tmp_path):
    """The firmware gives up at once where nobody of that name is heard, whatever time it is given."""
    drive = deployed(tmp_path / "drive")
    (drive / "lib/appliance/box.py").write_text("raise ValueError('planted')\n")
    with World(seed=1, circuitpy=drive, settings=HOME, device_options=FREE) as world:
        assert world.run_until(lambda: "no version starts" in world.device.console_text(), 300)
        world.network.access_point.up = False
        world.run(3)
        world.network.access_point.up = True
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 30)
        assert "recovery page at 192.168.1.50" in world.device.console_text()


@pytest.mark.parametrize("password", ["correct horse", "another horse"], ids=["router", "access point"])
def test_the_recovery_page_of_a_board_with_a_poor_antenna_can_be_reached(tmp_path, password):
    drive = deployed(tmp_path / "drive")
    (drive / "lib/appliance/box.py").write_text("raise ValueError('planted')\n")
    with World(seed=1, circuitpy=drive, settings=HOME, device_options=FREE) as world:
        world.network.access_point.password = password
        world.device.station.most_tx_dbm = 8
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 300)
        assert world.device.station.is_understood
        assert world.device.station.ap_active == (password != "correct horse")


@pytest.fixture
def dead_box(request, tmp_path):
    drive = deployed(tmp_path / "drive")
    (drive / "lib/appliance/box.py").write_text("raise ValueError('planted')\n")
    (drive / "www/index.html").unlink()
    table = bytearray((drive / "lib/v2g/schemas/din.bin").read_bytes())
    table[len(table) // 2] ^= 1
    (drive / "lib/v2g/schemas/din.bin").write_bytes(table)
    with World(
        seed=1, circuitpy=drive, settings={**HOME, **getattr(request, "param", {})}, device_options=FREE
    ) as world:
        assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 300)
        world.run(2)
        yield world


STATIC = {"WIFI_STATIC_ADDRESS": "192.168.1.9", "WIFI_NETMASK": "255.255.255.0", "WIFI_GATEWAY": "192.168.1.1"}


@pytest.mark.parametrize(
    ("dead_box", "address"),
    [(STATIC, "192.168.1.9"), ({**STATIC, "WIFI_GATEWAY": "none"}, "192.168.1.50"), ({}, "192.168.1.50")],
    indirect=["dead_box"],
    ids=["fixed", "one that cannot be used", "none"],
)
def test_the_recovery_page_has_the_fixed_address_of_the_settings(dead_box, address):
    assert f"recovery page at {address}" in dead_box.device.console_text()
    assert dead_box.network.http("GET", "/").status == 200


def test_the_recovery_page_names_a_table_that_is_damaged_in_its_full_length(dead_box):
    text = dead_box.network.http("GET", "/").body.decode()
    assert "<li>lib/v2g/schemas/din.bin</li>" in text
    assert "iso2.bin" not in text


def test_the_recovery_page_names_what_is_missing_and_tries_again(dead_box):
    answer = dead_box.network.http("GET", "/")
    assert answer.status == 200
    text = answer.body.decode()
    assert "cannot start" in text and "www/index.html" in text and "lib/appliance/box.py" in text
    for path in ("lib/appliance/box.py", "lib/v2g/schemas/din.bin"):
        (dead_box.drive_dir / path).write_bytes((CIRCUITPY / path).read_bytes())
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


@pytest.mark.parametrize(
    ("headers", "body"), [({"Cookie": "x" * 3000}, b""), ({}, b"x" * 3000), ({}, b"")], ids=["head", "body", "short"]
)
def test_the_recovery_page_ends_whole_however_long_the_request_is(dead_box, headers, body):
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    client = dead_box.network.connect_to_box(80)
    client.send(f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body)
    assert dead_box.run_until(lambda: client.finished, 10)
    assert client.closed_by_box and not client.was_reset
    assert Response(client.recv(), 0, True).body.rstrip().endswith(b"</p>")


def test_the_recovery_page_waits_for_the_rest_of_a_request(dead_box):
    client = dead_box.network.connect_to_box(80)
    client.send(b"POST /aga")
    dead_box.run(0.5)
    client.send(b"in HTTP/1.1\r\n\r\n")
    assert dead_box.run_until(lambda: b"is starting again" in client.received, 10)


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
        world.device.press_boot()
        world.run(60)
        assert world.device.state == "SAFE_MODE"


@pytest.mark.parametrize("start", ["power", "restart"])
def test_a_supply_that_sags_in_the_first_second_of_a_start_does_not_end_in_the_safe_mode_that_stays(start):
    """CircuitPython marks the second in which it waits for BOOT, and only a reset from outside takes that back."""
    with World(seed=1, device_options={"charge_lines": False}) as world:
        if start == "restart":
            assert world.run_until(lambda: world.device.state == "RUNNING", 20)
            world.device.reset("SOFTWARE")
        world.run(0.9)
        assert world.device.state == "BOOTING"
        world.device.reset("BROWNOUT")
        world.run(1.5)
        assert world.run_until(lambda: world.device.state == "RUNNING", 60)


@pytest.mark.parametrize(("strokes", "state"), [(1, "RUNNING"), (2, "DONE")])
def test_ctrl_c_in_a_terminal_interrupts_the_box_for_a_moment_and_twice_leads_to_the_prompt(strokes, state):
    """Many mean to copy what they see."""
    with World(seed=1, device_options={"charge_lines": False}) as world:
        device = world.device
        assert world.run_until(lambda: world.ready, 60)
        for _ in range(strokes):
            device.type_on_console("\x03")
            world.run(2)
        assert "Ctrl-C" in device.console_text()
        world.run(60)
        assert device.state == state
        if strokes == 1:
            assert [reason for _, reason in device.resets] == ["SOFTWARE"]
            world.plug(world.new_car(soc_percent=42))
            assert world.run_until(lambda: world.charging, 60)
            assert "without the saved settings" not in device.console_text()


def recovery():
    return device_files.module("recovery", microcontroller=types.ModuleType("microcontroller"))


def test_the_recovery_page_reads_the_network_that_was_saved_last(tmp_path):
    page = recovery()
    assert page.saved_entries(str(tmp_path)) == []
    saved = Store(str(tmp_path), None, lambda text: None)
    for ssid in ("first", "second", "third"):
        writing.write(saved, [("WIFI_SSID", ssid, None), ("WIFI_PASSWORD", "päss", "old")])
    entries = page.saved_entries(str(tmp_path))
    assert page.setting("WIFI_SSID", entries, {}.get) == "third"
    assert page.setting("WIFI_PASSWORD", entries, {"WIFI_PASSWORD": "old"}.get) == "päss"
    assert page.setting("WIFI_PASSWORD", entries, {"WIFI_PASSWORD": "edited since"}.get) == "edited since"
    # The newest record is damaged: the one before it counts, as for the box.
    for path in (tmp_path / "saved").rglob("settings.bin"):
        data = bytearray(path.read_bytes())
        if b"third" in data:
            data[data.index(b"third")] ^= 1
            path.write_bytes(data)
    assert page.setting("WIFI_SSID", page.saved_entries(str(tmp_path)), {}.get) == "second"


LINES = (
    'WIFI_SSID = "Home"',
    'WIFI_SSID = "Hö\\u006de \\"x\\""',
    'WIFI_SSID="Home" # mine',
    "WIFI_SSID = 12345",
    "WIFI_SSID = 12345 # mine\r\n",
    "WIFI_SSID = ",
    'WIFI_SSID = ""',
    "WIFI_SSID = 'Home'",
    "WIFI_SSID = 'Home' # mine",
    "WIFI_SSID = Home",
    'WIFI_SSID = "H\udcf6me"',
    'WIFI_SSID = "one"\nWIFI_SSID = "two"',
    '# WIFI_SSID = "Home"',
    "",
    '[section]\nWIFI_SSID = "Home"',
)


@pytest.mark.parametrize("firmware", [(10, 1, 4), (10, 2, 1)])
@pytest.mark.parametrize("then", LINES)
@pytest.mark.parametrize("now", LINES)
def test_the_recovery_page_goes_to_the_network_that_the_box_would(tmp_path, then, now, firmware):
    """Saved on the page while settings.toml said one thing, read when it says another."""
    file = tmp_path / "settings.toml"

    def getenv(key):
        found = settings_toml.find(file.read_bytes(), key, firmware)
        return as_getenv(found, firmware)

    file.write_bytes(then.encode("utf-8", "surrogateescape"))
    saved = Store(str(tmp_path), None, lambda text: None)
    Keeper(str(file), saved, lambda _: None).save({"WIFI_SSID": "saved"})
    file.write_bytes(now.encode("utf-8", "surrogateescape"))
    box = Keeper(str(file), Store(str(tmp_path), None, None), lambda _: None).settings
    page = recovery()
    goes_to = page.setting("WIFI_SSID", page.saved_entries(str(tmp_path)), getenv, str(file)) or ""
    # Without quotes the box takes no name, and says so. Where nothing starts any more it may be the owner's all the same.
    assert goes_to == box["WIFI_SSID"] or (goes_to, box["WIFI_SSID"], now) == ("Home", "", "WIFI_SSID = Home")


def test_the_recovery_page_knows_the_password_of_the_access_point(tmp_path):
    survival = device_files.module("survival")
    page = device_files.module("recovery", microcontroller=types.ModuleType("microcontroller"))
    page.kept_module = lambda: survival
    assert page.own_password(None, []) is None
    kept = survival.Survival(bytearray(8192), None, "power")
    assert page.own_password(kept, []) is None
    made = Secrets([], kept, os.urandom)
    assert page.own_password(kept, []) == made.access_point
    assert page.own_password(None, made.entries()) == made.access_point


ERRORS = {
    "The box hung.": "<p>The box hung.</p>",
    'Traceback (most recent call last):\n  File "code.py"\nMemoryError: 100 bytes': "ran out of memory",
    "Traceback (most recent call last):\n  File \"<x>\"\nImportError: no module named 'plc'": "&lt;x&gt;",
    "Traceback\nKeyError: correct horse": "***",
    "": "",
}


@pytest.mark.parametrize("text", ERRORS)
def test_the_recovery_page_tells_the_last_error_in_words_without_secrets(text):
    html = recovery().error_parts(text, ("correct horse", None, ""))
    assert ERRORS[text] in html and "correct horse" not in html and "<x>" not in html
    assert ("<pre>" in html) == text.startswith("Traceback")
