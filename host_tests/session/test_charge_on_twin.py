# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The number lives: the whole box beside a charger whose meter counts. test_estimate.py has whole charges."""

import itertools
import json

from host_tests.session.inside import box_of
from host_tests.support.starts import started
from host_tests.support.whole_box import errors, status
from host_tests.twin.car.battery import Battery
from host_tests.twin.world import SETTINGS_IN_USE, World

LED_PIN = 48


def charging_world():
    # Minutes of an idle box: what its Python costs is measured elsewhere.
    return World(
        seed=61,
        settings={**SETTINGS_IN_USE, "LED": f"IO{LED_PIN}", "LED_BRIGHTNESS": 100},
        device_options={"charge_lines": False},
    )


def read_and_charge(world, capacity_wh=10_000):
    """A car with a small battery at three phases: two points a minute and more."""
    started(world)
    world.smartevse.phases = 3
    world.plug(world.new_car(soc_percent=42, energy_capacity_wh=capacity_wh, full_soc_percent=80))
    battery = world.at_cable.battery = Battery(capacity_wh, 42, most_w=22_000, efficiency=0.91, target_percent=80)
    assert world.run_until(lambda: world.charging, 60)
    return battery


def questions(world):
    return [row["t_s"] for row in world.smartevse.requests if (row["method"], row["path"]) == ("GET", "/settings")]


def test_the_number_follows_the_battery_on_page_display_and_light_and_goes_with_the_car():
    with charging_world() as world:
        battery = read_and_charge(world)
        world.run(150)
        document = status(world)
        estimate = document["estimate"]
        assert estimate["charging"] and estimate["fresh"] and estimate["full_soc_percent"] == 80
        assert battery.percent > 48 and abs(estimate["soc_percent"] - battery.percent) <= 4.5, "a minute old at most"
        assert document["reading"]["soc_percent"] == 42, "the car's word stays"
        assert document["headline"] == f"About {estimate['soc_percent']} % charged"
        assert 0 < estimate["full_in_s"] < 1200
        small = json.loads(world.network.http("GET", "/api/reading").body)
        assert (small["estimated_soc_percent"], small["soc_percent"]) == (estimate["soc_percent"], 42)
        assert small["full_in_s"] == estimate["full_in_s"]
        box = box_of(world)
        shown = box.display.panel._scene
        assert shown._digits.text == f"~{estimate['soc_percent']}%"
        assert shown._below[0].text.startswith(("80% in ", "read 42%"))
        greens = set()
        for _ in range(30):
            world.run(0.1)
            green, red, blue = world.hardware.pixels[LED_PIN]
            assert red == 0 and blue < green + 40
            greens.add(green)
        assert len(greens) > 3, "breathes"
        asked = questions(world)
        gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
        assert min(gaps[-2:]) >= 59
        world.unplug()
        world.run(130)
        document = status(world)
        assert (document["estimate"], document["stage"]) == (None, "waiting")
        assert errors(world) == []


def test_a_charger_that_falls_silent_makes_it_grey():
    with charging_world() as world:
        read_and_charge(world)
        world.run(100)
        assert status(world)["estimate"]["fresh"]
        world.smartevse.faults.off = True
        world.run(260)
        document = status(world)
        assert document["estimate"]["fresh"] is False and document["stage"] == "soc"
        assert box_of(world).display.panel._scene._digits.text.startswith("~")
        assert world.hardware.pixels[LED_PIN] == b"\0\0\0"
