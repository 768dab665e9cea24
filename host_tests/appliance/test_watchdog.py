# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The watchdog is set in the only way the board allows, and whatever it refuses stops nothing."""

import sys
import types

import pytest


class Dog:
    """As the board's: an armed one cannot be changed, one that is off cannot be fed."""

    def __init__(self):
        self.__dict__["state"] = {"mode": None, "timeout": None}
        self.__dict__["fed"] = 0
        self.__dict__["broken"] = False

    def __setattr__(self, name, value):
        if self.broken or (name == "timeout" and self.state["mode"] is not None):
            raise OSError("ESP_ERR_INVALID_STATE")
        self.state[name] = value

    def feed(self):
        if self.state["mode"] is None:
            raise ValueError("Watchdog not initialized.")
        self.__dict__["fed"] += 1


@pytest.fixture
def dog():
    return Dog()


@pytest.fixture
def watchdog(monkeypatch, dog):
    """The module under test beside a fake of the firmware's."""
    firmware = types.ModuleType("watchdog")
    firmware.WatchDogMode = types.SimpleNamespace(RESET="reset")
    chip = types.ModuleType("microcontroller")
    chip.watchdog = dog
    monkeypatch.setitem(sys.modules, "watchdog", firmware)
    monkeypatch.setitem(sys.modules, "microcontroller", chip)
    monkeypatch.delitem(sys.modules, "appliance.watchdog", raising=False)
    import appliance.watchdog

    yield appliance.watchdog
    sys.modules.pop("appliance.watchdog", None)


def test_it_is_armed_in_reset_mode_with_its_usual_time(watchdog, dog):
    watchdog.Watchdog(print)
    assert dog.state == {"mode": "reset", "timeout": watchdog.USUAL_S}


def test_more_patience_lasts_until_the_loop_is_alive_again(watchdog, dog):
    own = watchdog.Watchdog(print)
    own.stretch(True)
    assert dog.state == {"mode": "reset", "timeout": watchdog.LONG_S}
    own.feed()
    assert dog.state == {"mode": "reset", "timeout": watchdog.USUAL_S} and dog.fed == 1


def test_asking_twice_for_the_same_changes_nothing(watchdog, dog):
    own = watchdog.Watchdog(print)
    own.stretch(True)
    dog.__dict__["broken"] = True
    told = []
    own._tell = told.append
    own.stretch(True)
    assert told == []


def test_a_watchdog_that_refuses_is_told_three_times_and_the_box_goes_on(watchdog, dog):
    told = []
    dog.__dict__["broken"] = True
    own = watchdog.Watchdog(told.append)
    for _ in range(10):
        own.feed()
        own.stretch(True)
        own.stretch(False)
    assert len(told) == 3 and told[0] == "no watchdog: ESP_ERR_INVALID_STATE"


def test_one_that_lost_its_mode_is_armed_again_by_feeding(watchdog, dog):
    own = watchdog.Watchdog(lambda _text: None)
    dog.state["mode"] = None
    own.feed()
    assert dog.state == {"mode": "reset", "timeout": watchdog.USUAL_S}


def test_a_board_without_one_runs_without_one(watchdog):
    del sys.modules["microcontroller"].watchdog
    own = watchdog.Watchdog(print)
    own.stretch(True)
    own.feed()
