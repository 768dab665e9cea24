# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The twin put together: the files of CIRCUITPY read a car's state of charge and hand it to the SmartEVSE."""

import filecmp
import json
import struct
import subprocess
import sys

import pytest
from PIL import Image

from host_tests.support.starts import started
from host_tests.twin import __main__ as command_line
from host_tests.twin import smartevse, world
from host_tests.twin.story import Plugins
from host_tests.twin.world import World, overlaid

READY_S = 12


@pytest.fixture
def twin():
    with World(seed=3) as twin:
        twin.plugins = Plugins()
        twin.listeners.append(twin.plugins.feed)
        yield twin


def plug_and_charge(twin, car, limit_s=120):
    twin.plug(car)
    assert twin.run_until(lambda: twin.charging, limit_s), twin.timeline[-5:]
    return twin.plugins.current


def test_a_session_from_plug_to_ac_charging(twin):
    twin.run(READY_S)
    car = twin.new_car(soc_percent=42, energy_capacity_wh=58000, full_soc_percent=90)
    plugin = plug_and_charge(twin, car)
    assert plugin.success
    assert list(plugin.steps) == [
        "plugged", "asked", "matched", "sdp", "tcp", "schema", "soc", "released", "delivered", "charging",
    ]  # fmt: skip
    assert len(twin.smartevse.posts) == 1
    post = twin.smartevse.posts[0]
    assert post["values"] == {
        "current_soc": 42, "full_soc": 90, "energy_capacity": 58000, "energy_request": -1,
    }  # fmt: skip
    assert post["parameters"]["evccid"] == car.mac.hex()
    assert (post["acted"], post["answered"], post["state_before"]) == (True, True, 12)
    assert b"\r\nContent-Length: 0\r\n" in post["raw"]
    assert car.complaints == []
    assert car.unsafe == []
    assert twin.modem.violations == []


def test_the_box_answers_on_its_page_and_its_display_shows_the_soc(twin, tmp_path):
    started(twin)
    plug_and_charge(twin, twin.new_car(soc_percent=42))
    status = twin.network.http("GET", "/api/status").json()
    assert status["reading"]["soc_percent"] == 42
    twin.screenshot(tmp_path / "display.png")
    with Image.open(tmp_path / "display.png") as image:
        assert image.size == (768, 384)
        assert image.getextrema()[1] == 255


def test_one_car_after_the_other_without_a_restart(twin):
    twin.run(READY_S)
    for name, soc in (("virtual", 10), ("polestar2", 55), ("tesla_y", 91)):
        plugin = plug_and_charge(twin, twin.new_car(name, soc_percent=soc))
        assert plugin.success, name
        twin.unplug()
        twin.run(2)
    assert [post["values"]["current_soc"] for post in twin.smartevse.posts] == [10, 55, 91]


def test_the_same_seed_gives_the_same_story():
    stories = []
    for _ in range(2):
        with World(seed=5) as twin:
            twin.run(READY_S)
            twin.plug(twin.new_car(soc_percent=42))
            twin.run(20)
            stories.append(json.dumps(twin.timeline, default=repr))
    assert stories[0] == stories[1]


def half_done():
    """A piece of device code that nobody can reach any more and that has a lot to do when it is ended, as a box that was
    switched off leaves behind."""
    code = "def steps():\n    try:\n        yield steps\n    finally:\n        for _ in range(5000):\n            pass\n"
    names = {}
    exec(compile(code, "CIRCUITPY/lib/appliance/box.py", "exec"), names)
    step = names["steps"]()
    next(step)
    names["step"] = step


def test_what_earlier_boxes_left_behind_takes_a_later_one_no_time():
    stories = []
    for leave in (list, half_done):
        with World(seed=5) as twin:
            twin.run(READY_S)
            leave()
            twin.plug(twin.new_car(soc_percent=42))
            twin.run(20)
            stories.append(json.dumps(twin.timeline, default=repr))
    assert stories[0] == stories[1]


def test_a_slow_charger_acts_once(twin):
    twin.set_fault("evse_slow", True)
    twin.run(READY_S)
    plug_and_charge(twin, twin.new_car(soc_percent=42))
    assert [post["values"]["current_soc"] for post in twin.smartevse.posts] == [42]


@pytest.mark.parametrize("fault", ["evse_off", "evse_500"])
def test_a_charger_that_cannot_be_told_does_not_keep_the_car_from_charging(twin, fault):
    twin.run(READY_S)
    twin.set_fault(fault, True)
    plugin = plug_and_charge(twin, twin.new_car(soc_percent=42))
    assert plugin.read
    assert not plugin.delivered
    assert plugin.delivery_failed
    assert twin.device.state == "RUNNING"


@pytest.mark.parametrize("fault", ["modem_absent", "modem_stuck_high"])
def test_without_a_modem_the_car_charges_unread_and_the_box_lives(twin, fault):
    twin.set_fault(fault, True)
    twin.run(READY_S)
    plugin = plug_and_charge(twin, twin.new_car(soc_percent=42))
    assert plugin.soc_read_percent is None
    assert twin.smartevse.posts == []
    assert twin.network.http("GET", "/api/status").json()["cause"]["area"] == "modem"


def test_a_car_that_needs_a_steady_pilot_is_stuck(twin):
    """Charging is a verdict of both: the car refuses, the charger stays in B."""
    twin.run(READY_S)
    twin.plug(twin.new_car("virtual", soc_percent=42))
    twin.car.habits["replug_ms"] = 60_000  # a car that does not take five seconds for a re-plug
    twin.car.habits["steady_ms"] = 10_000
    assert twin.run_until(lambda: twin.plugins.current.verdict is not None, 120)
    assert twin.plugins.current.verdict == "stuck until re-plugged"
    twin.run(5)
    assert twin.smartevse.state == smartevse.STATE_B
    assert not twin.charging


