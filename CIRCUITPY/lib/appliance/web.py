# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Web server that no client can stop.

``adafruit_httpserver`` parses requests, finds routes and builds responses, but its own receive and send wait
for the client: one that opens a connection and closes it again would stop the modem for ever. So neither they
nor ``Server.poll`` are used. Each accepted socket has a small state machine here, moved one step a pass:

    HEADER --blank line--> BODY --all bytes--> ANSWER --route's handler--> SEND --all sent--> closed
       |  too long, too late, malformed: an error answer, then DISCARD (a close with unread data would
       |  reset the connection and take the answer with it)
       `--peer closed--> closed

The library sees a complete request and an in-memory connection that swallows the response at once; what it
swallowed leaves in slices. Everything is bounded: two connections, header and body size, and the time for
each.
"""

import errno
import select

from adafruit_httpserver import Request, Response, Route, Server
from plc.ticks import expired, ticks_add, ticks_diff

MOST_CONNECTIONS = 2
BACKLOG = 4
HEADER_SIZE = 4096
BODY_SIZE = 8192
# Fits one TCP segment, so that a slice costs one call.
SLICE = 1024

HEADER_MS = 5000
TOTAL_MS = 10000
# A client that says nothing while others wait loses its place.
CROWDED_MS = 300
DISCARD_MS = 1000
RETRY_SEND_MS = 20
# A pause of the server itself (a car being matched, a delivery) must not count against its clients.
PAUSE_MS = 200

FREE, HEADER, BODY, ANSWER, SEND, DISCARD = "FREE", "HEADER", "BODY", "ANSWER", "SEND", "DISCARD"

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'self'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

_BAD_REQUEST = (400, "Bad Request")
_METHOD_NOT_ALLOWED = (405, "Method Not Allowed")
_TIMEOUT = (408, "Request Timeout")
_TOO_LARGE = (413, "Payload Too Large")
_HEADER_TOO_LARGE = (431, "Request Header Fields Too Large")
_INTERNAL = (500, "Internal Server Error")
_NOT_IMPLEMENTED = (501, "Not Implemented")


class MemoryConnection:
    """What the library takes for a socket while it answers: keeps all bytes, never waits."""

    def __init__(self):
        self.pieces = []

    def send(self, data):
        self.pieces.append(bytes(data))
        return len(data)

    def close(self):
        """The real socket is closed by its connection."""

    def content(self):
        """Everything sent so far."""
        return b"".join(self.pieces)


class Answerer(Server):
    """The library's server without its network side: a complete request in, the bytes of the response out."""

    def answer(self, request, memory):
        """Find the route, run its handler and let the response write itself into ``memory``."""
        request.connection = memory
        handler = self._find_handler(request.method, request.path)
        if handler is None and request.method not in ("GET", "HEAD"):
            response = Response(request, "This address only answers GET", status=_METHOD_NOT_ALLOWED)
        else:
            response = self._handle_request(request, handler)
        if response is not None:
            self._set_default_server_headers(response)
            response._send()


class Connection:
    """One accepted socket; ``step(now)`` moves it on by one bounded piece. Reused, never reallocated."""

    def __init__(self, web):
        self._web = web
        self._buffer = bytearray(HEADER_SIZE)
        self._view = memoryview(self._buffer)
        self.state = FREE
        self.socket = None
        self.readable = False
        self._reset()

    def _reset(self):
        self._used = 0
        self._header_end = 0
        self._body = None
        self._body_used = 0
        self._request = None
        self._address = None
        self._output = None
        self._sent = 0
        self._send_at = None
        self.opened = None
        self.deadline = None

    def open(self, socket, address, now):
        """Take over a freshly accepted socket."""
        self._reset()
        socket.settimeout(0)
        self.socket = socket
        self._address = address
        self.state = HEADER
        self.readable = True
        self.opened = now
        self.deadline = ticks_add(now, HEADER_MS)

    def close(self):
        """Close the socket and free the place, whatever the socket says."""
        socket, self.socket = self.socket, None
        self.state = FREE
        self._output = None
        self._body = None
        self._request = None
        if socket is not None:
            self._web.unwatch(socket)
            try:
                socket.close()
            except OSError:
                # A socket that cannot be closed is gone already.
                return

    def shift(self, pause_ms):
        """Move the deadline on by a pause of the server's own."""
        if self.state != FREE:
            self.deadline = ticks_add(self.deadline, pause_ms)
            self.opened = ticks_add(self.opened, pause_ms)

    def step(self, now):
        """One piece of work: at most one receive, one parse, one handler or one send."""
        if expired(self.deadline, now):
            self._too_late(now)
        elif self.state == HEADER:
            if self.readable:
                self._receive_header(now)
        elif self.state == BODY:
            if self.readable:
                self._receive_body(now)
        elif self.state == ANSWER:
            self._answer(now)
        elif self.state == SEND:
            self._send(now)
        elif self.readable:
            self._discard()

    def _too_late(self, now):
        if self.state != DISCARD:
            self._web.count("timed_out")
        if self.state in (HEADER, BODY) and self._used:
            self._fail(_TIMEOUT, now)
        else:
            self.close()

    def _receive(self, view):
        """Bytes read into ``view``; 0 while there are none; closes and gives 0 when the peer is gone."""
        try:
            count = self.socket.recv_into(view, len(view))
        except OSError as error:
            # CircuitPython tells "peer closed" as ENOTCONN on a socket with timeout 0.
            if error.errno not in (errno.EAGAIN, errno.ETIMEDOUT):
                self.close()
            return 0
        if count == 0:
            self.close()
        return count

    def _receive_header(self, now):
        count = self._receive(self._view[self._used :])
        if count == 0:
            return
        searched = max(0, self._used - 3)
        self._used += count
        end = self._buffer.find(b"\r\n\r\n", searched, self._used)
        if end >= 0:
            self._header_end = end + 4
            self._parse(now)
        elif self._buffer[0] < 0x20 and self._buffer[0] not in (0x0D, 0x0A):
            # A TLS hello starts with 0x16: no header will ever follow.
            self._fail(_BAD_REQUEST, now)
        elif self._used == HEADER_SIZE:
            self._fail(_HEADER_TOO_LARGE, now)

    def _parse(self, now):
        self.deadline = ticks_add(self.opened, TOTAL_MS)
        header = bytes(self._view[: self._header_end])
        try:
            self._request = Request(self._web.server, None, self._address, header)
            length = int(self._request.headers.get("Content-Length", "0"))
        except Exception:
            # ValueError for most malformed requests, IndexError and UnicodeError for others.
            self._fail(_BAD_REQUEST, now)
            return
        if "Transfer-Encoding" in self._request.headers:
            self._fail(_NOT_IMPLEMENTED, now)
        elif length < 0:
            self._fail(_BAD_REQUEST, now)
        elif length > BODY_SIZE:
            self._fail(_TOO_LARGE, now)
        else:
            self._start_body(length)

    def _start_body(self, length):
        early = min(self._used - self._header_end, length)
        self._body = bytearray(length)
        self._body[:early] = self._view[self._header_end : self._header_end + early]
        self._body_used = early
        self.state = ANSWER if early == length else BODY

    def _receive_body(self, _now):
        count = self._receive(memoryview(self._body)[self._body_used :])
        if count:
            self._body_used += count
            if self._body_used == len(self._body):
                self.state = ANSWER

    def _answer(self, now):
        request = self._request
        if self._body:
            request.body = bytes(self._body)
        memory = MemoryConnection()
        try:
            self._web.server.answer(request, memory)
        except Exception as error:
            self._web.handler_failed(error, request)
            self._fail(_INTERNAL, now)
            return
        self._web.count("answered")
        self._output = memory.content()
        self._sent = 0
        self._body = None
        self._request = None
        if self._output:
            self.state = SEND
        else:
            self.close()

    def _fail(self, status, now):
        """Answer with an error, whatever state the request is in."""
        self._web.count("refused")
        self._output = (
            "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (status[0], status[1], len(status[1]), status[1])
        ).encode()
        self._sent = 0
        self.state = SEND
        self.deadline = ticks_add(now, DISCARD_MS)
        self._body = None
        self._request = None
        self._used = -1

    def _send(self, now):
        if self._send_at is not None and not expired(self._send_at, now):
            return
        self._send_at = None
        try:
            count = self.socket.send(memoryview(self._output)[self._sent : self._sent + SLICE])
        except OSError as error:
            if error.errno == errno.EAGAIN:
                self._send_at = ticks_add(now, RETRY_SEND_MS)
            else:
                self.close()
            return
        self._sent += count
        if self._sent >= len(self._output):
            self._sent_all(now)

    def _sent_all(self, now):
        if self._used >= 0:
            self.close()
            return
        # An error was answered in the middle of a request: let the client read it before the socket goes.
        self._output = None
        self.state = DISCARD
        self.deadline = ticks_add(now, DISCARD_MS)

    def _discard(self):
        self._receive(self._view)

    def is_idle(self, now):
        """True when nothing came for long enough that somebody else may have the place."""
        return self.state == HEADER and self._used == 0 and ticks_diff(now, self.opened) > CROWDED_MS


class Web:
    """Listener and connections. ``routes``: rows (path, method, handler); a handler takes a Request, gives a
    Response.

    ``poller`` is a ``select.poll()``; ``log(text)`` gets what is worth a line. Static files come from ``root_path``.
    """

    def __init__(self, pool, poller, root_path, routes, log):
        self.server = Answerer(pool, root_path)
        self.server.headers = SECURITY_HEADERS
        self.server.add_routes([Route(path, method, handler) for path, method, handler in routes])
        self.counts = {
            "accepted": 0,
            "answered": 0,
            "refused": 0,
            "timed_out": 0,
            "crowded_out": 0,
            "failed": 0,
        }
        self._pool = pool
        self._log = log
        self._listener = None
        self._poller = poller
        self._waiting = False
        self._connections = [Connection(self) for _ in range(MOST_CONNECTIONS)]
        self._turn = 0
        self._last_poll = None

    def start(self, port):
        """Listen on ``port`` of every address; raises OSError or RuntimeError when that cannot be."""
        pool = self._pool
        listener = pool.socket(pool.AF_INET, pool.SOCK_STREAM)
        try:
            listener.setsockopt(pool.SOL_SOCKET, pool.SO_REUSEADDR, 1)
            listener.bind(("0.0.0.0", port))
            listener.listen(BACKLOG)
            listener.settimeout(0)
        except Exception as error:
            listener.close()
            raise error
        self._listener = listener
        self._poller.register(listener, select.POLLIN)

    @property
    def listening(self):
        """True after ``start``."""
        return self._listener is not None

    def stop(self):
        """Close everything."""
        for connection in self._connections:
            connection.close()
        if self._listener is not None:
            self.unwatch(self._listener)
            self._listener.close()
            self._listener = None

    def count(self, what):
        """Count one outcome."""
        self.counts[what] += 1

    def handler_failed(self, error, request):
        """A handler raised: our own defect, told in the log."""
        self.count("failed")
        self._log("%s %s: %s: %s" % (request.method, request.path, type(error).__name__, error))

    def unwatch(self, socket):
        """Take ``socket`` out of the poller."""
        try:
            self._poller.unregister(socket)
        except (KeyError, OSError, ValueError):
            # It was never registered, or its descriptor is gone.
            return

    def active(self):
        """How many connections are open."""
        return len([connection for connection in self._connections if connection.state != FREE])

    def poll(self, now):
        """One bounded piece of work; True when there was any. Allocates nothing while nobody is there."""
        if self._listener is None:
            return False
        self._forgive_pause(now)
        for item in self._poller.ipoll(0):
            self._mark(item[0])
        if self._waiting:
            self._accept(now)
        return self._step(now)

    def _forgive_pause(self, now):
        if self._last_poll is not None:
            pause = ticks_diff(now, self._last_poll)
            if pause > PAUSE_MS:
                for connection in self._connections:
                    connection.shift(pause)
        self._last_poll = now

    def _mark(self, socket):
        if socket is self._listener:
            self._waiting = True
            return
        for connection in self._connections:
            if connection.socket is socket:
                connection.readable = True

    def _step(self, now):
        """Move the next open connection, in turn."""
        for _ in range(MOST_CONNECTIONS):
            self._turn = (self._turn + 1) % MOST_CONNECTIONS
            connection = self._connections[self._turn]
            if connection.state != FREE:
                connection.step(now)
                connection.readable = False
                return True
        return False

    def _free_place(self, now):
        for connection in self._connections:
            if connection.state == FREE:
                return connection
        for connection in self._connections:
            if connection.is_idle(now):
                self.count("crowded_out")
                connection.close()
                return connection
        return None

    def _accept(self, now):
        place = self._free_place(now)
        if place is None:
            return
        self._waiting = False
        try:
            socket, address = self._listener.accept()
        except OSError:
            # The client left between the poll and now, or no socket is free.
            return
        except RuntimeError:
            # CircuitPython: "Out of sockets".
            return
        self.count("accepted")
        place.open(socket, address, now)
        self._poller.register(socket, select.POLLIN)
