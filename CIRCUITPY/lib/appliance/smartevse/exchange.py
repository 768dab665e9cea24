# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One HTTP exchange with a bounded duration and exactly one request on the wire.

``adafruit_requests`` does the talking, but through a socket of our own, because the library tries every request
twice, sends a request in a dozen pieces and has no deadline for the whole exchange.
"""

import errno

from plc.ticks import ticks_add, ticks_diff

# An answer may take 3 s. A connection on a home network takes 20 ms, or 1.5 s if its first segment or the ARP request was
# lost.
EXCHANGE_MS = 5000
CONNECT_S = 2.0
_MOST_RECEIVED = 16384
_SETTINGS_SIZE = 8192
# As long as "HTTP/1.1 200".
_STATUS_SIZE = 12
# The /settings answer is read in a few large pieces.
_PIECE = 512


class _OneSocket:
    """A socket pool and its only socket in one object, for adafruit_requests: one socket in each exchange, which sends the
    whole request at once and has one deadline for the whole answer."""

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
        """Ignored: the exchange has one deadline, not a time-out for each call."""

    def connect(self, address):
        self._socket.settimeout(CONNECT_S)
        self._socket.connect(address)

    def send(self, data):
        # Kept until the answer is read: the library writes about ten pieces, which would stall on Nagle's algorithm and
        # delayed acknowledgements.
        self._request.extend(data)
        return len(data)

    def recv_into(self, buffer, size=0):
        if self._request:
            self._send_all()
        self._wait_as_long_as_there_is()
        count = self._socket.recv_into(buffer, size or len(buffer))
        # adafruit_requests would wait for ever for a peer that closed in the middle of a chunk.
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
        """True if the peer ended the connection."""
        return self._ends > 0

    def status(self):
        """The status as received, or None. It counts even if the rest never came and the library gave up."""
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
        """True if a state must not be read from it: what is cut off would count as if the SmartEVSE did not have it."""
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
        """Send one request to ``url`` at numeric ``address``, with ``body`` (JSON as bytes) or none. Returns an Answer;
        never raises; blocks EXCHANGE_MS at most."""
        line = self._line
        line.arm(address)
        status, content, whole, response = None, b"", False, None
        try:
            session = self._requests.Session(line)
            headers = {"Connection": "close"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            elif method == "POST":
                # The library omits it for an empty body, and Mongoose would wait for a body.
                headers["Content-Length"] = "0"
            response = session.request(
                method, url, data=body, headers=headers, timeout=CONNECT_S, allow_redirects=False
            )
            status = response.status_code
            if read_body:
                content, whole = _bounded_body(response)
                # The library takes this for a complete body, but it is one only if no length was given.
                whole = whole and not (line.hung_up() and _has_length(response.headers))
        except Exception:
            # OutOfRetries, OSError, RuntimeError, ValueError, MemoryError: all mean the answer is incomplete.
            if status is None:
                status = line.status()
        finally:
            self._release(response)
        return Answer(status, content, line.sent, line.received, whole)

    def _release(self, response):
        """Close everything: while a socket stays registered the library can never reach this host again (its issue 62)."""
        steps = [lambda: self._close_all(self._line)]
        if response is not None:
            steps.insert(0, response.close)
        for step in steps:
            try:
                step()
            except (RuntimeError, OSError):
                # Nothing was registered, or the socket is closed already; the next step must run all the same.
                continue


def _has_length(headers):
    return "content-length" in headers or "transfer-encoding" in headers


def _bounded_body(response):
    """(the first _SETTINGS_SIZE bytes of the body, False if the peer stopped in the middle of them)."""
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