def test_matched_begins_with_ipv6():
    with World(seed=3) as twin:
        plugins = Plugins()
        twin.listeners.append(plugins.feed)
        twin.run(READY_S)
        twin.plug(twin.new_car(soc_percent=42), matched=True)
        assert twin.run_until(lambda: twin.charging, 120)
        assert plugins.current.success
        assert not [entry for entry in twin.timeline if entry.get("event") == "slac_parm_req"]


def test_a_car_of_neither_standard_is_not_read(twin):
    twin.run(READY_S)
    plugin = plug_and_charge(twin, twin.new_car(soc_percent=None), 150)
    assert plugin.soc_read_percent is None
    assert twin.smartevse.posts == []


def test_power_cut_and_return(twin):
    twin.run(READY_S)
    twin.power_cycle(0.5)
    twin.run(READY_S)
    assert plug_and_charge(twin, twin.new_car(soc_percent=33)).success


def test_the_drive_is_a_copy_and_goes_away(tmp_path):
    with World() as twin:
        drive = twin.drive_dir
        comparison = filecmp.dircmp(world.CIRCUITPY, drive, ignore=["__pycache__"])
        assert comparison.diff_files == ["settings.toml"]
        assert comparison.right_only == []
        text = (drive / "settings.toml").read_text()
        assert 'SMARTEVSE_URL = "http://192.168.1.60/ev_state"' in text
    assert not drive.exists()


def test_settings_are_laid_over_and_removed():
    text = '# WIFI_SSID = "x"\nWIFI_SSID = ""\nHTTP_PORT = 80\nDISPLAY = "auto"'
    changed = overlaid(text, {"WIFI_SSID": 'a"b\\c', "HTTP_PORT": 8080, "DISPLAY": None, "NEW": "n"})
    assert changed.splitlines() == [
        '# WIFI_SSID = "x"',
        'WIFI_SSID = "a\\"b\\\\c"',
        "HTTP_PORT = 8080",
        'NEW = "n"',
    ]


def test_two_cars_do_not_fit_one_cable(twin):
    twin.plug(twin.new_car())
    with pytest.raises(RuntimeError, match="plugged in already"):
        twin.plug(twin.new_car())


def run_cli(*arguments, timeout_s=100):
    command = [sys.executable, "-m", "host_tests.twin", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)


def test_once_on_the_command_line(tmp_path):
    pcap, picture = tmp_path / "session.pcap", tmp_path / "display.png"
    done = run_cli(
        "--once",
        "--json",
        "--soc",
        "42",
        "--http-port",
        "0",
        "--pcap",
        str(pcap),
        "--screenshot",
        str(picture),
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["kind"] == "start"
    result = next(event for event in events if event["kind"] == "result")
    assert (result["soc_sent_percent"], result["soc_read_percent"], result["posted_percent"]) == (
        42,
        42,
        [42],
    )
    assert [event["checkpoint"] for event in events if event.get("checkpoint") in (403, 540, 920)] == [
        403,
        540,
        920,
    ]
    assert struct.unpack("<I", pcap.read_bytes()[:4]) == (0xA1B2C3D4,)
    assert picture.exists()


@pytest.mark.parametrize(("options", "loaded"), [((), True), (("--early",), False)], ids=["complete", "early"])
def test_the_first_car_is_plugged_in_when_page_and_display_are_there_unless_it_is_to_be_early(options, loaded):
    done = run_cli("--once", "--json", "--verbose", "--http-port", "0", *options)
    assert done.returncode == 0, done.stderr
    texts = [json.loads(line)["text"] for line in done.stdout.splitlines()]
    before = texts[: texts.index("a car plugs in, 42 %")]
    assert "ssd1306, 128 x 64" in texts and "page at http://192.168.1.50/" in texts
    assert ("ssd1306, 128 x 64" in before, "page at http://192.168.1.50/" in before) == (loaded, loaded)


@pytest.mark.parametrize(("options", "pace"), [((), "fast"), (("--speed", "realtime"), "realtime")])
def test_nobody_waits_for_the_start_in_real_time_who_did_not_ask_for_it(monkeypatch, capsys, options, pace):
    paces = []
    monkeypatch.setattr(command_line.Run, "_step", lambda run: paces.append(run.world.pace))
    monkeypatch.setattr(World, "complete", property(lambda world: len(paces) == 3))
    with command_line.Run(command_line.parser().parse_args(["--http-port", "0", *options])) as run:
        run._wait_for_the_box()
        run._step()
    assert paces == [pace] * 3 + ["realtime"]
    assert ("run through faster" in capsys.readouterr().out) is (pace == "fast")


def test_once_fails_when_nothing_was_read(tmp_path):
    settings = (world.CIRCUITPY / "settings.toml").read_text()
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "settings.toml").write_text(settings)
    (drive / "code.py").write_text("while True:\n    pass\n")
    done = run_cli("--once", "--circuitpy", str(drive), "--http-port", "0")
    assert done.returncode == 1
    assert "read no state of charge" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--car", "bicycle"), "No car is called 'bicycle'"),
        (("--ev", "no-such-interface", "--once", "--http-port", "0"), "no-such-interface cannot be used"),
        (("--ev", "lo", "--speed", "fast"), "lives in real time"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(arguments, words):
    done = run_cli(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_replaced_and_said():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_cli("--once", "--http-port", str(port))
    assert done.returncode == 0
    assert f"Port {port} is taken" in done.stdout
