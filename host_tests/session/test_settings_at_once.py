# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What needs no restart takes effect as soon as it is saved: where readings go, the cars, display and light."""

import pytest

from host_tests.support.owner import PASSWORD, ask
from host_tests.twin.world import SETTINGS_IN_USE, World


def save(world, **values):
    return ask(world, "POST", "/api/settings", {"values": values})


@pytest.fixture
def world():
    settings = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)
    url = settings.pop("SMARTEVSE_URL")
    with World(settings=settings, device_options={"charge_lines": False}) as world:
        world.url = url
        assert world.run_until(lambda: world.ready and "page at" in world.device.console_text(), 60)
        yield world


def test_the_next_reading_goes_to_the_address_that_was_just_saved(world):
    saved = save(world, SMARTEVSE_URL=world.url)
    assert not saved["restart_needed"]
    world.plug(world.new_car(soc_percent=42))
    assert world.run_until(lambda: world.smartevse.posts, 90)
    assert ask(world, "GET", "/api/status")["smartevse"]["last_delivery"] == "ok"


def test_an_address_that_is_taken_away_gets_nothing_more(world):
    save(world, SMARTEVSE_URL=world.url)
    save(world, SMARTEVSE_URL="")
    world.plug(world.new_car(soc_percent=42))
    assert world.run_until(lambda: 910 in world.checkpoints, 90)
    world.run(10)
    assert not world.smartevse.posts
    status = ask(world, "GET", "/api/status")
    assert status["smartevse"]["url"] is None and status["smartevse"]["text"] == "not set up"


def test_a_car_is_named_after_its_reading(world):
    save(world, SMARTEVSE_URL=world.url)
    world.plug(world.new_car(soc_percent=42))
    assert world.run_until(lambda: 910 in world.checkpoints, 90)
    world.run(15)
    reading = ask(world, "GET", "/api/status")["reading"]
    assert reading["profile"] is None
    save(world, CAR_1=reading["evccid"][-12:] + "; name=Ioniq")
    status = ask(world, "GET", "/api/status")
    assert status["reading"]["profile"]["name"] == "Ioniq"
    assert not status["access"]["restart_needed"]


def test_the_display_takes_another_brightness_at_once(world):
    panel = world.display
    before = panel.contrast
    assert not save(world, DISPLAY_BRIGHTNESS="20")["restart_needed"]
    world.run(2)
    assert panel.contrast < before
