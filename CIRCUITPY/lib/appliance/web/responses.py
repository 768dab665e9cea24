# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a handler returns: a complete answer, a file, a body made piece by piece, or a promise (``Later``).

All but ``Later`` are Adafruit's ``Response`` with our headers. ``_send`` puts what it would send into ``output`` of the
connection. A body that takes longer than one piece of the loop may is put there as an iterator, ``rest``, which gives the
next piece whenever the last one was sent.
"""

import json
import os

from adafruit_httpserver import Response

# What stands behind each status in the first line (RFC 9110, 15; RFC 6585).
REASONS = {
    200: "OK",
    204: "No Content",
    303: "See Other",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Payload Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
HTML = "text/html; charset=utf-8"
_FILE_PIECE = 1024

# Pages load nothing from elsewhere, cannot be framed, and send no referrer to other sites. Not "no-referrer": a form sent
# without a script would have the Origin "null" and be refused (Fetch, 3.1). As bytes, because the library would parse each
# header three times, 20 ms for all of them.
SECURITY_HEADERS = (
    b"X-Content-Type-Options: nosniff\r\n"
    b"X-Frame-Options: DENY\r\n"
    b"Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
    b"Referrer-Policy: same-origin\r\n"
    b"Cross-Origin-Resource-Policy: same-origin\r\n"
)


class BadBody(Exception):
    """A request whose body cannot be understood; the text is for its sender."""


class Answer(Response):
    """``body`` is text, bytes, or an iterator of them that makes it while it is sent, "" for not yet. ``length`` of what is
    made: None where it is not known."""

    def __init__(self, request, body="", status=200, content_type=TEXT, headers=None, length=None):
        fields = {"Cache-Control": "no-store"}
        fields.update(headers or {})
        reason = REASONS[status]
        super().__init__(request, body, status=(status, reason), headers=fields, content_type=content_type)
        self._length = length

    def _send_bytes(self, connection, header):
        first = header.find(b"\r\n") + 2
        connection.output = header[:first] + SECURITY_HEADERS + header[first:]

    def _send(self):
        request, body, length = self._request, self._body, self._length
        if isinstance(body, str):
            body = body.encode("utf-8")
        is_whole = isinstance(body, bytes)
        if is_whole:
            length = len(body)
        # HTTP/1.0 has no chunks: there the end of the connection ends the body.
        chunked = length is None and request.http_version != "HTTP/1.0"
        if chunked:
            self._headers.setdefault("Transfer-Encoding", "chunked")
        self._send_headers(length, self._content_type)
        if request.method == "HEAD":
            return
        if is_whole:
            request.connection.output += body
        else:
            request.connection.rest = body
            request.connection.chunked = chunked


def document(request, content, status=200, headers=None):
    """A JSON answer."""
    return Answer(request, json.dumps(content), status, JSON, headers)


def busy(request, code, text):
    """Not now, but soon: in so many seconds."""
    return document(request, {"error": text, "code": code}, 503, {"Retry-After": "3"})


def redirect(request, path, headers=None):
    """Send the browser to another of our pages."""
    fields = {"Location": path}
    fields.update(headers or {})
    return Answer(request, "", 303, TEXT, fields)


def streamed(request, pieces, content_type=JSON, file_name=None):
    """A body that ``pieces`` makes; a browser saves it under ``file_name``."""
    headers = {"Content-Disposition": 'attachment; filename="%s"' % file_name} if file_name else None
    return Answer(request, pieces, 200, content_type, headers)


def _file_pieces(path):
    with open(path, "rb") as file:
        while True:
            piece = file.read(_FILE_PIECE)
            if not piece:
                return
            yield piece


def static_file(request, path, content_type):
    """A file, read a piece at a time; the browser may keep it and ask whether it changed. Raises OSError.

    Where only ``path``.gz is there it is sent as it is, and the browser unpacks it (RFC 9110 8.4.1.3).
    """
    headers = {"Cache-Control": "no-cache"}
    try:
        facts = os.stat(path)
        packed = False
    except OSError:
        path += ".gz"
        facts = os.stat(path)
        packed = True
    tag = headers["ETag"] = '"%x-%x"' % (facts[6], int(facts[8]) & 0x3FFFFFFF)
    if packed:
        headers["Content-Encoding"] = "gzip"
    if request.headers.get("If-None-Match") == tag:
        return Answer(request, "", 304, content_type, headers)
    return Answer(request, _file_pieces(path), 200, content_type, headers, facts[6])


class Later:
    """An answer that is not known yet: ``poll()`` gives it, or None; ``too_late()`` is given after ``limit_ms``.
    ``works``: a ``poll()`` that gives None has done a piece of the work, and has a pass to itself."""

    def __init__(self, poll, too_late, limit_ms, works=False):
        self.poll = poll
        self.too_late = too_late
        self.limit_ms = limit_ms
        self.works = works
