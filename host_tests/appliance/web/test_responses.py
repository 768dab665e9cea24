# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What handlers give back: whole answers, files, bodies in pieces, all with the headers that keep others out."""

import json

import pytest
from appliance.web import responses

from host_tests.support.requests import Memory, request

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def sent(answer, asked):
    """(first line, headers by lower-case name, body, what follows) of an answer as it leaves."""
    memory = asked.connection = Memory()
    answer._send()
    head, body = memory.output.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    return lines[0], {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}, body, memory


def get(path="/", **fields):
    asked = request(path=path, method="GET")
    for name, value in fields.items():
        asked.headers.add(name.replace("_", "-"), value)
    return asked


def every_kind(asked, path):
    return (
        responses.Answer(asked, "text"),
        responses.document(asked, {"a": 1}),
        responses.busy(asked, "car", "A car is being read."),
        responses.redirect(asked, "/login"),
        responses.streamed(asked, iter(("a", "b"))),
        responses.static_file(asked, str(path), responses.TEXT),
    )


def test_every_answer_has_the_headers_that_keep_others_out(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("content")
    asked = get()
    for answer in every_kind(asked, path):
        headers = sent(answer, asked)[1]
        for name, value in SECURITY_HEADERS.items():
            assert headers[name] == value
        assert headers["connection"] == "close"


def test_a_document_is_json_with_its_length_and_is_not_kept():
    asked = get()
    first, headers, body, _ = sent(responses.document(asked, {"name": "größe"}, 409), asked)
    assert first == "HTTP/1.1 409 Conflict" and json.loads(body) == {"name": "größe"}
    assert (headers["content-length"], headers["cache-control"]) == (str(len(body)), "no-store")


def test_busy_says_when_to_ask_again():
    asked = get()
    first, headers, body, _ = sent(responses.busy(asked, "car", "A car is being read."), asked)
    assert first.startswith("HTTP/1.1 503") and int(headers["retry-after"]) > 0
    assert json.loads(body) == {"error": "A car is being read.", "code": "car"}


@pytest.mark.parametrize("method", ("GET", "HEAD"))
def test_head_has_the_headers_of_get_and_no_body(method, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("content")
    asked = request(method=method)
    for answer in every_kind(asked, path):
        _, _, body, memory = sent(answer, asked)
        if method == "HEAD":
            assert body == b"" and memory.rest is None


def test_pieces_are_chunks_but_for_a_client_of_http_1_0():
    asked = get()
    _, headers, _, memory = sent(responses.streamed(asked, iter(("a",)), file_name="a.json"), asked)
    assert headers["transfer-encoding"] == "chunked" and memory.chunked and list(memory.rest) == ["a"]
    assert headers["content-disposition"] == 'attachment; filename="a.json"' and "content-length" not in headers
    asked.http_version = "HTTP/1.0"
    _, headers, _, memory = sent(responses.streamed(asked, iter(("a",))), asked)
    assert "transfer-encoding" not in headers and not memory.chunked


def test_a_file_that_the_browser_has_is_not_sent_again(tmp_path):
    path = tmp_path / "a.js"
    path.write_text("x" * 3000)
    asked = get()
    first, headers, body, memory = sent(responses.static_file(asked, str(path), responses.TEXT), asked)
    assert first.startswith("HTTP/1.1 200") and body == b"" and b"".join(memory.rest) == b"x" * 3000
    asked = get(If_None_Match=headers["etag"])
    first, _, body, memory = sent(responses.static_file(asked, str(path), responses.TEXT), asked)
    assert first.startswith("HTTP/1.1 304") and memory.rest is None
    path.write_text("y" * 3001)
    assert sent(responses.static_file(asked, str(path), responses.TEXT), asked)[0].startswith("HTTP/1.1 200")


def test_a_file_that_is_missing_is_the_callers_to_tell():
    with pytest.raises(OSError):
        responses.static_file(get(), "/no/such/file", responses.TEXT)
