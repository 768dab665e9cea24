# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A found SPI setting is begun with at the next start, and an ordinary start writes nothing."""

import pytest
from appliance.modem.keeping import keep_setting
from appliance.modem.setting import first
from appliance.storage.memory import SPI

from host_tests.support.kept import Memory
from host_tests.support.model_bench import late
from host_tests.support.starts import started
from host_tests.support.whole_box import console
from host_tests.twin.world import World


def test_what_was_asked_for_is_never_written():
    memory = Memory()
    keep_setting(memory, 8_000_000, (3, 8_000_000))
    keep_setting(memory, 8_000_000, None)
    assert memory.saves == 0


def test_a_found_setting_is_written_once_and_begun_with():
    memory = Memory()
    for _ in range(3):
        keep_setting(memory, 8_000_000, (0, 5_000_000))
    assert memory.saves == 1
    assert first(memory, 8_000_000) == (0, 5_000_000)


def test_another_clock_in_the_settings_begins_anew():
    memory = Memory()
    keep_setting(memory, 8_000_000, (0, 5_000_000))
    assert first(memory, 4_000_000) == (3, 4_000_000)


def test_a_setting_that_works_again_as_asked_for_is_forgotten():
    memory = Memory()
    keep_setting(memory, 8_000_000, (0, 5_000_000))
    keep_setting(memory, 8_000_000, (3, 8_000_000))
    assert memory.saves == 2
    assert first(memory, 8_000_000) == (3, 8_000_000)


@pytest.mark.parametrize("kept", [b"\x08\x03\x07", b"\x08\x01\x08", b"\xff\xff\xff", b"\x08\x00\x00"])
def test_nonsense_in_the_memory_is_no_setting(kept):
    memory = Memory()
    memory.set_part(SPI, kept)
    assert first(memory, 8_000_000) == (3, 8_000_000)


def modes_tried(world):
    """Modes in which the chip was asked since the last call."""
    tried = []
    configure = world.modem.configure

    def note(baudrate, polarity, phase):
        tried.append(polarity * 2 + phase)
        configure(baudrate, polarity, phase)

    world.modem.configure = note
    for part in world.hardware.spi_parts:
        part.settings = None
    return tried


def test_the_second_start_of_a_box_asks_the_modem_as_the_first_one_found():
    with World(seed=1) as world:
        world.modem.wire.sampling = [late(3)]
        world.modem.wire.first_bit_on_select = True
        started(world)
        assert "modem found, SPI mode 0, 8 MHz" in console(world)
        writes = world.device.nvm_writes
        tried = modes_tried(world)
        world.device.power_cycle()
        world.run(40)
        assert console(world).count("modem found, SPI mode 0, 8 MHz") == 2
        assert set(tried) == {0}
        assert world.device.nvm_writes == writes
