# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Modules that are loaded one a step, and pieces of the loop that begin with that."""

import sys
from types import SimpleNamespace

import pytest
from appliance.base.parts import LoadedPiece, Parts

NAMES = ("part_of_a_test_1", "part_of_a_test_2")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in NAMES:
        sys.modules.pop(name, None)


def test_a_step_loads_one_module_until_all_are_there(folder):
    for name in NAMES:
        (folder / f"{name}.py").write_text("")
    parts = Parts(NAMES)
    assert parts.load() and NAMES[0] in sys.modules and NAMES[1] not in sys.modules
    assert parts.load() and NAMES[1] in sys.modules
    assert not parts.load()


def test_a_module_that_is_missing_is_tried_again(folder):
    parts = Parts(NAMES[:1])
    for _ in range(2):
        with pytest.raises(ImportError):
            parts.load()
    (folder / f"{NAMES[0]}.py").write_text("")
    assert parts.load() and not parts.load()


class Bench:
    def __init__(self, names=("json", "binascii"), made=None):
        self.ready = False
        self.told = []
        self.made = made or SimpleNamespace(due=lambda _now: True, run=self._ran)
        self.runs = 0
        self.loaded = LoadedPiece(names, lambda: self.ready, self._make, self.told.append)

    def _make(self):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made

    def _ran(self, _now):
        self.runs += 1


def test_nothing_is_loaded_before_it_is_time():
    bench = Bench()
    assert not bench.loaded.due(0)
    bench.ready = True
    assert bench.loaded.due(0)


def test_one_file_a_run_then_the_piece_and_then_its_own_runs():
    bench = Bench()
    bench.ready = True
    for _ in range(2):
        bench.loaded.run(0)
        assert bench.loaded.piece is None
    bench.loaded.run(0)
    assert bench.loaded.piece is bench.made and bench.runs == 0
    bench.loaded.run(0)
    assert bench.runs == 1


@pytest.mark.parametrize("bench", [Bench(("appliance.nowhere",)), Bench(made=ValueError("no"))])
def test_what_cannot_be_loaded_is_reported_once_and_not_tried_again(bench):
    bench.ready = True
    for _ in range(5):
        if bench.loaded.due(0):
            bench.loaded.run(0)
    assert len(bench.told) == 1 and bench.loaded.piece is None
