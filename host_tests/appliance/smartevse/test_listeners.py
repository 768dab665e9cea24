# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Readings for further addresses: each once, after the SmartEVSE, and an end to every try."""

import json
from types import SimpleNamespace

import pytest
from appliance.smartevse.delivery import GIVE_UP_MS
from appliance.smartevse.listeners import Listeners

ONE, TWO = "http://192.168.1.41:1880/socbox", "http://192.168.1.42:80/hook"


def answer(status=None, received=False, sent=True):
    return SimpleNamespace(status=status, received=received, sent=sent)


class Bench:
    """Listeners whose network gives `answers` by host."""

    def __init__(self, answers, urls=(ONE, TWO)):
        self.answers = answers
        self.posts = []
        self.reports = []
        self.delivering = False
        self.network = SimpleNamespace(connected=True)
        self.unknown = set()
        self.reading = None
        self.age = 0
        self.listeners = Listeners(
            urls, self, self, lambda: {"soc_percent": self.reading}, lambda *what: self.reports.append(what)
        )
        self.now = 0

    def age_s(self):
        return self.age

    def look_up(self, target):
        return None if target.host in self.unknown else target.host

    def exchange(self, method, url, address, _again, body):
        assert method == "POST"
        self.posts.append((url, json.loads(body)))
        return self.answers[address]

    def run(self, ms=0, step_ms=500):
        end = self.now + ms
        while True:
            while self.listeners.due(self.now):
                self.listeners.run(self.now)
            if self.now >= end:
                return
            self.now += step_ms

    def causes(self):
        return [one.cause for one in self.listeners.all]


def test_each_reading_goes_to_each_address_once():
    bench = Bench({"192.168.1.41": answer(200), "192.168.1.42": answer(204)})
    bench.run(5000)
    assert bench.posts == []
    for bench.reading in (42, 57):
        bench.run(120000)
    assert bench.posts == [(url, {"soc_percent": soc}) for soc in (42, 57) for url in (ONE, TWO)]
    assert bench.causes() == [None, None]


def test_the_smartevse_goes_first():
    bench = Bench({"192.168.1.41": answer(200)}, (ONE, ""))
    bench.reading, bench.delivering = 42, True
    bench.run(5000)
    assert bench.posts == []
    bench.delivering = False
    bench.run()
    assert len(bench.posts) == 1


@pytest.mark.parametrize(
    ("given", "cause", "text"),
    [
        (answer(500), "listener_refused", "answered 500"),
        (answer(None, received=True), "listener_refused", "answered with something that is not HTTP"),
        (answer(None, sent=True), "listener_off", "took the last reading and gave no answer"),
    ],
)
def test_what_may_have_been_taken_is_not_sent_again_and_what_came_back_is_told(given, cause, text):
    bench = Bench({"192.168.1.41": given}, (ONE,))
    bench.reading = 42
    bench.run(2 * GIVE_UP_MS)
    assert len(bench.posts) == 1 and bench.causes() == [cause]
    assert bench.listeners.all[0].text == text


def test_an_address_that_does_not_answer_is_tried_for_a_minute_and_no_longer():
    bench = Bench({"192.168.1.41": answer(sent=False), "192.168.1.42": answer(200)})
    bench.reading = 42
    bench.run(GIVE_UP_MS + 1000)
    tries = [url for url, _ in bench.posts].count(ONE)
    assert tries > 2 and bench.causes() == ["listener_off", None]
    assert bench.listeners.all[0].text == "not sent within 60 s"
    bench.run(10 * GIVE_UP_MS)
    assert [url for url, _ in bench.posts].count(ONE) == tries


def test_a_name_that_nobody_knows_is_its_own_cause():
    bench = Bench({}, ("http://nobody.local/x",))
    bench.reading = 42
    bench.unknown = {"nobody.local"}
    bench.run(GIVE_UP_MS + 1000)
    assert bench.causes() == ["listener_name"] and bench.posts == []


def test_a_reading_from_before_is_not_sent_when_the_network_comes_late():
    bench = Bench({"192.168.1.41": answer(200)}, (ONE,))
    bench.reading, bench.age = 42, 3 * GIVE_UP_MS // 1000
    bench.run(5000)
    assert bench.posts == []


def test_a_cause_that_another_address_still_has_is_not_cleared():
    bench = Bench({"192.168.1.41": answer(500), "192.168.1.42": answer(500)})
    bench.reading = 42
    bench.run()
    bench.answers["192.168.1.41"] = answer(200)
    bench.reading = 57
    bench.listeners.run(bench.now)
    bench.listeners.run(bench.now)
    assert bench.reports[-1] == ("192.168.1.41 has the last reading (answer 200)", None, None)
