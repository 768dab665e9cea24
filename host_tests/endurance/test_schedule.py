# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The self-test on the whole twin, and that nothing slow happens while a car is in a session: no garbage collection, no
write to flash, no change of the watchdog's patience, no self-test; all of it right after.
"""

import json

import pytest

from host_tests.session.inside import box_of
from host_tests.support.starts import self_tested
from host_tests.twin.world import SETTINGS_IN_USE, World

PASSWORD = "correct horse"
NAMES = (
    "board memory spi modem firmware role key write_space drive nvm display wifi smartevse boot".split()
)


def asked(world, path="/api/selftest"):
    answer = world.network.http("POST", path, body=b"{}", headers=OWNER)
    return json.loads(answer.body)


OWNER = {"Authorization": "Bearer " + PASSWORD, "Content-Type": "application/json"}
SETTINGS = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)


def status(world):
    return json.loads(world.network.http("GET", "/api/status").body)


def by_name(document):
    return {check["name"]: check for check in document["checks"]}


@pytest.fixture(scope="module")
def twin():
    with World(seed=21, settings=SETTINGS) as world:
        self_tested(world)
        yield world


def test_at_the_start_all_parts_are_found_well(twin):
    test = status(twin)["self_test"]
    assert test["ok"] is True
    assert [check["name"] for check in test["checks"]] == NAMES
    assert by_name(test)["firmware"]["text"].startswith("MAC-QCA7005")
    assert all(check["ok"] is True and check["cause"] is None for check in test["checks"])
    assert "self-test: all parts work" in twin.device.console_text()


def test_on_demand_it_finds_what_is_wrong_now(twin):
    twin.set_fault("evse_off", True)
    test = asked(twin)
    twin.set_fault("evse_off", False)
    assert test["ok"] is False
    assert by_name(test)["smartevse"]["cause"]["code"] == "smartevse_off"
    assert [name for name, check in by_name(test).items() if check["ok"] is False] == ["smartevse"]
    assert asked(twin)["ok"] is True
    report = twin.network.http("GET", "/diagnostics.txt", headers=OWNER).body
    assert b"[bring-up]" in report


def test_a_modem_that_is_missing_and_a_display_that_does_not_answer():
    settings = dict(SETTINGS, DISPLAY="st7789", DISPLAY_SCK="IO99")
    with World(seed=22, settings=settings, display=None) as world:
        world.set_fault("modem_absent", True)
        self_tested(world)
        checks = by_name(status(world)["self_test"])
        assert checks["modem"]["cause"]["code"] == "modem_absent_low"
        assert checks["display"]["cause"]["code"] == "display_missing"
        assert "key" not in checks


class Slow:
    """What is slow and when it happened: (kind, whether a car was in a session)."""

    def __init__(self, world):
        self.seen = []
        self.matched = world.checkpoints.get(155, 0)
        self._world = world
        self._box = box_of(world)
        self._before = self._counts()
        world.clock.hooks.append(self.look)

    def _counts(self):
        device = self._world.device
        test = self._box.self_test.report
        return {
            "collect": device.gc_collections,
            "flash": device.drive.flash_cycles,
            "watchdog": device.watchdog.timeout_s,
            "self-test": None if test is None else test.at_s,
        }

    def look(self):
        now = self._counts()
        if now != self._before:
            active = self._box.loop.secc.active
            self.seen += [(kind, active) for kind in now if now[kind] != self._before[kind]]
            self._before = now


ASKED = {
    "flash": ("/api/settings", {"values": {"LOG_LEVEL": "D"}}),
    "self-test": ("/api/selftest", {}),
    "watchdog": ("/api/test/smartevse", {"url": "http://evse.local/ev_state"}),
}


@pytest.mark.parametrize("kind", ASKED)
def test_nothing_slow_happens_in_a_session(twin, kind, figures):
    """A page asks for it while a car is read; it happens, and not before the car is gone."""
    path, content = ASKED[kind]
    # Whoever saves has opened the page before, which loads what saves; and the first trial loads what tries.
    assert twin.network.http("GET", "/api/settings", OWNER).status == 200
    assert twin.network.http("POST", ASKED["watchdog"][0], OWNER, body="{}").status == 200
    slow = Slow(twin)
    twin.plug(twin.new_car(soc_percent=42))
    assert twin.run_until(lambda: twin.checkpoints.get(155, 0) > slow.matched, 30)
    body = json.dumps(content).encode()
    fields = {**OWNER, "Host": "socbox.local", "Content-Length": len(body)}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    client = twin.network.connect_to_box(80)
    client.send(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    assert twin.run_until(lambda: twin.charging, 60)
    twin.run(20)
    twin.unplug()
    twin.run(12)
    twin.clock.hooks.remove(slow.look)
    assert {"collect", kind} <= {one for one, _ in slow.seen}
    assert [one for one, active in slow.seen if active] == []
    figures(f"in a session: no {kind}, no garbage collection; {len(slow.seen)} after it")


def test_a_piece_that_collects_in_a_session_is_noticed():
    with World(seed=23, settings=SETTINGS, display=None) as world:
        self_tested(world)
        box = box_of(world)
        collect = world.device.modules["gc"].collect

        def collect_at_reading(event, now):
            if event[0] == "reading":
                collect()

        box.story.follow(collect_at_reading)
        slow = Slow(world)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 910 in world.checkpoints, 60)
        assert ("collect", True) in slow.seen
