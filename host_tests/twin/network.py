# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A home network in virtual time: one access point, hosts by address, and TCP as the box's lwIP shows it.

Bytes, not packets: what matters to the box is when a connection comes up or fails, how much its buffers hold, when
data arrives and in which of the three ways a connection ends (FIN, RST, silence). Buffer sizes are the ESP-IDF's.

    box socket --- BoxStack --- Connection --- host handler | Client (test) | Bridge (a browser on the host)

Addresses 192.168.4.x are guests on the box's own access point (phone.py); everything else is reached through the
router.
"""

import random
import socket as host_socket
import time

from host_tests.twin.station import AP_SUBNET

SEND_BUFFER = 5760
RECEIVE_WINDOW = 5760
SEGMENT = 1440
SYN_INTERVALS_US = (1_000_000, 3_000_000, 6_000_000, 12_000_000)
RETRANSMIT_US = 1_000_000
# What the box sends and is lost comes after so long, twice as long each further time (CONFIG_LWIP_TCP_RTO_TIME).
BOX_RETRANSMIT_US = 1_500_000
# A SYN of the box comes again after so long as well, but not twice as long each further time (tcp.c tcp_slowtmr), so often
# (CONFIG_LWIP_TCP_SYNMAXRTX).
BOX_SYNS = 12
# Incoming packets wait for a beacon while the radio sleeps between them (power management MIN, the default).
POWER_SAVE_US = 100_000


class AccessPoint:
    """The router's radio and its DHCP server.

    Switches: `up`; `dhcp` False: associates but never gives an address; `refuse` an ESP-IDF reason number to
    fail every join with; `hidden` leaves it out of scans; `lease`, `gateway`, `netmask`, `dns` as handed out.
    """

    def __init__(self, ssid="Home", password="correct horse", channel=6, bssid=b"\x02\x11\x22\x33\x44\x55"):
        self.ssid = ssid
        self.password = password
        self.channel = channel
        self.bssid = bssid
        self.rssi = -58
        self.up = True
        self.dhcp = True
        self.refuse = None
        self.hidden = False
        self.lease = "192.168.1.50"
        self.gateway = "192.168.1.1"
        self.netmask = "255.255.255.0"
        self.dns = "192.168.1.1"


class Host:
    """A machine on the network. `up` False: silent, as if switched off; `ports`: {port: handler_factory}."""

    def __init__(self, ip, ports, name, latency_us):
        self.ip = ip
        self.ports = dict(ports)
        self.name = name
        self.latency_us = latency_us
        self.up = True


class End:
    """One end of a TCP connection.

    Set `on_data`, `on_fin`, `on_reset`, `on_connected`, `on_room` (no arguments) to be called when it happens;
    without `on_data` the bytes wait in `arrived` and fill the window.
    """

    def __init__(self, connection, send_buffer, window):
        self.connection = connection
        self.other = None
        self.send_buffer = send_buffer
        self.window = window
        self.connected = False
        self.fin_received = False
        self.reset_received = False
        # True when it was not the other end that ended it, but lwIP, which lost its address.
        self.aborted = False
        self.closed = False
        self.arrived = bytearray()
        self.on_data = self.on_fin = self.on_reset = self.on_connected = self.on_room = None
        self._queued = bytearray()
        self._unacknowledged = 0
        self._in_flight = 0
        self._fin_sent = False

    @property
    def room(self):
        """Bytes that `send` would take now."""
        return max(self.send_buffer - len(self._queued) - self._unacknowledged, 0)

    def send(self, data):
        """Queue bytes; gives the number taken, which may be less than offered."""
        if self.closed or self.reset_received:
            return 0
        taken = bytes(data[: self.room])
        self._queued += taken
        self._push()
        return len(taken)

    def read(self, size=None):
        """Take arrived bytes; opens the window for more."""
        size = len(self.arrived) if size is None else min(size, len(self.arrived))
        data = bytes(self.arrived[:size])
        del self.arrived[:size]
        if data:
            self.other._push()
        return data

    def close(self):
        """Finish sending, then FIN. Unread bytes make it a reset, as in lwIP."""
        if self.closed:
            return
        if self.arrived and not self.reset_received:
            self.reset()
            return
        self.closed = True
        self._push()

    def reset(self):
        """RST now; whatever was queued is gone."""
        if not self.closed or self._queued:
            self.closed = True
            self._queued.clear()
            if not self.reset_received:
                self.connection.transmit(self.other, self.other._got_reset)

    def vanish(self):
        """The machine lost power: no FIN, no RST, nothing is answered any more."""
        self.closed = True
        self._queued.clear()
        self.arrived.clear()
        self.on_data = self.on_fin = self.on_reset = self.on_connected = self.on_room = None
        self.connection.vanished.add(self)

    def _push(self):
        other = self.other
        while self._queued and self.connected and not self.reset_received:
            room = other.window - len(other.arrived) - self._in_flight
            size = min(len(self._queued), SEGMENT, room)
            if size <= 0:
                return
            segment = bytes(self._queued[:size])
            del self._queued[:size]
            self._unacknowledged += size
            self._in_flight += size
            self.connection.transmit(other, other._got_data, segment)
        if self.closed and not self._queued and not self._fin_sent and self.connected:
            self._fin_sent = True
            self.connection.transmit(other, other._got_fin)

    def _got_data(self, segment):
        sender = self.other
        sender._in_flight -= len(segment)
        if self.closed:
            # Nobody reads any more: the stack answers with a reset and forgets what it had still to send (tcp_in.c,
            # TF_RXCLOSED: tcp_abort).
            self._queued.clear()
            self._fin_sent = True
            self.connection.transmit(sender, sender._got_reset)
            return
        self.connection.transmit(sender, sender._got_acknowledgement, len(segment))
        self.arrived += segment
        if self.on_data is not None:
            self.on_data()
        sender._push()

    def _got_acknowledgement(self, size):
        self._unacknowledged -= size
        self._push()
        if self.on_room is not None:
            self.on_room()

    def _got_fin(self):
        if self.fin_received or self.reset_received:
            return
        self.fin_received = True
        if self.on_fin is not None:
            self.on_fin()

    def _got_reset(self):
        if self.reset_received:
            return
        self.reset_received = True
        self._queued.clear()
        self._unacknowledged = 0
        if self.on_reset is not None:
            self.on_reset()

    def _established(self):
        self.connected = True
        if self.on_connected is not None:
            self.on_connected()
        self._push()


class Connection:
    """Two ends and the time it takes to get from one to the other."""

    def __init__(self, network, box_end_sizes, peer_end_sizes, latency_us, box_address, peer_address):
        self.network = network
        self.latency_us = latency_us
        self.box_address = box_address
        self.peer_address = peer_address
        self.vanished = set()
        self.peer_host = None
        self.box = End(self, *box_end_sizes)
        self.peer = End(self, *peer_end_sizes)
        self.box.other = self.peer
        self.peer.other = self.box
        self._free_at_us = {self.box: 0, self.peer: 0}

    def transmit(self, to_end, action, *arguments):
        """Let `action(*arguments)` happen at `to_end`; waits out a link that is down, never overtakes."""
        clock = self.network.clock
        delay_us = self.latency_us
        if to_end is self.box and not self.from_guest:
            delay_us += self.network.stack.power_save_us()
        if to_end is self.peer and action in (to_end._got_data, to_end._got_fin):
            delay_us += self.network.late_us()
        size = len(arguments[0]) if arguments and isinstance(arguments[0], bytes) else 0
        arrival_us = max(clock.now_us + delay_us, self._free_at_us[to_end]) + size
        self._free_at_us[to_end] = arrival_us
        clock.at(arrival_us, self._arrive, to_end, action, arguments)

    def _arrive(self, to_end, action, arguments):
        if to_end in self.vanished or to_end.other in self.vanished:
            if to_end in self.vanished and self._stack_up() and to_end is self.box:
                # A rebooted box knows nothing of the connection and says so.
                self.vanished.discard(to_end)
                to_end.other._got_reset()
            return
        if not self.up:
            self.network.clock.after(RETRANSMIT_US, self._arrive, to_end, action, arguments)
            return
        action(*arguments)

    def abort(self):
        """The box's stack gives it up, and no packet says so; who sends something later is told."""
        self.box.aborted = True
        self.box._got_reset()
        self.vanished.add(self.box)

    @property
    def from_guest(self):
        """True for a connection over the box's own access point."""
        return self.peer_address[0].startswith(AP_SUBNET)

    def _stack_up(self):
        return self.network.stack.reaches(self.peer_address[0])

    @property
    def up(self):
        host = self.peer_host
        return self._stack_up() and (host is None or host.up)


