# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Web server that no client can stop.

``adafruit_httpserver`` parses requests and builds responses, but its own receive and send wait for the client:
one that opens a connection and closes it again would stop the modem for ever. So neither they nor
``Server.poll`` are used, nor its table of routes, which tries a pattern for every path (``site`` has ours).
Each accepted socket has a small state machine here, moved one step a pass:

    HEADER --blank line--> BODY --all bytes--> ANSWER --a Response--> SEND --all sent--> closed
       |                                          `-----a Later--> WORK --its Response--> SEND
       |  too long, too late, malformed: an error answer, then DISCARD (a close with unread data would
       |  reset the connection and take the answer with it)
       `--peer closed--> closed

The library sees a complete request and an in-memory connection that swallows the response at once; what it
swallowed leaves in slices, and a long body is made while it leaves. Everything is bounded: two connections,
header and body size, and the time for each.
"""

import errno
import select

from adafruit_httpserver import Request
from plc.ticks import expired, ticks_add, ticks_diff

from appliance.answers import Later

MOST_CONNECTIONS = 2
BACKLOG = 4
HEADER_SIZE = 4096
BODY_SIZE = 8192
# The library takes a header apart line by line, and the query parameter by parameter: 10 ms at most.
MOST_HEADER_LINES = 48
LONGEST_FIRST_LINE = 600
MOST_PARAMETERS = 16
# Fits one TCP segment, so that a slice costs one call.
SLICE = 1024

HEADER_MS = 5000
TOTAL_MS = 10000
# A client that takes nothing for so long is gone; the longest download is over after SEND_MS.
STALL_MS = 10000
SEND_MS = 60000
# A client that says nothing while others wait loses its place, and so does one that is slow beyond reason.
CROWDED_MS = 300
SLOW_MS = 1500
DISCARD_MS = 1000
RETRY_SEND_MS = 20
# A pause of the server itself (a car being matched, a delivery) must not count against its clients.
PAUSE_MS = 200

FREE, HEADER, BODY, ANSWER, WORK, SEND, DISCARD = (
    "FREE",
    "HEADER",
    "BODY",
    "ANSWER",
    "WORK",
    "SEND",
    "DISCARD",
)

_BAD_REQUEST = (400, "Bad Request")
_TIMEOUT = (408, "Request Timeout")
_TOO_LARGE = (413, "Payload Too Large")
_URI_TOO_LONG = (414, "URI Too Long")
_HEADER_TOO_LARGE = (431, "Request Header Fields Too Large")
_INTERNAL = (500, "Internal Server Error")
_NOT_IMPLEMENTED = (501, "Not Implemented")


class MemoryConnection:
    """What the library takes for a socket while it answers: keeps all bytes, never waits.

    ``rest`` is an iterator for what follows them, sent in HTTP chunks when ``chunked``.
    """

    def __init__(self):
        self.pieces = []
        self.rest = None
        self.chunked = False

    def send(self, data):
        self.pieces.append(bytes(data))
        return len(data)

    def close(self):
        """The real socket is closed by its connection."""

    def content(self):
        """Everything sent so far."""
        return b"".join(self.pieces)


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
        self._later = None
        self._output = None
        self._rest = None
        self._chunked = False
        self._sent = 0
        self._send_at = None
        self._progress_at = None
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
        self._drop_rest()
        self._output = None
        self._later = None
        self._body = None
        self._request = None
        if socket is not None:
            self._web.unwatch(socket)
            try:
                socket.close()
            except OSError:
                # A socket that cannot be closed is gone already.
                return

    def _drop_rest(self):
        rest, self._rest = self._rest, None
        if hasattr(rest, "close"):
            # A generator that holds a file open closes it.
            rest.close()

    def shift(self, pause_ms):
        """Move the deadline on by a pause of the server's own."""
        if self.state != FREE:
            self.deadline = ticks_add(self.deadline, pause_ms)
            self.opened = ticks_add(self.opened, pause_ms)
            if self._progress_at is not None:
                self._progress_at = ticks_add(self._progress_at, pause_ms)

    def step(self, now):
        """One piece of work: at most one receive, one parse, one handler or one send. False: nothing to do yet."""
        if expired(self.deadline, now):
            self._too_late(now)
            return True
        if self.state == WORK:
            return self._work(now)
        if self.state == SEND:
            return self._send(now)
        if self.state == ANSWER:
            self._answer(now)
            return True
        if not self.readable:
            return False
        if self.state == HEADER:
            self._receive_header(now)
        elif self.state == BODY:
            self._receive_body(now)
        else:
            self._discard()
        return True

    def _too_late(self, now):
        if self.state != DISCARD:
            self._web.count("timed_out")
        if self.state in (HEADER, BODY) and self._used:
            self._fail(_TIMEOUT, now)
        elif self.state == WORK:
            self._take(self._later.too_late(), now)
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
        first = header.find(b"\r\n")
        if first > LONGEST_FIRST_LINE or header.count(b"&", 0, first) >= MOST_PARAMETERS:
            self._fail(_URI_TOO_LONG, now)
            return
        if header.count(b"\n") > MOST_HEADER_LINES:
            self._fail(_HEADER_TOO_LARGE, now)
            return
        try:
            self._request = Request(None, None, self._address, header)
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
        self._body = None
        try:
            response = self._web.respond(request)
        except Exception as error:
            self._handler_failed(error, now)
            return
        if isinstance(response, Later):
            self._later = response
            self.state = WORK
            self.deadline = ticks_add(now, response.limit_ms)
        else:
            self._take(response, now)

    def _work(self, now):
        """Ask the promise for its answer; False while there is none."""
        try:
            response = self._later.poll()
        except Exception as error:
            self._handler_failed(error, now)
            return True
        if response is None:
            return False
        self._take(response, now)
        return True

    def _take(self, response, now):
        """Let the library write ``response`` and start to send it."""
        self._later = None
        memory = MemoryConnection()
        self._request.connection = memory
        response._send()
        self._web.count("answered")
        self._output = memory.content()
        self._rest = memory.rest
        self._chunked = memory.chunked
        self._sent = 0
        self._request = None
        self._progress_at = now
        self.state = SEND
        self.opened = now
        self.deadline = ticks_add(now, STALL_MS)

    def _handler_failed(self, error, now):
        self._web.handler_failed(error, self._request)
        self._fail(_INTERNAL, now)

    def _fail(self, status, now):
        """Answer with an error, whatever state the request is in."""
        self._web.count("refused")
        self._output = (
            "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (status[0], status[1], len(status[1]), status[1])
        ).encode()
        self._sent = 0
        self._drop_rest()
        self._later = None
        self.state = SEND
        self.deadline = ticks_add(now, DISCARD_MS)
        self._progress_at = now
        self._body = None
        self._request = None
        self._used = -1

    def _send(self, now):
        """Send a slice, or have the next piece made; False while the client has no room."""
        if self._send_at is not None and not expired(self._send_at, now):
            return False
        self._send_at = None
        if self._sent >= len(self._output):
            self._next_piece(now)
            return True
        try:
            count = self.socket.send(memoryview(self._output)[self._sent : self._sent + SLICE])
        except OSError as error:
            if error.errno == errno.EAGAIN:
                self._send_at = ticks_add(now, RETRY_SEND_MS)
            else:
                self.close()
            return True
        self._sent += count
        self._progress(now)
        if self._sent >= len(self._output) and self._rest is None:
            self._sent_all(now)
        return True

    def _progress(self, now):
        """The client takes its answer: it may go on for STALL_MS, up to SEND_MS in all."""
        self._progress_at = now
        if self._used >= 0 and ticks_diff(now, self.opened) < SEND_MS - STALL_MS:
            self.deadline = ticks_add(now, STALL_MS)

    def _next_piece(self, now):
        """Have one more piece of the body made."""
        try:
            piece = next(self._rest)
        except StopIteration:
            self._rest = None
            if self._chunked:
                self._put_out(b"0\r\n\r\n")
            else:
                self._sent_all(now)
            return
        except Exception as error:
            # The status has left already: the client sees a body that ends too early.
            self._web.body_failed(error)
            self.close()
            return
        if piece:
            piece = piece.encode("utf-8") if isinstance(piece, str) else piece
            self._put_out(
                b"".join((("%x\r\n" % len(piece)).encode(), piece, b"\r\n")) if self._chunked else piece
            )

    def _put_out(self, data):
        self._output = data
        self._sent = 0

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

    def may_be_dropped(self, now):
        """True when nothing came, or nothing was taken, for long enough that somebody else may have the place."""
        if self.state == HEADER and self._used == 0:
            return ticks_diff(now, self.opened) > CROWDED_MS
        if self.state in (HEADER, BODY):
            return ticks_diff(now, self.opened) > SLOW_MS
        if self.state == DISCARD:
            return ticks_diff(now, self._progress_at) > CROWDED_MS
        return self.state == SEND and ticks_diff(now, self._progress_at) > SLOW_MS


class Web:
    """Listener and connections. ``respond(request)`` gives a Response or a ``Later``.

    ``poller`` is a ``select.poll()``; ``log(text)`` gets what is worth a line.
    """

    def __init__(self, pool, poller, respond, log):
        self.respond = respond
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

    def body_failed(self, error):
        """A body could not be made to its end: our own defect as well."""
        self.count("failed")
        self._log("answer cut: %s: %s" % (type(error).__name__, error))

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
                worked = connection.step(now)
                connection.readable = False
                if worked:
                    return True
        return False

    def _free_place(self, now):
        for connection in self._connections:
            if connection.state == FREE:
                return connection
        for connection in self._connections:
            if connection.may_be_dropped(now):
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
