# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The gate: names, origins, passwords, and that nobody who has the right one is kept out."""

import base64
import random

import pytest
from adafruit_httpserver import Request
from appliance.state.log import Uptime
from appliance.storage.forgetful import Forgetful
from appliance.storage.secrets import Secrets
from appliance.web import access, responses
from appliance.web.access import OWNER, Access
from appliance.web.router import EVERYONE, VIEWER, Site

from host_tests.support.requests import Memory

PASSWORD = "correct horse"
RANDOM = random.Random(1)
OWN_NAMES = ("192.168.1.50", "socbox.local")
ADDRESS = "192.168.1.9"


class Bench:
    def __init__(self, password=PASSWORD, public=False, memory=None):
        self.uptime = Uptime(0)
        self.told = []
        self.public = public
        self.memory = memory if memory is not None else Forgetful()
        secrets = Secrets([], self.memory, self.random_bytes)
        self.access = Access(self.random_bytes, secrets, self.uptime, self.told.append)
        self.access.set_password(password)
        self.site = Site(self.access, lambda name: name in OWN_NAMES, lambda: self.public, self.find)
        self.done = []

    def find(self, path):
        both = {"POST": self.handler, "GET": self.handler}
        rows = {"/free": (EVERYONE, both), "/look": (VIEWER, {"GET": self.handler}), "/own": (OWNER, both)}
        return rows.get(path, (OWNER, {}))

    def random_bytes(self, count):
        return RANDOM.randbytes(count)

    def handler(self, request):
        self.done.append((request.method, request.path))
        return responses.Answer(request, "done")

    def ask(self, method="GET", path="/own", **fields):
        headers = {"Host": OWN_NAMES[0], **{name.replace("_", "-"): value for name, value in fields.items()}}
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items() if v)
        request = Request(None, None, (ADDRESS, 5000), head.encode() + b"\r\n\r\n")
        return self.site.respond(request)

    def status(self, *arguments, **fields):
        return self.ask(*arguments, **fields)._status.code

    def cookie(self):
        return self.access.new_cookie().split(";")[0]


@pytest.fixture
def bench():
    return Bench()