class HostConnection:
    """What a handler on a host gets: `send(bytes)`, `close()`, `reset()`, and `network`, `clock` for delays."""

    def __init__(self, end):
        self._end = end
        self.network = end.connection.network
        self.clock = self.network.clock
        self.remote_address = end.connection.box_address

    def send(self, data):
        self._end.send(data)

    def close(self):
        self._end.close()

    def reset(self):
        self._end.reset()

    @property
    def is_open(self):
        end = self._end
        return not (end.closed or end.reset_received)


class Client:
    """A TCP client of the box, for tests. Nothing here waits: run the device between calls.

    `connected`, `refused`, `closed_by_box` (FIN), `was_reset`; `received`: everything read so far.
    """

    def __init__(self, network, port, latency_us=2000, window=65535, address=None):
        self._network = network
        if address is None:
            # A computer on the network the box is in, be it the box's own.
            address = network.stack.neighbour()
        self.port = port
        self.refused = False
        self.received = bytearray()
        self._paused = False
        self._taken = 0
        network.client_port += 1
        connection = Connection(
            network,
            (SEND_BUFFER, RECEIVE_WINDOW),
            (1 << 30, window),
            latency_us,
            (network.stack.address_for(address), port),
            (address, network.client_port),
        )
        self._end = connection.peer
        self._end.on_data = self._read
        self._attempt = 0
        self._given_up = False
        self._syn()

    def _syn(self):
        if self.connected or self.refused or self._end.closed:
            return
        stack = self._network.stack
        connection = self._end.connection
        delay_us = connection.latency_us + (0 if connection.from_guest else stack.power_save_us())
        self._network.clock.after(delay_us, self._syn_arrives)
        if self._attempt < len(SYN_INTERVALS_US):
            self._network.clock.after(SYN_INTERVALS_US[self._attempt], self._syn)
            self._attempt += 1

    def _syn_arrives(self):
        stack = self._network.stack
        connection = self._end.connection
        if not connection.up or connection.box.connected or self._end.closed:
            return
        if stack.incoming(self.port, connection):
            connection.box._established()
            self._network.clock.after(connection.latency_us, self._end._established)
        elif stack.listens(self.port):
            return
        else:
            self._network.clock.after(connection.latency_us, self._refuse)

    def _refuse(self):
        self.refused = not self.connected

    def _read(self):
        if not self._paused:
            self.received += self._end.read()

    @property
    def connected(self):
        return self._end.connected

    @property
    def closed_by_box(self):
        return self._end.fin_received

    @property
    def was_reset(self):
        return self._end.reset_received

    @property
    def finished(self):
        """Nothing more will come."""
        return self.refused or self.closed_by_box or self.was_reset

    def send(self, data):
        """Queue bytes for the box; sent when connected."""
        self._end.send(data)

    def recv(self, size=None):
        """Bytes received and not yet returned by `recv`."""
        end = len(self.received) if size is None else self._taken + size
        data = bytes(self.received[self._taken : end])
        self._taken += len(data)
        return data

    def pause(self):
        """Stop reading: the window fills and the box's send buffer after it."""
        self._paused = True

    def resume(self):
        self._paused = False
        self._read()

    def close(self):
        self._end.close()

    def reset(self):
        self._end.reset()

    def vanish(self):
        """The client's machine disappears without a word."""
        self._end.vanish()


