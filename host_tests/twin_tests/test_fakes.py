# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The fake CircuitPython modules behave as the real ones do where those differ from a PC."""

import socket
import threading
import time
from textwrap import dedent

import pytest

from host_tests.support.boards import board, run_code, said
from host_tests.twin.clock import Clock
from host_tests.twin.device import FIRMWARES, Services
from host_tests.twin.pace import Pace
from host_tests.twin.panels import SSD1306, ST7789
from host_tests.twin.phone import Phone

BOX = "192.168.1.50"
EVSE = "192.168.1.60"
JOIN = """
import errno, select, socketpool, supervisor, time, wifi
wifi.radio.power_management = wifi.PowerManagement.NONE
wifi.radio.connect("Home", "correct horse", channel=6, bssid=bytes.fromhex("021122334455"))
pool = socketpool.SocketPool(wifi.radio)
def took(before):
    return (time.monotonic_ns() - before) // 1000000
"""


def code(text, head=JOIN):
    return head + dedent(text)


class Echo:
    """A host's TCP service: sends back what it gets."""

    def __init__(self, conn):
        self.conn = conn
        self.data = b""
        self.closed = False
        Echo.last = self

    def received(self, data):
        self.data += data
        self.conn.send(b"<" + data + b">")

    def peer_closed(self):
        self.closed = True
        self.conn.close()


class Sink(Echo):
    """Takes what comes and says nothing."""

    def received(self, data):
        self.data += data


@pytest.fixture
def services():
    return Services(Clock())


@pytest.fixture
def boards(tmp_path):
    made = []

    def make(text, **options):
        made.append(board(tmp_path / str(len(made)), text, **options))
        return made[-1]

    yield make
    for device in made:
        device.close()


# --- sockets -----------------------------------------------------------------------------------------------------------


def test_errno_numbers_are_newlibs(tmp_path):
    device = run_code(
        tmp_path,
        """
        import errno
        print(errno.EAGAIN, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENOTCONN, errno.EADDRINUSE)
        try:
            raise OSError(errno.ETIMEDOUT)
        except TimeoutError:
            print("wrong")
        except OSError as error:
            print(error.errno, type(error).__name__, error)
        """,
    )
    assert said(device) == ["11 104 116 118 128 112", "116 OSError [Errno 116] ETIMEDOUT"]


def test_connect_send_and_receive_without_blocking(tmp_path, services):
    services.network.add_host(EVSE, {80: Echo})
    device = run_code(
        tmp_path,
        code("""
            s = pool.socket()
            s.settimeout(0.1)
            before = time.monotonic_ns()
            s.connect(("192.168.1.60", 80))
            print(took(before))
            s.settimeout(0)
            print(s.send(b"hello"))
            buffer = bytearray(100)
            try:
                s.recv_into(buffer)
            except OSError as error:
                print(error.errno == errno.EAGAIN)
            time.sleep(0.02)
            print(bytes(buffer[:s.recv_into(buffer, 3)]), bytes(buffer[:s.recv_into(buffer)]))
            s.close()
            time.sleep(0.01)
            try:
                s.send(b"x")
            except OSError as error:
                print(error.errno)
        """),
        services=services,
    )
    assert said(device) == ["4", "5", "True", "b'<he' b'llo>'", "9"]
    assert Echo.last.closed


@pytest.mark.parametrize(
    ("timeout", "expected_ms", "fault"),
    [(0.1, 100, 116), (0.15, 200, 116), (0.25, 300, 116), (1, 1000, 116), (0, 0, 116), (None, 18_000, 113)],
)
def test_connect_to_a_silent_host_takes_whole_slices_of_100_ms(tmp_path, services, timeout, expected_ms, fault):
    services.network.add_host(EVSE, {80: Echo}).up = False
    device = run_code(
        tmp_path,
        code(f"""
            s = pool.socket()
            s.settimeout({timeout})
            before = time.monotonic_ns()
            try:
                s.connect(("192.168.1.60", 80))
            except OSError as error:
                print(took(before), error.errno)
        """),
        services=services,
        limit_s=120,
    )
    ms, number = map(int, said(device)[0].split())
    assert number == fault
    assert expected_ms <= ms <= expected_ms + 3


def test_connect_with_timeout_0_goes_on_in_the_background_but_send_says_broken_pipe(tmp_path, services):
    services.network.add_host(EVSE, {80: Echo})
    device = run_code(
        tmp_path,
        code("""
            s = pool.socket()
            s.settimeout(0)
            try:
                s.connect(("192.168.1.60", 80))
            except OSError as error:
                print(error.errno)
            time.sleep(1)
            try:
                s.send(b"x")
            except BrokenPipeError as error:
                print("broken pipe", error.errno)
        """),
        services=services,
    )
    assert said(device) == ["116", "broken pipe 32"]


def test_refused_connection_arrives_as_econnreset(tmp_path, services):
    services.network.add_host(EVSE, {80: Echo})
    device = run_code(
        tmp_path,
        code("""
            s = pool.socket()
            s.settimeout(1)
            try:
                s.connect(("192.168.1.60", 81))
            except OSError as error:
                print(error.errno)
        """),
        services=services,
    )
    assert said(device) == ["104"]


def test_without_wifi_connect_fails_at_once(tmp_path):
    device = run_code(
        tmp_path,
        """
        import socketpool, wifi
        s = socketpool.SocketPool(wifi.radio).socket()
        try:
            s.connect(("192.168.1.60", 80))
        except OSError as error:
            print(error.errno)
        """,
    )
    assert said(device) == ["118"]


def closing_after(delay_us):
    """A service that closes its connections after a while."""

    class Closing(Sink):
        def __init__(self, conn):
            super().__init__(conn)
            conn.clock.after(delay_us, conn.close)

    return Closing


def resetting_after(delay_us):
    class Resetting(Sink):
        def __init__(self, conn):
            super().__init__(conn)
            conn.clock.after(delay_us, conn.reset)

    return Resetting


OPEN = """
    s = pool.socket()
    s.settimeout(1)
    s.connect(("192.168.1.60", 80))
    buffer = bytearray(10)
"""


def test_closed_peer_reads_as_0_with_a_timeout_and_as_enotconn_without(tmp_path, services):
    services.network.add_host(EVSE, {80: closing_after(100_000)})
    device = run_code(
        tmp_path,
        code(
            OPEN
            + """
    print(s.recv_into(buffer), s.recv_into(buffer))
    s.settimeout(0)
    try:
        s.recv_into(buffer)
    except OSError as error:
        print(error.errno)
    try:
        s.send(b"x")
    except BrokenPipeError:
        print("broken pipe")
"""
        ),
        services=services,
    )
    assert said(device) == ["0 0", "128", "broken pipe"]


def test_reset_by_the_peer(tmp_path, services):
    services.network.add_host(EVSE, {80: resetting_after(100_000)})
    device = run_code(
        tmp_path,
        code(
            OPEN
            + """
    time.sleep(0.5)
    try:
        s.send(b"x")
    except OSError as error:
        print(error.errno)
    try:
        s.send(b"x")
    except BrokenPipeError:
        print("broken pipe")
"""
        ),
        services=services,
    )
    assert said(device) == ["104", "broken pipe"]


def test_receive_with_a_timeout_ends_in_etimedout(tmp_path, services):
    services.network.add_host(EVSE, {80: Sink})
    device = run_code(
        tmp_path,
        code(
            OPEN
            + """
    before = time.monotonic_ns()
    try:
        s.recv_into(buffer)
    except OSError as error:
        print(error.errno, took(before))
"""
        ),
        services=services,
    )
    number, ms = map(int, said(device)[0].split())
    assert number == 116
    assert 1000 <= ms <= 1003


KEEPS = """
    s = pool.socket()
    s.settimeout(1)
    s.connect(("192.168.1.60", 80))
    s.settimeout(0)
    listener = pool.socket()
    listener.bind(("", 80))
    listener.listen(1)
    listener.settimeout(0)
    print("connected", wifi.radio.ipv4_address)
    time.sleep(5)
    print(wifi.radio.ipv4_address)
    for step in (lambda: s.{first}, lambda: s.recv_into(bytearray(1)), lambda: s.send(b"x"), lambda: listener.accept()):
        try:
            step()
            print("well")
        except OSError as error:
            print(error.errno or type(error).__name__)
"""


@pytest.mark.parametrize(
    ("first", "told"),
    [("recv_into(bytearray(1))", ["11", "128", "32"]), ('send(b"x")', ["113", "128", "32"])],
)
def test_no_connection_outlives_the_loss_of_the_link_though_the_address_comes_back(boards, services, first, told):
    services.network.add_host(EVSE, {80: Sink})
    device = boards(code(KEEPS.format(first=first)), services=services)
    assert device.run_until(lambda: "connected" in device.console_text(), 20)
    device.station.kicked()
    device.run(3)
    # A peer that has not heard of it is told when it sends something; listeners stay as they are.
    client = services.network.connect_to_box(80)
    Sink.last.conn.send(b"still there?")
    device.run(1)
    assert client.connected and not Sink.last.conn.is_open
    assert device.run_until(lambda: device.state == "DONE", 20)
    assert said(device)[1:] == [BOX, *told, "well"]


