# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The web server is loaded a file at a time, tried again when it cannot start, and told about."""

import sys

from appliance.web.launch import RETRY_MS, Guests, Launch


class Wifi:
    reachable = True


class Provisioning:
    offered = False


def test_each_run_loads_one_module_and_the_last_one_starts_the_server():
    told = []
    launch = Launch(Wifi(), ("colorsys", "stringprep"), lambda: "the server", told.append)
    for name in ("colorsys", "stringprep"):
        sys.modules.pop(name, None)
    launch.run(0)
    assert "colorsys" in sys.modules and "stringprep" not in sys.modules
    launch.run(0)
    assert "stringprep" in sys.modules and launch.web is None
    launch.run(0)
    assert launch.web == "the server" and told == [None] and not launch.due(0)


def test_nothing_is_loaded_while_nobody_can_reach_the_box():
    wifi = Wifi()
    launch = Launch(wifi, (), lambda: "the server", print)
    wifi.reachable = False
    assert not launch.due(0)
    wifi.reachable = True
    assert launch.due(0)


def test_a_start_that_fails_is_told_and_tried_again_after_a_while():
    told, tries = [], []

    def start():
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("Out of sockets")
        return "the server"

    launch = Launch(Wifi(), (), start, told.append)
    launch.run(1000)
    assert str(told[0]) == "Out of sockets" and launch.web is None
    assert not launch.due(1000 + RETRY_MS - 1)
    assert launch.due(1000 + RETRY_MS)
    launch.run(1000 + RETRY_MS)
    assert launch.web == "the server" and told[1] is None


def test_a_module_that_cannot_be_loaded_is_told_and_tried_again():
    told = []
    launch = Launch(Wifi(), ("no_such_module",), lambda: "the server", told.append)
    launch.run(0)
    assert isinstance(told[0], ImportError) and launch.web is None and launch.due(RETRY_MS)


def test_guests_are_loaded_once_and_only_when_they_may_come():
    provisioning, loads = Provisioning(), []
    guests = Guests(provisioning, ("appliance.base.text",), lambda: loads.append(1))
    assert not guests.due(0)
    provisioning.offered = True
    assert guests.due(0)
    guests.run(0)
    assert loads == [] and guests.due(0), "each module has a step of its own"
    guests.run(0)
    assert loads == [1] and not guests.due(0)


def test_what_guests_need_is_tried_again_when_it_could_not_be_loaded():
    def load():
        raise MemoryError

    provisioning = Provisioning()
    provisioning.offered = True
    guests = Guests(provisioning, (), load)
    try:
        guests.run(0)
    except MemoryError:
        assert guests.due(0)
    else:
        raise AssertionError("the loop must hear of it, so that the box says what fails")


def test_a_failed_start_does_not_keep_the_page_away_when_wifi_comes_back_days_later():
    """A tick can be compared for three days."""
    wifi = Wifi()
    starts = []

    def start():
        starts.append(1)
        if len(starts) == 1:
            raise OSError(112)
        return "the server"

    launch = Launch(wifi, (), start, lambda error: None)
    now = 0
    launch.run(now)
    wifi.reachable = False
    for _ in range(4 * 24):
        now = (now + 3_600_000) & ((1 << 29) - 1)
        assert not launch.due(now)
    wifi.reachable = True
    assert launch.due(now)
