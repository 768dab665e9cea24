# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""JSON made in pieces: status groups, log lines and numbers from a query."""

import json
from types import SimpleNamespace

import pytest
from appliance.base.url import Url
from appliance.state import status as status_module
from appliance.state.log import Log, Uptime
from appliance.web.documents import (
    LINES_A_PIECE,
    listeners_document,
    log_pieces,
    number_of,
    sessions_document,
    status_pieces,
)


def test_groups_become_one_object_a_piece_each():
    groups = (
        ((None, lambda: {"version": "0.1.0", "stage": "waiting"}),),
        (("wifi", dict, {"state": "off"}), ("memory_free", lambda: 5)),
    )
    pieces = list(status_pieces(groups, {"owner": True}))
    assert len(pieces) == 3
    assert json.loads("".join(pieces)) == {
        "version": "0.1.0",
        "stage": "waiting",
        "wifi": {"state": "off"},
        "memory_free": 5,
        "access": {"owner": True},
    }


def test_a_group_is_made_when_it_is_sent_and_not_before():
    made = []
    pieces = status_pieces(((("a", lambda: made.append("a")),), (("b", lambda: made.append("b")),)), {})
    next(pieces)
    assert made == ["a"]


@pytest.mark.parametrize("count", (0, 1, 8))
def test_each_of_the_last_plug_ins_is_a_piece_of_its_own(count):
    """What was wrong with each is read from the drive, 2 to 10 ms: all in one would be late."""
    status = SimpleNamespace(uptime=Uptime(0), sessions=[])
    for number in range(count):
        status.sessions.append(status_module.Session(b"123456", -number))
        status.sessions[-1].cause = ("no_sdp", "no_din")[number % 2]
    garage = SimpleNamespace(name_of=lambda evccid: None)
    rows = (("sessions", sessions_document, status, garage), ("memory_free", lambda: 5))
    pieces = list(status_pieces((rows,), {}))
    document = json.loads("".join(pieces))
    assert [session["ago_s"] for session in document["sessions"]] == list(range(count))
    assert document["memory_free"] == 5 and len(pieces) == count + 2
    assert max(piece.count("ago_s") for piece in pieces) <= 1


def test_the_key_in_an_address_of_a_listener_is_shown_to_nobody():
    listener = SimpleNamespace(target=Url("hub.local/hook?key=marker"), text="nothing sent yet", cause=None)
    document = listeners_document(SimpleNamespace(piece=SimpleNamespace(all=[listener])))
    assert document[0]["url"] == "http://hub.local:80/"


def log_with(count):
    log = Log(Uptime(0))
    log.level = "D"
    for number in range(count):
        log.note("box", f"line {number}")
    return log


@pytest.mark.parametrize("count", (0, 1, LINES_A_PIECE, LINES_A_PIECE + 1, 3 * LINES_A_PIECE))
def test_every_line_comes_once_and_in_order(count):
    document = json.loads("".join(log_pieces(log_with(count), 0, "start")))
    assert [record[-1] for record in document["records"]] == [f"line {number}" for number in range(count)]
    assert (document["next"], document["dropped"], document["start"]) == (count, 0, "start")


def test_lines_that_are_gone_are_counted():
    log = log_with(0)
    extra = 7
    for number in range(log.size + extra):
        log.note("box", f"line {number}")
    document = json.loads("".join(log_pieces(log, 0, "start")))
    assert document["dropped"] == extra and len(document["records"]) == log.size
    assert document["records"][0][-1] == f"line {extra}"


def test_a_line_that_comes_while_the_answer_is_sent_is_in_the_next_one_only():
    log = log_with(3)
    pieces = log_pieces(log, 0, "start")
    text = next(pieces)
    log.note("box", "line 3")
    first = json.loads(text + "".join(pieces))
    second = json.loads("".join(log_pieces(log, first["next"], "start")))
    lines = [record[-1] for record in first["records"] + second["records"]]
    assert lines == [f"line {number}" for number in range(4)]


@pytest.mark.parametrize("since", (-5, 3, 10, 1000))
def test_a_reader_gets_only_what_is_new(since):
    document = json.loads("".join(log_pieces(log_with(10), since, "start")))
    assert len(document["records"]) == (10 if since < 0 else max(0, 10 - since))
    assert document["next"] == 10


@pytest.mark.parametrize(
    ("text", "number"), (("17", 17), ("0", 0), ("", 0), (None, 0), ("-1", 0), ("1e3", 0), ("9" * 30, 0))
)
def test_a_number_from_a_query_is_a_number_or_nothing(text, number):
    assert number_of(text) == number
