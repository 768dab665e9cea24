# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A car of ISO 15118-2 alone on the whole twin, in virtual device time: loading the standard stalls nobody for long."""

import shutil

import pytest

from host_tests.bench import device_time
from host_tests.support.starts import started
from host_tests.twin.world import CIRCUITPY, World

# The car waits 2 s for each answer; the standard is compiled behind the answer to the handshake.
LOADING_MS = 700


@pytest.fixture(scope="module")
def plugged():
    with World(seed=4) as world:
        started(world)
        car = world.new_car("iso_only")
        answers = device_time.Answers(car.mac)
        world.powerline.pcap.append(answers)
        world.plug(car)
        world.run_until(lambda: world.charging, 60)
        yield world, car, answers


def test_the_car_is_read_delivered_and_charges(plugged):
    world, car, _ = plugged
    assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [34]
    assert car.complaints == [] and car.unsafe == []
    assert world.charging


def test_no_answer_is_late_though_the_standard_is_loaded_on_the_way(plugged):
    _, _, answers = plugged
    assert answers.worst_us["V2G"] < LOADING_MS * 1000
    assert answers.worst_us["SLAC"] < device_time.TP_MATCH_RESPONSE_US


def test_the_session_tells_what_became_of_the_car(plugged):
    world, _, _ = plugged
    world.run(75)
    told = [entry["text"] for entry in world.timeline if "after the reading" in entry.get("text", "")]
    assert told and "charging" in told[-1]


def test_without_its_table_the_standard_costs_its_car_the_reading_and_nobody_else(tmp_path):
    drive = tmp_path / "drive"
    shutil.copytree(CIRCUITPY, drive, ignore=shutil.ignore_patterns("__pycache__"))
    (drive / "lib/v2g/schemas/iso2.bin").unlink()
    with World(seed=4, circuitpy=drive, device_options={"charge_lines": False}) as world:
        world.run(12)
        world.plug(world.new_car("iso_only"))
        world.run(40)
        assert "/lib/v2g/schemas/iso2.bin is missing" in world.device.console_text()
        world.unplug()
        world.run(30)
        world.plug(world.new_car("virtual"))
        assert world.run_until(lambda: world.smartevse.posts, 60)
        assert world.device.starts == 1