class Response:
    """An HTTP answer of the box: `status` (None: none came), `headers` (lower-case names), `body`, `elapsed_us`."""

    def __init__(self, raw, elapsed_us, complete):
        head, _, self.body = bytes(raw).partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ", 2)
        self.status = int(words[1]) if len(words) > 1 and words[1].isdigit() else None
        self.reason = words[2] if len(words) > 2 else ""
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.elapsed_us = elapsed_us
        self.complete = complete
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            self.body = _dechunk(self.body)

    def json(self):
        import json

        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8")


def _dechunk(data):
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        count = int(size.split(b";")[0] or b"0", 16)
        if not count:
            break
        body += data[:count]
        data = data[count + 2 :]
    return body


class SupervisorsListener:
    """Of the web workflow."""

    backlog = ()
    backlog_size = 0


class BoxStack:
    """The box's side: who may reach it, what listens, and the bookkeeping for a reset."""

    def __init__(self, network):
        self.network = network
        self.listeners = {}
        self.supervisors_port = None
        self.datagram_sockets = {}
        self.connections = []
        self._station = None
        self._port = 49151

    def attach(self, device):
        self._station = device.station

    def detach(self):
        self._station = None
        self.vm_ended(hard=True)

    @property
    def station(self):
        return self._station

    @property
    def address(self):
        """IPv4 address of the box as text, None without a network."""
        station = self._station
        if station is None:
            return None
        return station.address or (station.ap_address if station.ap_active else None)

    @property
    def reachable(self):
        return self.address is not None

    def is_guest(self, ip):
        """True for an address on the box's own access point."""
        return ip.startswith(AP_SUBNET)

    def reaches(self, ip):
        """True while packets between the box and `ip` get through."""
        station = self._station
        if station is None:
            return False
        if self.is_guest(ip):
            phone = self.network.phone_at(ip)
            return station.ap_heard and (phone is None or phone.associated)
        return station.address is not None

    def address_for(self, ip):
        """The box's address on the side of `ip`, as text or None."""
        station = self._station
        if station is not None and self.is_guest(ip):
            return station.ap_address
        return self.address

    def neighbour(self):
        """Address of a computer on the network the box is in."""
        station = self._station
        only_ap = station is not None and station.address is None and station.ap_active
        return AP_SUBNET + "99" if only_ap else "192.168.1.77"

    def datagram(self, port, data, address):
        """A datagram from `address` (ip, port) to a port of the box; lost like any other when nobody listens."""
        self.network.clock.after(2000, self._datagram_arrives, port, data, address)

    def _datagram_arrives(self, port, data, address):
        bound = self.datagram_sockets.get(port)
        if bound is not None and self.reaches(address[0]):
            bound.datagram_arrived(data, address)

    def datagram_to_guest(self, ip, port, data, address):
        """From the box to a phone on its access point."""
        phone = self.network.phone_at(ip)
        if phone is not None and self.reaches(ip):
            self.network.clock.after(2000, phone.datagram_arrived, port, data, address)

    def power_save_us(self):
        station = self._station
        if station is None or not station.address or station.power_management == "NONE":
            return 0
        return self.network.power_save_us

    def listens(self, port):
        return port in self.listeners

    def incoming(self, port, connection):
        """A SYN arrived; True when it was taken into the backlog."""
        listener = self.listeners.get(port)
        if listener is None or len(listener.backlog) >= listener.backlog_size:
            return False
        listener.backlog.append(connection)
        self._remember(connection)
        return True

    def _remember(self, connection):
        if len(self.connections) > 32:
            self.connections = [known for known in self.connections if not known.box.closed]
        self.connections.append(connection)

    def _next_port(self):
        self._port = 49152 + (self._port - 49151) % 16384
        return self._port

    def connect(self, ip, port):
        """Send a SYN from the box; gives the Connection, whose box end reports how it went."""
        network = self.network
        host = network.hosts.get(ip)
        latency_us = host.latency_us if host is not None else 2000
        connection = Connection(
            network,
            (SEND_BUFFER, RECEIVE_WINDOW),
            (1 << 30, 65535),
            latency_us,
            (self.address, self._next_port()),
            (ip, port),
        )
        connection.peer_host = host
        self._remember(connection)
        self._syn(connection, host, port, 0)
        return connection

    def _syn(self, connection, host, port, attempt):
        if connection.box.connected or connection.box.reset_received or connection.box.closed:
            return
        if host is not None and connection.up and not self.network.loses():
            self.network.clock.after(connection.latency_us, self._syn_arrives, connection, host, port)
        if attempt < BOX_SYNS:
            self.network.clock.after(BOX_RETRANSMIT_US, self._syn, connection, host, port, attempt + 1)
        else:
            connection.abort()

    def _syn_arrives(self, connection, host, port):
        if not host.up or connection.peer.connected or connection.box.closed:
            return
        factory = host.ports.get(port)
        if factory is None:
            connection.transmit(connection.box, connection.box._got_reset)
            return
        peer = connection.peer
        peer.connected = True
        handler = factory(HostConnection(peer))
        peer.on_data = lambda: handler.received(peer.read())
        peer.on_fin = handler.peer_closed
        peer.on_reset = getattr(handler, "peer_reset", None)
        connection.transmit(connection.box, connection.box._established)
        peer._push()

    def address_lost(self):
        """The station's address is another one, or none for a moment: lwIP aborts every connection that has it, whatever it
        becomes (esp_netif_lwip.c esp_netif_down, tcp.c tcp_netif_ip_addr_changed)."""
        for connection in self.connections:
            if not (connection.from_guest or connection.box.closed or connection.box.reset_received):
                connection.abort()

    def supervisor_listens(self, port):
        """The firmware's own web server listens on ``port``, whatever program runs; None: it does not. Whoever comes there
        is left waiting in the twin."""
        self.supervisors_port = port
        if port is not None:
            self.listeners[port] = SupervisorsListener()

    def vm_ended(self, hard):
        """The virtual machine closed its sockets (soft) or the chip restarted and forgot them (hard)."""
        for listener in self.listeners.values():
            for connection in listener.backlog:
                connection.box.reset()
        self.listeners.clear()
        self.supervisor_listens(None if hard else self.supervisors_port)
        self.datagram_sockets.clear()
        if hard:
            for connection in self.connections:
                connection.box.vanish()
            self.connections.clear()


