# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The bring-up report: one line a part, on the console, on the page and in the file that a first tester sends."""

import json
import re
from pathlib import Path

import pytest

from host_tests.support.starts import self_tested
from host_tests.support.whole_box import console, status
from host_tests.twin.world import SETTINGS_IN_USE, World

PASSWORD = "correct horse"
OWNER = {"Authorization": "Bearer " + PASSWORD}
SETTINGS = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)
ONE_OFF = (3, 0, 20_000_000, 1)
CHECKLIST = Path(__file__).parents[2] / "docs" / "hardware-checklist.md"


def told_on_console(world):
    return dict(re.findall(r"box bring-up: ([\w ]+): (.*)", console(world)))


@pytest.fixture(scope="module")
def found():
    """(lines of the console, checks of the page, report) of a box whose modem is read in mode 0 alone."""
    with World(seed=5, settings=SETTINGS) as world:
        world.modem.wire.sampling = [ONE_OFF]
        world.modem.wire.first_bit_on_select = True
        self_tested(world)
        checks = {check["name"]: check["text"] for check in status(world)["self_test"]["checks"]}
        report = world.network.http("GET", "/diagnostics.txt", headers=OWNER).body.decode()
        yield told_on_console(world), checks, report


def test_each_part_is_told_in_one_line_in_three_places(found):
    lines, checks, report = found
    assert len(checks) == 14
    for name, text in checks.items():
        assert lines[name.replace("_", " ")] == text
        assert f"\n{name}: ok: {text}\n" in report


def test_the_setting_of_the_spi_that_was_found_is_told_with_what_the_others_gave(found):
    assert found[1]["spi"] == "SPI mode 0, 8 MHz; heard: mode 3, 8 MHz: d52a; mode 0, 8 MHz: aa55"


def test_the_times_of_the_start_are_counted_from_the_reset_and_in_order(found):
    times = re.findall(r"(\w+) ([\d.]+)", found[1]["boot"].split(": ", 1)[1])
    assert sorted(name for name, _ in times) == ["WiFi", "key", "modem", "page", "program"] and times[-1][0] == "page"
    seconds = [float(number) for _, number in times]
    assert seconds == sorted(seconds)
    assert seconds[0] > 1.5


def test_what_tests_is_given_back_and_comes_again_when_somebody_asks():
    with World(seed=6, settings=SETTINGS) as world:
        self_tested(world)
        there = set(world.device.modules)
        assert "appliance.state.report" in there and not there & {"appliance.selftest", "appliance.box_test"}
        world.run(20)
        first = status(world)["self_test"]
        assert first["ago_s"] >= 20
        assert world.network.http("POST", "/api/selftest", headers=OWNER, body="{}").status == 200
        world.run(3)
        again = status(world)["self_test"]
        assert again["ago_s"] < 5 and len(again["checks"]) == len(first["checks"])


@pytest.mark.parametrize("url", [SETTINGS_IN_USE["SMARTEVSE_URL"], ""], ids=["a SmartEVSE is asked", "nobody is asked"])
def test_what_was_there_before_the_program_has_its_own_time(url):
    with World(seed=7, settings=dict(SETTINGS, SMARTEVSE_URL=url)) as world:
        assert world.run_until(lambda: world.modem.modem.nmk is not None, 30)
        key_s = world.now_s
        self_tested(world)
        times = {name: float(number) for name, number in re.findall(r"(\w+) ([\d.]+)", told_on_console(world)["boot"])}
        assert abs(times["key"] - key_s) < 0.3 and times["modem"] <= times["key"] < times["program"] - 3
        assert times["modem"] < times["WiFi"] < times["page"]


def test_the_lines_are_those_of_the_checklist(found):
    rows = re.findall(r"^\| ([a-z, ]+) \| \d+ \|", CHECKLIST.read_text(), re.MULTILINE)
    named = {name.strip() for row in rows for name in row.split(",")}
    assert named == {name.replace("_", " ") for name in found[1]} - {"smartevse"}


def test_a_part_that_is_not_well_is_marked_in_the_report():
    with World(seed=6, settings=SETTINGS) as world:
        world.modem.wire.sampling = [ONE_OFF]
        self_tested(world)
        test = status(world)["self_test"]
        bad = {check["name"]: check for check in test["checks"] if check["ok"] is False}
        assert set(bad) == {"spi", "modem"}
        assert bad["spi"]["cause"]["code"] == "modem_shifted"
        assert bad["spi"]["text"].count("d52a") == 12
        report = world.network.http("GET", "/diagnostics.txt", headers=OWNER).body.decode()
        assert "\nspi: NOT OK: SPI mode" in report
        assert json.dumps(test)
