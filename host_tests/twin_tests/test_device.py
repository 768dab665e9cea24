# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The board as a whole: how it boots, ends, resets, loses power, and how it accounts for time."""

import gc
import threading
import traceback
from itertools import pairwise

import pytest

from host_tests.support.boards import board, run_code, said
from host_tests.twin.clock import Clock
from host_tests.twin.cost import MOST_LOGGED, Costs, LineCosts, Probe, summed
from host_tests.twin.device import FIRMWARES, Services

ENDLESS = """
    import time
    print("start")
    while True:
        time.sleep(0.1)
"""


@pytest.fixture
def boards(tmp_path):
    """Boards that are taken down at the end of the test."""
    made = []

    def make(code="", **options):
        made.append(board(tmp_path / str(len(made)), code, **options))
        return made[-1]

    yield make
    for device in made:
        device.close()


# --- the life of a program ---------------------------------------------------------------------------------------


def test_boot_takes_more_than_a_second_and_runs_code(boards):
    device = boards("print('hello')")
    assert device.run_until(lambda: device.console, 10)
    assert device.console[0][1] == "hello"
    assert 1_000_000 < device.console[0][0] < 3_000_000
    assert device.reset_reason == "POWER_ON"


def test_code_that_ends_leaves_the_board_idle_for_ever(boards):
    device = boards("print('once')")
    device.run(3600)
    assert device.state == "DONE"
    assert [line for _, line in device.console] == ["once", "", "Code done running."]


def test_exception_leaves_the_board_idle_and_is_kept_for_the_next_run(boards):
    device = boards("""
        import supervisor
        if supervisor.get_previous_traceback():
            print("before:", supervisor.get_previous_traceback())
        else:
            def fall():
                raise ValueError("bad")
            fall()
    """)
    device.run(5)
    assert device.state == "DONE"
    assert [line for _, line in device.console][:4] == [
        "Traceback (most recent call last):",
        '  File "code.py", line 8, in <module>',
        '  File "code.py", line 7, in fall',
        "ValueError: bad",
    ]
    assert "ValueError: bad" in device.previous_traceback


def test_each_file_that_is_imported_ends_with_a_collection_and_one_that_fails_leaves_nothing(tmp_path):
    """py/builtinimport.c collects after each, and takes the name of one that raises out of sys.modules."""
    files = {
        "lib/room/door.py": "import room.window\n" + "#\n" * 999,
        "lib/room/window.py": "",
        "lib/faulty.py": "import broken_off",
    }
    code = """
        import gc, sys, socketpool, wifi
        pool = socketpool.SocketPool(wifi.radio)
        def leak():
            pool.socket()
        leak()
        import room.door
        import room.window
        for _ in range(2):
            try:
                import faulty
            except ImportError as error:
                print(error, "faulty" in sys.modules)
        print([pool.socket() for _ in range(8)] and "all 8 are free")
    """
    device = run_code(tmp_path, code, files=files)
    missing = "no module named 'broken_off' False"
    assert said(device) == [missing, missing, "all 8 are free"]
    assert device.gc_collections == 3, "the folder, and the two files in it"
    costs = Costs()
    costs.import_collect_us = costs.import_collect_ns_per_line = 0
    at_once = run_code(tmp_path / "at once", code, files=files, costs=costs)
    took_us = device.console[-1][0] - at_once.console[-1][0]
    assert took_us == pytest.approx(Costs().collect_us(0) * 2 + Costs().collect_us(1000), abs=100)


def test_nobody_listens_to_this_computers_collector_while_a_program_runs(tmp_path, monkeypatch):
    """The end of a program would be thrown into the listener, and be lost there."""
    collected, heard = [], []

    def listener(_phase, _info):
        if any(frame.name == "spend" for frame in traceback.extract_stack()):
            heard.append(True)

    monkeypatch.setattr("gc.get_count", lambda: collected.append(True) or (1_000_000, 0, 0))
    gc.callbacks.append(listener)
    try:
        run_code(tmp_path, "import time\ntime.sleep(1)")
    finally:
        gc.callbacks.remove(listener)
    assert collected and not heard


def test_a_name_that_a_package_of_the_drive_lacks_is_not_found_among_this_computers_modules(tmp_path):
    """CPython goes on to look in its own `sys.modules` for what `from package import name` does not find."""
    code = "try:\n    from host_tests import twin\nexcept ImportError as error:\n    print(error)\n"
    device = run_code(tmp_path, code, files={"lib/host_tests/__init__.py": ""})
    assert said(device) == ["cannot import name 'twin' from 'host_tests'"]



