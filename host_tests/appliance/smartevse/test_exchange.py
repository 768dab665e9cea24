# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One HTTP exchange: exactly one request on the wire, an end in time, and never an exception."""

import errno

import pytest
from appliance.smartevse.exchange import EXCHANGE_MS, Client

URL = "http://192.168.1.60/ev_state?current_soc=42"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Socket:
    """The peer's script: bytes to give, or an errno to raise; silence costs the time-out."""

    def __init__(self, pool):
        self._pool = pool
        self.sent = bytearray()
        self.closed = False
        self._timeout = None

    def settimeout(self, seconds):
        assert seconds is None or seconds > 0, "0 would not wait at all"
        self._timeout = seconds

    def connect(self, address):
        self._pool.connects.append(address)
        if self._pool.refuses:
            raise OSError(errno.ECONNREFUSED)

    def send(self, data):
        self.sent += data
        return len(data)

    def recv_into(self, buffer, size=0):
        script = self._pool.script
        if not script:
            return 0
        step = script.pop(0)
        if step is None:
            self._pool.now += int(self._timeout * 1000) + 1
            raise OSError(errno.ETIMEDOUT)
        count = min(size or len(buffer), len(step))
        buffer[:count] = step[:count]
        if step[count:]:
            script.insert(0, step[count:])
        return count

    def close(self):
        self.closed = True


class Pool:
    AF_INET, SOCK_STREAM = 2, 1

    def __init__(self, *script, refuses=False):
        self.script = list(script)
        self.refuses = refuses
        self.sockets = []
        self.connects = []
        self.now = 0

    def socket(self, *_kind):
        self.sockets.append(Socket(self))
        return self.sockets[-1]


def exchange(pool, method="POST", read_body=False):
    return Client(pool, lambda: pool.now).exchange(method, URL, "192.168.1.60", read_body)


def test_a_post_is_one_request_with_a_length_of_nothing():
    pool = Pool(OK)
    answer = exchange(pool)
    assert (answer.status, answer.sent) == (200, True) and pool.connects == [("192.168.1.60", 80)]
    lines = bytes(pool.sockets[0].sent).split(b"\r\n")
    assert lines[0] == b"POST /ev_state?current_soc=42 HTTP/1.1"
    assert b"Content-Length: 0" in lines and bytes(pool.sockets[0].sent).count(b"POST ") == 1


def test_a_body_is_read_when_it_is_wanted():
    assert exchange(Pool(OK), "GET", True).body == b"{}"


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("end", [(), (None,)], ids=["hangs up", "stops"])
@pytest.mark.parametrize(
    "start",
    [HEAD + b"Content-Length: 40\r\n\r\n{}", CHUNKED + b"9\r\n{}", CHUNKED + b"2\r\n{}\r\n", HEAD + b"Content-Le"],
    ids=["of a length", "in a piece", "between two pieces", "in the header"],
)
def test_a_body_whose_end_is_missing_says_so(start, end):
    answer = exchange(Pool(start, *end), "GET", True)
    assert (answer.status, answer.whole) == (200, False)
    assert exchange(Pool(CHUNKED + b"2\r\n{}\r\n0\r\n\r\n"), "GET", True).whole
    assert exchange(Pool(OK), "GET", True).whole


@pytest.mark.parametrize(
    ("script", "status"),
    (
        ((), None),
        ((None,), None),
        ((b"garbage\r\n\r\n",), None),
        ((b"HTTP/1.1 200 OK\r\nContent-Le",), 200),
        ((b"HTTP/1.1 500 ",), 500),
        ((b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",), 404),
    ),
)
def test_an_answer_that_is_cut_missing_or_wrong_is_an_outcome(script, status):
    pool = Pool(*script)
    answer = exchange(pool)
    assert answer.status == status and answer.sent


def test_the_request_is_sent_once_although_the_library_would_try_again():
    pool = Pool()
    assert exchange(pool).status is None
    assert len(pool.sockets) == 1 and bytes(pool.sockets[0].sent).count(b"POST ") == 1


def test_a_peer_that_refuses_is_told_apart_from_one_that_took_the_request():
    answer = exchange(Pool(refuses=True))
    assert (answer.status, answer.sent) == (None, False)


def test_a_peer_that_drips_is_left_when_the_time_is_up():
    pool = Pool(*[b"H"] * 3, *[None] * 50)
    exchange(pool)
    assert pool.now <= 2 * EXCHANGE_MS


def test_every_socket_is_closed_whatever_happened():
    for script in ((OK,), (), (None,), (b"garbage",)):
        pool = Pool(*script)
        exchange(pool)
        assert all(socket.closed for socket in pool.sockets)


def test_an_endless_answer_is_cut():
    pool = Pool(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 1024] * 100)
    answer = exchange(pool, "GET", True)
    assert answer.status == 200 and len(answer.body) <= 8192
