# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One HTTP exchange with a bounded duration and exactly one request on the wire.

``adafruit_requests`` does the talking, but through a socket of our own, because the library tries every request
twice, sends a request in a dozen pieces and has no deadline for the whole exchange.
"""

import errno

from plc.ticks import ticks_add, ticks_diff

# An answer that comes 3 s late still counts; a connection on a home network takes 20 ms, or 1.5 s when its first segment
# or the question for the other's MAC was lost.
EXCHANGE_MS = 5000
CONNECT_S = 2.0
_MOST_RECEIVED = 16384
_SETTINGS_SIZE = 8192
# As long as "HTTP/1.1 200".
_STATUS_SIZE = 12
# Pauses in the /settings answer are in the network, not in the content: read it in a few pieces.
_PIECE = 512


class _OneSocket:
    """What adafruit_requests takes for a pool of sockets and for a socket: in each exchange the pool gives out one socket,
    which sends the whole request at once and has one deadline for the whole answer."""

    def __init__(self, pool, ticks):
        self.AF_INET = pool.AF_INET
        self.SOCK_STREAM = pool.SOCK_STREAM
        self._pool = pool
        self._ticks = ticks
        self._socket = None

    def arm(self, address):
        """Get ready for one exchange with numeric ``address``."""
        self._address = address
        self._deadline = ticks_add(self._ticks(), EXCHANGE_MS)
        self._left = 1
        self._request = bytearray()
        self._ends = 0
        self._start = b""
        self.sent = False
        self.received = 0

    # ---- as a pool

    def getaddrinfo(self, _host, port, _family=0, _type=0):
        return [(self.AF_INET, self.SOCK_STREAM, 0, "", (self._address, port))]

    def socket(self, family, kind):
        if not self._left:
            # The library's own second attempt: the first request may have been acted on already.
            raise OSError(errno.ECONNABORTED)
        self._left = 0
        self._socket = self._pool.socket(family, kind)
        return self

    # ---- as a socket

    def settimeout(self, _seconds):
        """The deadline of the exchange rules; the library's per-call timeout does not."""

    def connect(self, address):
        self._socket.settimeout(CONNECT_S)
        self._socket.connect(address)

    def send(self, data):
        # The library writes about ten pieces; sent one by one they stall on Nagle and delayed
        # acknowledgements. All of it leaves when the answer is asked for.
        self._request.extend(data)
        return len(data)

    def recv_into(self, buffer, size=0):
        if self._request:
            self._send_all()
        self._wait_as_long_as_there_is()
        count = self._socket.recv_into(buffer, size or len(buffer))
        # adafruit_requests waits for ever on a peer that closed in the middle of a chunk.
        self._ends = self._ends + 1 if count == 0 else 0
        self.received += count
        if self._ends > 2 or self.received > _MOST_RECEIVED:
            raise OSError(errno.ECONNRESET)
        if len(self._start) < _STATUS_SIZE:
            self._start += bytes(buffer[:count])
        return count

    def _send_all(self):
        view = memoryview(self._request)
        at = 0
        while at < len(view):
            self._wait_as_long_as_there_is()
            try:
                at += self._socket.send(view[at:])
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    raise
        self._request = bytearray()
        self.sent = True

    def _wait_as_long_as_there_is(self):
        left = ticks_diff(self._deadline, self._ticks())
        if left <= 0:
            raise OSError(errno.ETIMEDOUT)
        self._socket.settimeout(left / 1000)

    def close(self):
        self._socket.close()

    # ---- what became of it

    def hung_up(self):
        """True when the end of the connection was the last that came."""
        return self._ends > 0

    def status(self):
        """The status counts even when the rest of the answer never comes, and the library gave up; None without one."""
        parts = self._start.split(b" ")
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or len(parts[1]) < 3:
            return None
        try:
            return int(parts[1][:3])
        except ValueError:
            return None


class Answer:
    """Outcome of one exchange: ``status`` (None: no usable answer), ``body`` (``whole`` False: its end is missing), whether
    the request was ``sent`` and how many bytes were ``received``."""

    def __init__(self, status, body, sent, received, whole=True):
        self.status = status
        self.body = body
        self.whole = whole
        self.sent = sent
        self.received = received

    def is_cut_off(self):
        """What is missing of a state would be judged as if the SmartEVSE did not have it."""
        return self.status == 200 and not self.whole


class Client:
    """One HTTP exchange at a time with bounded duration and exactly one request on the wire."""

    def __init__(self, pool, ticks):
        import adafruit_connection_manager
        import adafruit_requests

        self._requests = adafruit_requests
        self._close_all = adafruit_connection_manager.connection_manager_close_all
        self._line = _OneSocket(pool, ticks)

    def exchange(self, method, url, address, read_body=False, body=None):
        """Send one request to ``url`` at numeric ``address``, with ``body`` (JSON as bytes) or none; never raises, blocks
        EXCHANGE_MS at most."""
        line = self._line
        line.arm(address)
        status, content, whole, response = None, b"", False, None
        try:
            session = self._requests.Session(line)
            headers = {"Connection": "close"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            elif method == "POST":
                # Left out by the library for an empty body; Mongoose waits for a body without it.
                headers["Content-Length"] = "0"
            response = session.request(
                method, url, data=body, headers=headers, timeout=CONNECT_S, allow_redirects=False
            )
            status = response.status_code
            if read_body:
                content, whole = _bounded_body(response)
                # The library takes that for the end of every body, and it is the end of one without a length only.
                whole = whole and not (line.hung_up() and _has_length(response.headers))
        except Exception:
            # OutOfRetries, OSError, RuntimeError, ValueError, MemoryError: all mean the answer is incomplete.
            if status is None:
                status = line.status()
        finally:
            self._release(response)
        return Answer(status, content, line.sent, line.received, whole)

    def _release(self, response):
        """Close everything: a socket that stays registered locks this host out for ever (issue 62)."""
        steps = [lambda: self._close_all(self._line)]
        if response is not None:
            steps.insert(0, response.close)
        for step in steps:
            try:
                step()
            except (RuntimeError, OSError):
                # Nothing was registered, or the socket is gone already; the next step must still run.
                continue


def _has_length(headers):
    return "content-length" in headers or "transfer-encoding" in headers


def _bounded_body(response):
    """The first _SETTINGS_SIZE bytes of the body, and False when the peer stopped in the middle of them."""
    buffer = bytearray(_SETTINGS_SIZE)
    used = 0
    whole = True
    try:
        for piece in response.iter_content(_PIECE):
            room = min(len(piece), _SETTINGS_SIZE - used)
            buffer[used : used + room] = piece[:room]
            used += room
            if used == _SETTINGS_SIZE:
                break
    except Exception as error:
        if not used:
            raise error
        whole = False
    return bytes(memoryview(buffer)[:used]), whole