@pytest.mark.parametrize(
    ("name", "looks", "opened"),
    [
        # Two places hold none, neither folder nor .py nor .mpy.
        ("room", 3 + 3 + 2, 1),
        ("room.door", 2, 1),
        ("alone", 3 + 3 + 2, 1),
        ("missing", 3 + 3 + 3, 0),
        ("room.missing", 3, 0),
        # In the firmware, and the drive comes first.
        ("json", 3 + 3 + 3, 0),
        ("os", 0, 0),
    ],
)
def test_an_import_looks_at_the_drive_for_what_it_names(tmp_path, name, looks, opened):
    """py/builtinimport.c stat_top_level and stat_module."""
    files = dict.fromkeys(("lib/room/__init__.py", "lib/room/door.py", "lib/alone.py"), "")
    program = f"""
        if "." in "{name}":
            import room
        try:
            import {name}
        except ImportError:
            pass
        print("done")
    """
    free = Costs()
    free.file_open_us = 0
    usual = run_code(tmp_path / "usual", program, files=files)
    at_once = run_code(tmp_path / "at once", program, files=files, costs=free)
    before = (3 + 3 + 2 + 2) if "." in name else 0
    took_us = usual.console[0][0] - at_once.console[0][0]
    assert took_us == pytest.approx((looks + before + 2 * opened) * Costs().file_open_us // 2, abs=10)



def test_set_next_code_file_restarts_after_an_error(boards):
    device = boards(
        """
        import supervisor
        supervisor.set_next_code_file("rescue.py", reload_on_error=True)
        raise ValueError("fall")
        """,
        files={
            "rescue.py": "import supervisor\nprint('rescued:', 'fall' in supervisor.get_previous_traceback())"
        },
    )
    device.run(10)
    assert "rescued: True" in device.console_text()


def test_a_file_saved_by_a_pc_restarts_the_program_unless_it_said_no(boards):
    text = """
        import supervisor, time
        print(supervisor.runtime.run_reason)
        supervisor.runtime.autoreload = {}
        while True:
            time.sleep(1)
    """
    for autoreload, starts in ((True, 2), (False, 1)):
        device = boards(text.format(autoreload), usb_host=True)
        device.run(3)
        device.save_from_pc("/note.txt", "x")
        device.run(3)
        assert len(device.console) == starts
        assert device.resets == []


def test_boot_py_runs_at_hard_resets_only_and_prints_elsewhere(boards):
    device = boards(
        """
        import microcontroller, supervisor
        print(supervisor.runtime.run_reason, microcontroller.cpu.reset_reason)
        microcontroller.nvm[0] += 1
        if microcontroller.nvm[0] == 1:
            supervisor.reload()
        if microcontroller.nvm[0] == 2:
            microcontroller.reset()
        """,
        files={"boot.py": "print('boot')"},
    )
    device.run(20)
    assert said(device) == [
        "supervisor.RunReason.STARTUP microcontroller.ResetReason.POWER_ON",
        "supervisor.RunReason.SUPERVISOR_RELOAD microcontroller.ResetReason.POWER_ON",
        "supervisor.RunReason.STARTUP microcontroller.ResetReason.SOFTWARE",
    ]
    assert device.boot_output == ["boot", "boot"]
    assert device.reset_reason == "SOFTWARE"


@pytest.mark.parametrize(
    ("settings", "firmware", "waits"),
    [("", "10.1.4", True), ("", "10.3.0", True),
     ("CIRCUITPY_BLE_WORKFLOW = false\n", "10.1.4", True), ("CIRCUITPY_BLE_WORKFLOW = false\n", "10.3.0", False)],
)  # fmt: skip
def test_a_start_has_a_second_in_which_boot_is_for_bluetooth(tmp_path, settings, firmware, waits):
    device = run_code(tmp_path, "print('up')", files={"settings.toml": settings}, firmware=firmware)
    up_us = next(us for us, line in device.console if line == "up")
    assert (2_000_000 < up_us < 3_500_000) is waits and up_us < 3_500_000


@pytest.mark.parametrize(
    ("value", "firmware", "waits"),
    [("0.0", "10.2.1", True), ("0.0", "10.3.0", False), ("0", "10.3.0", False), ("-1", "10.3.0", True),
     ('"0.0"', "10.3.0", True), ("none", "10.3.0", True)],
)  # fmt: skip
def test_the_second_for_the_boot_button_can_be_saved_from_10_3_on(tmp_path, value, firmware, waits):
    files = {"settings.toml": f"CIRCUITPY_SAFE_MODE_DELAY = {value}\nCIRCUITPY_BLE_WORKFLOW = false\n"}
    device = run_code(tmp_path, "print('up')", files=files, firmware=firmware)
    up_us = next(us for us, line in device.console if line == "up")
    assert (up_us > 1_000_000 + device.costs.boot_us) is waits


@pytest.mark.parametrize(("delay", "state", "seen"), [("1.0", "SAFE_MODE", []), ("0.0", "RUNNING", ["False", "True"])])
def test_boot_behind_reset_is_safe_mode_where_it_is_waited_for_and_seen_by_the_program_where_not(
    boards, delay, state, seen
):
    look = """
        import digitalio, microcontroller, time
        with digitalio.DigitalInOut(microcontroller.pin.GPIO0) as boot:
            boot.switch_to_input(digitalio.Pull.UP)
            print(boot.value)
            time.sleep(3)
            print(boot.value)
        while True:
            time.sleep(1)
        """
    settings = f"CIRCUITPY_SAFE_MODE_DELAY = {delay}\nCIRCUITPY_BLE_WORKFLOW = false\n"
    device = boards(look, files={"settings.toml": settings}, firmware="10.3.0")
    device.press_boot(hold_s=2)
    device.run(6)
    assert (device.state, said(device)) == (state, seen)


NO_BLUETOOTH = "import supervisor\nsupervisor.runtime.ble_workflow = False\n"


@pytest.mark.parametrize(("boot", "open_to_all"), [("", True), ("supervisor.runtime.ble_workflow = False", False)])
def test_boot_pressed_in_that_second_opens_the_drive_by_bluetooth_unless_boot_py_says_no(boards, boot, open_to_all):
    text = "import supervisor\nprint(supervisor.runtime.ble_workflow)"
    device = boards(text, files={"boot.py": "import supervisor\n" + boot})
    device.boot_pressed_for_bluetooth = True
    device.run(5)
    assert (device.bluetooth_advertises, said(device)) == (open_to_all, [str(open_to_all)])


@pytest.mark.parametrize(("firmware", "open_to_all"), [("10.1.4", True), ("10.3.0", False)])
def test_boot_that_is_held_on_in_the_users_safe_mode_opens_the_drive_unless_the_settings_say_no(
    boards, firmware, open_to_all
):
    files = {"boot.py": NO_BLUETOOTH, "safemode.py": NO_BLUETOOTH, "settings.toml": "CIRCUITPY_BLE_WORKFLOW = false\n"}
    device = boards(ENDLESS, files=files, firmware=firmware)
    device.boot_pressed_for_bluetooth = True
    device.run(5)
    assert (device.state, device.bluetooth_advertises) == ("RUNNING", False)
    device.press_boot()
    device.run(5)
    assert (device.state, device.bluetooth_advertises) == ("SAFE_MODE", open_to_all)
    device.boot_pressed_for_bluetooth = False
    device.press_boot()
    device.run(5)
    assert (device.state, device.bluetooth_advertises) == ("SAFE_MODE", False)


def test_settings_reach_getenv_as_text_or_in_old_versions_as_int(tmp_path):
    settings = """
        # comment
        PORT = 8080   # trailing
        NAME = "a \\"box\\" \\u00e9"
        PORT = 1
        [section]
        HIDDEN = "x"
    """
    code = "import os\nprint([os.getenv(k, 'none') for k in ('PORT', 'NAME', 'HIDDEN', 'ABSENT')])"
    new = run_code(tmp_path / "new", code, files={"settings.toml": settings}, firmware="10.3.0")
    old = run_code(tmp_path / "old", code, files={"settings.toml": settings}, firmware="10.0.3")
    assert said(new) == ["['8080', 'a \"box\" é', 'none', 'none']"]
    assert said(old) == ["[8080, 'a \"box\" é', 'none', 'none']"]


def test_getenv_takes_as_long_as_the_letters_that_it_reads(tmp_path):
    settings = 'FIRST = "1"\n' + "# filling\n" * 1000 + 'LAST = "2"\n'
    code = """
        import os, supervisor
        begun = supervisor.ticks_ms()
        for _ in range(10):
            os.getenv("%s")
        print((supervisor.ticks_ms() - begun) // 10)
    """
    first, last, absent = [
        int(said(run_code(tmp_path / key, code % key, files={"settings.toml": settings}))[0])
        for key in ("FIRST", "LAST", "ABSENT")
    ]
    assert first < 3
    assert last - first == absent - first == 10


def test_modules_are_fresh_at_every_start_and_never_the_hosts(boards):
    files = {"lib/counter.py": "n = 0\ndef up():\n    global n\n    n += 1\n    return n"}
    code = """
        import counter, sys, supervisor, os
        print(counter.up(), "pytest" in sys.modules, hasattr(os, "environ"), sys.implementation.name)
        if supervisor.runtime.run_reason == supervisor.RunReason.STARTUP:
            supervisor.reload()
    """
    first, second = boards(code, files=files), boards(code, files=files)
    for device in (first, second):
        device.run(10)
        assert said(device) == ["1 False False circuitpython"] * 2
    import sys

    assert "counter" not in sys.modules


def test_what_circuitpython_lacks_is_missing(tmp_path):
    device = run_code(
        tmp_path,
        """
        for name in ("functools", "itertools", "datetime", "typing", "threading", "socket", "enum", "base64"):
            try:
                __import__(name)
                print(name, "there")
            except ImportError as error:
                pass
        try:
            try:
                open("/none")
            except FileNotFoundError:
                print("caught")
        except NameError as error:
            print(error)
        def annotated(value: NoSuchName) -> Neither:
            return value
        print(annotated(1))
        """,
    )
    assert said(device) == ["name 'FileNotFoundError' is not defined", "1"]


# --- resets, watchdog, safe mode -----------------------------------------------------------------------------------


def test_watchdog_ends_an_endless_loop_of_plain_python(boards):
    device = boards("""
        import microcontroller, watchdog
        if microcontroller.cpu.reset_reason != microcontroller.ResetReason.WATCHDOG:
            microcontroller.watchdog.timeout = 5
            microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
            print("armed")
            while True:
                pass
        print("back")
    """)
    assert device.run_until(lambda: "back" in device.console_text(), 30)
    (armed_us, _), (back_us, _) = device.console[:2]
    assert device.resets[0][1] == "WATCHDOG"
    assert 4_900_000 < device.resets[0][0] - armed_us < 5_100_000
    # After a watchdog nobody is waited for (safe_mode.c): only the boot itself.
    assert back_us > device.resets[0][0] + device.costs.boot_us


WATCHED = """
    import microcontroller, time, watchdog
    microcontroller.watchdog.timeout = 5
    microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
    print("start")
    {}
"""
WAITS = """while True:
        microcontroller.watchdog.feed()
        time.sleep(1)"""


@pytest.mark.parametrize(
    ("does", "typed", "starts"), [("pass", "", 1), ("raise ValueError", "", 3), (WAITS, "\x03", 1), (WAITS, "c", 1)]
)
def test_only_an_exception_of_its_own_leaves_a_programs_watchdog_armed(boards, does, typed, starts):
    device = boards(WATCHED.format(does))
    device.run(5)
    device.type_on_console(typed)
    device.run(10)
    assert device.starts == starts
    assert ("KeyboardInterrupt" in device.console_text()) == (typed == "\x03")
    assert device.state == ("RUNNING" if typed == "c" else "DONE")


def test_feeding_holds_the_watchdog_and_a_reload_disarms_it(boards):
    device = boards("""
        import microcontroller, supervisor, time, watchdog
        if supervisor.runtime.run_reason != supervisor.RunReason.STARTUP:
            while True:
                time.sleep(60)
        microcontroller.watchdog.timeout = 2
        microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
        for _ in range(10):
            time.sleep(1.5)
            microcontroller.watchdog.feed()
        supervisor.reload()
    """)
    device.run(120)
    assert device.resets == []


def test_watchdog_stays_armed_after_an_uncaught_exception(boards):
    device = boards("""
        import microcontroller, watchdog
        microcontroller.watchdog.timeout = 3
        microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
        raise ValueError("fall")
    """)
    device.run(6)
    assert [reason for _, reason in device.resets] == ["WATCHDOG"]


def test_a_reset_forgets_the_watchdogs_time_and_a_reload_does_not(boards):
    """It lies in the C code's memory (common-hal/microcontroller/__init__.c common_hal_mcu_watchdogtimer_obj)."""
    device = boards("""
        import microcontroller, supervisor
        print(microcontroller.watchdog.timeout)
        if microcontroller.watchdog.timeout == 0:
            microcontroller.watchdog.timeout = 3
            supervisor.reload()
    """)
    device.run(5)
    device.reset()
    device.run(5)
    assert [line for _, line in device.console if line[:1].isdigit()] == ["0.0", "3", "0.0", "3"]


def test_watchdog_raise_mode_reaches_python(tmp_path):
    device = run_code(
        tmp_path,
        """
        import microcontroller, watchdog
        microcontroller.watchdog.timeout = 1
        microcontroller.watchdog.mode = watchdog.WatchDogMode.RAISE
        try:
            while True:
                pass
        except watchdog.WatchDogTimeout:
            print("raised")
        """,
    )
    assert said(device) == ["raised"]


@pytest.mark.parametrize("event", ["brownout", "crash", "watchdog"])
def test_safe_mode_runs_safemode_py_instead_of_code(boards, event):
    device = boards(
        ENDLESS,
        files={
            "safemode.py": """
                import alarm, microcontroller, supervisor
                print(supervisor.runtime.safe_mode_reason)
                alarm.sleep_memory[0] += 1
                microcontroller.reset()
            """
        },
        watchdog_to_safe_mode=True,
        firmware="10.3.0",
    )
    device.run(3)
    if event == "crash":
        device.crash()
    else:
        device.reset(event.upper())
    assert device.run_until(lambda: [line for _, line in device.console].count("start") == 2, 30)
    reason = {"brownout": "BROWNOUT", "crash": "HARD_FAULT", "watchdog": "WATCHDOG"}[event]
    assert f"supervisor.SafeModeReason.{reason}" in device.console_text()
    assert device.sleep_memory[0] == 1


def test_safe_mode_without_safemode_py_is_dead_until_a_power_cycle(boards):
    device = boards(ENDLESS)
    device.run(3)
    device.reset("BROWNOUT")
    device.run(600)
    assert device.state == "SAFE_MODE"
    assert len(device.console) == 1
    device.power_cycle()
    device.run(3)
    assert device.state == "RUNNING"


def test_the_users_safe_mode_does_not_run_safemode_py(boards):
    device = boards(ENDLESS, files={"safemode.py": "print('safemode')"})
    device.run(3)
    device.press_boot()
    device.run(60)
    assert device.state == "SAFE_MODE"
    assert "safemode" not in device.console_text()


LEAVES_SAFE_MODE = "import microcontroller\n{}microcontroller.reset()\n"
NORMAL = "microcontroller.on_next_reset(microcontroller.RunMode.NORMAL)\n"


@pytest.mark.parametrize(("line", "state"), [("", "SAFE_MODE"), (NORMAL, "RUNNING")])
def test_a_supply_that_sags_while_boot_is_waited_for_leaves_the_users_safe_mode_behind(boards, line, state):
    device = boards(ENDLESS, files={"safemode.py": LEAVES_SAFE_MODE.format(line)})
    device.run(0.9)
    assert device.state == "BOOTING"
    device.reset("BROWNOUT")
    device.run(10)
    assert [reason for _, reason in device.resets] == ["BROWNOUT", "SOFTWARE"]
    assert device.state == state
    device.power_cycle()
    device.run(3)
    assert device.state == "RUNNING"


def test_a_program_asks_for_safe_mode_at_the_next_reset(boards):
    device = boards("""
        import microcontroller
        microcontroller.on_next_reset(microcontroller.RunMode.SAFE_MODE)
        microcontroller.reset()
    """)
    device.run(10)
    assert (device.state, device.safe_mode_reason) == ("SAFE_MODE", "PROGRAMMATIC")
    assert device.starts == 2


# --- power -----------------------------------------------------------------------------------------------------------


def test_power_cut_ends_the_program_at_once_and_clears_rtc_memory(boards):
    device = boards("""
        import alarm, microcontroller, time
        print(alarm.sleep_memory[5], microcontroller.nvm[5], microcontroller.cpu.reset_reason)
        alarm.sleep_memory[5] = 7
        microcontroller.nvm[5] = 8
        while True:
            time.sleep(1)
    """)
    device.run(5)
    now = device.clock.now_us
    device.power_off()
    assert device.clock.now_us == now
    assert device.state == "OFF"
    device.run(2)
    device.start()
    device.run(5)
    device.reset()
    device.run(5)
    assert [line for _, line in device.console] == [
        "0 0 microcontroller.ResetReason.POWER_ON",
        "0 8 microcontroller.ResetReason.POWER_ON",
        "0 8 microcontroller.ResetReason.POWER_ON",
    ]


LAST = """
    import alarm, microcontroller, time
    print(alarm.sleep_memory[5], microcontroller.cpu.reset_reason)
    alarm.sleep_memory[5] = 7
    {}
    time.sleep(1000)
"""
RESETS = {
    "RESET_PIN": ("POWER_ON", False),
    "WATCHDOG": ("WATCHDOG", True),
    "BROWNOUT": ("SOFTWARE", False),
    "PANIC": ("SOFTWARE", True),
}


@pytest.mark.parametrize("firmware", FIRMWARES)
@pytest.mark.parametrize("event", RESETS)
def test_what_a_reset_is_called_and_what_it_leaves_of_rtc_memory(boards, event, firmware):
    """Brownout and panic lead to safe mode first, which is left by a reset of its own."""
    told, stays = RESETS[event]
    device = boards(
        LAST.format(""),
        files={"safemode.py": "import microcontroller\nmicrocontroller.reset()"},
        firmware=firmware,
    )
    device.run(5)
    device.reset(event)
    device.run(8)
    left = 7 if stays and firmware == "10.3.0" else 0
    assert device.console[1][1] == f"{left} microcontroller.ResetReason.{told}"


@pytest.mark.parametrize("firmware", FIRMWARES)
@pytest.mark.parametrize("reset", ["RESET_PIN", "WATCHDOG"])
def test_a_reload_clears_rtc_memory_from_10_3_on_when_the_last_reset_did(boards, firmware, reset):
    text = LAST.format("""import supervisor
    if microcontroller.nvm[0] == 1:
        microcontroller.nvm[0] = 2
        supervisor.reload()
    microcontroller.nvm[0] += 1""")
    device = boards(text, firmware=firmware)
    device.run(5)
    device.reset(reset)
    device.run(8)
    left = 0 if firmware == "10.3.0" and reset == "RESET_PIN" else 7
    assert device.console[2][1].startswith(f"{left} ")


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_a_software_reset_leaves_rtc_memory_alone_since_10_3(boards, firmware):
    text = LAST.format("""if microcontroller.nvm[0] == 0:
        microcontroller.nvm[0] = 1
        microcontroller.reset()""")
    device = boards(text, firmware=firmware)
    device.run(8)
    left = 7 if firmware == "10.3.0" else 0
    assert device.console[1][1] == f"{left} microcontroller.ResetReason.SOFTWARE"


def test_power_cut_from_an_event_of_the_world(boards):
    device = boards(ENDLESS)
    device.clock.after(5_000_000, device.power_off)
    device.clock.after(9_000_000, device.start)
    device.run(8)
    assert device.state == "OFF"
    device.run(5)
    assert device.state == "RUNNING"
    assert [line for _, line in device.console] == ["start", "start"]


def test_the_end_comes_at_its_instant_also_within_a_long_sleep(boards):
    device = boards("""
        import time
        print("start")
        time.sleep(3600)
    """)
    device.clock.after(5_000_000, device.reset)
    device.run(60)
    assert device.resets == [(5_000_000, "RESET_PIN")]
    assert 7_400_000 < device.console[1][0] < 8_000_000


HOSTILE = {
    "bare except around a call": """
        import time
        print("start")
        while True:
            try:
                time.sleep(1)
            except:
                print("swallowed")
    """,
    "bare except around plain Python": """
        print("start")
        x = 0
        def work():
            global x
            x += 1
        while True:
            try:
                while True:
                    work()
            except:
                x += 2
    """,
    "goes on after the end": """
        import time
        print("start")
        try:
            time.sleep(1000)
        except:
            pass
        finally:
            x = 0
            while True:
                x += 1
    """,
    "finally that writes": """
        import time, storage
        storage.remount("/", False)
        print("start")
        f = open("/victim", "w")
        try:
            while True:
                time.sleep(1)
        finally:
            f.write("never" * 500)
            f.close()
            print("not said")
    """,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_power_cut_ends_even_a_program_that_swallows_everything(boards, name):
    device = boards(HOSTILE[name])
    device.run(3)
    device.power_off()
    device.run(1)
    assert device.state == "OFF"
    assert [line for _, line in device.console] == ["start"]
    device.start()
    device.run(3)
    assert [line for _, line in device.console] == ["start", "start"]
    if "writes" in name:
        assert device.drive.host_path("/victim").read_bytes() == b""


def test_reset_through_a_bare_except(boards):
    device = boards(
        """
        import alarm, microcontroller
        print("start")
        alarm.sleep_memory[0] += 1
        if alarm.sleep_memory[0] < 3:
            try:
                microcontroller.reset()
            except:
                print("swallowed")
    """,
        firmware="10.3.0",
    )
    device.run(20)
    assert said(device) == ["start"] * 3


def test_closed_devices_leave_no_thread(tmp_path):
    before = threading.active_count()
    for number in range(5):
        device = board(tmp_path / str(number), ENDLESS)
        device.run(2)
        device.close()
    assert threading.active_count() == before
    with pytest.raises(RuntimeError):
        device.run(1)


# --- time and baton ----------------------------------------------------------------------------------------------------


def test_run_stops_exactly_in_time_also_within_a_long_sleep(boards):
    device = boards("import time\ntime.sleep(1000)")
    device.run(2.5)
    assert device.clock.now_us == 2_500_000
    device.run(0.000_123)
    assert device.clock.now_us == 2_500_123


def test_run_until_looks_every_millisecond(boards):
    device = boards("import time\nprint('a')\ntime.sleep(1.2345)\nprint('b')\ntime.sleep(9)")
    assert device.run_until(lambda: len(device.console) == 2, 10)
    assert device.clock.now_us - device.console[1][0] <= 1100
    assert not device.run_until(lambda: False, 0.5)


def test_world_errors_reach_the_test_and_not_the_device(boards):
    device = boards("""
        import time
        while True:
            try:
                time.sleep(1)
            except Exception as error:
                print("device saw", error)
    """)

    def fail():
        raise AssertionError("the car complains")

    device.clock.after(5_000_000, fail)
    with pytest.raises(AssertionError, match="the car complains"):
        device.run(10)
    device.run(5)
    assert device.console == []


def test_condition_errors_reach_the_test(boards):
    device = boards(ENDLESS)
    with pytest.raises(ZeroDivisionError):
        device.run_until(lambda: device.clock.now_us > 2_000_000 and 1 // 0, 10)


def test_waiting_for_the_device_from_an_event_is_an_error(boards):
    device = boards(ENDLESS)
    device.clock.after(2_000_000, lambda: device.run(1))
    with pytest.raises(RuntimeError, match="runs already"):
        device.run(5)


def test_plain_python_costs_time_and_the_world_goes_on_meanwhile(boards):
    ticks = []
    device = boards(
        """
        print("a")
        n = 0
        while n < 5000:
            n += 1
        print("b")
    """,
        line_costs=LineCosts({"device_factor": 150, "default_ns": 60, "modules": {}}),
    )

    def tick():
        ticks.append(device.clock.now_us)
        device.clock.after(1000, tick)

    device.run_until(lambda: device.console, 5, check_us=100)
    tick()
    device.run_until(lambda: len(device.console) > 1, 5, check_us=100)
    spent_us = device.console[1][0] - device.console[0][0]
    # Two lines a round at 9 us each.
    assert 88_000 < spent_us < 93_000
    assert len(ticks) > 85
    assert max(later - earlier for earlier, later in pairwise(ticks)) == 1000


def test_ticks_wrap_65_seconds_after_power_on(boards):
    device = boards("""
        import supervisor, time
        while True:
            before = supervisor.ticks_ms()
            time.sleep(0.1)
            if supervisor.ticks_ms() < before:
                print("wrapped", before > (1 << 29) - 200)
                break
    """)
    assert device.run_until(lambda: device.console, 100)
    assert said(device) == ["wrapped True"]
    assert abs(device.clock.now_us - 65_536_000) < 200_000


def test_ticks_can_start_elsewhere(boards):
    device = boards("import supervisor\nprint(supervisor.ticks_ms())", ticks_before_wrap_ms=1 << 28)
    device.run(3)
    assert 1 << 28 < int(said(device)[0]) < (1 << 28) + 3000


def test_planted_gc_pause_stops_everything(boards):
    device = boards("""
        import supervisor
        worst = 0
        last = supervisor.ticks_ms()
        print("go")
        while True:
            now = supervisor.ticks_ms()
            if now - last > worst:
                worst = now - last
                print(worst)
            last = now
    """)
    device.run_until(lambda: device.console, 5)
    device.plant_gc_pause(220_000, after_us=50_000)
    device.run(1)
    assert 218 <= max(int(line) for _, line in device.console[1:]) <= 225


# --- accounting ----------------------------------------------------------------------------------------------------------


class Chip:
    """An SPI part that answers zeros."""

    def select(self, now_us):
        pass

    def deselect(self):
        pass

    def configure(self, baudrate, polarity, phase):
        self.settings = (baudrate, polarity, phase)

    def exchange(self, data):
        return bytes(len(data))


POLLING = """
    import board, busio, digitalio, web
    spi = busio.SPI(board.GPIO13, MOSI=board.GPIO11, MISO=board.GPIO12)
    cs = digitalio.DigitalInOut(board.GPIO10)
    cs.switch_to_output(True)
    buffer = bytearray(4)
    spi.try_lock()
    spi.configure(baudrate=8_000_000, polarity=1, phase=1)
    n = 0
    while True:
        cs.value = False
        spi.write_readinto(buffer, buffer)
        cs.value = True
        n += 1
        if n == 2000:
            web.serve()
"""


def test_probe_finds_a_planted_busy_loop_of_60_ms_and_names_it(boards):
    services = Services(Clock())
    services.hardware.attach_spi(Chip(), sck=13, mosi=11, miso=12, cs=10, watch=True)
    device = boards(
        POLLING,
        services=services,
        files={"lib/web.py": "def serve():\n    n = 0\n    while n < 3350:\n        n += 1\n"},
        line_costs=LineCosts({"device_factor": 150, "default_ns": 60, "modules": {}}),
    )
    device.run(5)
    probe = device.probe
    assert probe.polls > 2000
    assert 60_000 < probe.worst.us < 62_000
    assert probe.worst.places[0][1].startswith("lib/web.py:")
    assert probe.worst.places[0][1].endswith(" serve")
    assert sum(us for us, _ in probe.worst.places) > 59_000
    assert len(probe.over) == 1


def test_what_is_put_off_again_and_again_comes_once_and_leaves_nothing_in_the_queue():
    clock = Clock()
    came = []
    clock.after(70_000, came.append, "between")
    timer = None
    for _ in range(100):
        timer = clock.instead(timer, 50_000, lambda: came.append(clock.now_us))
        clock.advance(1000)
        assert len(clock._queue) <= 2
    clock.advance(100_000)
    assert came == ["between", 149_000]
    assert not timer.pending
    clock.instead(timer, 1000, came.append, "anew")
    clock.advance(1000)
    assert came[2:] == ["anew"]


def test_a_probe_that_nobody_polls_sums_up_what_it_keeps():
    probe = Probe(Clock())
    here, there = (compile("work()", f"CIRCUITPY/{name}.py", "exec") for name in ("here", "there"))
    places = [(code, line, 1) for line in range(9) for code in (here, there, None)]
    for _ in range(1000):
        probe.spent_at(places)
    assert len(probe.log) <= MOST_LOGGED
    shares = summed(probe.log)
    assert shares["CIRCUITPY/here.py", 3, "<module>"] == shares["CIRCUITPY/there.py", 3, "<module>"] == 1000
    assert shares[None] == 9000


def test_a_quick_loop_stays_below_the_probes_limit(boards):
    services = Services(Clock())
    services.hardware.attach_spi(Chip(), sck=13, mosi=11, miso=12, cs=10, watch=True)
    device = boards(POLLING, services=services, files={"lib/web.py": "def serve():\n    pass\n"})
    device.run(5)
    assert device.probe.over == []
    assert device.probe.worst.us < 1000


def test_spi_bytes_cost_their_bits_and_the_call(tmp_path):
    services = Services(Clock())
    services.hardware.attach_spi(Chip(), sck=13, mosi=11, miso=12, cs=None)
    code = """
        import board, busio, time
        spi = busio.SPI(board.GPIO13, MOSI=board.GPIO11, MISO=board.GPIO12)
        spi.try_lock()
        spi.configure(baudrate=8_000_000)
        buffer = bytearray(1530)
        before = time.monotonic_ns()
        spi.readinto(buffer)
        print((time.monotonic_ns() - before) // 1000)
    """
    device = run_code(tmp_path, code, services=services)
    lines_us = 2 * LineCosts().line_ns("CIRCUITPY/code.py") // 1000
    assert 1530 + 45 <= int(said(device)[0]) <= 1530 + 45 + lines_us + 12


def test_stack_peak_is_measured_and_can_be_enforced(tmp_path, boards):
    code = """
        def deep(n):
            return deep(n - 1) + 1 if n else 0
        try:
            print(deep(60))
        except RuntimeError as error:
            print(error)
    """
    free = run_code(tmp_path, code)
    assert said(free) == ["60"]
    frames, size, place = free.meter.stack_peak
    assert frames == 62
    assert size > 2048
    assert place == "code.py:2 deep"
    strict = run_code(tmp_path / "strict", code, enforce_pystack=True)
    assert said(strict) == ["pystack exhausted"]


def test_costs_can_be_changed_for_a_slower_part(tmp_path):
    class SlowFlash(Costs):
        flash_cycle_us = 400_000

    code = """
        import storage, time
        storage.remount("/", False)
        before = time.monotonic()
        with open("/x", "w") as file:
            file.write("1")
        print(time.monotonic() - before > 1.2)
    """
    assert said(run_code(tmp_path / "a", code)) == ["False"]
    assert said(run_code(tmp_path / "b", code, costs=SlowFlash())) == ["True"]


def test_line_costs_come_from_the_modules_row_of_the_table():
    costs = LineCosts(
        {"device_factor": 150, "default_ns": 60, "modules": {"plc.framing": 40, "appliance": 70}}
    )
    assert costs.line_ns("CIRCUITPY/lib/plc/framing.py") == 6000
    assert costs.line_ns("CIRCUITPY/lib/appliance/__init__.py") == 10_500
    assert costs.line_ns("CIRCUITPY/code.py") == 9000
    assert costs.line_ns("frozen/adafruit_httpserver/server.py") == 9000
    assert costs.line_ns(__file__) == 0


def test_without_line_costs_plain_python_takes_no_time_and_still_ends(boards):
    device = boards(HOSTILE["goes on after the end"], charge_lines=False)
    device.run(3)
    device.power_off()
    assert device.state == "OFF"
    device = boards(
        """
        import time
        before = time.monotonic_ns()
        for n in range(10000):
            pass
        print(time.monotonic_ns() - before)
        """,
        charge_lines=False,
    )
    device.run(5)
    assert int(said(device)[0]) < 10_000


def naps(boards, seconds, **options):
    """A board that tells when it wakes, and how long each of its naps of `seconds` took, in ms."""
    device = boards(
        f"""
        import time
        while True:
            before = time.monotonic_ns()
            time.sleep({seconds})
            after = time.monotonic_ns()
            print(after // 1000000, (after - before) // 1000000)
        """,
        **options,
    )
    device.run(5)
    device.console.clear()
    return device


@pytest.mark.parametrize(("seconds", "charge_lines", "longest_ms"), [
    (0.01, True, 10), (0.01, False, 200), (0.002, True, 2), (0.002, False, 10), (0.05, False, 50),
])  # fmt: skip
def test_the_loops_sleeps_are_long_where_nobody_counts_and_nothing_happens(boards, seconds, charge_lines, longest_ms):
    device = naps(boards, seconds, charge_lines=charge_lines)
    device.run(3)
    assert {int(line.split()[1]) for _, line in device.console[1:]} == {longest_ms}


def test_a_long_sleep_ends_with_what_happens_and_with_what_a_test_may_have_done(boards):
    device = naps(boards, 0.01, charge_lines=False)
    device.run_until(lambda: device.console, 1)
    looked_us = device.clock.now_us
    for when_us in (75_000, 100_000):
        device.clock.after(when_us, lambda: None)
    device.console.clear()
    device.run(0.5)
    woke_ms = [(when_us - looked_us) / 1000 for when_us, _ in device.console]
    assert woke_ms[0] <= 12 and 75 <= woke_ms[1] <= 87, "at the next one that begins"
    # Where something happens all the time, a nap is five all the same.
    assert 50 <= woke_ms[2] - woke_ms[1] < 52 and woke_ms[3] - woke_ms[2] > 199
