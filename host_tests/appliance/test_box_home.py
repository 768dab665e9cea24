# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner's home wants is loaded file by file, and a part that cannot be loaded is reported once."""

from types import SimpleNamespace

import pytest
from appliance.box_home import Later


class Bench:
    def __init__(self, names=("json", "binascii"), made=None):
        self.ready = False
        self.told = []
        self.left = []
        self.made = made or SimpleNamespace(due=lambda _now: True, run=self._ran)
        self.runs = 0
        self.later = Later(lambda: self.ready, names, self._make, self.told.append, self.left.append)

    def _make(self):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made

    def _ran(self, _now):
        self.runs += 1


def test_nothing_is_loaded_before_it_is_time():
    bench = Bench()
    assert not bench.later.due(0)
    bench.ready = True
    assert bench.later.due(0)


def test_one_file_a_run_then_the_piece_and_then_its_own_runs():
    bench = Bench()
    bench.ready = True
    for _ in range(2):
        bench.later.run(0)
        assert bench.later.piece is None
    bench.later.run(0)
    assert bench.later.piece is bench.made and bench.runs == 0
    bench.later.run(0)
    assert bench.runs == 1


@pytest.mark.parametrize("bench", [Bench(("appliance.nowhere",)), Bench(made=ValueError("no"))])
def test_what_cannot_be_loaded_is_reported_once_and_not_tried_again(bench):
    bench.ready = True
    for _ in range(5):
        if bench.later.due(0):
            bench.later.run(0)
    assert len(bench.told) == 1 and bench.later.piece is None


def test_only_a_piece_that_is_there_says_good_bye():
    bench = Bench(())
    bench.later.leave()
    assert bench.left == []
    bench.later.run(0)
    bench.later.leave()
    assert bench.left == [bench.made]
