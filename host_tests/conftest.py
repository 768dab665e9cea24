# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Figures that tests tell are printed at the end of the run; docs/testing.md quotes them."""

import pytest

_FIGURES = []


@pytest.fixture(scope="session")
def figures():
    """Call it with a line of text."""
    return _FIGURES.append


def pytest_terminal_summary(terminalreporter):
    if _FIGURES:
        terminalreporter.section("figures")
        for line in _FIGURES:
            terminalreporter.line(line)
