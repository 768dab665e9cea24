# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Why the box cannot start is put on the display, and a display that does not work is no reason to fail."""

import sys
import types

import pytest
from appliance import refusal
from appliance.display import drivers, panel, views
from appliance.settings import reading


@pytest.fixture
def glass(monkeypatch):
    """A display; gives what is shown on it."""
    shown = []

    class Panel:
        def __init__(self, display, _ticks):
            assert display == "glass"

        def show_now(self, view):
            shown.append(view)

    supervisor = types.ModuleType("supervisor")
    supervisor.ticks_ms = None
    bus = types.ModuleType("appliance.bus")
    bus.find_pin = None
    monkeypatch.setitem(sys.modules, "supervisor", supervisor)
    monkeypatch.setitem(sys.modules, "appliance.bus", bus)
    monkeypatch.setattr(sys.modules["appliance"], "bus", bus, raising=False)
    monkeypatch.setattr(reading, "load", lambda _path: {})
    monkeypatch.setattr(drivers, "open_display", lambda _settings, _pin, _log: "glass")
    monkeypatch.setattr(panel, "Panel", Panel)
    return shown


def test_the_reason_is_on_the_display(glass):
    refusal.show("Needs CircuitPython 10.1.0, has 9.2.8")
    (view,) = glass
    assert (view.heading, view.texts, view.mood) == ("Cannot start", ["Needs CircuitPython 10.1.0, has 9.2.8"], views.FAULT)


def test_without_a_display_nothing_is_shown(glass, monkeypatch, capsys):
    monkeypatch.setattr(drivers, "open_display", lambda _settings, _pin, _log: None)
    refusal.show("x")
    assert glass == [] and capsys.readouterr().out == ""