def basic(password, user="anyone"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# ---- who


def test_every_way_to_show_the_password(bench):
    assert bench.status() == 401
    for credentials in (f"Bearer {PASSWORD}", basic(PASSWORD), basic(PASSWORD, "")):
        assert bench.status(Authorization=credentials) == 200
    assert bench.status(Cookie=bench.cookie()) == 200
    assert bench.status(Cookie="other=1; " + bench.cookie() + "; more=2") == 200


@pytest.mark.parametrize(
    "credentials",
    ["Bearer wrong", basic("wrong"), "Basic ???", "Basic " + base64.b64encode(b"nocolon").decode(),
     "Basic " + base64.b64encode(b"a:\xff\xfe").decode(), "Bearer", "basic", "Bearer " + PASSWORD[:-1]],
)  # fmt: skip
def test_wrong_credentials(bench, credentials):
    assert bench.status(Authorization=credentials) == 401
    assert bench.done == []


@pytest.mark.parametrize(
    "cookie", ["socbox=", "socbox=1", "socbox=" + "0" * 48, "socbox", "=", ";;;", "socbox=" + "é" * 48]
)
def test_made_up_cookies(bench, cookie):
    assert bench.status(Cookie=cookie) == 401


def test_a_changed_cookie_is_worthless(bench):
    cookie = bench.cookie()
    for at in range(len("socbox="), len(cookie)):
        changed = cookie[:at] + ("0" if cookie[at] != "0" else "1") + cookie[at + 1 :]
        assert bench.status(Cookie=changed) == 401


def test_a_cookie_lives_through_a_restart_and_ends_with_the_password(bench):
    cookie = bench.cookie()
    again = Bench(memory=bench.memory)
    assert again.status(Cookie=cookie) == 200
    again.access.set_password("another password")
    assert again.status(Cookie=cookie) == 401
    again.access.set_password(PASSWORD)
    again.access.end_sessions()
    assert again.status(Cookie=cookie) == 401
    assert Bench().status(Cookie=cookie) == 401, "another box, or this one after a power cut"


def test_the_made_up_password_stays_through_a_restart_and_is_easy_to_type():
    bench = Bench(password="")
    shown = bench.access.made_up
    assert len(shown) == 9 and shown[4] == "-" and not set(shown) & set("il1o0")
    assert Bench(password="", memory=bench.memory).access.made_up == shown
    for typed in (shown, shown.replace("-", ""), shown.upper(), shown.replace("-", " ")):
        assert bench.access.is_password(typed)
    assert not bench.access.is_password("") and not bench.access.is_password(shown[:-1])
    bench.access.set_password(PASSWORD)
    assert bench.access.made_up is None and not bench.access.is_password(shown)


def test_rights(bench):
    assert bench.status("GET", "/free") == 200
    assert bench.status("GET", "/look") == 401
    bench.public = True
    assert bench.status("GET", "/look") == 200
    assert bench.status("GET", "/own") == 401


def test_people_are_led_to_the_login_page_and_programs_are_told(bench):
    led = bench.ask(Accept="text/html,*/*")
    assert led._status.code == 303 and led._headers["Location"].startswith("/login?next=/")
    for fields in ({}, {"Sec_Fetch_Mode": "cors"}, {"Authorization": "Basic eDp3cm9uZw=="}):
        refused = bench.ask(Accept="*/*", **fields)
        assert refused._status.code == 401
        assert "basic" not in refused._headers["WWW-Authenticate"].lower(), "no password window over the page"


# ---- throttle


def test_guesses_from_one_address_are_slowed_down_and_not_even_compared_meanwhile(bench):
    for _ in range(access._FREE_TRIES - 1):
        assert bench.status(Authorization="Bearer wrong") == 401
    for _ in range(20):
        refused = bench.ask(Authorization="Bearer wrong")
        assert refused._status.code == 429 and int(refused._headers["Retry-After"]) == access.PAUSES_S[0]
        assert bench.status(Authorization=f"Bearer {PASSWORD}") == 429, "a guess that is right by chance is lost as well"
    bench.uptime.seconds += access.PAUSES_S[0]
    assert int(bench.ask(Authorization="Bearer wrong")._headers["Retry-After"]) == access.PAUSES_S[1]
    bench.uptime.seconds += access.PAUSES_S[1]
    assert bench.status(Authorization=f"Bearer {PASSWORD}") == 200
    assert bench.status(Authorization="Bearer wrong") == 401, "counted anew"
    assert all("wrong" not in text.replace("wrong password", "") for text in bench.told)
    assert len(bench.told) == 4, "the log is not flooded"


def test_a_guesser_troubles_nobody_else(bench):
    cookie = bench.cookie()
    for _ in range(access._FREE_TRIES + 3):
        bench.status(Authorization="Bearer wrong")
    assert bench.status(Authorization="Bearer wrong") == 429
    assert bench.status(Cookie=cookie) == 200, "whoever is logged in, from the same device even"
    assert bench.access.admits(PASSWORD, "192.168.1.77") and not bench.access.admits(PASSWORD, ADDRESS)


def test_many_addresses_cost_bounded_memory_and_the_latest_still_wait(bench):
    for number in range(1000):
        for _ in range(access._FREE_TRIES):
            bench.access.wrong_password("10.0.%d.%d" % (number // 250, number % 250))
        bench.uptime.seconds += 1
    assert len(bench.access.throttle._rows) == access._MOST_ADDRESSES
    assert not bench.access.admits(PASSWORD, "10.0.3.249")


def test_an_hour_without_mistakes_starts_anew(bench):
    for _ in range(6):
        bench.status(Authorization="Bearer wrong")
    bench.uptime.seconds += access._FORGET_S + access.PAUSES_S[-1]
    assert bench.status(Authorization="Bearer wrong") == 401


def test_a_stale_cookie_is_no_wrong_password(bench):
    for _ in range(50):
        assert bench.status(Cookie="socbox=" + "0" * 48) == 401
    assert bench.told == []


# ---- where a request comes from


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("192.168.1.50", 200),
        ("192.168.1.50:80", 200),
        ("SOCBOX.local", 200),
        ("socbox.local.", 200),
        ("socbox.local:8080", 200),
        ("evil.example", 421),
        ("192.168.1.50.evil.example", 421),
        ("evil.example:80", 421),
        ("[fe80::1]:80", 421),
        ("", 421),
    ],
)
def test_foreign_names_are_refused(bench, host, status):
    assert bench.status(Host=host, Authorization=f"Bearer {PASSWORD}") == status


@pytest.mark.parametrize(
    ("fields", "allowed"),
    [
        ({}, True),
        ({"Sec_Fetch_Site": "same-origin"}, True),
        ({"Sec_Fetch_Site": "none"}, True),
        ({"Sec_Fetch_Site": "cross-site"}, False),
        ({"Sec_Fetch_Site": "same-site"}, False),
        ({"Origin": "http://192.168.1.50"}, True),
        ({"Origin": "http://192.168.1.51"}, False),
        ({"Origin": "https://192.168.1.50"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://192.168.1.50", "Sec_Fetch_Site": "cross-site"}, False),
    ],
)
def test_changes_come_from_our_own_pages_only(bench, fields, allowed):
    assert bench.status("POST", Cookie=bench.cookie(), **fields) == (200 if allowed else 403)
    assert bench.done == ([("POST", "/own")] if allowed else [])


def test_a_link_from_elsewhere_may_be_followed(bench):
    assert bench.status("GET", Cookie=bench.cookie(), Sec_Fetch_Site="cross-site") == 200


def test_unknown_paths_and_methods(bench):
    assert bench.status("GET", "/nothing") == 404
    wrong = bench.ask("DELETE", "/own")
    assert wrong._status.code == 405 and wrong._headers["Allow"] == "GET, POST"
    assert bench.status("HEAD", "/free") == 200


def test_every_answer_carries_the_security_headers(bench):
    for answer in (bench.ask(), bench.ask("GET", "/nothing"), bench.ask("GET", "/free"), bench.ask(Host="x")):
        answer._request.connection = memory = Memory()
        answer._send()
        assert b"\r\n" + responses.SECURITY_HEADERS in memory.output
