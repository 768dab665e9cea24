# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Trials of an address: what is refused, what waits, what is answered."""

from types import SimpleNamespace

import pytest
from appliance.jobs import Jobs
from appliance.web.trials import Trials

from host_tests.support.requests import request, told


class Bench:
    def __init__(self, url="http://192.168.1.60/ev_state"):
        self.jobs = Jobs()
        self.tried = []
        keeper = SimpleNamespace(after={"SMARTEVSE_URL": url})
        self.trials = Trials(self.jobs, keeper, self.attempt, self.attempt, self.attempt)

    def attempt(self, wanted):
        self.tried.append(wanted)
        return {"ok": True}


def test_a_trial_is_a_job_and_its_answer_comes_when_it_is_done():
    bench = Bench()
    later = bench.trials.delivery(request({"url": "192.168.1.99"}))
    assert later.poll() is None and bench.tried == []
    bench.jobs.run(0)
    assert told(later.poll()) == (200, {"ok": True}) and bench.tried == [{"SMARTEVSE_URL": "192.168.1.99"}]


def test_without_an_address_the_one_in_force_is_tried():
    bench = Bench()
    bench.trials.probe(request({}))
    bench.jobs.run(0)
    assert bench.tried == [{"SMARTEVSE_URL": "http://192.168.1.60/ev_state"}]


@pytest.mark.parametrize(
    ("url", "content", "text"),
    (("", {}, "no address"), ("", {"url": "http://a b/"}, "spaces"), ("", {"url": "https://a/"}, "https")),
)
def test_an_address_that_cannot_be_is_refused_before_anything_waits(url, content, text):
    bench = Bench(url)
    status, document = told(bench.trials.delivery(request(content)))
    assert status == 422 and text in document["error"] and not bench.jobs.due(0)


def test_while_one_trial_waits_another_is_told_so():
    bench = Bench()
    bench.trials.delivery(request({}))
    status, document = told(bench.trials.delivery(request({})))
    assert status == 409 and "Try again" in document["error"]


def test_a_car_that_comes_first_takes_the_trial_back():
    bench = Bench()
    later = bench.trials.delivery(request({}))
    status, document = told(later.too_late())
    assert status == 503 and "car" in document["error"] and not bench.jobs.due(0)


def test_a_trial_that_raises_is_an_answer():
    bench = Bench()
    bench.trials._try_delivery = lambda url: {}["nothing"]
    later = bench.trials.delivery(request({}))
    bench.jobs.run(0)
    assert told(later.poll())[0] == 500
