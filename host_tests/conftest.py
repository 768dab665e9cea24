# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""For every test: figures that tests tell are printed at the end of the run, docs/testing.md quotes them; what
the box sends in any session is kept for the second opinion on it, which is asked last.
"""

import pytest

from host_tests.peers import overheard, sessions

_FIGURES = []
_LAST = "test_second_opinion.py"


def pytest_configure():
    overheard.listen()


def pytest_unconfigure():
    sessions.forget()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name == _LAST)


@pytest.fixture(scope="session")
def figures():
    """Call it with a line of text."""
    return _FIGURES.append


def pytest_terminal_summary(terminalreporter):
    if _FIGURES:
        terminalreporter.section("figures")
        for line in _FIGURES:
            terminalreporter.line(line)
