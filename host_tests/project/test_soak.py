# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`make soak` begins with the tests that take longest and gives fuzzing its time, no more and no less."""

import re
from pathlib import Path

import pytest

from host_tests import conftest
from host_tests.endurance import test_fuzz as fuzzing
from host_tests.endurance.targets import TARGETS

TESTS = Path(__file__).parents[1]
SOAK = re.compile(r"^@pytest\.mark\.soak\n(?:@.*\n)*def (\w+)\(", re.M)


def test_what_is_begun_first_is_there():
    there = {name for path in TESTS.rglob("test_*.py") for name in SOAK.findall(path.read_text())}
    assert {name.partition("[")[0] for name in conftest._SOAK} <= there


def test_all_targets_together_are_fuzzed_as_long_as_was_asked_for():
    assert fuzzing.SHARES.keys() == TARGETS.keys()
    assert sum(fuzzing.SOAK_SECONDS.values()) == pytest.approx(fuzzing.SOAK_MINUTES * 60, abs=len(TARGETS))
