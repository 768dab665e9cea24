# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the processes of a run keep to themselves is nothing that is shown, counted or judged."""

from types import SimpleNamespace

import pytest

from host_tests.support import workers


class WorkerInteractor:
    """What xdist's does with an event, by its name."""

    def __init__(self):
        self.sent = []

    def sendevent(self, name, **told):
        self.sent.append((name, told))


def config(**options):
    option = SimpleNamespace(**{"verbose": -1, "durations": None, "xmlpath": None, "reportchars": "s", **options})
    interactor = WorkerInteractor()
    return SimpleNamespace(option=option, pluginmanager=SimpleNamespace(get_plugins=lambda: {interactor})), interactor


def report(when, outcome="passed", figures=()):
    return {"data": {"when": when, "outcome": outcome, "user_properties": list(figures), "keywords": {"a": 1}}}


def events_of_a_test(outcomes=("passed", "passed", "passed"), figures=()):
    """As xdist sends them."""
    parts = zip(("setup", "call", "teardown"), outcomes, strict=True)
    reports = [("testreport", report(when, outcome, figures if when == "teardown" else ())) for when, outcome in parts]
    return [("logstart", {}), *reports, ("logfinish", {}), ("runtest_protocol_complete", {"item_index": 0, "duration": 0.1})]


def sent(events, **options):
    told, interactor = config(**options)
    workers.be_brief(told)
    for name, content in events:
        interactor.sendevent(name, **content)
    return [content["data"]["when"] if name == "testreport" else name for name, content in interactor.sent]


def test_of_a_test_that_passed_it_is_told_once_that_it_passed_and_that_it_is_over():
    assert sent(events_of_a_test()) == ["call", "runtest_protocol_complete"]


def test_figures_are_told():
    assert "teardown" in sent(events_of_a_test(figures=[("figure", "3 of 3")]))


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
@pytest.mark.parametrize("place", range(3))
def test_what_failed_or_was_left_out_is_told_wherever_it_was(outcome, place):
    outcomes = ["passed"] * 3
    outcomes[place] = outcome
    assert ("setup", "call", "teardown")[place] in sent(events_of_a_test(outcomes))


@pytest.mark.parametrize(
    "asked", [{"verbose": 0}, {"durations": 0}, {"xmlpath": "build/tests.xml"}, {"reportchars": "P"}, {"reportchars": "A"}]
)
def test_who_asks_for_more_gets_all_of_it(asked):
    events = events_of_a_test()
    assert len(sent(events, **asked)) == len(events)


def test_the_events_are_those_of_the_xdist_that_runs_them():
    from xdist import remote

    assert vars(remote.WorkerInteractor).keys() >= {"sendevent", "pytest_runtest_logreport", "pytest_runtest_logstart"}