def test_another_address_from_the_router_ends_the_connections_with_the_old_one(boards, services):
    services.network.add_host(EVSE, {80: Sink})
    device = boards(code(KEEPS.format(first='send(b"x")')), services=services)
    assert device.run_until(lambda: "connected" in device.console_text(), 20)
    device.station.renewed()
    assert Sink.last.conn.is_open and not device.network.stack.connections[-1].box.aborted
    services.network.access_point.lease = "192.168.1.51"
    device.station.renewed()
    assert device.run_until(lambda: device.state == "DONE", 20)
    assert said(device)[1:3] == ["192.168.1.51", "113"]


LAST_LOOK = """
    s = pool.socket({kind})
    s.settimeout(0.1)
    {begin}
    try:
        {wait}
    except OSError as error:
        print(error.errno)
    s.settimeout(0)
    time.sleep(0.5)
    try:
        print({wait})
    except OSError as error:
        print(error.errno)
"""
TCP = {"kind": "", "begin": 's.connect(("192.168.1.60", 80))', "wait": "s.recv_into(bytearray(10))"}
UDP = {
    "kind": "pool.AF_INET, pool.SOCK_DGRAM",
    "begin": 's.sendto(b"?", ("192.168.1.60", 80))',
    "wait": "s.recvfrom_into(bytearray(10))[0]",
}
ACCEPT = {"kind": "", "begin": 's.bind(("", 80)); s.listen(1)', "wait": "s.accept()[1]"}


class Late(Sink):
    """Says two words 110 ms after it was called."""

    def __init__(self, conn):
        super().__init__(conn)
        conn.clock.after(110_000, conn.send, b"hello")
        conn.clock.after(300_000, conn.send, b"you")


@pytest.mark.parametrize(
    ("kind", "then"), [(TCP, "3"), (UDP, "11"), (ACCEPT, "11")], ids=["stream", "datagram", "listener"]
)
def test_what_the_last_look_of_a_time_out_fetches_is_lost(tmp_path, services, boards, kind, then):
    network = services.network
    network.add_host(EVSE, {80: Late})
    network.add_udp_host(EVSE, 80, lambda _data: b"hello")
    device = boards(code(LAST_LOOK.format(**kind)), services=services)
    device.costs.last_look_us = 50_000
    if kind is UDP:
        # The twin's hosts answer within 10 ms, whatever is asked of them.
        services.clock.after = delayed(services.clock.after, 10_000, 110_000)
    if kind is ACCEPT:
        device.run_until(lambda: 80 in network.stack.listeners, 20)
        services.clock.after(110_000, network.connect_to_box, 80)
    assert device.run_until(lambda: device.state == "DONE", 20)
    assert said(device) == ["116", then]


def delayed(after, usual_us, instead_us):
    """`clock.after` that takes its time with what usually comes after so long."""
    return lambda us, *action: after(instead_us if us == usual_us else us, *action)


def test_half_dead_peer_takes_5760_bytes_and_then_eagain_at_once(tmp_path, services):
    host = services.network.add_host(EVSE, {80: Sink})
    services.clock.after(5_000_000, lambda: setattr(host, "up", False))
    device = run_code(
        tmp_path,
        code(
            OPEN
            + """
    while time.monotonic() < 7:
        time.sleep(0.1)
    total = 0
    before = time.monotonic_ns()
    try:
        while True:
            total += s.send(bytes(1000))
    except OSError as error:
        print(total, error.errno, took(before) < 20)
    total = 0
    try:
        s.sendall(bytes(10))
    except OSError as error:
        print(error.errno)
"""
        ),
        services=services,
    )
    assert said(device) == ["5760 11 True", "11"]


def test_sends_are_partial_when_the_buffer_has_less_room(tmp_path, services):
    services.network.add_host(EVSE, {80: Sink})
    device = run_code(tmp_path, code(OPEN + "    print(s.send(bytes(9000)))\n"), services=services)
    assert said(device) == ["5760"]


def test_the_ninth_socket_is_out_of_sockets_and_leaks_wait_for_the_collector(tmp_path):
    device = run_code(
        tmp_path,
        code("""
            import gc
            def leak():
                for i in range(7):
                    pool.socket()
            keep = pool.socket()
            leak()
            try:
                pool.socket()
            except RuntimeError as error:
                print(error)
            gc.collect()
            sockets = [pool.socket() for i in range(7)]
            print(len(sockets))
            keep.setblocking(False)
        """),
    )
    assert said(device) == ["Out of sockets", "7"]


@pytest.mark.parametrize(("servers", "seconds"), [(1, 7), (3, 21)])
def test_name_lookup_blocks_7_s_for_each_silent_server(tmp_path, services, servers, seconds):
    services.network.dns_up = False
    services.network.dns_servers = servers
    device = run_code(
        tmp_path,
        code("""
            s = pool.socket()
            s.settimeout(0.1)
            before = time.monotonic_ns()
            try:
                s.connect(("evse.example", 80))
            except socketpool.gaierror as error:
                print(isinstance(error, OSError), took(before) // 100)
        """),
        services=services,
    )
    assert said(device) == [f"True {seconds * 10}"]


def test_known_names_resolve_and_numbers_need_no_server(tmp_path, services):
    services.network.add_host(EVSE, {80: Echo}, name="evse.example")
    device = run_code(
        tmp_path,
        code("""
            print(pool.getaddrinfo("evse.example", 80)[0][4], pool.getaddrinfo("10.0.0.1", 1)[0][4])
        """),
        services=services,
    )
    assert said(device) == ["('192.168.1.60', 80) ('10.0.0.1', 1)"]


def test_without_a_family_a_name_may_give_an_ipv6_address(tmp_path, services):
    services.network.names["six.example"] = "fd00::60"
    lines = joined(
        tmp_path,
        services,
        """
        import socketpool
        wifi.radio.connect("Home", "correct horse")
        pool = socketpool.SocketPool(wifi.radio)
        for family in (0, pool.AF_INET6, pool.AF_INET):
            try:
                print(pool.getaddrinfo("six.example", 80, family))
            except socketpool.gaierror as error:
                print("none")
        """,
    )
    found = "[(10, 0, 0, '', ('fd00::60', 80, 0, 0))]"
    assert lines == [found, found, "none"]


def test_a_fixed_address_knows_no_name_until_the_server_is_set_by_itself(tmp_path, services):
    services.network.add_host(EVSE, {80: Echo}, name="evse.example")
    lines = joined(
        tmp_path,
        services,
        """
        import ipaddress, socketpool
        pool = socketpool.SocketPool(wifi.radio)
        def known():
            before = time.monotonic_ns()
            try:
                print(pool.getaddrinfo("evse.example", 80)[0][4][0], wifi.radio.dns)
            except OSError as error:
                print("unknown", took(before) // 1000, wifi.radio.dns)
        address = ipaddress.ip_address
        wifi.radio.stop_station()
        wifi.radio.set_ipv4_address(ipv4=address("192.168.1.9"), netmask=address("255.255.255.0"),
                                    gateway=address("192.168.1.1"), ipv4_dns=address("192.168.1.1"))
        wifi.radio.connect("Home", "correct horse", channel=6)
        known()
        wifi.radio.dns = ("192.168.1.1",)
        known()
        wifi.radio.start_dhcp()
        wifi.radio.stop_station()
        wifi.radio.connect("Home", "correct horse", channel=6)
        known()
        """,
    )
    there = "192.168.1.60 ('192.168.1.1',)"
    assert lines == ["unknown 7 ()", there, there]


SERVER = code("""
    server = pool.socket()
    server.settimeout(0)
    server.setsockopt(pool.SOL_SOCKET, pool.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", 80))
    server.listen(2)
    poll = select.poll()
    poll.register(server, select.POLLIN)
    print("listening")
    try:
        server.accept()
    except OSError as error:
        print(error.errno)
    buffer = bytearray(64)
    client = None
    while True:
        time.sleep(0.005)
        for entry in poll.ipoll(0):
            client, address = server.accept()
            print("client", address[0])
        if client:
            try:
                n = client.recv_into(buffer)
                print(bytes(buffer[:n]))
                client.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nX-Y: z\\r\\n\\r\\nhi")
                client.close()
                client = None
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    print("client", error.errno)
                    client.close()
                    client = None
""")


def test_server_side_accepted_sockets_do_not_block(boards, services):
    device = boards(SERVER, services=services)
    network = services.network
    network.run_until = device.run_until
    assert device.run_until(lambda: "listening" in device.console_text(), 10)
    response = network.http("POST", "/x", body=b"12345")
    assert (response.status, response.reason, response.body, response.headers["x-y"]) == (
        200,
        "OK",
        b"hi",
        "z",
    )
    assert response.complete
    assert response.elapsed_us < 40_000
    assert [line for _, line in device.console][1:3] == ["11", "client 192.168.1.77"]
    refused = network.connect_to_box(8080)
    device.run(1)
    assert refused.refused
    gone = network.connect_to_box(80)
    device.run(0.1)
    gone.close()
    device.run(0.1)
    assert device.console[-1][1] == "client 128"


