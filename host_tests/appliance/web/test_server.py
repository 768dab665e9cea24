# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The web server and the clients that a web server meets: honest, broken and hostile ones."""

import json
from pathlib import Path

import pytest
from appliance.web import connection, responses
from appliance.web.connection import _HEADER_MS, _SLOW_SEND_MS, _TOTAL_MS, CROWDED_MS, FREE
from appliance.web.router import EVERYONE
from appliance.web.router import Site as Table
from appliance.web.routes import FILES, file_of, found
from appliance.web.server import _MOST_CONNECTIONS, Web

from host_tests.support.memory_sockets import MemorySocket, Poller, Pool

WWW = Path(__file__).resolve().parents[3] / "CIRCUITPY" / "www"
ADDRESSES = [path for _right, paths in FILES for path in paths.split()]
PASS_MS = 5
GET = b"GET %s HTTP/1.1\r\nHost: socbox.local\r\nAccept: */*\r\n\r\n"


class Guard:
    """Lets everybody in: who may what is tested with the gate."""

    def who(self, _headers, _address):
        return "owner"


class Site:
    """A web server with a clock of its own; every pass costs PASS_MS."""

    def __init__(self, rows=()):
        self.now = (1 << 29) - 2000
        self.pool = Pool()
        self.poller = Poller()
        self.lines = []
        self.handlers = {"/api/status": {"GET": self._status}, "/broken": {"GET": self._broken}}
        self.handlers.update({path: {method: handler} for method, path, handler in rows})
        table = Table(Guard(), lambda name: name in ("socbox.local", "x"), lambda: True, self._find)
        self.web = Web(self.pool, self.poller, table.respond, self.lines.append)
        self.web.start(80)

    def _find(self, path):
        return (EVERYONE, self.handlers[path]) if path in self.handlers else found({}, str(WWW), path)

    def _status(self, request):
        return responses.document(request, {"stage": "waiting"})

    def _broken(self, _request):
        raise KeyError("planted")

    def connect(self, data=b"", **options):
        client = MemorySocket(**options)
        client.feed(data)
        self.pool.listener.waiting.append(client)
        return client

    def run(self, milliseconds):
        for _ in range(milliseconds // PASS_MS):
            self.web.poll(self.now)
            self.now = (self.now + PASS_MS) & ((1 << 29) - 1)

    def get(self, path, milliseconds=500):
        client = self.connect(GET % path)
        self.run(milliseconds)
        return client

    def is_clean(self):
        return {one.state for one in self.web._connections} == {FREE} and self.poller.sockets == [self.pool.listener]


def status_of(client):
    return int(bytes(client.received).split(b" ", 2)[1]) if client.received else None


def body_of(client):
    return bytes(client.received).split(b"\r\n\r\n", 1)[1]


def field_of(client, name):
    head = bytes(client.received).split(b"\r\n\r\n", 1)[0].decode()
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
    return fields.get(name)


def chunks_of(client):
    data, chunks = body_of(client), []
    while True:
        size, _, data = data.partition(b"\r\n")
        if int(size, 16) == 0:
            assert data == b"\r\n"
            return chunks
        chunks.append(data[: int(size, 16)])
        data = data[int(size, 16) + 2 :]


@pytest.fixture
def site():
    return Site()


def test_the_status_is_served_and_the_socket_closed(site):
    client = site.get(b"/api/status")
    assert status_of(client) == 200
    assert json.loads(body_of(client)) == {"stage": "waiting"}
    assert client.closed
    assert site.is_clean()


@pytest.mark.parametrize("path", ADDRESSES)
def test_static_files_arrive_whole_in_slices(site, path):
    name, kind = file_of(path)
    client = site.get(path.encode())
    packed = not (WWW / name).exists()
    assert body_of(client) == (WWW / (name + ".gz" if packed else name)).read_bytes()
    assert (b"content-encoding: gzip" in bytes(client.received).lower()) == packed
    assert kind in field_of(client, "content-type")
    assert client.largest_send <= connection._SLICE
    assert b"nosniff" in client.received


def test_every_file_of_www_has_its_row():
    # The set-up page on the box's own access point has a table of its own.
    paths = [path for path in WWW.rglob("*") if path.is_file() and not path.name.startswith("setup.")]
    names = [path.relative_to(WWW).as_posix().removesuffix(".gz") for path in paths]
    assert sorted(file_of(path)[0] for path in ADDRESSES) == sorted(names)


def test_only_an_address_of_the_table_leads_to_a_file():
    assert found({}, str(WWW), "/login")[1]
    for path in ("/index.html", "/../settings.toml", "login", ""):
        assert found({}, str(WWW), path)[1] == {}


def test_nobody_there_is_no_work(site):
    assert site.web.poll(site.now) is False


def test_one_piece_of_work_a_pass(site):
    site.connect(GET % b"/style.css")
    passes = 0
    while site.web.poll(site.now):
        passes += 1
    # accept and receive, answer, what the header has, and one pass for every kilobyte, which is read and sent in it
    assert 2 <= passes - (WWW / "style.css").stat().st_size // connection._SLICE <= 6


def test_an_answer_that_is_worked_out_in_pieces_has_one_of_them_a_pass_and_nothing_else_has_that_pass():
    done = []

    def pieces(request):
        for number in range(3):
            done.append(number)
            yield None
        yield responses.document(request, {"made": len(done)})

    def handler(request):
        steps = pieces(request)
        return responses.Later(lambda: next(steps), None, 1000, True)

    site = Site((("GET", "/made", handler),))
    client = site.connect(GET % b"/made")
    assert site.web.poll(site.now) and site.web.poll(site.now) and done == []
    for count in (1, 2, 3):
        assert site.web.poll(site.now) and len(done) == count
    site.run(100)
    assert body_of(client) == b'{"made": 3}'


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        b"GET\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon here\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        b"GET /api/status HTTP/1.1\r\nHost: x\r\nX-A: a\rX-B: b\r\n\r\n",
        b"GET /api/status HTTP/1.1\r\nHost: x\r\nX-A: a\nX-B: b\r\n\r\n",
        b"GET /api/status HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n",
        b"GET /api/status\n HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes(range(256)) * 20 + b"\r\n\r\n",
    ],
)
def test_malformed_requests_get_an_error_answer(site, request_bytes):
    client = site.connect(request_bytes)
    site.run(2000)
    assert status_of(client) in (400, 431)
    assert body_of(client).endswith((b"cannot be read.", b"is too long.")), "in words"
    assert site.is_clean()
    assert status_of(site.get(b"/api/status")) == 200


