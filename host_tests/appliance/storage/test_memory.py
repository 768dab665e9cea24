# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What outlives a restart, and the stand-in where survival.py cannot be used."""

import sys
import types

from appliance.modem import wiring
from appliance.settings import wishes
from appliance.storage import memory
from appliance.storage.forgetful import Forgetful

from host_tests.update import device_files

survival = device_files.module("survival")


def test_the_places_are_those_of_survival():
    names = [name for name in vars(memory) if name.isupper() and hasattr(survival, name)]
    assert {"SECRETS", "SECRETS_SIZE", "SPI"} <= set(names)
    assert [getattr(memory, name) for name in names] == [getattr(survival, name) for name in names]


def test_the_places_do_not_overlap():
    assert memory.SECRETS + memory.SECRETS_SIZE <= memory.SPI < memory.SPI + survival.SPI_SIZE <= memory.WIRING
    assert memory.WIRING + wiring.SIZE <= memory.WISHES
    assert memory.WISHES + wishes.SIZE <= memory.CHANNEL < survival._LENGTH_AT


def test_a_survival_that_is_damaged_is_replaced_and_the_console_says_so(monkeypatch, capsys):
    broken = types.ModuleType("survival")
    monkeypatch.setitem(sys.modules, "survival", broken)
    assert isinstance(memory.kept(), Forgetful)
    assert "nothing outlives a restart" in capsys.readouterr().out


def test_a_survival_that_raises_is_replaced(monkeypatch):
    def kept():
        raise OSError(30)

    broken = types.ModuleType("survival")
    broken.kept = kept
    monkeypatch.setitem(sys.modules, "survival", broken)
    assert isinstance(memory.kept(), Forgetful)
