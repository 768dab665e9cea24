# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The diary of a whole box: what it reads outlives a restart, and nothing is written while a car is there."""

import csv
import io
import json
import struct

import pytest

from host_tests.session.inside import box_of
from host_tests.support.owner import PASSWORD, ask, request
from host_tests.support.starts import started
from host_tests.twin.world import SETTINGS_IN_USE, World

pytestmark = pytest.mark.slow

SETTINGS = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)
NOW_S = 1790000000
TIME_SERVER = "192.168.1.9"
# The SmartEVSE is asked every five minutes, once a minute while the car may charge.
ASKED_S = 330


def new_world(**settings):
    return World(seed=4, settings=dict(SETTINGS, **settings), display=None, device_options={"charge_lines": False})


def rows(world):
    content = ask(world, "GET", "/api/diary")
    return [dict(zip(content["columns"], row, strict=True)) for row in content["entries"]]


def charges(world):
    return [row["soc_percent"] for row in rows(world)]


def read_car(world, soc):
    world.plug(world.new_car("virtual", soc_percent=soc))
    assert world.run_until(lambda: world.charging, 60)


def run_until_written(world):
    """Until nothing waits to be written any more."""
    later = box_of(world).diary

    def written():
        diary = later.piece
        return diary is not None and diary.newest and not diary._waiting and not diary._half

    assert world.run_until(written, ASKED_S, 500_000)


def read_and_let_go(world, soc):
    read_car(world, soc)
    world.run(5)
    world.unplug()
    run_until_written(world)


def cycles(world):
    return world.device.drive.flash_cycles


def restarted(world):
    world.power_cycle()
    world.run(40)


def test_readings_survive_a_power_cut_and_nothing_is_written_while_a_car_is_there(figures):
    with new_world() as world:
        started(world)
        read_car(world, 42)
        world.run(ASKED_S)
        assert cycles(world) == 0 and charges(world) == [42], "known, but not written"
        world.unplug()
        run_until_written(world)
        room = cycles(world)
        read_and_let_go(world, 77)
        assert cycles(world) - room == 4
        figures(f"diary: {room - 4} erase cycles for the room, once, then {cycles(world) - room} a reading")
        restarted(world)
        world.run(60)
        earlier = ask(world, "GET", "/api/status")["earlier"]
        assert earlier == {"soc_percent": 77, "soc_doubtful_percent": None, "unix_s": None, "name": None}
        assert charges(world) == [77, 42]
        assert ask(world, "GET", "/api/modem")["diary_db"] == rows(world)[0]["attenuation_db"]
        assert world.device.drive.damage == []


def test_no_time_server_is_asked_when_none_is_named(shared):
    ask(shared, "GET", "/api/diary")
    assert "ntp" not in [place.name for place in box_of(shared).loop._slow_pieces.places]


@pytest.fixture(scope="module")
def shared():
    with new_world() as world:
        started(world)
        yield world


def test_before_a_restart_that_the_owner_wants_what_waits_is_written():
    with new_world() as world:
        started(world)
        read_car(world, 42)
        world.run(10)
        ask(world, "POST", "/api/reboot", {})
        starts = world.device.starts
        world.run_until(lambda: world.device.starts > starts, 60)
        world.run(40)
        assert charges(world) == [42]


def test_a_computer_that_has_the_drive_is_named_and_waited_for():
    with new_world() as world:
        started(world)
        world.device.drive.usb_host = True
        read_car(world, 42)
        world.run(5)
        world.unplug()
        world.run(80)
        content = ask(world, "GET", "/api/diary")
        assert "A computer has the CIRCUITPY drive" in content["fault"] and len(content["entries"]) == 1
        world.device.drive.usb_host = False
        world.run(620)
        assert cycles(world) > 0 and ask(world, "GET", "/api/diary")["fault"] == ""


def test_a_time_server_dates_the_entries_and_is_not_asked_while_a_car_is_there():
    asked = []

    def server(data):
        asked.append(world.clock.now_us)
        stamp = struct.pack(">II", NOW_S + 2208988800, 0)
        return bytes((0x24, 2)) + bytes(22) + data[40:48] + bytes(8) + stamp

    with new_world(NTP_SERVER=TIME_SERVER) as world:
        world.network.add_udp_host(TIME_SERVER, 123, server)
        started(world)
        read_car(world, 42)
        world.run(60)
        assert asked == []
        world.unplug()
        run_until_written(world)
        world.run(3)
        assert len(asked) == 1
        (row,) = rows(world)
        assert NOW_S - ASKED_S < row["unix_s"] < NOW_S + ASKED_S
        told = ask(world, "POST", "/api/time", {"unix_s": NOW_S + 10**6})
        assert told["clock"] == "ntp" and told["unix_s"] < NOW_S + 10**6


def test_an_owner_who_wants_no_diary_has_none():
    with new_world(DIARY="no") as world:
        started(world)
        read_car(world, 42)
        world.run(5)
        world.unplug()
        world.run(100)
        assert not (world.drive_dir / "diary").exists()
        content = ask(world, "GET", "/api/diary")
        assert content["entries"] == [] and not content["recording"]
        assert not ask(world, "GET", "/api/status")["access"]["time_wanted"]


def test_damaged_files_are_a_sentence_and_the_box_goes_on():
    with new_world() as world:
        started(world)
        read_and_let_go(world, 42)
        for file in (world.drive_dir / "diary").rglob("diary.bin"):
            file.write_bytes(b"\x5a" * file.stat().st_size)
        restarted(world)
        content = ask(world, "GET", "/api/diary")
        assert content["entries"] == [] and "begins anew" in content["fault"]
        read_and_let_go(world, 55)
        assert charges(world) == [55]
        assert ask(world, "GET", "/api/status")["cause"] is None


def test_the_list_the_table_and_the_button_that_deletes_them():
    with new_world(CAR_1="02ab34*; name=Ioniq") as world:
        started(world)
        read_and_let_go(world, 42)
        assert ask(world, "POST", "/api/time", {"unix_s": NOW_S})["clock"] == "browser"
        (row,) = rows(world)
        assert (row["name"], row["delivery"], row["protocol"]) == ("Ioniq", "ok", "DIN 70121")
        assert NOW_S - 2 * ASKED_S < row["unix_s"] < NOW_S
        answer = request(world, "GET", "/diary.csv")
        assert answer.headers["content-type"].startswith("text/csv")
        (line,) = csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""))
        assert line["name"] == "Ioniq" and line["time_utc"].startswith("2026-09-21 1")
        assert ask(world, "POST", "/api/diary/delete", {}) == {"ok": True}
        assert rows(world) == [] and ask(world, "GET", "/api/modem")["diary_db"] is None
        world.run(30)
        for file in (world.drive_dir / "diary").rglob("diary.bin"):
            assert b"Ioniq" not in file.read_bytes()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/diary"), ("GET", "/api/diary"), ("GET", "/diary.csv"), ("POST", "/api/diary/delete"), ("POST", "/api/time")],
)
def test_a_stranger_sees_and_changes_nothing_although_the_status_is_public(shared, method, path):
    body = b'{"unix_s": 1790000000}' if method == "POST" else b""
    assert shared.network.http(method, path, body=body).status == 401
    assert not json.loads(shared.network.http("GET", "/api/status").body)["access"]["time_wanted"]
