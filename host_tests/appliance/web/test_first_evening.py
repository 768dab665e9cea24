# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The steps after WiFi: open only until there is an owner, and nothing saved that was not good."""

from types import SimpleNamespace

import pytest
from appliance.jobs import Jobs
from appliance.settings.schema import DEFAULT, KEY, SCHEMA
from appliance.web import responses
from appliance.web.actions import BUSY
from appliance.web.first_evening import CHOSEN, FirstEvening

from host_tests.support.requests import request, told

GOOD = {"ok": True, "text": "This SmartEVSE accepts readings."}
BAD = {"ok": False, "text": "Nothing answers there."}


class Bench:
    def __init__(self, probe=GOOD, made_up="abcd efgh"):
        self.saved = []
        self.jobs = Jobs()
        self.asked = []
        self.after = {row[KEY]: row[DEFAULT] for row in SCHEMA}
        self.access = SimpleNamespace(made_up=made_up)
        self.steps = FirstEvening(self.jobs, self, self.access, lambda: [("SmartEVSE-1", "192.168.1.60")], self._probe)
        self._answer = probe

    def _probe(self, values):
        self.asked.append(values["SMARTEVSE_URL"])
        return self._answer

    def saving(self, texts):
        yield
        self.saved.append(texts)

    def ask(self, step, **fields):
        """(status, document) of a handler, its jobs done meanwhile."""
        answer = getattr(self.steps, step)(request(fields))
        if not isinstance(answer, responses.Later):
            return told(answer)
        given = None
        while given is None:
            self.jobs.run(0)
            given = answer.poll()
        return told(given)


def test_a_smartevse_that_answers_is_saved():
    bench = Bench()
    assert bench.ask("smartevse", url="192.168.1.60") == (200, {"ok": True, "text": "", "saved": True})
    assert len(bench.asked) == len(bench.saved) == 1 and "192.168.1.60" in bench.saved[0]["SMARTEVSE_URL"]


def test_one_that_does_not_answer_is_not_saved_unless_its_owner_insists():
    bench = Bench(BAD)
    assert bench.ask("smartevse", url="192.168.1.60") == (200, BAD)
    assert bench.saved == []
    assert bench.ask("smartevse", url="192.168.1.60", anyway=True)[1]["saved"] is True
    assert len(bench.saved) == 1 and len(bench.asked) == 1


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("smartevse", {"url": "https://192.168.1.60"}),
        ("smartevse", {"url": ""}),
        ("smartevse", {}),
        ("password", {"password": "short"}),
        ("password", {"password": None}),
    ],
)
def test_what_cannot_be_a_setting_is_refused_with_a_sentence(step, fields):
    bench = Bench()
    status, document = bench.ask(step, **fields)
    assert status == 422 and len(document["error"]) > 10
    assert bench.saved == bench.asked == []


@pytest.mark.parametrize(
    ("step", "fields", "said"),
    [
        ("smartevse", {"url": "https://evse"}, "The address must start with http:// (https is not supported)"),
        ("smartevse", {"url": "a" * 201}, "The address is too long: 201 bytes, at most 200"),
        ("password", {"password": "a" * 65}, "The password is too long: 65 bytes, at most 64"),
    ],
)
def test_a_refusal_calls_a_field_by_the_name_it_has_on_the_page(step, fields, said):
    assert Bench().ask(step, **fields) == (422, {"error": said})


@pytest.mark.parametrize(
    ("step", "fields"),
    [("find", {}), ("smartevse", {"url": "192.168.1.60"}), ("password", {"password": "correct horse"})],
)
def test_once_an_owner_has_chosen_a_password_the_steps_are_closed(step, fields):
    bench = Bench(made_up=None)
    assert bench.ask(step, **fields) == (403, {"error": CHOSEN})
    assert bench.saved == bench.asked == [] and not bench.steps.open


def test_the_made_up_password_is_told_only_to_the_one_who_named_the_network():
    steps = Bench().steps
    assert (steps.password_for_guest(True), steps.password_for_guest(False)) == ("abcd efgh", None)


def test_smartevses_that_were_found_are_told_by_name_and_address():
    found = [{"name": "SmartEVSE-1", "address": "192.168.1.60"}]
    assert Bench().ask("find") == (200, {"found": found})


def test_while_the_box_is_busy_with_another_request_it_says_so():
    bench = Bench()
    bench.jobs.start(lambda _: None, None)
    assert bench.ask("password", password="correct horse") == (409, {"error": BUSY})