def test_a_closed_socket_with_unread_bytes_resets_its_client(boards, services):
    device = boards(SERVER.replace("recv_into(buffer)", "recv_into(buffer, 4)"), services=services)
    device.run(5)
    client = services.network.connect_to_box(80)
    client.send(b"GET / HTTP/1.1\r\n\r\n")
    device.run(1)
    assert client.was_reset


ANSWERING = code("""
    server = pool.socket()
    server.bind(("", 80))
    server.listen(1)
    while True:
        client, _ = server.accept()
        client.settimeout(1)
        client.recv_into(bytearray(10))
        client.send(bytes(5760))
        client.close()
""")


@pytest.mark.parametrize(("more", "received"), [(b"", 5760), (b"more", 1000)])
def test_data_after_the_box_has_closed_costs_what_it_had_still_to_send(boards, services, more, received):
    device = boards(ANSWERING, services=services)
    device.run(4)
    client = services.network.connect_to_box(80, window=1000)
    client.send(b"question")
    client.pause()
    device.run(1)
    client.send(more)
    device.run(1)
    client.resume()
    device.run(5)
    assert (len(client.received), client.was_reset) == (received, bool(more))


def test_what_the_box_sends_and_is_lost_comes_later_and_is_whole(boards, services):
    device = boards(ANSWERING, services=services)
    device.run(5)
    took_us = []
    for services.network.loss_percent in (0, 40):
        begun_us = services.clock.now_us
        client = services.network.connect_to_box(80)
        client.send(b"question")
        assert device.run_until(lambda client=client: client.closed_by_box, 60)
        assert len(client.received) == 5760
        took_us.append(services.clock.now_us - begun_us)
    assert took_us[0] < 1_000_000 and took_us[1] >= 1_500_000


def test_a_client_that_stops_reading_fills_the_window_and_the_buffer(boards, services):
    text = code("""
        server = pool.socket()
        server.bind(("", 80))
        server.listen(1)
        client, _ = server.accept()
        total = 0
        while True:
            try:
                total += client.send(bytes(500))
            except OSError as error:
                print(total, error.errno)
            time.sleep(0.2)
    """)
    device = boards(text, services=services)
    device.run(4)
    client = services.network.connect_to_box(80, window=2000)
    client.pause()
    device.run(10)
    assert device.console[-1][1] == f"{2000 + 5760} 11"
    client.resume()
    device.run(5)
    assert len(client.received) > 8000


def test_a_power_cut_leaves_clients_without_a_word_until_the_box_is_back(boards, services):
    device = boards(SERVER, services=services)
    device.run(5)
    client = services.network.connect_to_box(80)
    device.run(0.05)
    device.power_off()
    device.run(1)
    assert client.connected
    assert not client.finished
    client.send(b"late")
    device.run(1)
    assert not client.finished
    device.start()
    device.run(8)
    client.send(b"later")
    device.run(1)
    assert client.was_reset


def test_address_in_use(tmp_path):
    device = run_code(
        tmp_path,
        code("""
            sockets = [pool.socket(), pool.socket()]
            sockets[0].bind(("", 80))
            sockets[0].listen(1)
            try:
                sockets[1].bind(("", 80))
            except OSError as error:
                print(error.errno)
        """),
    )
    assert said(device) == ["112"]


def test_radio_sleep_delays_what_comes_in(tmp_path, services):
    services.network.add_host(EVSE, {80: Echo})
    text = code(
        """
        s = pool.socket()
        s.settimeout(1)
        before = time.monotonic_ns()
        s.connect(("192.168.1.60", 80))
        print(took(before) >= 100)
        """,
        JOIN.replace("PowerManagement.NONE", "PowerManagement.MIN"),
    )
    assert said(run_code(tmp_path, text, services=services)) == ["True"]


def test_a_real_program_reaches_the_box_through_the_bridge(boards, services):
    device = boards(SERVER, services=services)
    port = services.network.bridge(80)
    device.run(5)
    pace = Pace(services.clock, rate=5)
    answers = []

    def fetch():
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(b"GET /real HTTP/1.1\r\n\r\n")
            answers.append(client.recv(1000))

    thread = threading.Thread(target=fetch)
    thread.start()
    # A minute on the wall: the thread runs when this computer lets it.
    assert device.run_until(lambda: answers, 300)
    thread.join()
    pace.close()
    services.network.close()
    assert answers[0].endswith(b"hi")


def test_the_box_hears_of_a_real_connection_with_its_first_bytes(boards, services):
    """A browser connects, and is late with its request by the box's time, which runs faster."""
    device = boards(SERVER, services=services)
    came = []
    services.network.visitor_came = lambda: came.append(services.clock.now_us)
    port = services.network.bridge(80)
    device.run(5)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        device.run(0.1)
        assert services.network.stack.connections == []
        assert len(came) == 1 and not services.network.has_visitors
        client.sendall(b"GET /real HTTP/1.1\r\n\r\n")
        assert device.run_until(lambda: services.network.stack.connections, 5)
        assert device.run_until(lambda: services.network.has_visitors, 5)
    assert device.run_until(lambda: not services.network.has_visitors, 5)
    with socket.create_connection(("127.0.0.1", port), timeout=60):
        device.run(0.1)
        before = len(services.network.stack.connections)
        time.sleep(2.1)
        device.run(0.1)
        assert len(services.network.stack.connections) == before + 1, "who stays silent is let in all the same"
        assert not services.network.has_visitors, "and waits for nothing"
    services.network.close()


def test_pace_holds_virtual_time_back_and_runs_calls(boards, services):
    device = boards("import time\nwhile True:\n    time.sleep(0.01)", services=services)
    device.run(3)
    heard = []
    # From before the pace counts, so that a stop of this computer in between makes it longer and never shorter.
    started = time.monotonic()
    pace = Pace(services.clock, rate=2)
    threading.Timer(0.05, pace.call_soon, (heard.append, "hello")).start()
    device.run(0.6)
    assert time.monotonic() - started >= 0.28
    assert device.run_until(lambda: heard, 100)
    assert heard == ["hello"]
    pace.close()


def test_another_rate_counts_from_the_moment_on(boards, services):
    device = boards("import time\nwhile True:\n    time.sleep(0.01)", services=services)
    device.run(3)
    pace = Pace(services.clock, rate=100)
    device.run(20)
    pace.rate = 2
    started = time.monotonic()
    device.run(0.6)
    # What passed before is not waited for: ten seconds, reckoned with this rate.
    assert 0.28 <= time.monotonic() - started < 5
    pace.close()


def test_pace_does_not_race_after_the_machine_stood_still(boards, services):
    """A browser beside the box stood still as well: what the box lives through meanwhile, it takes for silence."""
    device = boards("import time\nwhile True:\n    time.sleep(0.01)", services=services)
    device.run(3)
    started = time.monotonic()
    pace = Pace(services.clock, rate=2)
    pace.call_soon(time.sleep, 0.5)
    device.run(0.6)
    assert time.monotonic() - started >= 0.5 + (0.6 - 0.15) / 2
    pace.close()


# --- WiFi ----------------------------------------------------------------------------------------------------------------


def joined(tmp_path, services, text, limit_s=60):
    head = "import time, wifi\ndef took(before):\n    return (time.monotonic_ns() - before) // 1000000\n"
    return said(run_code(tmp_path, code(text, head), services=services, limit_s=limit_s))


def test_join_times(tmp_path, services):
    lines = joined(
        tmp_path,
        services,
        """
        before = time.monotonic_ns()
        wifi.radio.connect("Home", "correct horse")
        print(took(before), wifi.radio.ipv4_address, wifi.radio.ap_info.channel, wifi.radio.connected)
        for more in ({}, {"bssid": bytes.fromhex("021122334455")}):
            wifi.radio.stop_station()
            before = time.monotonic_ns()
            wifi.radio.connect("Home", "correct horse", channel=6, **more)
            print(took(before))
        wifi.radio.stop_station()
        import ipaddress
        address = ipaddress.ip_address
        wifi.radio.set_ipv4_address(ipv4=address("192.168.1.9"), netmask=address("255.255.255.0"),
                                    gateway=address("192.168.1.1"), ipv4_dns=None)
        before = time.monotonic_ns()
        wifi.radio.connect("Home", "correct horse", channel=6)
        print(took(before), wifi.radio.ipv4_address)
        """,
    )
    full, address, channel, connected = lines[0].split()
    assert 2000 < int(full) < 4500
    assert (address, channel, connected) == (BOX, "6", "True")
    assert int(lines[1]) < 1500
    assert 550 < int(lines[2]) - int(lines[1]) < 650, "with a BSSID it searches six channels instead of one"
    static, address = lines[3].split()
    assert int(static) <= 400
    assert address == "192.168.1.9"


