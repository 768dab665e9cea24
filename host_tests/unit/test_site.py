# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The gate: names, origins, passwords, and that nobody who has the right one is kept out."""

import base64
import random

import pytest
from adafruit_httpserver import Request
from appliance import access, actions, answers, retained
from appliance.access import Access
from appliance.log import Uptime
from appliance.site import EVERYONE, OWNER, VIEWER, Site

PASSWORD = "correct horse"
RANDOM = random.Random(1)
OWN_NAMES = ("192.168.1.50", "socbox.local")


class Bench:
    def __init__(self, password=PASSWORD, public=False, memory=None):
        self.uptime = Uptime(0)
        self.told = []
        self.public = public
        self.memory = memory if memory is not None else bytearray(64)
        self.access = Access(self.random_bytes, self.memory, self.uptime, self.told.append)
        self.access.set_password(password)
        self.site = Site(self.access, lambda name: name in OWN_NAMES, lambda: self.public)
        self.done = []
        self.site.add(
            (
                ("GET", "/free", EVERYONE, self.handler),
                ("GET", "/look", VIEWER, self.handler),
                ("GET", "/own", OWNER, self.handler),
                ("POST", "/own", OWNER, self.handler),
                ("POST", "/free", EVERYONE, self.handler),
            )
        )

    def random_bytes(self, count):
        return RANDOM.randbytes(count)

    def handler(self, request):
        self.done.append((request.method, request.path))
        return answers.Answer(request, "done")

    def ask(self, method="GET", path="/own", **fields):
        headers = {"Host": OWN_NAMES[0], **{name.replace("_", "-"): value for name, value in fields.items()}}
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items() if v)
        request = Request(None, None, ("192.168.1.9", 5000), head.encode() + b"\r\n\r\n")
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


def test_memory_with_anything_in_it_is_made_anew():
    memory = bytearray(b"\xff" * 64)
    memory[retained.WEB : retained.WEB + 4] = b"WEB1"
    assert len(Bench(password="", memory=memory).access.made_up) == 9


def test_rights(bench):
    assert bench.status("GET", "/free") == 200
    assert bench.status("GET", "/look") == 401
    bench.public = True
    assert bench.status("GET", "/look") == 200
    assert bench.status("GET", "/own") == 401


def test_people_are_led_to_the_login_page_and_programs_are_told(bench):
    led = bench.ask(Accept="text/html,*/*")
    assert led._status.code == 303 and led._headers["Location"] == "/login"
    assert "Basic" in bench.ask(Accept="*/*")._headers["WWW-Authenticate"]
    from_page = bench.ask(Accept="*/*", Sec_Fetch_Mode="cors")
    assert "WWW-Authenticate" not in from_page._headers, "no password window over the page"


# ---- throttle


def test_wrong_passwords_are_slowed_down_and_right_ones_never(bench):
    for _ in range(access.FREE_TRIES - 1):
        assert bench.status(Authorization="Bearer wrong") == 401
    for _ in range(20):
        refused = bench.ask(Authorization="Bearer wrong")
        assert refused._status.code == 429 and int(refused._headers["Retry-After"]) == access.PAUSES_S[0]
        assert bench.status(Authorization=f"Bearer {PASSWORD}") == 200
    bench.uptime.seconds += access.PAUSES_S[0]
    assert int(bench.ask(Authorization="Bearer wrong")._headers["Retry-After"]) == access.PAUSES_S[1]
    assert len(bench.told) == 3, "the log is not flooded"
    assert all("wrong" not in text.replace("wrong password", "") for text in bench.told)


def test_an_hour_without_mistakes_starts_anew(bench):
    for _ in range(6):
        bench.status(Authorization="Bearer wrong")
    bench.uptime.seconds += access.FORGET_S + access.PAUSES_S[-1]
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
        for name, _value in answers.SECURITY_HEADERS:
            assert name in answer._headers


# ---- bodies


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"a=1&b=two+words&c=%C3%BC%26%3D%25", {"a": "1", "b": "two words", "c": "ü&=%"}),
        (b"p=%20q%22%5C%F0%9F%98%80&empty=", {"p": ' q"\\😀', "empty": ""}),
        ("raw=üä".encode(), {"raw": "üä"}),
        (b"", {}),
    ],
)
def test_forms_are_decoded_whole(body, fields):
    assert actions.form_fields(body) == fields


def sent_by_owner(data):
    request = Request(None, None, None, data)
    request.who = access.OWNER
    return request


def test_what_takes_long_to_take_apart_is_refused():
    head = b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n"
    stranger = Request(None, None, None, head + b'{"password": "%s"}' % (b"x" * 400))
    stranger.who = access.NOBODY
    with pytest.raises(answers.BadBody, match="too long"):
        actions.fields_of(stranger)
    with pytest.raises(answers.BadBody, match="Too many"):
        actions.texts_of({"K%d" % number: 1 for number in range(200)})


@pytest.mark.parametrize("body", [b"a=%", b"a=%zz", b"a=%C3", b"\xff=1"])
def test_broken_forms_are_refused(body):
    head = b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1\r\n\r\n"
    with pytest.raises(answers.BadBody):
        actions.fields_of(sent_by_owner(head + body))


@pytest.mark.parametrize("body", [b"[1]", b"{", b'"x"', b"\xff", b"null", b"[" * 500])
def test_broken_json_is_refused(body):
    head = b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n"
    with pytest.raises(answers.BadBody):
        actions.fields_of(sent_by_owner(head + body))
