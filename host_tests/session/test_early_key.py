# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem has its key while most of the program is still being loaded; nobody is answered before a session can go on."""

import pytest
from appliance import start

from host_tests.bench import device_time
from host_tests.support.starts import note_compiled, program_s
from host_tests.twin.world import World

# Two of them are the firmware's, in which it waits for BOOT.
KEY_S = 6.1
LONGEST_STEP_LINES = 1000
PARM_CNF = b"\x65\x60"
WIRING = ("lib/appliance/modem/wiring.py", '("IO13", "IO11"', '("IO35", "IO36"')


@pytest.fixture
def compiled(monkeypatch):
    """[(lines, file)] of what the device compiles."""
    return note_compiled(monkeypatch)


def key_of(world):
    return world.modem.modem.nmk


def test_a_modem_has_its_key_six_seconds_after_power_on_and_keeps_it():
    with World(seed=71) as world:
        assert world.run_until(lambda: key_of(world) is not None, 20)
        assert world.now_s - world.power_on_s <= KEY_S
        assert program_s(world) is None, "the box itself is not loaded yet"
        first = key_of(world)
        assert world.run_until(lambda: world.ready, 60)
        assert key_of(world) == first


def test_what_only_another_clock_in_the_settings_needs_is_not_loaded_before_the_key(compiled):
    with World(seed=71) as world:
        assert world.run_until(lambda: key_of(world) is not None, 20)
    assert "/lib/appliance/base/text.py" not in {name for _, name in compiled}


def test_a_line_that_the_firmware_cannot_read_does_not_cost_the_early_key():
    with World(seed=71, settings_text="MODEM_SCK = IO13\n") as world:
        assert world.run_until(lambda: key_of(world) is not None, 20)
        assert world.now_s - world.power_on_s <= KEY_S
        assert program_s(world) is None, "the box itself is not loaded yet"


def test_a_modem_that_restarts_while_the_program_is_loaded_gets_another_key():
    with World(seed=73) as world:
        world.run_until(lambda: key_of(world) is not None, 20)
        first = key_of(world)
        world.modem.spontaneous_reboot()
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.charging, 100)
        assert key_of(world) != first
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]


def test_nobody_is_answered_before_everything_a_session_needs_is_loaded(compiled):
    there = []

    def tap(_now_us, frame):
        if frame[15:17] == PARM_CNF:
            there.append({name for _, name in compiled})

    with World(seed=74) as world:
        world.powerline.pcap.append(tap)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.charging, 100)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]
    needed = {name for _, name in compiled if name.startswith(("/lib/v2g/", "/lib/plc/"))}
    # For the question whether the modem is set up for a charger, which waits until no car is there.
    needed.remove("/lib/plc/mme_read.py")
    assert {"/lib/v2g/din.py", "/lib/v2g/iso2.py", "/lib/v2g/session.py"} <= needed <= there[0]


def test_the_modem_is_never_left_alone_for_more_than_a_second_of_source(compiled):
    with World(seed=75) as world:
        assert world.run_until(lambda: program_s(world) is not None, 60)
    parts = {f"/lib/{part.replace('.', '/')}.py" for part in start.SESSION + start.SETTINGS + start.ASKING + start.REST}
    names = [name for _, name in compiled]
    assert parts <= set(names)
    # A file is begun before the files that it imports, so a step ends where the next part begins.
    step = 0
    for lines, name in compiled[names.index("/lib/plc/slac.py") :]:
        step = lines if name in parts else step + lines
        assert step <= LONGEST_STEP_LINES, name


def test_other_pins_in_the_settings_are_used_once_the_settings_are_read():
    with device_time.with_defect(*WIRING) as drive, World(seed=76, circuitpy=drive) as world:
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.charging, 100)
        assert world.device.starts == 1


def test_pins_that_cannot_be_used_are_told_by_the_box_and_it_stays_up():
    with World(seed=77, settings={"MODEM_SCK": "IO11"}) as world:
        assert world.run_until(lambda: program_s(world) is not None, 60)
        world.run(60)
        assert "MODEM_SCK" in world.device.console_text() and world.device.starts == 1
