# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a phone on the box's own access point gets, request by request."""

from types import SimpleNamespace

import pytest
from adafruit_httpserver import Request
from appliance.network.access_point import ADDRESS
from appliance.network.scan import LOGIN, OPEN, PASSWORD, UNKNOWN
from appliance.state import faults
from appliance.web.bodies import fields_of
from appliance.web.setup import KEEPS_TRYING, PROBES, WEAK_TEXT, Portal

from host_tests.support.requests import request, told

GUEST, NEIGHBOUR = "192.168.4.2", "192.168.178.30"
HOME = SimpleNamespace(ssid="Home", rssi=-80, kind=PASSWORD)


class Site:
    def respond(self, request):
        return "site"


class Networks:
    next_channel = None
    complete = True

    def __init__(self):
        self.shown = [HOME]

    def best(self, ssid):
        return next((one for one in self.shown if one.ssid == ssid), None)

    def weak(self, ssid):
        return self.best(ssid).rssi < -75


class Provisioning:
    offered = True
    wish = outcome = save_problem = None
    done = False

    def __init__(self):
        self.access_point = SimpleNamespace(name="socbox-1", guest_seen=lambda: None, reader_seen=lambda: None)
        self.joins = []
        self.finished = 0

    def is_done(self, _now):
        return self.done

    def ask_join(self, ssid, password, _now):
        self.joins.append((ssid, password))
        return self.joins == [(ssid, password)]

    def finish(self, _now):
        self.finished += 1


class Wifi:
    connected = False
    ssid, hostname, cause, address = "Home", "socbox", None, None

    def __init__(self):
        self.provisioning = Provisioning()
        self.networks = Networks()

    def port_text(self):
        return ""


class Steps:
    """The steps after WiFi, which have tests of their own."""

    open = True

    def find(self, _request):
        return "found"

    smartevse = password = find

    def password_for_guest(self, named):
        return "abcd efgh" if named else None


@pytest.fixture
def portal():
    made = Portal(Site(), Wifi(), "/www", lambda: False, lambda: 0, Steps())
    made.wifi = made._wifi
    return made


def get(path, host=ADDRESS, client=GUEST, origin=None, method="GET"):
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n"
    if origin is not None:
        head += f"Origin: {origin}\r\n"
    return Request(None, None, (client, 50000), (head + "\r\n").encode())


def post(portal, path, **fields):
    made = request(fields, "/api/setup/" + path)
    made.client_address = (GUEST, 50000)
    made.headers._storage["host"] = [ADDRESS]
    return portal.respond(made)


def led(answer):
    """Where an answer leads to."""
    return answer._headers.get("Location")


@pytest.mark.parametrize("path", sorted(PROBES))
def test_a_phones_probe_leads_to_the_page_until_the_box_has_joined(portal, path):
    assert led(portal.respond(get(path, "captive.example"))) == "http://192.168.4.1/setup"
    portal.wifi.provisioning.done = True
    answer = portal.respond(get(path, "captive.example"))
    assert led(answer) is None and answer._status.code == PROBES[path][0]


def test_an_address_that_somebody_typed_leads_to_the_page_as_well(portal):
    for host, path in (("news.example", "/today"), (ADDRESS, "/")):
        assert led(portal.respond(get(path, host))) == "http://192.168.4.1/setup"


@pytest.mark.parametrize(
    ("path", "host", "client"),
    [
        ("/config", ADDRESS, GUEST),
        ("/", "socbox.local", GUEST),
        ("/", "socbox", GUEST),
        ("/setup", "192.168.178.205", NEIGHBOUR),
        ("/api/setup", "192.168.178.205", NEIGHBOUR),
    ],
)
def test_everything_else_and_everybody_else_gets_the_pages_with_their_password(portal, path, host, client):
    assert portal.respond(get(path, host, client)) == "site"


def test_without_an_offer_a_guest_is_nobody_special(portal):
    portal.wifi.provisioning.offered = False
    assert portal.respond(get("/api/setup")) == "site"


def test_a_page_of_somebody_else_cannot_make_the_box_join(portal):
    answer = portal.respond(get("/api/setup/finish", origin="http://evil.example", method="POST"))
    assert answer._status.code == 403 and portal.wifi.provisioning.finished == 0


