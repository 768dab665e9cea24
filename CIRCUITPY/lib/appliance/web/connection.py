# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One client of the web server, moved one step in a pass, so that no client can stop the modem.

    HEADER --blank line--> BODY --all bytes--> ANSWER --a Response--> SEND --all sent--> closed
       |                                          `-----a Later--> WORK --its Response--> SEND
       |  too long, too late, malformed: an error answer, then DISCARD (a close with unread data would
       |  reset the connection and take the answer with it)
       `--peer closed--> closed

The library gets a complete request and puts its response into memory (``responses``); that is sent in slices, and a long
body is made while it is sent. Sizes of header and body, and the time for each state, are bounded.
"""

import errno

from adafruit_httpserver import Request
from plc.const import const
from plc.ticks import expired, ticks_add, ticks_diff

from appliance.base.text import DIGITS, consists_of
from appliance.web.responses import REASONS, Later

_HEADER_SIZE = const(4096)
_BODY_SIZE = const(8192)
# So that the library parses header lines and query parameters in 10 ms at most.
_MOST_HEADER_LINES = const(48)
_LONGEST_FIRST_LINE = const(600)
_MOST_PARAMETERS = const(16)
# Fits one TCP segment, so that a slice costs one call.
_SLICE = const(1024)

_HEADER_MS = const(5000)
_TOTAL_MS = const(10000)
# A client that receives nothing for _STALL_MS is gone; the longest download takes less than _SEND_MS.
_STALL_MS = const(10000)
_SEND_MS = const(60000)
# While others wait, a client that sends nothing loses its place, and so does one that is slower than any real line. A
# request whose only segment was lost comes again after 200 to 300 ms.
CROWDED_MS = 700
_SLOW_MS = const(1500)
# lwIP retransmits after 1.5 s and again after 3 s; a browser does not repeat a request whose answer was cut.
_SLOW_SEND_MS = const(5000)
# Slower than the worst line for this long: on purpose.
_TRICKLE_MS = const(10000)
_TRICKLE_BYTES_A_S = const(500)
_DISCARD_MS = const(1000)
_RETRY_SEND_MS = const(20)

FREE, HEADER, BODY, ANSWER, WORK, SEND, DISCARD = "FREE", "HEADER", "BODY", "ANSWER", "WORK", "SEND", "DISCARD"

# Texts of the errors that are answered here.
_TEXTS = {
    400: "The request cannot be read.",
    408: "The request did not arrive in time.",
    413: "The request is too large: 8 kB at most.",
    414: "The address is too long.",
    417: "No other Expect than 100-continue is known.",
    431: "The header of the request is too long.",
    500: "Something went wrong in the box; its log says what.",
    501: "Send a Content-Length: a Transfer-Encoding is not understood.",
}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def length_of(headers):
    """Content-Length, 0 without one. ValueError if it is no number, or if there are different ones (RFC 9112, 6.3): all who
    read a request must agree where it ends. The same for more than one Host."""
    lengths = headers.get_list("Content-Length")
    if len(headers.get_list("Host")) > 1 or any(length != lengths[0] for length in lengths):
        raise ValueError
    if not lengths:
        return 0
    if not lengths[0] or not consists_of(lengths[0], DIGITS):
        raise ValueError
    # A number with more digits is too large in any case.
    return int(lengths[0][:9])


def has_stray_ends(header):
    """True if there is a CR, LF or NUL inside a line, which some take for its end (RFC 9110, 5.5)."""
    ends = header.count(b"\r\n")
    return header.count(b"\r") != ends or header.count(b"\n") != ends or header.find(b"\0") >= 0


def in_origin_form(header, first):
    """Turns a request for ``http://host/path`` into one for ``/path`` with that Host (RFC 9112, 3.2.2). ``first``: length of
    the first line."""
    at = header.find(b" http://", 0, first)
    if at < 0:
        return header
    start = at + len(b" http://")
    end = header.find(b" ", start, first)
    for mark in (b"/", b"?"):
        place = header.find(mark, start, end)
        end = end if place < 0 else place
    rest = [line for line in header[first:].split(b"\r\n") if not line.lower().startswith(b"host:")]
    path = header[end:first]
    if path[:1] != b"/":
        path = b"/" + path
    return header[: at + 1] + path + b"\r\nHost: " + header[start:end] + b"\r\n".join(rest)


def in_plain_form(header):
    """The header with exactly one blank before each value, as the library needs it; a client may send none, several, or tabs
    (RFC 9112, 5). Empty values come first, because the library strips the last field. ValueError for a line that is no
    field, and for a blank in a name: all who read a request must agree where a name ends."""
    first = header.find(b"\r\n") + 2
    empty, fields = [], []
    for line in header[first:-4].split(b"\r\n"):
        name, value = line.split(b":", 1)
        if name.find(b" ") >= 0 or name.find(b"\t") >= 0:
            raise ValueError
        value = value.strip(b" \t")
        (fields if value else empty).append(name + b": " + value)
    return header[:first] + b"\r\n".join(empty + fields) + b"\r\n\r\n"


class Connection:
    """One accepted socket; ``step(now)`` does one bounded piece of work. Reused, never reallocated.

    ``output`` is sent first, then what the iterator ``rest`` yields, in HTTP chunks if ``chunked``.
    """

    def __init__(self, web):
        self._web = web
        self._buffer = bytearray(_HEADER_SIZE)
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
        self.output = None
        self.rest = None
        self.chunked = False
        self._sent = 0
        self._sent_in_all = 0
        self._send_at = None
        self._progress_at = None
        self.opened = None
        self.deadline = None

    def open(self, socket, address, now):
        """Take over a socket that was just accepted."""
        socket.settimeout(0)
        self.socket = socket
        self._address = address
        self.state = HEADER
        self.readable = True
        self.opened = now
        self.deadline = ticks_add(now, _HEADER_MS)

    def close(self):
        """Close the socket and free the place, even if closing fails."""
        socket, self.socket, rest = self.socket, None, self.rest
        self.state = FREE
        self._reset()
        if hasattr(rest, "close"):
            # A generator that holds a file open closes it.
            try:
                rest.close()
            except Exception as error:
                self._web.answer_failed(error)
        if socket is not None:
            self._web.unwatch(socket)
            try:
                socket.close()
            except OSError:
                # A socket that cannot be closed is gone already.
                return

    def shift(self, pause_ms):
        """Extend the deadline by a pause of the server itself."""
        if self.state != FREE:
            self.deadline = ticks_add(self.deadline, pause_ms)
            self.opened = ticks_add(self.opened, pause_ms)
            if self._progress_at is not None:
                self._progress_at = ticks_add(self._progress_at, pause_ms)

    def step(self, now):
        """One piece of work: at most one receive, parse, handler or send. False: nothing to do yet."""
        if self.state == ANSWER:
            self._answer(now)
            return True
        if expired(self.deadline, now) and not (self.readable and self._is_unheard()):
            self._too_late(now)
            return True
        if self.state == WORK:
            return self._work(now)
        if self.state == SEND:
            return self._send(now)
        if not self.readable:
            return False
        if self.state == HEADER:
            self._receive_header(now)
        elif self.state == BODY:
            self._receive_body()
        else:
            self._receive(self._view)
        return True

    def _too_late(self, now):
        if self.state != DISCARD:
            self._web.counts["timed_out"] += 1
        if self.state in (HEADER, BODY) and self._used:
            self._fail(408, now)
        elif self.state == WORK:
            self._take(self._later.too_late(), now)
        else:
            self.close()

    def _receive(self, view):
        """Number of bytes read into ``view``, 0 while there are none. Closes, and returns 0, if the peer is gone."""
        try:
            count = self.socket.recv_into(view, len(view))
        except OSError as error:
            # On a socket with timeout 0 CircuitPython raises ENOTCONN if the peer has closed.
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
            self._fail(400, now)
        elif self._used == _HEADER_SIZE:
            self._fail(431, now)

    def _parse(self, now):
        self.deadline = ticks_add(self.opened, _TOTAL_MS)
        header = bytes(self._view[: self._header_end])
        first = header.find(b"\r\n")
        if first > _LONGEST_FIRST_LINE or header.count(b"&", 0, first) >= _MOST_PARAMETERS:
            self._fail(414, now)
            return
        if header.count(b"\n") > _MOST_HEADER_LINES:
            self._fail(431, now)
            return
        if has_stray_ends(header):
            self._fail(400, now)
            return
        try:
            header = in_plain_form(in_origin_form(header, first))
            self._request = Request(None, None, self._address, header)
            length = length_of(self._request.headers)
        except Exception:
            # ValueError for most malformed requests, IndexError and UnicodeError for others.
            self._fail(400, now)
            return
        expected = self._request.headers.get("Expect", "")
        if "Transfer-Encoding" in self._request.headers:
            self._fail(501, now)
        elif length > _BODY_SIZE:
            self._fail(413, now)
        elif expected and expected.lower() != "100-continue":
            self._fail(417, now)
        else:
            self._start_body(length)
            if expected and self.state == BODY:
                self._send_continue()

    def _send_continue(self):
        """Send 100 Continue, for which the client waits; without it the client sends its body after a second."""
        try:
            self.socket.send(_CONTINUE)
        except OSError:
            # No room for 25 bytes, or the client is gone; the deadline of the request ends that.
            return

    def _start_body(self, length):
        early = min(self._used - self._header_end, length)
        self._body = bytearray(length)
        self._body[:early] = self._view[self._header_end : self._header_end + early]
        self._body_used = early
        self.state = ANSWER if early == length else BODY

    def _receive_body(self):
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
        self._take(response, now)

    def _work(self, now):
        """Ask the Later for its answer; False while it has none and did nothing for it."""
        try:
            response = self._later.poll()
        except Exception as error:
            self._handler_failed(error, now)
            return True
        if response is None:
            return self._later.works
        self._take(response, now)
        return True

    def _take(self, response, now):
        """Wait for the answer of a Later; let the library write any other response, and start to send it."""
        if isinstance(response, Later):
            self._later = response
            self.state = WORK
            self.deadline = ticks_add(now, response.limit_ms)
            return
        self._later = None
        self._request.connection = self
        response._send()
        self._web.counts["answered"] += 1
        self._sent = 0
        self._request = None
        self._progress_at = now
        self.state = SEND
        self.opened = now
        self.deadline = ticks_add(now, _STALL_MS)

    def _handler_failed(self, error, now):
        self._web.handler_failed(error, self._request)
        self._fail(500, now)

    def _fail(self, status, now):
        """Answer with an error, whatever state the request is in."""
        self._web.counts["refused"] += 1
        text = _TEXTS[status]
        self.output = (
            "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
            % (status, REASONS[status], len(text), text)
        ).encode()
        self._sent = 0
        self._later = None
        self.state = SEND
        self.deadline = ticks_add(now, _DISCARD_MS)
        self._progress_at = now
        self._body = None
        self._request = None
        self._used = -1

    def _send(self, now):
        """Send a slice; the next piece is made first if the last is sent. False while the client has no room."""
        if self._send_at is not None and not expired(self._send_at, now):
            return False
        self._send_at = None
        if self._sent >= len(self.output):
            self._next_piece(now)
            if self.state != SEND or self._sent >= len(self.output):
                return True
        try:
            count = self.socket.send(memoryview(self.output)[self._sent : self._sent + _SLICE])
        except OSError as error:
            if error.errno == errno.EAGAIN:
                self._send_at = ticks_add(now, _RETRY_SEND_MS)
            else:
                self.close()
            return True
        self._sent += count
        self._sent_in_all += count
        self._progress_at = now
        # The client is receiving: another _STALL_MS, up to _SEND_MS in all.
        if self._used >= 0 and ticks_diff(now, self.opened) < _SEND_MS - _STALL_MS:
            self.deadline = ticks_add(now, _STALL_MS)
        if self._sent >= len(self.output) and self.rest is None:
            self._sent_all(now)
        return True

    def _next_piece(self, now):
        """Make one more piece of the body. If that raises the connection is closed (``Web.poll``): the status was sent
        already, so the client must see that the body is incomplete."""
        try:
            piece = next(self.rest)
            if not piece:
                return
            piece = piece.encode("utf-8") if isinstance(piece, str) else piece
        except StopIteration:
            self.rest = None
            piece = b""
            if not self.chunked:
                self._sent_all(now)
                return
        self.output = b"".join((("%x\r\n" % len(piece)).encode(), piece, b"\r\n")) if self.chunked else piece
        self._sent = 0

    def _sent_all(self, now):
        if self._used >= 0:
            self.close()
            return
        # An error was answered in the middle of a request: let the client read it before the socket goes.
        self.output = None
        self.state = DISCARD
        self.deadline = ticks_add(now, _DISCARD_MS)

    def _is_unheard(self):
        return self.state == HEADER and self._used == 0

    def is_idle(self):
        """True while closing would lose nothing: the client has sent nothing, or has its answer."""
        return self._is_unheard() or self.state == DISCARD

    def is_silent(self, now, silent_ms):
        """True if an idle client sent nothing for ``silent_ms``, so that another may have the place. A request that has come
        but was not read yet, as after a slow piece of the loop, counts as sent."""
        if self.state == DISCARD:
            return ticks_diff(now, self._progress_at) > CROWDED_MS
        return self._is_unheard() and not self.readable and ticks_diff(now, self.opened) > silent_ms

    def is_slow(self, now):
        """True if a client in the middle of a request or an answer is slower than any real line, so that another may have
        the place."""
        age_ms = ticks_diff(now, self.opened)
        if self.state == BODY:
            return age_ms > _SLOW_MS + self._body_used
        if self.state == HEADER:
            return self._used > 0 and age_ms > _SLOW_MS
        if self.state != SEND:
            return False
        if age_ms > _TRICKLE_MS and self._sent_in_all < age_ms * _TRICKLE_BYTES_A_S // 1000:
            return True
        return ticks_diff(now, self._progress_at) > _SLOW_SEND_MS
