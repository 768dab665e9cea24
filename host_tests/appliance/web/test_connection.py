# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where a request ends, and for whom it is; test_server.py has whole clients."""

import pytest
from adafruit_httpserver import Request
from appliance.web.connection import in_origin_form, in_plain_form, length_of


def headers_of(*fields):
    text = "GET / HTTP/1.1\r\nAccept: */*\r\n" + "".join(field + "\r\n" for field in fields) + "\r\n"
    return Request(None, None, ("192.168.1.9", 1), text.encode()).headers


@pytest.mark.parametrize(
    ("fields", "length"),
    (
        ((), 0),
        (("Content-Length: 0",), 0),
        (("Content-Length: 17",), 17),
        (("content-length: 17",), 17),
        (("Content-Length: 17", "Content-Length: 17"), 17),
        (("Content-Length: 123456789012345",), 123456789),
    ),
)
def test_the_length_of_a_body(fields, length):
    assert length_of(headers_of(*fields)) == length


@pytest.mark.parametrize(
    "fields",
    (
        ("Content-Length: 17", "Content-Length: 18"),
        ("Content-Length: -1",),
        ("Content-Length: 0x11",),
        ("Content-Length: 1_0",),
        ("Host: a", "Host: b"),
    ),
)
def test_a_request_whose_end_depends_on_its_reader_is_refused(fields):
    with pytest.raises(ValueError):
        length_of(headers_of(*fields))


def rewritten(first, *fields):
    header = b"\r\n".join((first, *fields)) + b"\r\n\r\n"
    return in_origin_form(header, header.find(b"\r\n"))


def test_a_target_with_a_host_becomes_a_path_and_that_host():
    assert rewritten(b"GET http://socbox.local/api/status?x=1 HTTP/1.1", b"Host: evil", b"Accept: */*") == (
        b"GET /api/status?x=1 HTTP/1.1\r\nHost: socbox.local\r\nAccept: */*\r\n\r\n"
    )


def test_a_target_without_a_path_means_the_first_page():
    assert rewritten(b"GET http://socbox.local HTTP/1.1").startswith(b"GET / HTTP/1.1\r\nHost: socbox.local")
    assert rewritten(b"GET http://socbox.local?x=1 HTTP/1.1").startswith(b"GET /?x=1 HTTP/1.1\r\nHost: socbox.local")


def test_an_ordinary_target_is_left_alone():
    header = b"GET /a?b=http://c HTTP/1.1\r\nHost: socbox.local\r\n\r\n"
    assert in_origin_form(header, header.find(b"\r\n")) is header


def test_blanks_around_a_value_mean_nothing():
    header = b"GET / HTTP/1.1\r\nHost:socbox.local\r\nX-None:\r\nAccept:  a b \t\r\nCookie:\ta=b: c\r\n\r\n"
    headers = Request(None, None, ("192.168.1.9", 1), in_plain_form(header)).headers
    assert [headers.get(name) for name in ("Host", "X-None", "Accept", "Cookie")] == ["socbox.local", "", "a b", "a=b: c"]