class Network:
    """The virtual network.

    `run_until(condition, limit_s)` is used by `http`; a World or test sets it once to `device.run_until`.
    `names`: host names the DNS server knows, with an IPv6 address where it has no other for them;
    `dns_servers`: how many the box asks in turn (7 s each when silent); `dns_up`: whether they answer at all;
    `mdns`: what the box announces; `announced`: what others do, rows of (host name, address, service, protocol, port).
    `loss_percent`: of the segments that the box sends; `lose_next`: how many of the next ones are lost.
    """

    def __init__(self, clock, power_save_us=POWER_SAVE_US):
        self.clock = clock
        self.power_save_us = power_save_us
        self.access_point = AccessPoint()
        self.other_access_points = []
        self.phones = []
        self.hosts = {}
        self.names = {}
        self.dns_servers = 1
        self.dns_up = True
        self.mdns = {}
        self.mdns_refuses = None
        self.announced = [("fritz-box", "192.168.1.1", "_http", "_tcp", 80)]
        self.udp_hosts = {}
        self.client_port = 40000
        self.loss_percent = 0
        self.lose_next = 0
        self._random = random.Random(1)
        self.run_until = None
        self.stack = BoxStack(self)
        self._bridges = []
        # Called when a real program connects to the box.
        self.visitor_came = lambda: None

    def add_host(self, ip, ports, name=None, latency_us=2000):
        """A host with `ports` = {port: factory}; `factory(conn)` gives the handler of one connection."""
        host = self.hosts[ip] = Host(ip, ports, name, latency_us)
        if name is not None:
            self.names[name] = ip
        return host

    def late_us(self):
        """How much later a segment of the box comes because it was lost, perhaps more than once."""
        late_us, wait_us = 0, BOX_RETRANSMIT_US
        while self.loses():
            late_us, wait_us = late_us + wait_us, wait_us * 2
        return late_us

    def loses(self):
        """True when the next segment of the box is lost."""
        if self.lose_next:
            self.lose_next -= 1
            return True
        return bool(self.loss_percent) and self._random.random() * 100 < self.loss_percent

    def phone_at(self, ip):
        """The phone with that address on the box's access point, None when there is none."""
        return next((phone for phone in self.phones if phone.address == ip), None)

    def add_udp_host(self, ip, port, handler):
        """`handler(data) -> bytes or None` answers datagrams of the box."""
        self.udp_hosts[(ip, port)] = handler

    def connect_to_box(self, port=80, **options):
        """Open a connection to a listening socket of the box; gives a Client at once."""
        return Client(self, port, **options)

    def http(self, method, path, headers=None, body=b"", run=None, port=80, timeout_s=10.0):
        """One request to the box, waiting in virtual time with `run(condition, limit_s)`; gives a Response."""
        run = run or self.run_until
        if isinstance(body, str):
            body = body.encode()
        fields = {"Host": self.stack.address or "box", "Connection": "close"}
        if body:
            fields["Content-Length"] = str(len(body))
        fields.update(headers or {})
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in fields.items()
        )
        started_us = self.clock.now_us
        client = self.connect_to_box(port)
        client.send(head.encode() + b"\r\n" + body)
        complete = run(lambda: client.finished or _is_whole(client.received, method), timeout_s)
        elapsed_us = self.clock.now_us - started_us
        response = Response(client.received, elapsed_us, complete and not client.refused)
        client.close()
        return response

    def bridge(self, port, host_port=0, phone=None):
        """Let real programs on this machine reach a port of the box; gives the port on 127.0.0.1.

        They come from the network the box is in, or from `phone`, a guest on its access point.
        """
        bridge = Bridge(self, port, host_port, phone)
        self._bridges.append(bridge)
        return bridge.host_port

    @property
    def has_visitors(self):
        """True while a real program waits for the box's answer; a browser's spare connections say nothing."""
        return any(bridge.is_asked for bridge in self._bridges)

    def close(self):
        for bridge in self._bridges:
            bridge.close()
        self._bridges.clear()