def test_a_channel_is_only_where_the_search_for_the_access_point_begins(tmp_path, services):
    lines = joined(
        tmp_path,
        services,
        """
        for channel in (6, 4, 7):
            wifi.radio.stop_station()
            before = time.monotonic_ns()
            wifi.radio.connect("Home", "correct horse", channel=channel)
            print(took(before), wifi.radio.ap_info.channel)
        """,
    )
    taken, channels = zip(*(map(int, line.split()) for line in lines), strict=True)
    assert channels == (6, 6, 6)
    assert 220 < taken[1] - taken[0] < 260, "two channels more"
    assert 1900 < taken[2] - taken[0] < 1940, "all the others, round the band"


def test_join_errors(tmp_path, services):
    services.network.access_point.refuse = None
    lines = joined(
        tmp_path,
        services,
        """
        def attempt(*arguments, **keywords):
            before = time.monotonic_ns()
            try:
                wifi.radio.connect(*arguments, **keywords)
            except (ConnectionError, RuntimeError) as error:
                print(type(error).__name__, error, took(before) // 1000)
        attempt("Other", "correct horse")
        attempt("Home", "wrong password")
        attempt("Other", "correct horse", timeout=6)
        attempt("Home", "wrong password", timeout=6)
        attempt("Home", "wrong password", timeout=100)
        print(wifi.radio.connected, wifi.radio.ipv4_address, wifi.radio.ap_info)
        wifi.radio.enabled = False
        attempt("Home", "correct horse")
        """,
    )
    assert lines == [
        "ConnectionError No network with that ssid 2",
        "ConnectionError Authentication failure 5",
        "ConnectionError No network with that ssid 2",
        "ConnectionError Authentication failure 10",
        "ConnectionError Authentication failure 30",
        "False None None",
        "RuntimeError WiFi is not enabled 0",
    ]


@pytest.mark.parametrize(("password", "took_s"), [("wrong password", 10), ("correct horse", 4)])
def test_the_firmwares_own_join_is_tried_again_for_eight_seconds(tmp_path, services, password, took_s):
    files = {"settings.toml": f'CIRCUITPY_WIFI_SSID = "Home"\nCIRCUITPY_WIFI_PASSWORD = "{password}"\n'}
    device = run_code(tmp_path, 'print("up")', services=services, files=files)
    plain = run_code(tmp_path / "plain", 'print("up")', services=Services(Clock()))
    assert round((device.console[-1][0] - plain.console[-1][0]) / 1e6) == took_s


def test_without_dhcp_the_join_hangs_until_the_watchdog(boards, services):
    services.network.access_point.dhcp = False
    device = boards(
        """
        import microcontroller, watchdog, wifi
        microcontroller.watchdog.timeout = 30
        microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
        print("joining")
        wifi.radio.connect("Home", "correct horse", timeout=5)
        print("never")
        """,
        services=services,
    )
    device.run(32.9)
    assert [line for _, line in device.console] == ["joining"]
    assert [reason for _, reason in device.resets] == ["WATCHDOG"]
    assert 29_900_000 < device.resets[0][0] - device.console[0][0] < 30_100_000


def test_without_dhcp_and_watchdog_the_join_hangs_for_ever(boards, services):
    services.network.access_point.dhcp = False
    device = boards('import wifi\nwifi.radio.connect("Home", "correct horse")', services=services)
    device.run(100_000)
    assert device.state == "RUNNING"


def test_a_router_that_reboots_is_lost_for_good_until_the_program_joins_again(boards, services):
    device = boards(
        """
        import time, wifi
        wifi.radio.connect("Home", "correct horse")
        was = True
        lost_at = None
        while True:
            time.sleep(0.5)
            if wifi.radio.connected != was:
                was = wifi.radio.connected
                print(was)
                lost_at = time.monotonic()
            if not was and time.monotonic() - lost_at > 60:
                wifi.radio.connect("Home", "correct horse")
        """,
        services=services,
    )
    point = services.network.access_point
    device.run(10)
    point.up = False
    device.run(20)
    point.up = True
    assert [line for _, line in device.console] == ["False"]
    device.run(30)
    assert [line for _, line in device.console] == ["False"]
    device.run(60)
    assert [line for _, line in device.console] == ["False", "True"]
    device.station.kicked()
    device.run(2)
    assert [line for _, line in device.console][2:] in ([], ["False", "True"])


def test_a_radio_that_does_not_start_says_so_once(boards, services):
    device = boards(
        """
        for _ in range(2):
            try:
                import wifi
                print("enabled", wifi.radio.enabled)
            except MemoryError as error:
                print(error)
        """,
        services=services,
    )
    device.station.start_fault = MemoryError("Failed to allocate Wifi memory")
    device.run(5)
    assert [line for _, line in device.console][:2] == ["Failed to allocate Wifi memory", "enabled False"]


WATCHED = """
import time, wifi
wifi.radio.connect("Home", "correct horse")
was = None
while True:
    now = (wifi.radio.connected, str(wifi.radio.ipv4_address))
    if now != was:
        was = now
        print(*now)
    time.sleep(0.05)
"""


def test_a_link_that_comes_back_has_no_address_at_first(boards, services):
    device = boards(WATCHED, services=services)
    device.run(10)
    services.network.access_point.dhcp = False
    device.station.kicked()
    device.run(5)
    services.network.access_point.dhcp = True
    device.run(3)
    services.network.access_point.lease = "192.168.1.77"
    device.station.renewed()
    device.run(1)
    assert [line for _, line in device.console] == [
        f"True {BOX}",
        "False None",
        "True 0.0.0.0",
        f"True {BOX}",
        "True 192.168.1.77",
    ]


def test_a_join_during_the_radios_own_tries_returns_at_once(boards, services):
    device = boards(
        """
        import time, wifi
        wifi.radio.connect("Home", "correct horse")
        while wifi.radio.connected:
            time.sleep(0.05)
        for _ in range(8):
            before = time.monotonic()
            try:
                wifi.radio.connect("Home", "correct horse", channel=6)
                print("joined", wifi.radio.ipv4_address, time.monotonic() - before < 0.01)
            except ConnectionError as error:
                print(error)
            time.sleep(1)
        """,
        services=services,
    )
    device.run(10)
    services.network.access_point.refuse = 203
    device.station.kicked()
    device.run(20)
    lines = [line for _, line in device.console]
    assert lines[:2] == ["joined None True"] * 2
    assert "Unknown failure 203" in lines[2:]


def test_a_search_during_the_radios_own_tries_ends_at_once_with_nothing(boards, services):
    device = boards(
        """
        import time, wifi
        wifi.radio.connect("Home", "correct horse")
        def found():
            before = time.monotonic_ns()
            names = [network.ssid for network in wifi.radio.start_scanning_networks(start_channel=5, stop_channel=6)]
            wifi.radio.stop_scanning_networks()
            return names, (time.monotonic_ns() - before) // 10_000_000
        print(found())
        while wifi.radio.connected:
            time.sleep(0.05)
        print(found())
        """,
        services=services,
    )
    device.run_until(lambda: device.console, 10)
    services.network.access_point.refuse = 203
    device.station.kicked()
    device.run(5)
    assert [line for _, line in device.console][:2] == ["(['Home'], 24)", "([], 0)"]


def test_the_transmit_power_has_eleven_steps_and_says_nothing_when_it_is_not_taken(tmp_path, services):
    lines = joined(
        tmp_path,
        services,
        """
        def power(value):
            wifi.radio.tx_power = value
            return wifi.radio.tx_power
        print([power(value) for value in (2, 8, 8.5, 11, 13, 19, 20, 21, 1, 22, -3)])
        power(11)
        wifi.radio.enabled = True
        print(wifi.radio.tx_power)
        wifi.radio.enabled = False
        power(13)
        wifi.radio.enabled = True
        print(wifi.radio.tx_power)
        """,
    )
    assert lines == [
        "[2.0, 7.0, 8.5, 11.0, 13.0, 18.0, 20.0, 20.0, 20.0, 20.0, 20.0]",
        "11.0",
        "20.0",
    ]


def test_a_board_with_a_poor_antenna_joins_only_with_little_power(boards, services):
    device = boards(
        """
        import wifi
        for power in (20, 15, 11):
            wifi.radio.tx_power = power
            try:
                wifi.radio.connect("Home", "correct horse")
                print(power, wifi.radio.connected)
            except ConnectionError as error:
                print(power, error)
        """,
        services=services,
    )
    device.station.most_tx_dbm = 11
    device.run(60)
    assert [line for _, line in device.console][:3] == [
        "20 Unknown failure 2",
        "15 Unknown failure 2",
        "11 True",
    ]


def test_scan_takes_120_ms_a_channel_and_360_where_it_only_listens(tmp_path, services):
    lines = joined(
        tmp_path,
        services,
        """
        before = time.monotonic_ns()
        found = [(network.ssid, network.channel, network.rssi) for network in wifi.radio.start_scanning_networks()]
        wifi.radio.stop_scanning_networks()
        print(found, took(before))
        before = time.monotonic_ns()
        list(wifi.radio.start_scanning_networks(start_channel=12, stop_channel=13))
        wifi.radio.stop_scanning_networks()
        print(took(before))
        """,
    )
    assert lines == ["[('Home', 6, -58)] 1320", "720"]


