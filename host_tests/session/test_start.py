# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A board or a CircuitPython on which the box cannot run says so, on console, display and page, and does nothing else."""

import pytest

from host_tests.session.inside import box_of
from host_tests.support.starts import started
from host_tests.twin.device import FIRMWARES
from host_tests.twin.world import SETTINGS_IN_USE, World


def unfit(**options):
    """A World whose box has its recovery page up."""
    world = World(seed=51, device_options=options)
    assert world.run_until(lambda: "recovery page at" in world.device.console_text(), 60), (
        world.device.console_text()
    )
    world.run(2)
    return world


def lit(world):
    return sum(world.display.image().convert("L").histogram()[128:])


def test_circuitpython_10_0_is_told_so():
    with unfit(firmware="10.0.3") as world:
        sentence = "The box needs CircuitPython 10.1.0 or newer, and this is 10.0.3."
        assert sentence in world.device.console_text()
        page = world.network.http("GET", "/").text
        assert sentence in page and "saved settings" not in page
        assert lit(world) > 500, "words on the display"
        world.run(300)
        assert world.device.starts == 1


def test_a_board_without_psram_is_told_so():
    with unfit(psram_bytes=0) as world:
        sentence = "CircuitPython finds no extra memory (PSRAM)."
        assert sentence in world.device.console_text() and sentence in world.network.http("GET", "/").text
        assert lit(world) > 500


@pytest.mark.parametrize("native_usb", [True, False])
def test_boot_pressed_at_any_moment_of_a_start_opens_the_drive_to_nobody_near(native_usb):
    with World(seed=53, device_options={"native_usb": native_usb}) as world:
        world.device.boot_pressed_for_bluetooth = True
        world.run(5)
        assert "starting lib" in world.device.console_text()
        assert not world.device.bluetooth_advertises
        assert bool(world.device.usb_identification) is native_usb


@pytest.mark.parametrize("firmware", ["10.1.4", "10.3.0"])
def test_boot_held_behind_reset_keeps_the_program_out_and_the_drive_writable(firmware):
    """Up to 10.2 that is CircuitPython's own safe mode; from 10.3 on the settings save its wait, and code.py looks."""
    with World(seed=53, device_options={"firmware": firmware, "usb_host": True}) as world:
        world.run(10)
        world.device.press_boot(hold_s=2)
        world.run(1000)
        assert world.device.drive.pc_has_drive
        assert world.device.console_text().count("starting lib") == 1
        world.device.reset()
        assert world.run_until(lambda: world.ready, 60)


@pytest.mark.parametrize("hold_s", [0.3, 2, 10_000])
def test_a_boot_button_that_nobody_means_keeps_the_box_away_for_five_minutes_at_most(hold_s):
    with World(seed=53, device_options={"firmware": "10.3.0"}) as world:
        world.run(10)
        world.device.press_boot(hold_s=hold_s)
        assert world.run_until(lambda: world.ready, 360)


@pytest.mark.parametrize("firmware", [firmware for firmware in FIRMWARES if firmware != "10.0.3"])
def test_a_car_is_read_on_every_circuitpython_that_is_supported(firmware):
    with World(seed=52, device_options={"firmware": firmware}) as world:
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.charging, 100)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]
        world.run(100)
        assert world.device.starts == 1


def test_a_chip_without_usb_of_its_own_starts_as_well():
    with World(seed=53, device_options={"native_usb": False}) as world:
        assert world.run_until(lambda: world.ready, 60)
        assert "Traceback" not in "\n".join(world.device.boot_output)


def test_what_only_the_start_or_the_librarys_own_server_needs_is_given_back():
    with World(seed=54) as world:
        started(world)
        there = set(world.device.modules)
        library = vars(world.device.modules["adafruit_httpserver.response"])
    assert {"appliance.display.panel", "adafruit_httpserver.request"} <= there
    given_back = {"appliance.start", "appliance.door", "appliance.asking", "appliance.early", "appliance.display.drivers"}
    assert "Response" in library and "Websocket" not in library
    assert not there & (given_back | {"adafruit_httpserver.server", "adafruit_httpserver.route"})
    # An update looks whether it can be imported.
    assert "adafruit_httpserver" in there


@pytest.mark.parametrize("room_for_updates", [False, True])
def test_slots_py_is_not_loaded_where_there_is_nothing_to_pick_until_somebody_updates(room_for_updates):
    settings = dict(SETTINGS_IN_USE, WEB_PASSWORD="correct horse")
    with World(seed=54, settings=settings, device_options={"charge_lines": False}) as world:
        if room_for_updates:
            (world.drive_dir / "updates").mkdir()
        assert world.run_until(lambda: "plc.network_key" in world.device.modules, 20)
        assert ("slots" in world.device.modules) is room_for_updates
        started(world)
        assert world.device.console_text().count("starting lib") == 1
        world.run(40)
        modules, owner = world.device.modules, {"Authorization": "Bearer correct horse"}
        assert ("slots" in modules) is room_for_updates and ("appliance.update.health" in modules) is room_for_updates
        assert "update_missing" not in box_of(world).status.causes()
        document = world.network.http("GET", "/api/update", owner, timeout_s=30).json()
        assert (document["runs_from"], document["room"]) == ("lib", False)
        start = modules["slots"].started
        assert (start.place, start.seal, start.skipped, start.proved) == (0, None, [], True)
