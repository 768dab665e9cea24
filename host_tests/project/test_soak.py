# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`make soak` begins with the tests that take longest and gives fuzzing its time, no more and no less; `make test` finds
what it runs last."""

import re
import subprocess
from pathlib import Path

import pytest

from host_tests import conftest
from host_tests.endurance import test_fuzz as fuzzing
from host_tests.endurance.targets import TARGETS

TESTS = Path(__file__).parents[1]
LAST = re.compile(r"\bpytest\.mark\.last\b")
SOAK = re.compile(r"^@pytest\.mark\.soak\n(?:@.*\n)*def (\w+)\(", re.M)


def test_what_is_begun_first_is_there():
    there = {name for path in TESTS.rglob("test_*.py") for name in SOAK.findall(path.read_text())}
    assert {name.partition("[")[0] for name in conftest._SOAK} <= there


def test_what_runs_last_is_where_make_test_looks_for_it():
    (path,) = [path for path in TESTS.rglob("test_*.py") if LAST.search(path.read_text())]
    lines = (TESTS.parent / "Makefile").read_text().splitlines()
    (command,) = [line for line in lines if "-m last" in line]
    assert command.endswith(" " + path.relative_to(TESTS.parent).as_posix())


def test_all_targets_together_are_fuzzed_as_long_as_was_asked_for():
    assert fuzzing.SHARES.keys() == TARGETS.keys()
    assert sum(fuzzing.SOAK_SECONDS.values()) == pytest.approx(fuzzing.SOAK_MINUTES * 60, abs=len(TARGETS))


@pytest.mark.parametrize(("works", "said"), [(True, ""), (False, "not tested: Home Assistant")])
def test_without_a_network_an_environment_of_home_assistant_that_works_stays(tmp_path, works, said):
    """pip cannot reach anything; whether the environment can be used is another question."""
    python = tmp_path / "build" / "homeassistant" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit {0 if works else 1}\nexit 1\n')
    python.chmod(0o755)
    make = ["make", "-s", "-f", str(TESTS.parent / "Makefile"), "homeassistant-environment"]
    told = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0 and python.exists() is works and said in told.stdout
