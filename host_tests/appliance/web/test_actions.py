# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Logging in and out, and actions: what is refused, what waits, what is answered at once."""

from types import SimpleNamespace

import pytest
from appliance.state.log import NTP, Uptime
from appliance.web.actions import Actions, Login

from host_tests.support.requests import request, told


class Access:
    def __init__(self):
        self.tried = []
        self.ended = 0

    def admits(self, password, address):
        self.tried.append((password, address))
        return password == "correct horse"

    def new_cookie(self):
        return "socbox=new"

    def end_sessions(self):
        self.ended += 1
        return "socbox=; Max-Age=0"

    def wrong_password(self, _address):
        return 10


def test_the_right_password_gives_a_cookie():
    login = Login(Access())
    answer = login.login(request({"password": "correct horse"}))
    assert told(answer) == (200, {"ok": True}) and answer._headers["Set-Cookie"] == "socbox=new"


@pytest.mark.parametrize("content", ({"password": "wrong"}, {"password": ""}, {}, {"password": None}))
def test_without_the_right_password_the_refusal_answers(content):
    status, document = told(Login(Access()).login(request(content)))
    assert status == 429 and document["wait_s"] == 10


@pytest.mark.parametrize(("password", "leads_to"), [("correct+horse", "/"), ("wrong", "/login?wait=10")])
def test_a_browser_that_sends_the_form_itself_gets_a_page_and_not_json(password, leads_to):
    sent = request(body=b"user=socbox&password=" + password.encode())
    sent.headers._storage["content-type"] = ["application/x-www-form-urlencoded"]
    answer = Login(Access()).login(sent)
    assert answer._status.code == 303 and answer._headers["Location"] == leads_to


def test_an_empty_password_is_not_even_compared():
    access = Access()
    Login(access).login(request({"password": ""}))
    assert access.tried == []


def test_logging_out_ends_every_session():
    access = Access()
    answer = Login(access).logout(request({}))
    assert access.ended == 1 and answer._headers["Set-Cookie"].startswith("socbox=;")


def test_the_self_test_is_answered_by_its_next_report():
    test = SimpleNamespace(report=None, asked=False)
    later = Actions(test, None, SimpleNamespace(seconds=7), None, None).self_test(request({}))
    assert test.asked and later.poll() is None
    test.report = SimpleNamespace(document=lambda seconds: {"ago_s": seconds})
    assert told(later.poll()) == (200, {"ago_s": 7})
    assert told(later.too_late())[0] == 503


@pytest.mark.parametrize("car", (False, True))
def test_a_reboot_says_whether_it_waits_for_a_car(car):
    asked = []
    restart = SimpleNamespace(ask=lambda: asked.append(1))
    document = told(Actions(None, restart, None, lambda: car, None).reboot(request({})))[1]
    assert asked == [1] and document == {"ok": True, "restarting": True, "after_the_car": car}


def test_read_now_lets_the_next_car_in():
    asked = []
    answer = Actions(None, None, None, None, lambda: asked.append(1)).read_now(request({}))
    assert asked == [1] and told(answer)[1]["ok"]


# ---- the time


def clock_of(uptime):
    return Actions(None, None, uptime, None, None)


@pytest.mark.parametrize("unix_s", [0, -1, 10**9, 2**40, "1790000000", 1.79e9, True, None, [1790000000]])
def test_a_time_that_cannot_be_is_refused(unix_s):
    uptime = Uptime(0)
    status, content = told(clock_of(uptime).set_time(request({"unix_s": unix_s})))
    assert status == 422 and "clock is wrong" in content["error"] and uptime.unix_zero_s is None


def test_the_browser_tells_the_time_until_a_server_did():
    uptime = Uptime(0)
    uptime.seconds = 100
    answer = told(clock_of(uptime).set_time(request({"unix_s": 1790000000})))
    assert answer == (200, {"ok": True, "unix_s": 1790000000, "clock": "browser"})
    uptime.tell_time(1790000050, NTP)
    answer = told(clock_of(uptime).set_time(request({"unix_s": 1800000000})))
    assert answer == (200, {"ok": True, "unix_s": 1790000050, "clock": "ntp"})