def test_access_point_makes_the_box_reachable_without_a_router(boards, services):
    services.network.access_point.up = False
    text = SERVER.replace(
        'wifi.radio.connect("Home", "correct horse", channel=6, bssid=bytes.fromhex("021122334455"))',
        'wifi.radio.start_ap("socbox", "12345678")',
    )
    device = boards(text, services=services)
    device.run(5)
    assert services.network.stack.address == "192.168.4.1"
    assert services.network.http("GET", "/", run=device.run_until).body == b"hi"


def test_an_access_point_that_does_not_come_up_is_told_by_ap_active_only(boards, services):
    device = boards(
        """
        import time, wifi
        for _ in range(2):
            wifi.radio.start_ap("socbox", "12345678")
            first = wifi.radio.ap_active
            time.sleep(1)
            print(first, wifi.radio.ap_active)
            wifi.radio.stop_ap()
            time.sleep(1)
        """,
        services=services,
    )
    device.station.refuses_ap = True
    device.run_until(lambda: device.console, 5)
    device.station.refuses_ap = False
    device.run(5)
    assert [line for _, line in device.console][:2] == ["False False", "False True"]


@pytest.mark.parametrize("channel", [12, 13])
def test_an_access_point_on_a_channel_that_the_driver_refuses_is_the_chips_own_without_a_password(
    boards, services, channel
):
    device = boards(
        f"""
        import time, wifi
        def opened():
            wifi.radio.start_ap("socbox", "12345678", channel={channel})
            time.sleep(1)
            print(wifi.radio.ap_active)
            wifi.radio.stop_ap()
        opened()
        wifi.radio.connect("Home", "correct horse")
        opened()
        """,
        services=services,
    )
    services.network.access_point.channel = channel
    station = device.station
    device.run_until(lambda: device.console, 5)
    own = "ESP_" + station.mac_ap[3:].hex().upper()
    assert (device.console[0][1], station.ap_ssid, station.ap_password, station.ap_channel) == ("True", own, "", 1)
    device.run_until(lambda: len(device.console) > 1, 10)
    assert (station.ap_ssid, station.ap_password, station.ap_channel) == ("socbox", "12345678", channel)


PORTAL = """
import errno, socketpool, time, wifi
wifi.radio.start_ap("socbox", "12345678", channel=1, authmode=(wifi.AuthMode.WPA2, wifi.AuthMode.PSK), max_connections=1)
pool = socketpool.SocketPool(wifi.radio)
names = pool.socket(pool.AF_INET, pool.SOCK_DGRAM)
names.bind(("0.0.0.0", 53))
names.settimeout(0)
data = bytearray(64)
def serve():
    try:
        size, sender = names.recvfrom_into(data)
        print(size, sender[0])
        names.sendto(b"answer", sender)
    except OSError as error:
        assert error.errno == errno.EAGAIN
"""


def test_phones_join_the_access_point_and_their_datagrams_reach_the_box(boards, services):
    device = boards(PORTAL + "while True:\n    serve()\n    time.sleep(0.01)\n", services=services)
    services.network.run_until = device.run_until
    device.run(3)
    phone, other = Phone(services.network), Phone(services.network)
    assert phone.join("elsewhere", "12345678") == "no such network"
    assert phone.join("socbox", "87654321") == "wrong password"
    assert phone.join("socbox", "12345678") == "joined"
    assert other.join("socbox", "12345678") == "full"
    assert phone.ask(b"question", 1) == b"answer"
    assert [line for _, line in device.console] == ["8 192.168.4.2"]
    phone.leave()
    assert phone.ask(b"question", 1) is None
    # A computer on a network that the box is not in.
    services.network.stack.datagram(53, b"from afar", ("192.168.1.77", 4000))
    device.run(1)
    assert len(device.console) == 1


def test_the_access_point_is_deaf_on_other_channels_and_moves_with_the_station(boards, services):
    device = boards(
        PORTAL
        + """
time.sleep(4)
print("look")
for channel in (1, 2):
    list(wifi.radio.start_scanning_networks(start_channel=channel, stop_channel=channel))
    wifi.radio.stop_scanning_networks()
time.sleep(3)
print("join", [str(guest.ipv4_address) for guest in wifi.radio.stations_ap])
wifi.radio.connect("Home", "correct horse", channel=6, bssid=bytes.fromhex("021122334455"))
print("joined", len(wifi.radio.stations_ap))
time.sleep(3)
wifi.radio.stop_ap()
print(wifi.radio.stations_ap, wifi.radio.ap_active)
time.sleep(60)
""",
        services=services,
    )
    services.network.run_until = device.run_until
    phone = Phone(services.network)
    device.run(3)
    assert phone.join("socbox", "12345678") == "joined"
    station = device.station
    heard = []
    services.clock.hooks.append(lambda: heard.append(station.ap_heard) if device.console else None)
    assert device.run_until(lambda: any("join" in line for _, line in device.console), 20)
    assert True in heard and False in heard
    assert [line for _, line in device.console] == ["look", "join ['192.168.4.2']"]
    assert device.run_until(lambda: any("joined" in line for _, line in device.console), 20)
    assert (station.ap_channel, phone.losses, phone.associated) == (6, 1, False)
    device.run(2.5)
    assert phone.associated
    device.run(2)
    assert device.console[-1][1] == "None False" and not phone.associated


def test_a_program_that_was_reset_leaves_no_last_word_in_rtc_memory(boards):
    device = boards(
        """
        import alarm, time
        alarm.sleep_memory[5] = 1
        try:
            while True:
                time.sleep(1)
        finally:
            alarm.sleep_memory[5] = 2
        """,
        firmware="10.3.0",
    )
    device.run(5)
    device.reset("WATCHDOG")
    assert device.sleep_memory[5] == 1


# --- drive ---------------------------------------------------------------------------------------------------------------


def test_the_drive_is_read_only_until_remounted_and_not_with_a_pc_attached(tmp_path):
    text = """
        import os, storage, supervisor
        print(storage.getmount("/").readonly, supervisor.runtime.usb_connected)
        try:
            open("/x", "w")
        except OSError as error:
            print(error.errno, error)
        try:
            storage.remount("/", False)
        except RuntimeError as error:
            print(error)
        else:
            with open("/x", "w") as file:
                file.write("text")
            print(open("x").read(), os.stat("/x")[6], "x" in os.listdir("/"))
            os.rename("/x", "/y")
            os.remove("/y")
            storage.remount("/", True)
            try:
                os.mkdir("/d")
            except OSError as error:
                print(error.errno)
    """
    alone = run_code(tmp_path / "alone", text)
    assert said(alone) == ["True False", "30 [Errno 30] Read-only filesystem", "text 4 True", "30"]
    with_pc = run_code(tmp_path / "pc", text, usb_host=True)
    assert said(with_pc)[2] == "Cannot remount path when visible via USB."


def test_os_has_what_the_device_has(tmp_path):
    device = run_code(
        tmp_path,
        """
        import os, time
        print([name for name in ("path", "environ", "fsync", "replace", "walk") if hasattr(os, name)])
        print([name for name in ("strftime", "perf_counter", "time_ns", "ticks_ms") if hasattr(time, name)])
        print(type(time.time()).__name__, time.localtime()[0], len(os.urandom(8)), os.statvfs("/")[0])
        try:
            os.stat("/none")
        except OSError as error:
            print(error.errno)
        import gc, hashlib, struct
        print(hasattr(gc, "threshold"), hasattr(struct, "error"), hashlib.new("sha256", b"").digest()[:2])
        try:
            struct.unpack("<H", b"1")
        except RuntimeError:
            print("RuntimeError")
        """,
    )
    assert said(device) == ["[]", "[]", "int 2000 8 2048", "2", "False False b'\\xe3\\xb0'", "RuntimeError"]


def test_a_directory_is_no_file_and_a_file_no_directory_and_a_device_without_fat_is_no_mount(tmp_path):
    text = """
        import os, storage
        storage.remount("/", False)
        class Empty:
            def readblocks(self, block, buffer):
                return 0
            def writeblocks(self, block, buffer):
                return 0
            def ioctl(self, operation, argument):
                return {4: 64, 5: 512}.get(operation, 0)
        volume = storage.VfsFat(Empty())
        def mount():
            storage.mount(volume, "/app", readonly=True)
        for call, path in ((os.remove, "/app"), (os.rmdir, "/code.py"), (os.rmdir, "/full"), (lambda _: mount(), "")):
            try:
                call(path)
            except OSError as error:
                print(error.errno)
        print(os.statvfs("/not/there")[0])
    """
    device = run_code(tmp_path, text, files={"app/README.txt": "x", "full/x": "x"})
    assert said(device) == ["21", "20", "13", "19", "2048"]


