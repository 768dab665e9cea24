# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What cannot work here is said in a sentence, and only the second standard may be missing."""

import sys
import types
from types import SimpleNamespace

import pytest
from appliance import start
from appliance.base import version

NEEDED = tuple(int(number) for number in version.CIRCUITPYTHON.split("."))


def on_a_board(monkeypatch, release=NEEDED, psram=8 << 20):
    monkeypatch.setattr(start, "sys", SimpleNamespace(implementation=SimpleNamespace(name="circuitpython", version=release)))
    chip = types.ModuleType("espidf")
    if psram is not None:
        chip.get_total_psram = lambda: psram
    monkeypatch.setitem(sys.modules, "espidf", chip)


@pytest.mark.parametrize("release", [NEEDED, (NEEDED[0], NEEDED[1] + 2, 0), (NEEDED[0] + 1, 0, 0)])
@pytest.mark.parametrize("psram", [2 << 20, 8 << 20, None])
def test_a_board_that_can_run_the_box_has_no_problem(monkeypatch, release, psram):
    on_a_board(monkeypatch, release, psram)
    assert start.problem() is None


@pytest.mark.parametrize("release", [(9, 2, 8), (10, 0, 3)])
def test_an_older_circuitpython_is_told_with_the_version_that_is_needed(monkeypatch, release):
    on_a_board(monkeypatch, release)
    for text in start.problem():
        assert version.CIRCUITPYTHON in text and "%d.%d.%d" % release in text


@pytest.mark.parametrize("psram", [0, start.LEAST_PSRAM - 1])
def test_a_board_without_psram_is_told_before_the_memory_runs_out(monkeypatch, psram):
    on_a_board(monkeypatch, psram=psram)
    assert all("PSRAM" in text for text in start.problem())


def test_a_problem_ends_the_start_with_its_sentence_on_the_display_and_loads_nothing(monkeypatch):
    shown = []
    on_a_board(monkeypatch, psram=0)
    monkeypatch.setattr(start, "_import", pytest.fail)
    refusal = types.ModuleType("appliance.refusal")
    refusal.show = shown.append
    monkeypatch.setitem(sys.modules, "appliance.refusal", refusal)
    monkeypatch.setattr(sys.modules["appliance"], "refusal", refusal, raising=False)
    short, sentence = start.problem()
    assert (start.load(), shown) == (sentence, [short])


@pytest.mark.parametrize("error", [None, MemoryError(), ImportError("no such library"), ValueError("a pin in use")])
def test_whatever_the_display_does_the_sentence_is_told_and_the_console_says_why(monkeypatch, capsys, error):
    def show(_text):
        raise error

    on_a_board(monkeypatch, psram=0)
    refusal = types.ModuleType("appliance.refusal")
    refusal.show = show
    # Half a copy may lack the file that shows it.
    monkeypatch.setitem(sys.modules, "appliance.refusal", refusal if error else None)
    monkeypatch.delattr(sys.modules["appliance"], "refusal", raising=False)
    sentence = start.problem()[1]
    assert start.load() == sentence
    told = capsys.readouterr().out
    assert told.startswith(sentence + "\nnot on the display: ") and str(error or "refusal") in told


def test_a_missing_second_standard_is_said_and_any_other_missing_part_ends_the_start(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "v2g.iso2", None)
    start._import("v2g.iso2")
    assert "v2g.iso2" in capsys.readouterr().out and start.importing is False
    with pytest.raises(ImportError):
        start._import("appliance.nowhere")
    assert start.importing is True, "code.py asks: it will fail the same way at each start"
    monkeypatch.setattr(start, "importing", False)


def test_the_parts_are_loaded_in_the_order_of_what_a_car_needs_first():
    # The compiler knows the names before it meets them.
    parts = start.SESSION + start.SETTINGS + start.ASKING + start.REST
    assert parts[0] == "appliance.base.names"
    layers = [name.split(".")[0] for name in parts[1:]]
    assert layers == sorted(layers, key=("plc", "v2g", "appliance").index)
    assert parts[-1] == "appliance.box" and "v2g.iso2" in start.SESSION
