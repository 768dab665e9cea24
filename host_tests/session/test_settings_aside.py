# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A run without the settings saved on the page: it says so, is reached as before, and the next one has them again."""

import importlib.util

from host_tests.support.owner import PASSWORD, ask
from host_tests.twin.world import CIRCUITPY, SETTINGS_IN_USE, World


def survival():
    spec = importlib.util.spec_from_file_location("survival_of_the_test", CIRCUITPY / "survival.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def until_page(world):
    pages = world.device.console_text().count("page at")
    world.device.reset()
    assert world.run_until(lambda: world.device.console_text().count("page at") > pages, 60)


def values(world):
    groups = ask(world, "GET", "/api/settings")["groups"]
    return {row["key"]: row for group in groups for row in group["rows"]}


def codes(world):
    return [cause["code"] for cause in ask(world, "GET", "/api/status")["causes"]]


def test_a_run_without_the_saved_settings_says_so_and_the_next_has_them_again():
    options = {"charge_lines": False}
    with World(settings=dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD), device_options=options) as world:
        assert world.run_until(lambda: "page at" in world.device.console_text(), 60)
        saved = {"ANSWER_CARS": "never", "EVSE_ID": "E1", "WIFI_PASSWORD": SETTINGS_IN_USE["WIFI_PASSWORD"]}
        assert ask(world, "POST", "/api/settings", {"values": saved})["ok"]

        module = survival()
        kept = module.Survival(world.device.nvm, None, module.OTHER)
        kept.set_byte(module.ONCE, 1)
        kept.save()
        until_page(world)
        assert "settings_aside" in codes(world)
        assert values(world)["EVSE_ID"]["value"] == "E1" and values(world)["EVSE_ID"]["source"] == "page"
        assert ask(world, "GET", "/api/settings")["restart_needed"]
        assert world.run_until(lambda: world.ready, 40)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 910 in world.checkpoints, 60), "the one that said never is not in force"

        until_page(world)
        assert "settings_aside" not in codes(world)
        world.unplug()
        world.checkpoints.clear()
        world.run(30)
        world.plug(world.new_car(soc_percent=43))
        assert not world.run_until(lambda: 155 in world.checkpoints, 60)
