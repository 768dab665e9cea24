# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem's pins before the settings are read: settings.toml's, or those saved on the page that are kept beside them."""

import pytest
from appliance.modem.keeping import keep_wiring
from appliance.modem.wiring import DEFAULTS, KEYS, KeptWiring
from appliance.settings.schema import DEFAULT, row_of

from host_tests.support.kept import Memory

AS_DELIVERED = (["IO13", "IO11", "IO12", "IO10", "IO9"], 8_000_000)
SAVED = (["IO36", "GPIO35", "37", "IO34", ""], 4_000_000)


def kept(memory, **file):
    return KeptWiring(memory, file.get)


def test_the_pins_without_a_setting_are_those_of_the_settings_table():
    assert [str(row_of(key)[DEFAULT]) for key in KEYS] == list(DEFAULTS)
    assert kept(Memory()).wanted() == AS_DELIVERED


def test_a_line_that_cannot_be_read_costs_its_own_pin_only():
    def getenv(key):
        if key == "MODEM_CS":
            raise ValueError("invalid syntax for integer with base 0: 'IO4'")
        return {"MODEM_SCK": "IO4"}.get(key)

    assert KeptWiring(Memory(), getenv).wanted() == (["IO4", "IO11", "IO12", "IO10", "IO9"], 8_000_000)


def test_what_the_file_says_is_never_written():
    memory = Memory()
    wiring = kept(memory, MODEM_SCK="IO4", MODEM_SPI_HZ=4_000_000)
    assert wiring.wanted() == (["IO4", "IO11", "IO12", "IO10", "IO9"], 4_000_000)
    keep_wiring(memory, wiring, *wiring.of_file())
    assert memory.saves == 0


def test_what_was_saved_on_the_page_is_written_once_and_begun_with():
    memory = Memory()
    for _ in range(3):
        keep_wiring(memory, kept(memory, MODEM_SCK="IO4"), *SAVED)
    assert memory.saves == 1
    assert kept(memory, MODEM_SCK="IO4").wanted() == (["IO36", "IO35", "IO37", "IO34", ""], 4_000_000)


def test_the_file_counts_once_it_was_edited():
    memory = Memory()
    keep_wiring(memory, kept(memory, MODEM_SCK="IO4"), *SAVED)
    assert kept(memory, MODEM_SCK="IO5").wanted()[0][0] == "IO5"
    assert kept(memory).wanted() == AS_DELIVERED


def test_pins_taken_back_on_the_page_are_forgotten():
    memory = Memory()
    keep_wiring(memory, kept(memory), *SAVED)
    keep_wiring(memory, kept(memory), *AS_DELIVERED)
    assert kept(memory).wanted() == AS_DELIVERED and memory.saves == 2


def test_a_pin_known_by_a_name_alone_waits_for_the_settings():
    memory = Memory()
    keep_wiring(memory, kept(memory), ["SCK", "IO11", "IO12", "IO10", "IO9"], 8_000_000)
    assert kept(memory).wanted() == AS_DELIVERED and memory.saves == 0


@pytest.mark.parametrize("clock", ["fast", "", "-1", "1e6", "8\u00b2", "\u0668", "8" * 10])
def test_a_clock_that_is_no_number_is_left_to_the_settings(clock):
    assert kept(Memory(), MODEM_SPI_HZ=clock).wanted() == AS_DELIVERED