def test_a_join_is_begun_once(portal):
    assert told(post(portal, "join", ssid="Home", password="long enough"))[0] == 200
    for connected, word in ((False, "trying"), (True, "in a network")):
        portal.wifi.connected = connected
        status, document = told(post(portal, "join", ssid="Home", password="another one"))
        assert status == 409 and word in document["error"]
    assert portal.wifi.provisioning.joins[0] == ("Home", "long enough")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ssid": "", "password": "long enough"}, "ssid"),
        ({"ssid": "x" * 33, "password": "long enough"}, "ssid"),
        ({"ssid": "Home", "password": "short"}, "password"),
        ({"ssid": "Home", "password": ""}, "password"),
        ({"ssid": "Office", "password": "long enough"}, "password"),
        ({"ssid": 7, "password": "long enough"}, None),
        ({"ssid": "Home"}, None),
    ],
)
def test_what_cannot_be_joined_is_refused_beside_its_field(portal, fields, field):
    portal.wifi.networks.shown.append(SimpleNamespace(ssid="Office", rssi=-50, kind=LOGIN))
    status, document = told(post(portal, "join", **fields))
    assert (status, document["field"]) == (422, field) and document["error"]
    assert portal.wifi.provisioning.joins == []


@pytest.mark.parametrize("kind", [OPEN, UNKNOWN])
def test_a_network_that_is_open_or_of_an_unknown_kind_needs_no_password(portal, kind):
    portal.wifi.networks.shown = [SimpleNamespace(ssid="Cafe", rssi=-50, kind=kind)]
    assert told(post(portal, "join", ssid="Cafe", password=""))[0] == 200


def test_a_refused_password_of_a_weak_network_may_be_the_signal(portal):
    portal.wifi.provisioning.outcome = SimpleNamespace(cause="wifi_auth", ssid="Home")
    _, document = told(portal.respond(get("/api/setup")))
    assert document["result"]["text"] == faults.text("wifi_auth") + WEAK_TEXT
    portal.wifi.networks.shown = [SimpleNamespace(ssid="Home", rssi=-40, kind=PASSWORD)]
    _, document = told(portal.respond(get("/api/setup")))
    assert document["result"]["text"] == faults.text("wifi_auth")


def test_a_network_that_was_not_joined_is_not_said_to_be_tried_again(portal):
    for cause in ("wifi_auth", "wifi_no_ssid"):
        portal.wifi.provisioning.outcome = SimpleNamespace(cause=cause, ssid="Home")
        _, document = told(portal.respond(get("/api/setup")))
        assert document["result"]["action"] + KEEPS_TRYING == faults.action(cause)


def test_a_network_that_was_joined_and_is_lost_again_is_told_by_why_it_is_lost(portal):
    portal.wifi.provisioning.outcome = SimpleNamespace(cause=None, ssid="Home")
    portal.wifi.cause = "wifi_down"
    status, document = told(portal.respond(get("/api/setup")))
    assert (status, document["result"], document["state"]) == (200, None, "waiting")
    assert document["trouble"]["text"] == faults.text("wifi_down")


def test_the_page_is_told_how_far_it_is(portal):
    def state():
        return told(portal.respond(get("/api/setup")))[1]["state"]

    assert state() == "waiting"
    portal.wifi.provisioning.wish = object()
    assert state() == "joining"


@pytest.mark.parametrize("step", ["find", "smartevse", "password"])
def test_what_a_guest_sends_and_cannot_be_understood_is_refused_in_words(portal, step):
    def taken_apart(sent):
        return fields_of(sent)

    portal._rows["POST /api/setup/" + step] = taken_apart
    assert told(post(portal, step, url="x" * 400)) == (400, {"error": "The request is too long."})
    sent = request(path="/api/setup/" + step, body=b"{")
    sent.client_address = (GUEST, 50000)
    sent.headers._storage["host"] = [ADDRESS]
    assert told(portal.respond(sent))[0] == 400


def test_a_page_that_is_missing_on_the_drive_is_named(portal):
    answer = portal.respond(get("/setup.js"))
    assert answer._status.code == 404 and "/setup.js" in answer._body
