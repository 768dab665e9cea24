# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""For every test: figures that tests tell are printed at the end of the run, docs/testing.md quotes them; what
the box sends in any session is written down for the second opinion on it, a run of its own (`-m last`).

Works alike in one process and in several (`-n 4`): a figure travels with its test's report, the messages of
each process in a file of its own.
"""

import contextlib
import functools
import gc
import os
from pathlib import Path

import pytest
import pytest_timeout
from _pytest.runner import TEST_OUTCOME, runtestprotocol

from host_tests.peers import overheard, sessions
from host_tests.support.lateness import Ticker

_FIGURE = "figure"
# How often a test against something in real time is made again, when the machine was late.
_MOST_REPEATS = 2
# What waits for programs of others takes longest and is begun first, beside what computes, so that neither the cores nor
# those programs are waited for; then what computes for long, so that the processes end together.
_LONGEST = (
    "peers/test_josev.py",
    "endurance/test_cures.py",
    "web/test_box_pages.py",
    "endurance/test_defects.py",
    "update/test_update_page.py",
    "endurance/test_campaign.py",
    "cars/test_plug_in.py",
    "peers/test_pev.py",
    "session/test_restarts.py",
    "web/test_languages.py",
    "session/test_first_run.py",
    "peers/test_hostile.py",
)
_FIRST = ("peers", "web", "session", "update", "endurance", "interpreter")
_LONG = (
    "v2g/test_safety.py",
    "plc/test_tcp.py",
    "appliance/settings/test_odd_values.py",
    "appliance/modem/test_transfer.py",
    "v2g/test_exi.py",
    "v2g/test_second_codec.py",
    "appliance/smartevse/test_estimate.py",
)
# The same for `make soak`, test by test: what waits as long as the world does, then what computes for longest.
_SOAK = (
    "test_two_hundred_sessions_in_a_row",
    "test_two_hundred_sessions_with_every_wait_as_it_is",
    "test_every_odd_value_of_every_setting_in_a_whole_box",
    "test_coverage_guided[station]",
    "test_ten_thousand_mixtures",
    "test_coverage_guided",
    "test_thirty_days_write_nothing_to_nvm",
    "test_every_bit_on_the_bus",
    "test_two_thousand_mixtures_on_the_bus",
    "test_five_percent_loss_a_thousand_times",
    "test_every_cut_wherever_the_volume_begins",
)
# Whole boxes, campaigns and interpreters: `make quick` leaves them out, but for these, which play whole plug-ins.
_SLOW = ("session", "update", "endurance", "interpreter", "cars")
_QUICK = ("session/test_wire.py", "session/test_box_on_twin.py", "session/test_driver_on_model.py", "cars/test_recorded.py")
_HERE = Path(__file__).parent
_FIGURES = []


def _is_worker(config):
    return hasattr(config, "workerinput")


def pytest_configure(config):
    if not _is_worker(config) and _is_heard(config):
        overheard.forget()
    overheard.listen()


def pytest_unconfigure(config):
    name = config.workerinput["workerid"] if _is_worker(config) else "main"
    if _is_heard(config):
        overheard.write(name)
    sessions.forget()


def _is_heard(config):
    """Not a run inside another one, on a box without one of its cures: what the other one hears is not its own to remove."""
    return config.option.markexpr != "last" and "SOCBOX_DEVICE" not in os.environ


def _rank(item):
    """When it is begun: files of `_LONGEST`, folders of `_FIRST`, files of `_LONG`, everything else; tests of `_SOAK` before
    all of these."""
    if item.get_closest_marker("soak") is not None:
        named = [_SOAK.index(name) for name in (item.name, item.originalname) if name in _SOAK]
        return -1, named[0] if named else len(_SOAK)
    return _rank_of_file(item.path)


@functools.cache
def _rank_of_file(path):
    folder, file = path.parent.name, path.relative_to(_HERE).as_posix()
    for place, (name, table) in enumerate(((file, _LONGEST), (folder, _FIRST), (file, _LONG))):
        if name in table:
            return place, table.index(name)
    return 3, 0


@functools.cache
def _is_slow(path):
    return path.parent.name in _SLOW and path.relative_to(_HERE).as_posix() not in _QUICK


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if _is_slow(item.path):
            item.add_marker("slow")
    items.sort(key=_rank)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is made while tests are looked for stays: the collector would go through all of it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish():
    """The tests themselves stay until the end: the collector need not look at them each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def figures(record_property):
    """Call it with a line of text."""
    return lambda line: record_property(_FIGURE, line)


def _as_if_never_tried(item):
    """What failed half-way left its box with another password, a fault, a car: the next try gets one of its own, and all
    of its time, as the timer of the first went with the failure."""
    with contextlib.suppress(*TEST_OUTCOME):
        item.session._setupstate.teardown_exact(None)
    settings = pytest_timeout._get_item_settings(item)
    if settings.timeout and not settings.func_only:
        item.ihook.pytest_timeout_cancel_timer(item=item)
        item.ihook.pytest_timeout_set_timer(item=item, settings=settings)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """A test in real time that fails while the machine was late is made again, and the figures say so."""
    if item.get_closest_marker("real_time") is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    with Ticker() as ticker:
        told = []
        while True:
            ticker.reset()
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            failed = any(report.failed for report in reports)
            if not failed or not ticker.was_late() or len(told) >= _MOST_REPEATS:
                break
            told.append(f"{item.nodeid}: made again, the machine was late ({ticker.told()})")
            _as_if_never_tried(item)
    for report in reports:
        if report.when == "teardown":
            report.user_properties.extend((_FIGURE, line) for line in told)
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl
def pytest_runtest_logreport(report):
    if report.when == "teardown":
        _FIGURES.extend(line for name, line in report.user_properties if name == _FIGURE)


def pytest_terminal_summary(terminalreporter):
    if _FIGURES:
        terminalreporter.section("figures")
        for line in _FIGURES:
            terminalreporter.line(line)