def test_a_directory_is_not_opened(tmp_path):
    """FatFs has no EISDIR: f_open finds no file there, or denies it."""
    text = """
        import storage
        storage.remount("/", False)
        for mode in ("r", "rb", "r+b", "wb", "a", "x"):
            try:
                open("/app", mode)
            except OSError as error:
                print(error.errno)
    """
    device = run_code(tmp_path, text, files={"app/README.txt": "x"})
    assert said(device) == ["2", "2", "2", "13", "13", "13"]


def test_code_txt_comes_before_code_py(tmp_path):
    assert said(run_code(tmp_path, 'print("py")', files={"code.txt": 'print("txt")'})) == ["txt"]


def test_a_flash_cycle_takes_50_ms(tmp_path):
    device = run_code(
        tmp_path,
        """
        import storage, time
        storage.remount("/", False)
        file = open("/slot/image", "r+b")
        before = time.monotonic_ns()
        file.write(bytes(4096))
        print((time.monotonic_ns() - before) // 1000000)
        file.close()
        """,
        files={"slot/image": "x" * 8192},
    )
    # Two clusters, the first of them on two pages; closing writes the directory.
    assert 150 <= int(said(device)[0]) <= 151
    assert device.drive.flash_cycles == 4


def test_a_new_file_has_no_length_before_it_is_closed(boards):
    device = boards(
        """
        import storage, time
        storage.remount("/", False)
        file = open("/new", "wb")
        file.write(bytes(5000))
        print("written")
        time.sleep(1)
        file.close()
        """
    )
    device.run_until(lambda: device.console, 10)
    device.power_off()
    assert device.drive.host_path("/new").read_bytes() == b""


def test_import_path_can_be_changed_and_root_shadows_lib(tmp_path):
    device = run_code(
        tmp_path,
        """
        import sys
        import both
        print(both.PLACE, sys.path)
        sys.path.insert(0, "/slot_b")
        import package.part
        from package import other
        print(package.part.NAME, other.NAME, package.__name__)
        """,
        files={
            "both.py": "PLACE = 'root'",
            "lib/both.py": "PLACE = 'lib'",
            "slot_b/package/__init__.py": "",
            "slot_b/package/part.py": "from .other import NAME",
            "slot_b/package/other.py": "NAME = 'b'",
        },
    )
    assert said(device) == ["root ['', '/', '.frozen', '/lib']", "b b package"]


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_sha_256_came_with_10_1(tmp_path, firmware):
    device = run_code(
        tmp_path,
        """
        import hashlib
        for name in ("sha1", "sha256", "md5"):
            try:
                print(len(hashlib.new(name, b"abc").digest()))
            except ValueError as error:
                print(error)
        """,
        firmware=firmware,
    )
    refused = "Unsupported hash algorithm"
    assert said(device) == ["20", refused if firmware == "10.0.3" else "32", refused]


def test_an_armed_watchdog_refuses_every_change_but_off_and_takes_the_time_all_the_same(tmp_path):
    device = run_code(
        tmp_path,
        """
        import espidf, microcontroller, watchdog
        dog, modes = microcontroller.watchdog, watchdog.WatchDogMode
        try:
            dog.feed()
        except ValueError as error:
            print(error)
        dog.timeout = 60
        dog.mode = modes.RESET
        dog.mode = modes.RESET
        for change in ("timeout", "mode"):
            try:
                setattr(dog, change, 30 if change == "timeout" else modes.RAISE)
            except OSError as error:
                print(isinstance(error, espidf.IDFError), error, dog.timeout, dog.mode)
        dog.mode = None
        dog.timeout = 20
        dog.mode = modes.RESET
        print(dog.timeout, dog.mode)
        dog.mode = None
        """,
    )
    assert said(device) == [
        "WatchDogTimer is not currently running",
        "True Invalid argument 30 watchdog.WatchDogMode.RESET",
        "True Invalid argument 30 watchdog.WatchDogMode.RESET",
        "20 watchdog.WatchDogMode.RESET",
    ]


def test_nvm_is_erased_before_it_is_written(boards):
    device = boards("""
        import microcontroller, time
        nvm = microcontroller.nvm
        print(len(nvm), nvm[0], bytes(nvm[0:3]))
        nvm[0:3] = b"abc"
        print("once")
        nvm[1] = 7
        print("twice")
        time.sleep(100)
    """)
    device.run_until(lambda: device.console_text().endswith("once"), 10, check_us=100)
    device.run(0.06)
    device.power_off()
    assert bytes(device.nvm[:3]) == bytes(3)


def test_nvm_takes_bytes_in_a_row_and_nothing_else(tmp_path):
    text = """
        import array, microcontroller
        nvm = microcontroller.nvm
        def store(index, value):
            nvm[index] = value
        tries = (
            lambda: nvm[0:8:2],
            lambda: store(slice(0, 4, 2), b"ab"),
            lambda: store(slice(0, 2), [1, 2]),
            lambda: store(slice(0, 2), array.array("H", (1, 2))),
            lambda: store(slice(0, 2), b"abc"),
            lambda: store(0, 256),
            lambda: store(8192, 1),
            lambda: nvm[8192],
            lambda: store(slice(0, 2), memoryview(b"abc")[1:]),
            lambda: store(-1, 7),
        )
        for one in tries:
            try:
                one()
                print("taken")
            except Exception as error:
                print(type(error).__name__)
        print(bytes(nvm[0:2]), nvm[8191], len(nvm[8190:9000]))
    """
    refused = ["NotImplementedError"] * 3 + ["ValueError"] * 3 + ["IndexError"] * 2
    assert said(run_code(tmp_path, text)) == [*refused, "taken", "taken", "b'bc' 7 2"]


# --- buses ---------------------------------------------------------------------------------------------------------------


def test_spi_wants_its_lock_and_has_two_hosts(tmp_path):
    device = run_code(
        tmp_path,
        """
        import board, busio
        spi = busio.SPI(board.GPIO13, MOSI=board.GPIO11, MISO=board.GPIO12)
        for call in (lambda: spi.write(b"x"), lambda: spi.configure(baudrate=1000000)):
            try:
                call()
            except RuntimeError as error:
                print(error)
        spi.unlock()
        print(spi.try_lock(), spi.try_lock())
        try:
            busio.SPI(board.GPIO13, MOSI=board.GPIO4)
        except ValueError as error:
            print(error)
        second = busio.SPI(board.GPIO1, MOSI=board.GPIO2)
        try:
            busio.SPI(board.GPIO4, MOSI=board.GPIO5)
        except ValueError as error:
            print(error)
        second.deinit()
        busio.SPI(board.GPIO4, MOSI=board.GPIO5)
        try:
            spi.write_readinto(bytes(3), bytearray(2))
        except ValueError as error:
            print(error)
        print(hasattr(spi, "transfer"), hasattr(busio, "UART"))
        """,
    )
    assert said(device) == [
        "Function requires lock",
        "Function requires lock",
        "True False",
        "IO13 in use",
        "All SPI peripherals are in use",
        "buffer slices must be of equal length",
        "False False",
    ]


def test_closing_a_bus_that_is_locked_never_comes_back(tmp_path):
    text = """
        import board, busio, microcontroller, time, watchdog
        spi = busio.SPI(board.GPIO13, MOSI=board.GPIO11, MISO=board.GPIO12)
        spi.try_lock()
        microcontroller.watchdog.timeout = 5
        microcontroller.watchdog.mode = watchdog.WatchDogMode.RESET
        spi.deinit()
    """
    with board(tmp_path, text) as device:
        assert device.run_until(lambda: device.resets, 60)
        assert device.resets[0][1] == "WATCHDOG"


class Recorder:
    """SPI part that answers the complement of what it hears, while it is selected."""

    def __init__(self):
        self.log = []

    def select(self, now_us):
        self.log.append("select")

    def deselect(self):
        self.log.append("deselect")

    def configure(self, baudrate, polarity, phase):
        self.log.append((baudrate, polarity, phase))

    def exchange(self, data):
        self.log.append(bytes(data))
        return bytes(255 - byte for byte in data)


SPI = """
    import board, busio, digitalio
    from adafruit_bus_device.spi_device import SPIDevice
    spi = busio.SPI(board.GPIO13, MOSI=board.GPIO11, MISO=board.GPIO{miso})
    part = SPIDevice(spi, digitalio.DigitalInOut(board.GPIO10), baudrate=8_000_000, polarity=1, phase=1)
    buffer = bytearray(b"......")
    with part as bus:
        bus.write(bytes((1, 2, 3, 4)), start=1, end=3)
        bus.readinto(buffer, start=1, end=3, write_value=0xF0)
        bus.write_readinto(bytes((9, 8, 7)), buffer, out_start=1, in_start=3, in_end=5)
    print(bytes(buffer))
"""


def test_spi_reaches_the_part_it_is_wired_to(tmp_path, services):
    part = Recorder()
    services.hardware.attach_spi(part, sck=13, mosi=11, miso=12, cs=10)
    device = run_code(tmp_path, SPI.format(miso=12), services=services)
    assert said(device) == ["b'.\\x0f\\x0f\\xf7\\xf8.'"]
    assert part.log == ["select", (8_000_000, 1, 1), b"\x02\x03", b"\xf0\xf0", b"\x08\x07", "deselect"]


