# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A terminal on the box's USB port that is closed again, or whose computer falls asleep: cars are read all the same."""

from pathlib import Path

from host_tests.support.boards import board
from host_tests.support.starts import started
from host_tests.support.whole_box import read_one_car
from host_tests.twin.world import World

DEVICE = Path(__file__).parents[2] / "CIRCUITPY"


def test_a_terminal_that_was_closed_again_costs_no_car():
    with World(seed=71) as world:
        started(world)
        world.device.serial.open()
        world.run(5)
        world.device.serial.close()
        assert read_one_car(world)
        world.run(60)
        assert world.device.starts == 1


def test_a_terminal_that_reads_shows_the_log():
    with World(seed=72) as world:
        started(world)
        world.device.serial.open()
        assert read_one_car(world)
        assert "[CHECKPOINT540]" in world.device.console_text()


FAILS = """
import time

def main():
    time.sleep(3)
    print(1000 * "-")
    raise RuntimeError("planted")
"""


def test_a_failed_start_counts_though_its_traceback_finds_no_room_on_the_console(tmp_path):
    files = {
        "slots.py": "import microcontroller\ndef start(): pass\ndef failed(text): microcontroller.nvm[0] += 1\n",
        "lib/appliance/__init__.py": "",
        "lib/appliance/start.py": "def load(): return None\n",
        "lib/appliance/box.py": FAILS,
    }
    with board(tmp_path, (DEVICE / "code.py").read_text(), files) as device:
        device.run(3)
        device.serial.open()
        device.serial.close()
        assert device.run_until(lambda: device.resets, 120)
        assert device.nvm[0] == 1
