# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Updates over the web: what is a job, what each refusal becomes, and that a car always comes first."""

from types import SimpleNamespace

import pytest
from appliance.base.refused import Refused
from appliance.jobs import Jobs
from appliance.web.update import TAKEN, UpdateActions

from host_tests.support.requests import request, told


class Update:
    """In place of update.receiver.Update."""

    def __init__(self):
        self.slices = []
        self.judged = []
        self.error = None

    def document(self):
        return {"state": "idle"}

    def judge(self, page):
        for _ in range(3):
            self.judged.append(page)
            yield

    def check(self, page):
        if self.error is not None:
            raise self.error
        return {"publisher": "own", "of": len(page)}

    def take(self, offset, data, agreed):
        self.slices.append((offset, data, agreed))
        if self.error is not None:
            raise self.error
        return {"next": offset + len(data)}

    def install(self, _agreed):
        return {"installed": "0.2.0"}

    def cancel(self):
        return {"state": "idle", "next": 0}


class Bench:
    def __init__(self):
        self.jobs = Jobs()
        self.update = Update()
        self.car = False
        self.patience = []
        self.restarts = []
        self.lines = []
        self.pages = UpdateActions(
            SimpleNamespace(get=lambda: self.update),
            lambda: self.car,
            self.jobs,
            SimpleNamespace(ask=lambda: self.restarts.append(1)),
            SimpleNamespace(stretch=self.patience.append),
            SimpleNamespace(trace=lambda *parts: self.lines.append(parts), caution=lambda *parts: self.lines.append(parts)),
        )

    def done(self, later):
        assert later.poll() is None
        self.passes = 0
        while self.jobs.due(0):
            self.jobs.run(0)
            self.passes += 1
        return told(later.poll())


@pytest.fixture
def bench():
    return Bench()


def a_slice(path="/api/update?offset=8192&agreed=room,older", data=b"x" * 4096):
    return request(path=path, body=data)


def test_a_slice_goes_to_the_update_with_its_offset_and_what_was_agreed_to(bench):
    assert bench.done(bench.pages.take(a_slice())) == (200, {"next": 8192 + 4096})
    assert bench.update.slices == [(8192, b"x" * 4096, ["room", "older"])]


def test_the_first_slice_alone_gets_more_patience_because_it_may_make_room(bench):
    bench.done(bench.pages.take(a_slice("/api/update?offset=0")))
    bench.done(bench.pages.take(a_slice("/api/update?offset=8192")))
    assert bench.patience == [True, False, False, False]


def test_whose_update_it_is_is_found_out_before_the_first_slice_in_passes_of_its_own(bench):
    bench.done(bench.pages.take(a_slice("/api/update?offset=0")))
    assert bench.update.judged == [b"x" * 4096] * 3 and bench.passes == 4
    bench.done(bench.pages.take(a_slice("/api/update?offset=8192")))
    assert bench.passes == 1 and len(bench.update.judged) == 3


def test_the_page_may_ask_whose_it_is_before_anything_is_sent(bench):
    assert bench.done(bench.pages.check(a_slice("/api/update/check"))) == (200, {"publisher": "own", "of": 4096})
    assert bench.passes == 5 and bench.update.slices == []


def test_the_page_learns_then_that_the_file_will_be_refused(bench):
    bench.update.error = Refused("product", "This update is for another product.")
    status, document = bench.done(bench.pages.check(a_slice("/api/update/check")))
    assert (status, document["code"]) == (409, "product")


def test_patience_ends_when_a_slice_fails(bench):
    bench.update.error = OSError(28)
    bench.done(bench.pages.take(a_slice("/api/update?offset=0")))
    assert bench.patience == [True, False]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    (
        (Refused("damaged", "The file is damaged."), 409, "damaged"),
        (Refused(TAKEN, "A computer has taken the drive."), 503, TAKEN),
        (KeyError("nothing"), 500, "defect"),
    ),
)
def test_each_kind_of_refusal_has_its_answer_and_its_line(bench, error, status, code):
    bench.update.error = error
    answer = bench.done(bench.pages.take(a_slice()))
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert bool(bench.lines) == (status != 503), "a slice that is welcome later is not worth a line"


@pytest.mark.parametrize("handler", ("state", "check", "take", "install", "cancel"))
def test_while_a_car_is_read_nothing_is_begun(bench, handler):
    bench.car = True
    status, document = told(getattr(bench.pages, handler)(request({}, "/api/x?offset=0")))
    assert (status, document["code"]) == (503, "car") and not bench.jobs.due(0)


def test_while_another_job_waits_the_client_asks_again(bench):
    bench.jobs.start(print, None)
    assert told(bench.pages.state(request({})))[0] == 503


def test_a_car_that_comes_takes_the_job_back(bench):
    later = bench.pages.take(a_slice())
    assert told(later.too_late())[0] == 503
    assert not bench.jobs.due(0) and bench.update.slices == []


@pytest.mark.parametrize("restart", (True, False))
def test_a_version_is_installed_and_the_box_restarts_when_asked_to(bench, restart):
    status, document = bench.done(bench.pages.install(request({"restart": restart})))
    assert (status, document) == (200, {"installed": "0.2.0", "restarting": restart})
    assert len(bench.restarts) == restart


def test_what_has_come_can_be_forgotten(bench):
    assert bench.done(bench.pages.cancel(request({}))) == (200, {"state": "idle", "next": 0})