class EdgeCounter(Recorder):
    def clock_edge(self):
        self.log.append("edge")


BYTE_FOR_NOBODY = """
    spi.try_lock()
    spi.configure(baudrate=8_000_000, polarity=1, phase=1)
    spi.write(b"x")
    spi.unlock()
    with part as bus:"""


@pytest.mark.parametrize(("before", "edges"), [("", 1), (BYTE_FOR_NOBODY, 0)])
def test_the_clock_takes_its_idle_level_with_the_first_byte(tmp_path, services, before, edges):
    """Configured before chip select fell, mode 3 still raises the clock under it."""
    part = EdgeCounter()
    services.hardware.attach_spi(part, sck=13, mosi=11, miso=12, cs=10)
    source = SPI.format(miso=12)
    device = run_code(
        tmp_path, source.replace("\n    with part as bus:", before) if before else source, services=services
    )
    assert said(device) == ["b'.\\x0f\\x0f\\xf7\\xf8.'"]
    assert part.log.count("edge") == edges


def test_a_wrong_miso_pin_reads_a_floating_line(tmp_path, services):
    part = Recorder()
    services.hardware.attach_spi(part, sck=13, mosi=11, miso=12, cs=10)
    device = run_code(tmp_path, SPI.format(miso=9), services=services)
    assert said(device) == ["b'.\\x00\\x00\\x00\\x00.'"]


def test_i2c_without_pull_ups_is_no_bus(tmp_path, services):
    services.hardware.attach_i2c(SSD1306(), sda=8, scl=9, address=0x3C)
    device = run_code(
        tmp_path,
        """
        import board, busio, i2cdisplaybus
        try:
            busio.I2C(board.GPIO5, board.GPIO4)
        except RuntimeError as error:
            print(error)
        i2c = busio.I2C(board.GPIO9, board.GPIO8, frequency=400000)
        try:
            i2cdisplaybus.I2CDisplayBus(i2c, device_address=0x3D)
        except ValueError as error:
            print(error)
        i2c.try_lock()
        print(i2c.scan())
        try:
            i2c.writeto(0x20, b"x")
        except OSError as error:
            print(error.errno)
        """,
        services=services,
    )
    assert said(device) == [
        "No pull up found on SDA or SCL; check your wiring",
        "Unable to find I2C Display at 3d",
        "[60]",
        "19",
    ]


def test_pins_directions_and_spellings(tmp_path, services):
    levels = []
    services.hardware.on_output(4, levels.append)
    services.hardware.connect_input(5, lambda: True)
    text = """
        import board, countio, digitalio
        pin = digitalio.DigitalInOut(board.{0}4)
        try:
            pin.value = True
        except AttributeError as error:
            print(error)
        pin.direction = digitalio.Direction.OUTPUT
        pin.value = True
        other = digitalio.DigitalInOut(board.{0}5)
        pulled = digitalio.DigitalInOut(board.{0}6)
        pulled.pull = digitalio.Pull.UP
        print(other.value, pulled.value)
        import microcontroller
        for taken in (board.{0}4, microcontroller.pin.GPIO19, microcontroller.pin.GPIO35):
            try:
                digitalio.DigitalInOut(taken)
            except ValueError as error:
                print(error)
        print(hasattr(board, "IO1"), hasattr(board, "GPIO1"), hasattr(board, "DISPLAY"))
    """
    device = run_code(tmp_path / "a", text.format("GPIO"), services=services)
    expected = ["Cannot set value when direction is input.", "True True", "IO4 in use", "IO19 in use", "IO35 in use"]
    assert said(device) == [*expected, "False True False"]
    assert levels[:2] == [0, 1]
    services = Services(Clock())
    services.hardware.connect_input(5, lambda: True)
    device = run_code(
        tmp_path / "b", text.format("IO"), services=services, board_id="espressif_esp32s3_devkitc_1_n8r8"
    )
    assert said(device) == [*expected, "True False False"]


def test_who_takes_the_chip_select_of_the_memory_crashes_the_chip(tmp_path):
    text = "import digitalio, microcontroller\ndigitalio.DigitalInOut(microcontroller.pin.GPIO26)\n"
    with board(tmp_path, text) as device:
        assert device.run_until(lambda: device.state == "SAFE_MODE", 60)
        assert [reason for _, reason in device.resets] == ["PANIC"]
        assert device.safe_mode_reason == "HARD_FAULT"


# --- displays ------------------------------------------------------------------------------------------------------------

LABEL = """
    from adafruit_display_text import bitmap_label
    import displayio, terminalio, time
    group = displayio.Group()
    text = bitmap_label.Label(terminalio.FONT, text="42%", color=0xFFFFFF, scale=2)
    text.anchor_point = (0, 0)
    text.anchored_position = (10, 20)
    group.append(text)
    display.root_group = group
    before = time.monotonic_ns()
    display.refresh()
    print((time.monotonic_ns() - before) // 1000000)
    text.text = "43%"
    before = time.monotonic_ns()
    display.refresh()
    print((time.monotonic_ns() - before) // 1000000)
    before = time.monotonic_ns()
    display.refresh()
    print((time.monotonic_ns() - before) // 1000000)
"""
OLED = """
    import board, busio, displayio, i2cdisplaybus, adafruit_displayio_ssd1306
    displayio.release_displays()
    i2c = busio.I2C(board.GPIO9, board.GPIO8, frequency=400000)
    bus = i2cdisplaybus.I2CDisplayBus(i2c, device_address=0x3C)
    display = adafruit_displayio_ssd1306.SSD1306(bus, width=128, height=64, auto_refresh=False)
"""
TFT = """
    import board, busio, displayio, fourwire, adafruit_st7789
    displayio.release_displays()
    spi = busio.SPI(board.GPIO17, MOSI=board.GPIO18)
    bus = fourwire.FourWire(spi, command=board.GPIO7, chip_select=board.GPIO6, reset=board.GPIO5, baudrate=40_000_000)
    display = adafruit_st7789.ST7789(bus, {geometry}, auto_refresh=False)
"""


def bounds(picture):
    """Box around everything lit: (left, top, right, bottom)."""
    return picture.convert("L").point(lambda value: 255 if value > 60 else 0).getbbox()


def is_upright_42(picture):
    """The text "42%": the vertical stroke of the 4 is at its right, the 2 has its foot at the bottom."""
    left, top, _, bottom = bounds(picture)
    glyph = picture.convert("1").crop((left, top, left + 10, bottom))
    columns = [sum(1 for y in range(glyph.height) if glyph.getpixel((x, y))) for x in range(glyph.width)]
    return columns.index(max(columns)) >= glyph.width // 2


def test_label_on_an_ssd1306_is_pixel_true(tmp_path, services):
    panel = SSD1306()
    services.hardware.attach_i2c(panel, sda=8, scl=9, address=0x3C)
    device = run_code(tmp_path, OLED + LABEL, services=services)
    full, label, nothing = map(int, said(device))
    assert 22 <= full <= 36
    assert 1 <= label <= 10
    assert nothing == 0
    picture = panel.image()
    assert picture.size == (128, 64)
    left, top, right, bottom = bounds(picture)
    assert (left, right) == (10, 46)
    assert 20 <= top < bottom <= 44
    assert is_upright_42(picture)
    assert panel.generation > 1


@pytest.mark.parametrize(
    ("panel", "geometry", "size"),
    [
        (ST7789.square_240, "width=240, height=240, rowstart=80, rotation=180", (240, 240)),
        (ST7789.landscape_320x170, "width=320, height=170, colstart=35, rotation=270", (320, 170)),
        (ST7789.landscape_320x240, "width=320, height=240, rotation=270", (320, 240)),
    ],
)
def test_label_on_an_st7789_is_pixel_true(tmp_path, services, panel, geometry, size):
    panel = panel()
    services.hardware.attach_spi(panel, sck=17, mosi=18, miso=None, cs=6, dc=7)
    device = run_code(tmp_path, TFT.format(geometry=geometry) + LABEL, services=services)
    full, label, nothing = map(int, said(device))
    # 25 ms on the wire and 50 to 100 ms to compute for 320x170.
    assert 75 <= full * 320 * 170 // (size[0] * size[1]) <= 125
    assert 1 <= label <= 10
    assert nothing == 0
    picture = panel.image()
    assert picture.size == size
    left, top, right, bottom = bounds(picture)
    assert (left, right) == (10, 46)
    assert 20 <= top < bottom <= 44
    assert is_upright_42(picture)
    assert picture.getpixel((0, 0)) == (0, 0, 0)
    assert picture.getextrema() == ((0, 255),) * 3


