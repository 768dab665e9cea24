# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""For every test: figures that tests tell are printed at the end of the run, docs/testing.md quotes them; what
the box sends in any session is written down for the second opinion on it, a run of its own (`-m last`).

Works alike in one process and in several (`-n 2`): a figure travels with its test's report, the messages of
each process in a file of its own.
"""

import pytest

from host_tests.peers import overheard, sessions

_FIGURE = "figure"
# What waits for programs of others takes longest and is begun first, so that the processes end together.
_FIRST = ("peers", "session", "web", "update", "endurance")
_FIGURES = []


def _is_worker(config):
    return hasattr(config, "workerinput")


def pytest_configure(config):
    if not _is_worker(config) and config.option.markexpr != "last":
        overheard.forget()
    overheard.listen()


def pytest_unconfigure(config):
    name = config.workerinput["workerid"] if _is_worker(config) else "main"
    if config.option.markexpr != "last":
        overheard.write(name)
    sessions.forget()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: _FIRST.index(item.path.parent.name) if item.path.parent.name in _FIRST else 99)


@pytest.fixture
def figures(record_property):
    """Call it with a line of text."""
    return lambda line: record_property(_FIGURE, line)


@pytest.hookimpl
def pytest_runtest_logreport(report):
    if report.when == "teardown":
        _FIGURES.extend(line for name, line in report.user_properties if name == _FIGURE)


def pytest_terminal_summary(terminalreporter):
    if _FIGURES:
        terminalreporter.section("figures")
        for line in _FIGURES:
            terminalreporter.line(line)
