# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every row of docs/interpreters.md is still true: the probes run on both interpreters."""

import pytest

from host_tests.interpreter import differences, micropython
from host_tests.interpreter.differences import ALLOCATIONS, CPYTHON, DIFFERENCES, MICROPYTHON, PROBE, WHAT

# Rows in which both hosts agree, and only the board (or nobody) differs.
HOSTS_AGREE = 4


@pytest.fixture(scope="module")
def there():
    done = micropython.run(differences.__file__, heap="2M")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()]
    return {(kind, int(number)): outcome for kind, number, outcome in lines}


@pytest.mark.parametrize("number", range(len(DIFFERENCES)), ids=lambda number: DIFFERENCES[number][WHAT])
def test_the_difference_still_exists(there, number):
    row = DIFFERENCES[number]
    assert differences.outcome(row[PROBE]) == row[CPYTHON]
    assert there["difference", number] == row[MICROPYTHON]


def test_most_rows_are_differences_between_the_hosts():
    same = [row[WHAT] for row in DIFFERENCES if row[CPYTHON] == row[MICROPYTHON]]
    assert len(same) <= HOSTS_AGREE, same


@pytest.mark.parametrize("number", range(len(ALLOCATIONS)), ids=lambda number: ALLOCATIONS[number][0])
def test_what_takes_heap_and_what_does_not(there, number):
    assert (int(there["allocation", number]) > 0) == ALLOCATIONS[number][3]
