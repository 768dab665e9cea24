# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Three readings in an hour where nobody can be asked: the page says when the next is possible, and has "Read now"."""

from host_tests.support.owner import PASSWORD, ask
from host_tests.support.starts import started
from host_tests.twin.world import SETTINGS_IN_USE, World

# The rules where nothing can be asked want a minute of silence from the car.
PAUSE_S = 75


def plug_in(world, seconds=25):
    world.plug(world.new_car("virtual", soc_percent=42))
    world.run(seconds)
    world.unplug()
    world.run(PAUSE_S)
    return len([line for line in world.device.console_text().splitlines() if "42 %, capacity" in line])


def test_after_three_readings_in_an_hour_the_owner_may_have_another_one():
    settings = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD, SMARTEVSE_URL=None)
    with World(seed=4, settings=settings, display=None, device_options={"charge_lines": False}) as world:
        started(world)
        assert ask(world, "GET", "/api/status")["admission"]["next_reading_s"] is None
        assert [plug_in(world) for _ in range(3)] == [1, 2, 3]
        left_s = ask(world, "GET", "/api/status")["admission"]["next_reading_s"]
        assert 3000 < left_s < 3600
        assert plug_in(world) == 3
        assert "two minutes" in ask(world, "POST", "/api/readnow", {})["text"]
        assert plug_in(world) == 4
