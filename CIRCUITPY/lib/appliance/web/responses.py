# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a handler gives back: a whole answer, a file, a body made piece by piece, or a promise.

All are Adafruit's ``Response`` with our headers, but for ``Later``. Their ``_send`` writes into an in-memory
connection; a body that would take longer than a piece of the loop may is left there as an iterator, which the
connection asks for the next piece whenever the last one has left.
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
# Seconds after which somebody who was told "busy" may ask again.
_AGAIN_S = "3"

# No page loads anything from anywhere else, is framed, or tells another site where it was. With "no-referrer" a form sent
# without a script has the Origin "null" and would be refused (Fetch, 3.1). Put in as they are: the library would take each
# apart three times, 20 ms for all of them.
SECURITY_HEADERS = (
    b"X-Content-Type-Options: nosniff\r\n"
    b"X-Frame-Options: DENY\r\n"
    b"Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
    b"Referrer-Policy: same-origin\r\n"
    b"Cross-Origin-Resource-Policy: same-origin\r\n"
)


class BadBody(Exception):
    """A request whose body cannot be understood; the text is for its sender."""


def _send_guarded(_response, connection, header):
    first = header.find(b"\r\n") + 2
    connection.send(header[:first] + SECURITY_HEADERS + header[first:])


class Answer(Response):
    """A whole answer: ``body`` is text or bytes."""

    _send_bytes = _send_guarded

    def __init__(self, request, body="", status=200, content_type=TEXT, headers=None):
        fields = {"Cache-Control": "no-store"}
        fields.update(headers or {})
        reason = REASONS[status]
        super().__init__(request, body, status=(status, reason), headers=fields, content_type=content_type)

    def _send(self):
        body = self._body.encode("utf-8") if isinstance(self._body, str) else self._body
        self._send_headers(len(body), self._content_type)
        if self._request.method != "HEAD":
            self._request.connection.send(body)


def document(request, content, status=200, headers=None):
    """A JSON answer."""
    return Answer(request, json.dumps(content), status, JSON, headers)


def busy(request, code, text):
    """Not now, but soon."""
    return document(request, {"error": text, "code": code}, 503, {"Retry-After": _AGAIN_S})


def redirect(request, path, headers=None):
    """Send the browser to another of our pages."""
    fields = {"Location": path}
    fields.update(headers or {})
    return Answer(request, "", 303, TEXT, fields)


class Pieces(Response):
    """A body that ``pieces``, an iterator of text or bytes, makes while it is sent; "" means not yet."""

    _send_bytes = _send_guarded

    def __init__(self, request, pieces, content_type=JSON, file_name=None):
        headers = {"Cache-Control": "no-store"}
        if file_name:
            headers["Content-Disposition"] = 'attachment; filename="%s"' % file_name
        super().__init__(request, "", headers=headers, content_type=content_type)
        self._pieces = pieces

    def _send(self):
        connection = self._request.connection
        # A client of HTTP/1.0 knows no chunks; for it the body ends with the connection.
        chunked = self._request.http_version != "HTTP/1.0"
        if chunked:
            self._headers.setdefault("Transfer-Encoding", "chunked")
        self._send_headers(None, self._content_type)
        if self._request.method != "HEAD":
            connection.rest = self._pieces
            connection.chunked = chunked


def _file_pieces(path):
    with open(path, "rb") as file:
        while True:
            piece = file.read(_FILE_PIECE)
            if not piece:
                return
            yield piece


_COMPRESSED = ".gz"


def _place_of(path):
    """(the path of a file or of its compressed form, what ``os.stat`` says of it). Raises OSError."""
    try:
        return path, os.stat(path)
    except OSError:
        return path + _COMPRESSED, os.stat(path + _COMPRESSED)


class StaticFile(Response):
    """A file, read a piece at a time; the browser may keep it and ask whether it changed.

    Where only ``path``.gz is there it is sent as it is, and the browser unpacks it (RFC 9110 8.4.1.3).
    """

    _send_bytes = _send_guarded

    def __init__(self, request, path, content_type):
        path, facts = _place_of(path)
        tag = '"%x-%x"' % (facts[6], int(facts[8]) & 0x3FFFFFFF)
        headers = {"Cache-Control": "no-cache", "ETag": tag}
        if path.endswith(_COMPRESSED):
            headers["Content-Encoding"] = "gzip"
        known = request.headers.get("If-None-Match") == tag
        status = 304 if known else 200
        super().__init__(request, "", status=(status, REASONS[status]), headers=headers, content_type=content_type)
        self._length = 0 if known else facts[6]
        self._path = path

    def _send(self):
        self._send_headers(self._length, self._content_type)
        if self._length and self._request.method != "HEAD":
            self._request.connection.rest = _file_pieces(self._path)


class Later:
    """An answer that is not known yet: ``poll()`` gives it, or None; ``too_late()`` is given after ``limit_ms``.
    ``works``: a ``poll()`` that gives None has done a piece of the work."""

    works = False

    def __init__(self, poll, too_late, limit_ms):
        self.poll = poll
        self.too_late = too_late
        self.limit_ms = limit_ms


def in_pieces(pieces, too_late, limit_ms):
    """A ``Later`` for what ``pieces``, an iterator, gives behind some None: each of these has a pass to itself."""
    later = Later(lambda: next(pieces), too_late, limit_ms)
    later.works = True
    return later