def test_tls_hello_is_refused_at_once(site):
    client = site.connect(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    site.run(50)
    assert status_of(client) == 400
    site.run(1500)
    assert site.is_clean()


def test_post_to_a_page_is_405_and_unknown_paths_404(site):
    client = site.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
    site.run(500)
    assert status_of(client) == 405
    assert status_of(site.get(b"/nothing")) == 404
    assert field_of(client, "allow") == "get"
    assert status_of(site.get(b"/../settings.toml")) == 404
    assert status_of(site.get(b"/%2e%2e/settings.toml")) == 404
    assert site.is_clean()


def test_connect_and_close(site):
    client = site.connect()
    client.hang_up()
    site.run(100)
    assert client.closed
    assert site.is_clean()


def test_close_in_the_middle_of_the_header_and_of_the_body(site):
    for start in (b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"):
        client = site.connect(start)
        site.run(50)
        client.hang_up()
        site.run(50)
        assert client.closed
        assert site.is_clean()


def test_reset_by_peer_while_receiving_and_sending(site):
    early = site.connect(b"GET / HT")
    site.run(20)
    early.broken = True
    late = site.connect(GET % b"/status.js", send_room=1000)
    site.run(100)
    late.broken = True
    site.run(200)
    assert early.closed and late.closed
    assert site.is_clean()


def test_silent_client_loses_its_place_after_the_header_time(site):
    client = site.connect()
    site.run(connection._HEADER_MS - 100)
    assert not client.closed
    site.run(200)
    assert client.closed
    assert site.is_clean()


def test_byte_by_byte_ends_with_408(site):
    client = site.connect()
    for byte in b"GET /api/status HTTP/1.1\r\nHost: socbox.local\r\n":
        client.feed(bytes([byte]))
        site.run(1000)
        if client.received:
            break
    assert status_of(client) == 408
    site.run(2000)
    assert client.closed
    assert site.is_clean()


def test_a_slow_but_honest_client_is_served(site):
    client = site.connect()
    for piece in (b"GET /api/status HT", b"TP/1.1\r\nHost: socbox.lo", b"cal\r\n\r", b"\n"):
        client.feed(piece)
        site.run(400)
    assert status_of(client) == 200


def test_endless_header_is_431(site):
    client = site.connect(b"GET / HTTP/1.1\r\n" + b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 400)
    site.run(300)
    assert status_of(client) == 431
    site.run(connection._DISCARD_MS)
    assert client.closed
    assert site.is_clean()


def test_huge_content_length_is_413_and_lying_one_is_408(site):
    huge = site.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n" + b"a" * 5000)
    site.run(200)
    assert status_of(huge) == 413 and b"8 kB at most" in body_of(huge)
    lying = site.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")
    site.run(connection._TOTAL_MS + 200)
    assert status_of(lying) == 408 and b"in time" in body_of(lying)
    site.run(connection._DISCARD_MS + 100)
    assert huge.closed and lying.closed
    assert site.is_clean()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Content-Length: 2\r\nContent-Length: 2", 200),
        (b"Content-Length: 2\r\nContent-Length: 3", 400),
        (b"Content-Length: 2, 3", 400),
        (b"Content-Length: +2", 400),
        (b"Content-Length: -2", 400),
        (b"Content-Length: 0x2", 400),
        (b"Content-Length: 1_0", 400),
        (b"Content-Length: ", 400),
        (b"Content-Length: " + b"9" * 400, 413),
        (b"Content-Length: 2\r\nHost: evil.example", 400),
        (b"Content-Length:2", 200),
        (b"Content-Length:\t 2 \t", 200),
        (b"Content-Length: 2\r\nX-Empty:", 200),
        (b"X-Empty: \r\nContent-Length: 2", 200),
        (b"Content-Length:", 400),
        (b"Content-Length : 2", 400),
        (b"X-A: a\r\n Content-Length: 2", 400),
        (b"no field", 400),
    ],
)
def test_a_request_ends_where_every_reader_would_end_it(fields, status):
    site = Site([("POST", "/echo", lambda request: responses.document(request, {"length": len(request.body)}))])
    client = site.connect(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n\r\nab")
    site.run(1500)
    assert status_of(client) == status
    assert site.is_clean()


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://socbox.local/echo", 200),
        (b"http://socbox.local:80/echo?x=1", 200),
        (b"http://socbox.local/nowhere", 404),
        (b"http://socbox.local", 405),
        (b"http://socbox.local?x", 405),
        (b"http://evil.example/echo", 421),
        (b"http:///echo", 421),
    ],
)
def test_a_target_with_a_host_in_it_means_that_host(target, status):
    site = Site([("POST", "/echo", lambda request: responses.document(request, {"body": str(request.body, "ascii")}))])
    client = site.connect(b"POST " + target + b" HTTP/1.1\r\nHost: somewhere\r\nContent-Length: 2\r\n\r\nab")
    site.run(500)
    assert status_of(client) == status
    assert status != 200 or json.loads(body_of(client)) == {"body": "ab"}


