# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Forms and JSON of requests: taken apart whole, refused when they are broken or take too long."""

import pytest
from adafruit_httpserver import Request
from appliance.web import access, bodies, responses

from host_tests.support.requests import request


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"a=1&b=two+words&c=%C3%BC%26%3D%25", {"a": "1", "b": "two words", "c": "ü&=%"}),
        (b"p=%20q%22%5C%F0%9F%98%80&empty=", {"p": ' q"\\😀', "empty": ""}),
        (b"a=%41%42" + b"%25" * 200, {"a": "AB" + "%" * 200}),
        ("raw=üä".encode(), {"raw": "üä"}),
        (b"", {}),
    ],
)
def test_forms_are_decoded_whole(body, fields):
    assert bodies.form_fields(body) == fields


def sent_by_owner(data):
    sent = Request(None, None, None, data)
    sent.who = access.OWNER
    return sent


def test_what_takes_long_to_take_apart_is_refused():
    head = b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n"
    stranger = Request(None, None, None, head + b'{"password": "%s"}' % (b"x" * 400))
    stranger.who = access.NOBODY
    with pytest.raises(responses.BadBody, match="too long"):
        bodies.fields_of(stranger)
    with pytest.raises(responses.BadBody, match="Too many"):
        bodies.texts_of({"K%d" % number: 1 for number in range(200)})


def test_a_form_is_one_however_its_name_is_spelled():
    head = b"POST / HTTP/1.1\r\nContent-Type: Application/X-WWW-Form-URLencoded; charset=utf-8\r\nContent-Length: 3\r\n\r\n"
    assert bodies.fields_of(sent_by_owner(head + b"a=1")) == {"a": "1"}


@pytest.mark.parametrize("body", [b"a=%", b"a=%zz", b"a=%C3", b"\xff=1", b"a=%4%1", b"a=%C3\xa4", b"=\xff"])
def test_broken_forms_are_refused(body):
    head = b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1\r\n\r\n"
    with pytest.raises(responses.BadBody):
        bodies.fields_of(sent_by_owner(head + body))


@pytest.mark.parametrize("body", [b"[1]", b"{", b'"x"', b"\xff", b"null", b"[" * 500])
def test_broken_json_is_refused(body):
    head = b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n"
    with pytest.raises(responses.BadBody):
        bodies.fields_of(sent_by_owner(head + body))


@pytest.mark.parametrize(
    ("fields", "truth"),
    [
        ({"on": True}, True),
        ({"on": "true"}, True),
        ({"on": False}, False),
        ({"on": "false"}, False),
        ({"on": None}, False),
        ({}, False),
    ],
)
def test_a_truth_value_is_one_in_json_and_in_a_form(fields, truth):
    assert bodies.is_on(fields, "on") is truth


@pytest.mark.parametrize("value", ["no", "False", "", 0, 1, 2.5, [], {}, ["true"]])
def test_what_is_neither_true_nor_false_is_not_guessed(value):
    with pytest.raises(responses.BadBody, match="on must be true or false"):
        bodies.is_on({"on": value}, "on")


@pytest.mark.parametrize("query", ["", "?offset", "?offset=a", "?offset=-1", "?offset=1.5", "?offset=9999999999"])
def test_a_piece_of_a_file_without_its_place_is_refused(query):
    """It was taken for the first one, and what had come of the file was lost."""
    with pytest.raises(responses.BadBody, match="offset must be a whole number"):
        bodies.offset_of(request(path="/api/update" + query))
    assert bodies.offset_of(request(path="/api/update?agreed=room&offset=4096")) == 4096


@pytest.mark.parametrize("key", [1, None, True, 2.5])
def test_settings_whose_names_are_no_texts_are_refused(key):
    with pytest.raises(responses.BadBody, match="JSON object"):
        bodies.texts_of({"LED": "IO48", key: "x"})
