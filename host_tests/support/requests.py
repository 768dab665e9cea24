# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Requests as the library takes them apart, and what a handler answered."""

import json

from adafruit_httpserver import Request

OWNER = "owner"


class Memory:
    """A connection, as far as an answer sees one."""

    def __init__(self):
        self.output = b""
        self.rest = None
        self.chunked = False


def request(content=None, path="/api/x", method="POST", who=OWNER, body=None):
    """A request with ``content`` as JSON, or with the bytes of ``body``."""
    data = json.dumps(content).encode() if body is None else body
    kind = "application/json" if body is None else "application/octet-stream"
    head = f"{method} {path} HTTP/1.1\r\nHost: socbox.local\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
    made = Request(None, None, ("192.168.1.9", 50000), head.encode())
    made.body = data
    made.who = who
    return made


def told(answer):
    """(status, document) of an answer of JSON."""
    return answer._status.code, json.loads(answer._body or "null")