def test_a_font_of_our_own_satisfies_the_label(tmp_path, services):
    """One bitmap a letter with levels 0 to 3, which a palette of four colours lets through unharmed."""
    panel = ST7789.square_240()
    services.hardware.attach_spi(panel, sck=17, mosi=18, miso=None, cs=6, dc=7)
    text = """
        import displayio, fontio
        from adafruit_display_text import bitmap_label
        class Font:
            ascent, descent = 5, 0
            def __init__(self):
                bitmap = displayio.Bitmap(4, 5, 4)
                for x in range(4):
                    for y in range(5):
                        bitmap[x, y] = x
                self.glyph = fontio.Glyph(bitmap, 0, 4, 5, 0, 0, 4, 0)
            def get_bounding_box(self):
                return 4, 5, 0, 0
            def get_glyph(self, codepoint):
                return self.glyph
        try:
            fontio.Glyph(None, 0)
        except TypeError:
            print("eight fields")
        palette = displayio.Palette(4)
        for level, colour in enumerate((0, 0xFF0000, 0x00FF00, 0x0000FF)):
            palette[level] = colour
        label = bitmap_label.Label(Font(), color_palette=palette, anchor_point=(0.0, 0.0))
        group = displayio.Group()
        group.append(label)
        display.root_group = group
        display.refresh()
        label.text = "ab"
        label.anchored_position = (10, 20)
        display.refresh()
    """
    geometry = "width=240, height=240, rowstart=80, rotation=180"
    device = run_code(tmp_path, dedent(TFT.format(geometry=geometry)) + dedent(text), services=services)
    assert said(device) == ["eight fields"]
    picture = panel.image()
    colours = [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert [picture.getpixel((x, 22)) for x in range(10, 18)] == colours * 2


def test_board_display_of_the_t_display_s3(tmp_path, services):
    panel = ST7789.landscape_320x170()
    services.hardware.attach_parallel(panel, data0=39, command=7, chip_select=6, write=8)
    text = """
        import board, supervisor
        display = board.DISPLAY
        display.auto_refresh = False
        print(display.width, display.height)
    """
    device = run_code(
        tmp_path, dedent(text) + dedent(LABEL), services=services, board_id="lilygo_tdisplay_s3"
    )
    assert said(device)[0] == "320 170"
    left, _, right, _ = bounds(panel.image())
    assert (left, right) == (10, 46)
    assert is_upright_42(panel.image())


def test_colours_arrive_as_meant(tmp_path, services):
    panel = ST7789.square_240()
    services.hardware.attach_spi(panel, sck=17, mosi=18, miso=None, cs=6, dc=7)
    text = """
        bitmap = displayio.Bitmap(30, 10, 3)
        palette = displayio.Palette(3)
        palette[0] = 0xFF0000
        palette[1] = 0x00FF00
        palette[2] = 0x0000FF
        for x in range(30):
            for y in range(10):
                bitmap[x, y] = x // 10
        group = displayio.Group()
        group.append(displayio.TileGrid(bitmap, pixel_shader=palette))
        display.root_group = group
        display.refresh()
    """
    geometry = "width=240, height=240, rowstart=80, rotation=180"
    run_code(tmp_path, dedent(TFT.format(geometry=geometry)) + dedent(text), services=services)
    picture = panel.image()
    assert [picture.getpixel((x, 5)) for x in (5, 15, 25)] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def test_displays_outlive_a_reload_until_they_are_released(boards, services):
    panel = SSD1306()
    services.hardware.attach_i2c(panel, sda=8, scl=9, address=0x3C)
    before = """
        import alarm, board, busio, supervisor
        alarm.sleep_memory[0] += 1
        if alarm.sleep_memory[0] == 2:
            try:
                busio.I2C(board.GPIO9, board.GPIO8)
            except ValueError as error:
                print(error)
    """
    after = """
        print("display", alarm.sleep_memory[0])
        if alarm.sleep_memory[0] < 2:
            supervisor.reload()
    """
    device = boards(dedent(before) + dedent(OLED) + dedent(after), services=services)
    device.run(20)
    assert said(device) == ["display 1", "IO9 in use", "display 2"]


@pytest.mark.parametrize(("trouble", "least_ms", "most_ms"), [("unplugged", 1, 40), ("held low", 6000, 20000)])
def test_an_i2c_display_that_does_not_listen_is_written_to_without_a_word(
    tmp_path, services, trouble, least_ms, most_ms
):
    panel = SSD1306()
    services.hardware.attach_i2c(panel, sda=8, scl=9, address=0x3C)
    text = dedent(OLED) + dedent("""
        import time
        print("display")
        before = time.monotonic_ns()
        display.refresh()
        print((time.monotonic_ns() - before) // 1000000)
    """)
    with board(tmp_path, text, services=services) as device:
        assert device.run_until(lambda: "display" in device.console_text(), 10, check_us=100)
        services.hardware.i2c_held = trouble == "held low"
        services.hardware.detach(panel)
        assert device.run_until(lambda: device.state == "DONE", 60)
    assert least_ms <= int(said(device)[1]) <= most_ms


def test_auto_refresh_stops_python_at_any_time(tmp_path, services):
    panel = SSD1306()
    services.hardware.attach_i2c(panel, sda=8, scl=9, address=0x3C)
    text = (
        OLED.replace("auto_refresh=False", "auto_refresh=True")
        + """
    import terminalio, time
    from adafruit_display_text import bitmap_label
    display.root_group = bitmap_label.Label(terminalio.FONT, text="x", color=0xFFFFFF, x=5, y=10)
    time.sleep(0.1)
    """
    )
    run_code(tmp_path, text, services=services)
    assert bounds(panel.image()) is not None


def test_without_i2c_display_power_the_panel_is_dark():
    assert bounds(SSD1306().image()) is None
    assert bounds(ST7789().image()) is None


# --- the libraries on top of it all ----------------------------------------------------------------------------------

HTTPSERVER = code("""
    from adafruit_httpserver import Request, Response, Server
    server = Server(pool, None)
    @server.route("/hello")
    def hello(request):
        return Response(request, "hi " + request.method)
    server.start("0.0.0.0", 80)
    print("up")
    while True:
        before = time.monotonic_ns()
        server.poll()
        if took(before) > 20:
            print("poll", took(before))
        time.sleep(0.001)
""")


def test_adafruit_httpserver_serves_pages(boards, services):
    device = boards(HTTPSERVER, services=services)
    assert device.run_until(lambda: "up" in device.console_text(), 20)
    response = services.network.http("GET", "/hello", run=device.run_until)
    assert (response.status, response.text) == (200, "hi GET")
    assert services.network.http("GET", "/none", run=device.run_until).status == 404


def test_adafruit_httpserver_waits_one_second_for_an_idle_client_as_on_the_board(boards, services):
    device = boards(HTTPSERVER, services=services)
    device.run_until(lambda: "up" in device.console_text(), 20)
    services.network.connect_to_box(80)
    device.run(3)
    assert 1000 <= int(device.console[-1][1].split()[1]) <= 1020


def test_adafruit_httpserver_hangs_when_a_client_leaves_early_as_on_the_board(boards, services):
    device = boards(HTTPSERVER, services=services)
    device.run_until(lambda: "up" in device.console_text(), 20)
    client = services.network.connect_to_box(80)
    client.send(b"GET /hel")
    device.run(0.1)
    client.close()
    device.run(20)
    assert device.console[-1][1] == "up"
    assert services.network.http("GET", "/hello", run=device.run_until, timeout_s=5).status is None


class Page(Sink):
    def received(self, data):
        super().received(data)
        if self.data.endswith(b"\r\n\r\n"):
            self.conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld")


def test_adafruit_requests_gets_a_page_and_waits_twice_for_a_silent_server(tmp_path, services):
    services.network.add_host(EVSE, {80: Page, 81: Sink})
    device = run_code(
        tmp_path,
        code("""
            import adafruit_requests
            session = adafruit_requests.Session(pool)
            with session.get("http://192.168.1.60/x") as answer:
                print(answer.status_code, answer.text)
            before = time.monotonic_ns()
            try:
                session.get("http://192.168.1.60:81/x", timeout=0.5)
            except Exception as error:
                print(type(error).__name__, took(before) // 100)
        """),
        services=services,
    )
    assert said(device) == ["200 world", "OutOfRetries 10"]


def test_counter_latches_edges_nobody_looked_at(tmp_path, services):
    level = [0]

    def toggle():
        level[0] ^= 1
        services.clock.after(1000, toggle)

    services.clock.after(0, toggle)
    services.hardware.connect_input(9, lambda: level[0])
    device = run_code(
        tmp_path,
        """
        import board, countio, time
        counter = countio.Counter(board.GPIO9, edge=countio.Edge.RISE)
        time.sleep(0.1)
        print(counter.count)
        """,
        services=services,
    )
    assert 49 <= int(said(device)[0]) <= 51


def test_a_part_that_complains_reaches_the_test(boards, services):
    class Strict(Recorder):
        def exchange(self, data):
            raise AssertionError("bad command")

    services.hardware.attach_spi(Strict(), sck=13, mosi=11, miso=12, cs=10)
    text = "try:\n" + "".join(f"    {line}\n" for line in dedent(SPI.format(miso=12)).splitlines())
    device = boards(text + "except Exception as error:\n    print('device saw', error)\n", services=services)
    with pytest.raises(AssertionError, match="bad command"):
        device.run(5)