def _is_whole(received, method):
    head, separator, body = bytes(received).partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return method == "HEAD" or len(body) >= int(value)
    return False


class Bridge:
    """Carries bytes between a real listening socket and the box. Looked after whenever the clock advances.

    The box hears of a connection when there is something to hear: a real program connects first and speaks when this
    computer lets it, and virtual time, which may run faster, would take it for a client that says nothing.
    """

    _EVERY_US = 2000
    # A client that says nothing for so long by the clock on the wall means it.
    _SILENT_S = 2.0

    def __init__(self, network, port, host_port, phone=None):
        self._network = network
        self._phone = phone
        self._port = port
        self._listener = host_socket.socket()
        self._listener.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", host_port))
        self._listener.listen(16)
        self._listener.setblocking(False)
        self.host_port = self._listener.getsockname()[1]
        self._waiting = []
        self._pairs = []
        self._next_us = 0
        network.clock.hooks.append(self._look)

    @property
    def is_asked(self):
        return any(has_spoken for _, _, _, has_spoken in self._pairs)

    def close(self):
        self._network.clock.hooks.remove(self._look)
        for real, _ in self._waiting:
            real.close()
        for real, client, _, _ in self._pairs:
            real.close()
            client.reset()
        self._listener.close()

    def _look(self):
        now = self._network.clock.now_us
        if now < self._next_us:
            return
        self._next_us = now + self._EVERY_US
        try:
            real, _ = self._listener.accept()
        except OSError:
            pass
        else:
            real.setblocking(False)
            self._network.visitor_came()
            self._waiting.append((real, time.monotonic() + self._SILENT_S))
        for waiting in list(self._waiting):
            if self._is_due(*waiting):
                self._waiting.remove(waiting)
                address = None if self._phone is None else self._phone.address
                client = self._network.connect_to_box(self._port, address=address)
                self._pairs.append([waiting[0], client, False, False])
        for pair in list(self._pairs):
            if not self._carry(pair):
                pair[0].close()
                self._pairs.remove(pair)

    @staticmethod
    def _is_due(real, limit):
        """True when it has said something, has ended, or has said nothing for long enough."""
        try:
            real.recv(1, host_socket.MSG_PEEK)
        except BlockingIOError:
            return time.monotonic() >= limit
        except OSError:
            pass
        return True

    def _carry(self, pair):
        """Move what there is; False when the pair is finished."""
        real, client, real_is_done, _ = pair
        try:
            if not real_is_done:
                data = real.recv(65536)
                if data:
                    pair[3] = True
                    client.send(data)
                else:
                    pair[2] = True
                    client.close()
        except BlockingIOError:
            pass
        except OSError:
            client.reset()
            return False
        try:
            waiting = bytes(client.received[client._taken : client._taken + 65536])
            if waiting:
                client._taken += real.send(waiting)
        except BlockingIOError:
            return True
        except OSError:
            client.reset()
            return False
        if client._taken < len(client.received):
            return True
        if client.was_reset or client.refused:
            return False
        if client.closed_by_box:
            client.close()
            return False
        return True
