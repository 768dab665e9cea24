# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The web server of the twin's SmartEVSE, as Mongoose behaves there, and its place in the virtual network."""

from urllib.parse import parse_qsl

_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}


def to_int(text):
    """Arduino's String.toInt(): leading blanks, a sign, digits, the rest ignored; no digits give 0."""
    text = text.lstrip()
    digits = 1 if text[:1] in ("+", "-") else 0
    end = digits
    while end < len(text) and text[end] in "0123456789":
        end += 1
    return int(text[:end]) if end > digits else 0


class HttpConnection:
    """One TCP connection to the charger's web server, without the TCP.

    `receive(data)` takes what the client sent, `receive_end()` that it closed its side, `take()` gives the
    bytes that are ready for the client now, `closed` tells that the server closed (after the last bytes were
    taken), `close()` that the client is gone. `on_output`, when set, is called each time bytes became ready.
    """

    def __init__(self, evse):
        self.evse = evse
        self.closed = False
        self.on_output = None
        self._input = b""
        self._output = []  # pieces: [bytes, post record or None]
        self._gone = False
        self._closing = False

    def receive(self, data):
        self._input += data
        while not self._closing and self._next_request(False):
            pass

    def receive_end(self):
        """The client closed: a body without a length ends here and acts, but nobody gets the answer."""
        if not self._closing:
            self._next_request(True)
        self.close()

    def close(self):
        self._gone = True
        self.closed = True
        self._output = []

    def take(self):
        if self._gone:
            return b""
        ready = b""
        for data, post in self._output:
            ready += data
            if post is not None:
                post["answered"] = True
        self._output = []
        if ready and self._closing:
            self.closed = True
        return ready

    def _next_request(self, ended):
        head, blank, rest = self._input.partition(b"\r\n\r\n")
        if not blank:
            return False
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/"):
            self._input = b""
            self._closing = True
            self._answer(400, "", None)
            return False
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = self._body_length(words[0], headers, len(rest), ended)
        if length is None or len(rest) < length:
            return False
        self._input = rest[length:]
        self._closing = words[2] == "HTTP/1.0" or headers.get("connection", "").lower() == "close"
        self._run(words, headers, (head + blank + rest[:length]))
        return True

    def _body_length(self, method, headers, received, ended):
        """Bytes of body to wait for; None: not known yet.

        Without Content-Length a POST's body lasts until the client closes, so the answer waits for that.
        """
        if "content-length" in headers:
            return max(to_int(headers["content-length"]), 0)
        if method in ("POST", "PUT"):
            return received if ended else None
        return 0

    def _run(self, words, headers, raw):
        path, _, query = words[1].partition("?")
        request = {
            "method": words[0],
            "path": path,
            "parameters": dict(parse_qsl(query, keep_blank_values=True)),
            "headers": headers,
            "raw": raw,
        }
        evse = self.evse
        evse.requests.append({"t_s": evse.clock.now_us / 1e6, "method": words[0], "path": path})
        del evse.requests[:-200]
        status, text, post = evse.handle(request)
        delay_us = evse.faults.answer_delay_us
        if delay_us:
            evse.clock.after(delay_us, self._answer, status, text, post)
        else:
            self._answer(status, text, post)

    def _answer(self, status, text, post):
        if self._gone:
            return
        head = f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}\r\nContent-Type: application/json\r\n"
        if text and self.evse.chunked:
            body = f"{len(text):x}\r\n{text}\r\n0\r\n\r\n"
            head += "Transfer-Encoding: chunked\r\n\r\n"
        else:
            body = text
            head += f"Content-Length: {len(text)}\r\n\r\n"
        self._output.append([(head + body).encode(), post])
        if self.on_output is not None:
            self.on_output()


class NetworkFace:
    """The charger as a host of the virtual network: its faults decide whether a SYN is answered."""

    name = None
    latency_us = 2000

    def __init__(self, evse):
        self.ip = evse.ip
        self._evse = evse

    @property
    def up(self):
        return not self._evse.faults.off

    @property
    def ports(self):
        return {} if self._evse.faults.refuse else {self._evse.port: self._accept}

    def _accept(self, connection):
        return _Served(self._evse.http_connection(), connection)


class _Served:
    """Carries bytes between a network connection and an HttpConnection."""

    def __init__(self, http, connection):
        self._http = http
        self._connection = connection
        http.on_output = self._output

    def received(self, data):
        self._http.receive(data)

    def peer_closed(self):
        self._http.receive_end()
        self._connection.close()

    def peer_reset(self):
        self._http.close()

    def _output(self):
        if not self._connection.is_open:
            self._http.close()
            return
        self._connection.send(self._http.take())
        if self._http.closed:
            self._connection.close()
