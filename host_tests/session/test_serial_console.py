# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A terminal on the box's USB port that is closed again, or whose computer falls asleep: cars are read all the same."""

from host_tests.support.starts import started
from host_tests.support.whole_box import read_one_car
from host_tests.twin.world import World


def test_a_terminal_that_was_closed_again_costs_no_car():
    with World(seed=71) as world:
        started(world)
        world.device.serial.open()
        world.run(5)
        world.device.serial.close()
        assert read_one_car(world)
        world.run(60)
        assert world.device.starts == 1
