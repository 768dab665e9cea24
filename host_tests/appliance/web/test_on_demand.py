# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Handlers that are loaded at the first request for them, between two cars."""

import pytest
from appliance.jobs import Jobs
from appliance.web.actions import BUSY, TRY_LATER
from appliance.web.on_demand import OnDemand


class Request:
    """As much of a request as a refusal needs."""

    method = "GET"
    path = "/api/modem"


def status_of(answer):
    return answer._status.code


class Handlers:
    def state(self, request):
        return ("state of", request)


class Rig:
    def __init__(self, make=Handlers):
        self.jobs = Jobs()
        self.car = False
        self.made = 0
        self._make = make
        self.pages = OnDemand(self.jobs, lambda: self.car, self._load)

    def answer(self, request):
        return self.pages.handler("state")(request)

    def _load(self):
        self.made += 1
        return self._make()


def test_the_first_request_waits_for_its_handlers_and_later_ones_do_not():
    rig = Rig()
    first, second = Request(), Request()
    later = rig.answer(first)
    assert later.poll() is None and rig.made == 0
    rig.jobs.run(0)
    assert later.poll() == ("state of", first)
    assert rig.answer(second) == ("state of", second) and rig.made == 1


def test_each_part_has_a_step_between_which_a_car_may_come():
    rig = Rig()
    rig.pages._parts = ("appliance.base.text", "appliance.no_such_part")
    later = rig.answer(Request())
    rig.jobs.run(0)
    assert later.poll() is None and rig.jobs.due(0) and rig.made == 0
    assert status_of(later.too_late()) == 503 and not rig.jobs.due(0)
    rig.pages._parts = rig.pages._parts[:1]
    later = rig.answer(Request())
    for _ in range(2):
        rig.jobs.run(0)
    assert later.poll()[0] == "state of" and rig.made == 1


def test_nothing_is_loaded_while_a_car_is_read():
    rig = Rig()
    rig.car = True
    answer = rig.answer(Request())
    assert status_of(answer) == 503 and not rig.jobs.due(0)
    assert TRY_LATER in answer._body, "nothing is left that would be done later"
    rig.car = False
    later = rig.answer(Request())
    assert later.poll() is None and rig.jobs.due(0)


def test_a_car_that_comes_first_ends_the_wait_and_nothing_is_loaded_for_nobody():
    rig = Rig()
    later = rig.answer(Request())
    rig.car = True
    answer = later.too_late()
    assert status_of(answer) == 503 and TRY_LATER in answer._body
    assert not rig.jobs.due(0)


def test_a_box_that_had_too_much_else_to_do_does_not_speak_of_a_car():
    rig = Rig()
    answer = rig.answer(Request()).too_late()
    assert status_of(answer) == 503 and BUSY in answer._body and not rig.jobs.due(0)


def test_while_another_job_waits_the_page_is_told_to_ask_again():
    rig = Rig()
    rig.jobs.start(print, None)
    assert status_of(rig.answer(Request())) == 503


def test_handlers_that_cannot_be_loaded_are_an_error_of_this_request_and_tried_again_by_the_next():
    def broken():
        raise MemoryError("planted")

    rig = Rig(broken)
    later = rig.answer(Request())
    rig.jobs.run(0)
    with pytest.raises(MemoryError):
        later.poll()
    rig._make = Handlers
    later = rig.answer(Request())
    rig.jobs.run(0)
    assert later.poll()[0] == "state of"