def test_a_client_that_waits_for_a_word_before_its_body_gets_it():
    site = Site([("POST", "/echo", lambda request: responses.document(request, {"length": len(request.body)}))])
    client = site.connect(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    site.run(100)
    assert bytes(client.received) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.received.clear()
    client.feed(b"ab")
    site.run(500)
    assert status_of(client) == 200 and json.loads(body_of(client)) == {"length": 2}


@pytest.mark.parametrize(
    ("expect", "length", "status"), [(b"100-continue", b"99999", 413), (b"200-maybe", b"2", 417)]
)
def test_what_will_be_refused_is_refused_before_the_body_comes(site, expect, length, status):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: " + expect + b"\r\nContent-Length: " + length + b"\r\n\r\n"
    client = site.connect(head)
    site.run(100)
    assert status_of(client) == status


def test_transfer_encoding_is_refused(site):
    client = site.connect(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    site.run(200)
    assert status_of(client) == 501 and b"Content-Length" in body_of(client)


def test_client_that_never_reads_is_dropped(site):
    client = site.connect(GET % b"/status.js", send_room=1500)
    site.run(connection._TOTAL_MS - 500)
    assert not client.closed
    assert status_of(site.get(b"/api/status")) == 200
    site.run(1000)
    assert client.closed
    assert site.is_clean()


def test_fifty_silent_connections_do_not_lock_an_honest_client_out(site):
    silent = [site.connect() for _ in range(50)]
    honest = site.connect(GET % b"/api/status")
    waited = 0
    while not honest.closed and waited < 30_000:
        site.run(100)
        waited += 100
    assert status_of(honest) == 200
    assert waited <= 10_000
    site.run(6000)
    assert all(client.closed for client in silent)
    assert site.is_clean()


def test_a_request_that_is_here_is_read_before_its_place_is_given_away(site):
    """The listener and a socket become readable in one pass, as after a slow piece of the loop."""
    clients = [site.connect() for _ in range(_MOST_CONNECTIONS)]
    site.run(CROWDED_MS + 2 * PASS_MS)
    for client in clients:
        client.feed(GET % b"/api/status")
    clients.append(site.connect(GET % b"/api/status"))
    site.run(500)
    assert [status_of(client) for client in clients] == [200] * len(clients)


def test_a_request_that_was_lost_once_still_has_its_place_when_it_comes_again(site):
    """Windows and phones send a first segment again after some 300 ms at the earliest."""
    clients = [site.connect() for _ in range(_MOST_CONNECTIONS)]
    site.connect(GET % b"/api/status")
    site.run(600)
    for client in clients:
        client.feed(GET % b"/api/status")
    site.run(500)
    assert [status_of(client) for client in clients] == [200] * len(clients)


def test_a_spare_connection_of_a_browser_takes_no_time_from_its_others(site):
    """Chromium opens one ahead and says nothing on it; its files come on others that may be late."""
    spare = site.connect()
    site.run(CROWDED_MS - 100)
    first = site.connect()
    site.run(2 * PASS_MS)
    others = [site.connect(GET % b"/api/status") for _ in range(3)]
    site.run(400)
    assert spare.closed
    first.feed(GET % b"/api/status")
    site.run(500)
    assert [status_of(client) for client in [first, *others]] == [200] * 4


def test_two_spare_connections_do_not_shorten_the_time_of_a_second_browsers_requests(site):
    spares = [site.connect() for _ in range(_MOST_CONNECTIONS)]
    site.run(3000)
    late = site.connect()
    others = [site.connect(GET % b"/status.js") for _ in range(5)]
    site.run(150)
    late.feed(GET % b"/api/status")
    site.run(500)
    assert all(spare.closed for spare in spares)
    assert [status_of(client) for client in [late, *others]] == [200] * 6


def test_readers_that_take_nothing_are_no_crowd_of_silent_ones(site):
    stuck = [site.connect(GET % b"/status.js", send_room=1200) for _ in range(_MOST_CONNECTIONS)]
    site.run(_SLOW_SEND_MS)
    late = site.connect()
    others = [site.connect(GET % b"/status.js") for _ in range(6)]
    site.run(CROWDED_MS - 300)
    late.feed(GET % b"/api/status")
    site.run(1000)
    assert all(client.closed for client in stuck)
    assert [status_of(client) for client in [late, *others]] == [200] * 7


def test_an_answer_that_lost_two_segments_on_its_way_arrives_whole_while_others_wait(site):
    """lwIP sends again after 1.5 s, and once more after 3."""
    clients = [site.connect(GET % b"/status.js", send_room=6000) for _ in range(_MOST_CONNECTIONS)]
    clients.append(site.connect(GET % b"/status.js"))
    site.run(4700)
    for client in clients[:_MOST_CONNECTIONS]:
        client.send_room = 1 << 20
    site.run(2000)
    assert [body_of(client) for client in clients] == [(WWW / "status.js").read_bytes()] * len(clients)


@pytest.mark.parametrize("spare_first", (True, False))
def test_who_says_nothing_goes_before_an_answer_that_is_slow(site, spare_first):
    requests = [b"", GET % b"/status.js"] if spare_first else [GET % b"/status.js", b""]
    clients = [site.connect(request, send_room=2000) for request in requests]
    spare, slow = clients if spare_first else reversed(clients)
    site.run(_HEADER_MS - 100)
    honest = site.connect(GET % b"/api/status")
    site.run(50)
    assert (spare.closed, slow.closed, status_of(honest)) == (True, False, 200)


@pytest.mark.parametrize("gone_first", (True, False))
def test_who_has_hung_up_goes_before_an_answer_that_is_slow(site, gone_first):
    requests = [b"", GET % b"/status.js"] if gone_first else [GET % b"/status.js", b""]
    clients = [site.connect(request, send_room=2000) for request in requests]
    gone, slow = clients if gone_first else reversed(clients)
    site.run(_SLOW_SEND_MS - 400)
    gone.feed(b"")
    gone.hang_up()
    honest = site.connect(GET % b"/api/status")
    site.run(50)
    assert (gone.closed, slow.closed, status_of(honest)) == (True, False, 200)


def test_readers_that_only_trickle_make_room_for_an_honest_one(site):
    clients = [site.connect(GET % b"/config.js", send_room=2000) for _ in range(_MOST_CONNECTIONS)]
    site.run(200)
    honest = site.connect(GET % b"/api/status")
    for _ in range(15):
        for client in clients:
            client.send_room += 50
        site.run(1000)
    assert status_of(honest) == 200


def test_a_body_that_flows_keeps_its_place_while_others_wait(site):
    """8 kB over a bad line: each piece comes 500 ms after the last."""
    head = b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8000\r\n\r\n"
    site = Site((("POST", "/api/echo", lambda request: responses.document(request, len(request.body))),))
    flowing = [site.connect(head) for _ in range(_MOST_CONNECTIONS)]
    honest = site.connect(GET % b"/api/status")
    for _ in range(8):
        site.run(500)
        for client in flowing:
            client.feed(bytes(1000))
    site.run(500)
    assert [status_of(client) for client in [*flowing, honest]] == [200] * 3


def test_a_request_that_comes_as_its_time_is_up_is_answered(site):
    client = site.connect()
    site.run(_HEADER_MS)
    client.feed(GET % b"/api/status")
    site.run(200)
    assert (status_of(client), client.was_reset) == (200, False)


def test_a_body_whose_end_comes_as_its_time_is_up_is_answered():
    site = Site((("POST", "/api/echo", lambda request: responses.document(request, len(request.body))),))
    client = site.connect(b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell")
    site.run(_TOTAL_MS - PASS_MS)
    client.feed(b"o")
    site.run(200)
    assert status_of(client) == 200


def breaks_at_sending(request):
    answer = responses.document(request, {})
    answer._send = lambda: 1 // 0
    return answer


def breaks_when_it_is_too_late(_request):
    def too_late():
        raise KeyError("planted")

    return responses.Later(lambda: None, too_late, 100)


@pytest.mark.parametrize("handler", (breaks_at_sending, breaks_when_it_is_too_late))
def test_what_breaks_outside_of_a_handler_costs_its_own_connection_only(handler):
    calls = []

    def counted(request):
        calls.append(request.path)
        return handler(request)

    site = Site((("GET", "/planted", counted),))
    client = site.get(b"/planted", 1000)
    assert client.closed and calls == ["/planted"]
    assert site.web.counts["failed"] == 1 and len(site.lines) == 1
    assert status_of(site.get(b"/api/status")) == 200
    site.run(1000)
    assert site.is_clean()


def test_a_body_that_breaks_when_its_reader_leaves_frees_its_place_all_the_same():
    def pieces():
        try:
            while True:
                yield "x" * 100
        finally:
            raise OSError("planted")

    site = Site((("GET", "/planted", lambda request: responses.streamed(request, pieces())),))
    client = site.connect(GET % b"/planted", send_room=1000)
    site.run(200)
    client.broken = True
    client.send_room = 1000
    site.run(200)
    assert client.closed and site.is_clean()
    assert site.web.counts["failed"] == 1 and "planted" in site.lines[0]


def test_never_more_than_two_connections_open(site):
    clients = [site.connect(b"GET / H") for _ in range(8)]
    most = 0
    for _ in range(200):
        site.run(5)
        most = max(most, len(site.poller.sockets) - 1)
    assert most == _MOST_CONNECTIONS
    assert sum(not client.closed for client in clients) >= 6


def test_a_pause_of_the_server_does_not_count_against_its_clients(site):
    client = site.connect(b"GET /api/status HTTP/1.1\r\n")
    site.run(100)
    site.now = (site.now + 20_000) & ((1 << 29) - 1)
    client.feed(b"Host: socbox.local\r\n\r\n")
    site.run(200)
    assert status_of(client) == 200


def test_a_broken_handler_is_a_500_and_told(site):
    client = site.get(b"/broken")
    assert status_of(client) == 500
    assert "planted" in site.lines[0]
    site.run(1500)
    assert site.is_clean()


def test_post_body_reaches_its_handler():
    seen = []

    def save(request):
        seen.append(request.body)
        return responses.Answer(request, "ok")

    site = Site((("POST", "/upload", save),))
    body = bytes(range(256)) * 30
    client = site.connect(
        b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )
    site.run(500)
    assert status_of(client) == 200
    assert seen == [body]


def test_out_of_sockets_is_survived(site, monkeypatch):
    def refuse():
        raise RuntimeError("Out of sockets")

    monkeypatch.setattr(site.pool.listener, "accept", refuse)
    site.connect(GET % b"/")
    site.run(100)
    assert site.is_clean()


def test_a_body_in_pieces_is_made_while_it_leaves():
    made = []

    def pieces():
        for number in range(5):
            made.append(number)
            yield "%d" % number * 700
            yield ""

    site = Site((("GET", "/long", lambda request: responses.streamed(request, pieces())),))
    client = site.connect(GET % b"/long", send_room=1200)
    site.run(500)
    assert made == [0, 1], "nothing is made before what is there has left"
    client.send_room = 1 << 20
    site.run(500)
    assert [chunk[:1] for chunk in chunks_of(client)] == [b"0", b"1", b"2", b"3", b"4"]
    assert site.is_clean()


def test_http_1_0_knows_no_chunks():
    site = Site((("GET", "/long", lambda request: responses.streamed(request, iter(("one", b"two")))),))
    client = site.connect(b"GET /long HTTP/1.0\r\nHost: x\r\n\r\n")
    site.run(200)
    assert body_of(client) == b"onetwo" and field_of(client, "transfer-encoding") is None


def test_a_body_that_breaks_in_the_middle_ends_the_connection_and_is_told():
    def pieces():
        yield "begin"
        raise KeyError("planted")

    site = Site((("GET", "/long", lambda request: responses.streamed(request, pieces())),))
    client = site.connect(GET % b"/long")
    site.run(200)
    assert not client.received.endswith(b"0\r\n\r\n") and client.closed
    assert "planted" in site.lines[0] and site.is_clean()


def test_an_open_file_is_closed_when_its_reader_leaves(site):
    client = site.connect(GET % b"/status.js", send_room=1500)
    site.run(100)
    connection = next(one for one in site.web._connections if one.socket is client)
    pieces = connection.rest
    client.broken = True
    site.run(200)
    assert pieces.gi_frame is None, "the generator is closed, and the file with it"


def test_head_gives_the_headers_only(site):
    client = site.connect(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    site.run(200)
    assert body_of(client) == b""
    assert int(field_of(client, "content-length")) == (WWW / "index.html").stat().st_size


def test_a_file_that_did_not_change_is_not_sent_again(site):
    tag = field_of(site.get(b"/style.css"), "etag")
    client = site.connect(b"GET /style.css HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\n\r\n" % tag.encode())
    site.run(100)
    assert status_of(client) == 304 and body_of(client) == b""


def test_a_promise_is_kept_when_it_can_be():
    results = []

    def handler(request):
        return responses.Later(
            lambda: responses.Answer(request, results[0]) if results else None,
            lambda: responses.Answer(request, "too late", 503),
            3000,
        )

    site = Site((("GET", "/later", handler),))
    client = site.get(b"/later", 1000)
    assert not client.received
    results.append("now")
    site.run(100)
    assert body_of(client) == b"now"
    results.clear()
    late = site.get(b"/later", 3200)
    assert status_of(late) == 503 and site.is_clean()


def test_a_promise_may_be_kept_by_another_promise():
    """Handlers that are loaded first, and then have work to do as well."""
    steps = []

    def promise(request, kept):
        return responses.Later(
            lambda: kept() if steps else None,
            lambda: responses.Answer(request, "too late", 503),
            1000,
        )

    def handler(request):
        return promise(request, lambda: promise(request, lambda: responses.Answer(request, "done") if steps[1:] else None))

    site = Site((("GET", "/loaded", handler),))
    client = site.get(b"/loaded", 500)
    steps.append("loaded")
    site.run(900)
    assert not client.received, "the second promise has its own time"
    steps.append("done")
    site.run(100)
    assert status_of(client) == 200 and body_of(client) == b"done" and site.is_clean()


def test_a_download_that_moves_may_take_its_time_but_not_for_ever():
    def pieces():
        while True:
            yield b"x" * 1000

    site = Site((("GET", "/long", lambda request: responses.streamed(request, pieces())),))
    client = site.connect(GET % b"/long", send_room=1000)
    for _ in range(40):
        site.run(1000)
        client.send_room = 1000
    assert not client.closed
    for _ in range(25):
        site.run(1000)
        client.send_room = 1000
    assert client.closed and site.is_clean()


@pytest.mark.parametrize(
    ("first", "fields", "status"),
    [
        (b"GET /" + b"a" * 700 + b" HTTP/1.1", b"", 414),
        (b"GET /?" + b"a&" * 20 + b" HTTP/1.1", b"", 414),
        (b"GET / HTTP/1.1", b"X: y\r\n" * 100, 431),
    ],
)
def test_what_takes_long_to_take_apart_is_refused(site, first, fields, status):
    client = site.connect(first + b"\r\nHost: x\r\n" + fields + b"\r\n")
    site.run(100)
    assert status_of(client) == status
    site.run(1500)
    assert site.is_clean()


def test_slow_clients_make_room_for_an_honest_one(site):
    slow = [site.connect(b"GET / HTTP/1.1\r\nHo") for _ in range(2)]
    site.run(200)
    honest = site.connect(GET % b"/api/status")
    site.run(2000)
    assert status_of(honest) == 200
    assert any(client.closed for client in slow)
    stuck = [site.connect(GET % b"/status.js", send_room=1200) for _ in range(2)]
    site.run(_SLOW_SEND_MS)
    honest = site.connect(GET % b"/api/status")
    site.run(2000)
    assert status_of(honest) == 200 and any(client.closed for client in stuck)


def test_a_client_that_keeps_still_leaves_the_loop_to_others(site):
    site.connect(b"GET / HT")
    site.run(50)
    assert site.web.poll(site.now) is False
