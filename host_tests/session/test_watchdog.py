# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The watchdog on the whole twin: it never stops the box, and its usual time comes back whatever fails meanwhile."""

import json

import pytest

from host_tests.support.starts import page_is_up, started
from host_tests.twin import station
from host_tests.twin.world import SETTINGS_IN_USE, World

PASSWORD = "correct horse"
OWNER = {"Authorization": "Bearer " + PASSWORD, "Content-Type": "application/json"}
SETTINGS = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)
USUAL_S, LONG_S = 30, 90


def a_car_is_read(world):
    world.plug(world.new_car(soc_percent=42))
    read = world.run_until(lambda: world.charging, 60)
    return read and [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]


def patience_seen(world):
    """Every time-out that the hardware is given from now on, in order."""
    seen = []

    def look():
        if not seen or seen[-1] != world.device.watchdog.timeout_s:
            seen.append(world.device.watchdog.timeout_s)

    world.clock.hooks.append(look)
    return seen


def post(world, path, content):
    return world.network.http("POST", path, body=json.dumps(content).encode(), headers=OWNER, timeout_s=100)


def test_the_box_stays_up_although_an_armed_watchdog_cannot_be_changed():
    with World(seed=41, settings=SETTINGS) as world:
        started(world)
        assert world.device.starts == 1
        assert (world.device.watchdog.mode, world.device.watchdog.timeout_s) == ("RESET", USUAL_S)
        assert a_car_is_read(world)
        world.run(120)
        assert world.device.starts == 1
        assert "no watchdog" not in world.device.console_text()


@pytest.mark.parametrize("steps", [{"mode off"}, {"timeout"}, {"mode on"}, {"feed"}, {"mode on", "feed", "timeout"}])
def test_a_watchdog_that_refuses_everything_stops_no_box(steps):
    settings = dict(SETTINGS, SMARTEVSE_URL="http://evse.local/ev_state")
    with World(seed=42, settings=settings, device=True) as world:
        world.device.watchdog.refuses = steps
        started(world)
        assert post(world, "/api/settings", {"values": {"LOG_LEVEL": "D"}}).status == 200
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.charging, 100)
        assert world.checkpoints.get(910)
        said = world.device.console_text()
        assert 0 < said.count("no watchdog: ") < 10
        assert world.device.starts == 1 or steps == {"feed"}, "one that is armed and cannot be fed has to bite"


@pytest.mark.parametrize("dhcp_s", [15, 27])
def test_a_slow_router_and_a_slow_smartevse_do_not_end_in_the_watchdog_while_the_box_is_loaded(monkeypatch, dhcp_s):
    """The SmartEVSE is asked before most of the box is loaded, with the watchdog at its usual time already."""
    monkeypatch.setattr(station, "DHCP_US", dhcp_s * 1_000_000)
    with World(seed=48, settings=SETTINGS) as world:
        world.smartevse.faults.answer_delay_us = 8_000_000
        gaps_s, feed, last_us = [], type(world.device.watchdog).feed, []

        def fed(dog):
            if dog.timeout_s == USUAL_S:
                gaps_s.extend((world.clock.now_us - us) / 1e6 for us in last_us)
                last_us[:] = [world.clock.now_us]
            feed(dog)

        monkeypatch.setattr(type(world.device.watchdog), "feed", fed)
        assert world.run_until(lambda: page_is_up(world), 90, 100_000)
        world.run(10)
        assert world.device.starts == 1 and world.device.resets == []
        *others_s, join_s = sorted(gaps_s)
        assert dhcp_s < join_s < dhcp_s + 1 and others_s[-1] < USUAL_S / 4


def test_a_name_that_nobody_knows_has_its_time_and_then_the_watchdog_its_own():
    with World(seed=43, settings=SETTINGS) as world:
        started(world)
        seen = patience_seen(world)
        assert post(world, "/api/test/smartevse", {"url": "http://nobody.local/ev_state"}).json()["ok"] is False
        world.run(1)
        assert seen == [USUAL_S, LONG_S, USUAL_S]
        assert "no watchdog" not in world.device.console_text()


def test_a_save_that_fails_while_room_is_made_leaves_the_watchdog_its_usual_time():
    """Room is begun, the drive turns out to be too full, and nothing after that sets the time back."""
    with World(seed=44, settings=SETTINGS) as world:
        started(world)
        seen = patience_seen(world)
        (world.drive_dir / "film.bin").write_bytes(bytes(16 * 1024 * 1024))
        answer = post(world, "/api/settings", {"values": {"LOG_LEVEL": "D"}})
        assert answer.status == 409 and "too full" in answer.text
        world.run(1)
        assert seen == [USUAL_S, LONG_S, USUAL_S]
