# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""socketpool on the twin's network, with the waits and errors of ports/espressif/common-hal/socketpool/Socket.c."""

from twin_device import device

from host_tests.twin import errors
from host_tests.twin.circuitpython import _floats
from host_tests.twin.errors import DeviceBrokenPipeError, DeviceOSError

MAX_SOCKETS = 8
CONNECT_SLICE_US = 100_000
# lwIP asks a DNS server four times, 1 + 1 + 2 + 3 s, before it turns to the next.
DNS_SERVER_US = 7_000_000
DNS_ANSWER_US = 30_000
# lwIP keeps so many datagrams for a socket that nobody reads; the next ones are lost.
DATAGRAM_BACKLOG = 6
ACCEPT_BACKLOG = 8

EAI_NONAME = -2


class gaierror(DeviceOSError):
    """A name that could not be resolved."""


class Listener:
    """What the network sees of a listening socket."""

    def __init__(self, backlog_size):
        self.backlog = []
        self.backlog_size = backlog_size


def _fault_of(end):
    """Who ended a connection."""
    return errors.ECONNABORTED if end.aborted else errors.ECONNRESET


def _is_numeric(host):
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def _resolve(host):
    """Address text of a host; blocks as lwip_getaddrinfo does. gaierror."""
    if not host or _is_numeric(host):
        return host or "0.0.0.0"
    network = device.network
    known = network.names.get(host)
    # Guests on the own access point are no way to a name server, and a fixed address has none that was not set.
    answered = device.station.address is not None and device.station.dns is not None and network.dns_up
    if known is not None and answered:
        device.spend(DNS_ANSWER_US)
        return known
    if answered and not host.endswith(".local"):
        # A server that answers "no such name".
        device.spend(DNS_ANSWER_US)
    else:
        device.wait_until(lambda: False, DNS_SERVER_US * network.dns_servers)
    raise gaierror(EAI_NONAME, "Name or service not known")


class Socket:
    """One of the eight sockets. Timeouts: None waits for ever, 0 never waits."""

    def __init__(self, pool, kind, timeout_us):
        self._pool = pool
        self.type = kind
        self._timeout_us = timeout_us
        self._end = None
        self._connected = False
        self._listener = None
        self._port = 0
        self._reset_told = False
        self._datagrams = []
        self._is_open = True
        device.open_sockets.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def _charge(self, size=0):
        device.spend(device.costs.socket_call_us + size * device.costs.socket_byte_ns // 1000)

    def _waited(self, ready):
        """True when it is ready within the time-out. Else there is one more look, and what that one fetches is lost: the
        firmware sees that the time is over before it looks."""
        if device.wait_until(ready, self._timeout_us):
            return True
        device.spend(device.costs.last_look_us)
        return False

    def _require_open(self):
        if not self._is_open:
            raise DeviceOSError(errors.EBADF)

    # --- set-up

    def settimeout(self, value):
        self._timeout_us = None if value is None else _floats.milliseconds(value) * 1000

    def setblocking(self, flag):
        self._timeout_us = None if flag else 0

    def setsockopt(self, level, optname, value):
        self._require_open()

    def bind(self, address):
        self._require_open()
        host, port = address
        if port < 0:
            raise ValueError("port must be >= 0")
        _resolve(host)
        stack = device.network.stack
        is_datagram = self.type == SocketPool.SOCK_DGRAM
        if port in (stack.datagram_sockets if is_datagram else stack.listeners):
            raise DeviceOSError(errors.EADDRINUSE)
        self._port = port
        if is_datagram:
            stack.datagram_sockets[port] = self

    def listen(self, backlog):
        self._require_open()
        self._listener = Listener(max(backlog, 1))
        device.network.stack.listeners[self._port] = self._listener

    def accept(self):
        self._require_open()
        self._charge()
        if self._timeout_us == 0:
            if not self._listener.backlog:
                raise DeviceOSError(errors.EAGAIN)
        elif not self._waited(lambda: self._listener.backlog):
            if self._listener.backlog:
                # Nobody has it, and nobody closes it (Socket.c socketpool_socket_accept).
                self._listener.backlog.pop(0)
            raise DeviceOSError(errors.ETIMEDOUT)
        connection = self._listener.backlog.pop(0)
        if len(device.open_sockets) >= MAX_SOCKETS:
            # lwIP finds no socket for it and drops the client.
            connection.box.reset()
            raise DeviceOSError(errors.EAGAIN if self._timeout_us == 0 else errors.EBADF)
        device.spend(device.costs.socket_open_us)
        # The firmware forgets to set its time-out, so it does not block.
        accepted = Socket(self._pool, self.type, 0)
        accepted._end = connection.box
        accepted._connected = True
        return accepted, connection.peer_address

    def connect(self, address):
        """Blocks in slices of 100 ms; the attempt goes on in the background after a time-out."""
        self._require_open()
        host, port = address
        if port < 0:
            raise ValueError("port must be >= 0")
        ip = _resolve(host)
        self._charge()
        stack = device.network.stack
        if not stack.reachable:
            raise DeviceOSError(errors.EHOSTUNREACH)
        if self._end is not None:
            raise DeviceOSError(errors.EISCONN if self._end.connected else errors.EALREADY)
        self._end = end = stack.connect(ip, port).box
        if self._timeout_us is None:
            decided = device.wait_until(lambda: end.connected or end.reset_received)
        else:
            slices = -(-self._timeout_us // CONNECT_SLICE_US)
            decided = slices > 0 and device.wait_until(
                lambda: end.connected or end.reset_received, slices * CONNECT_SLICE_US
            )
        if not decided:
            raise DeviceOSError(errors.ETIMEDOUT)
        if end.reset_received:
            raise DeviceOSError(_fault_of(end))
        self._connected = True

    # --- stream

    def recv_into(self, buffer, bufsize=0):
        self._require_open()
        view = memoryview(buffer).cast("B")
        if bufsize > len(view):
            raise ValueError("buffer too small for requested bytes")
        if bufsize > 0:
            view = view[:bufsize]
        if not len(view):
            return 0
        end = self._end
        if self._timeout_us == 0:
            return self._receive_now(end, view)
        if not self._waited(lambda: end is not None and (end.arrived or end.fin_received)):
            if end is not None and end.arrived:
                self._take(end, view)
            raise DeviceOSError(errors.ETIMEDOUT)
        return self._take(end, view)

    def _receive_now(self, end, view):
        if end is None or not (end.arrived or end.fin_received or end.reset_received):
            self._charge()
            raise DeviceOSError(errors.EAGAIN)
        if end.arrived:
            return self._take(end, view)
        self._charge()
        if end.reset_received and not self._reset_told:
            # The first look reports ECONNRESET, which the firmware takes for "nothing there yet".
            self._reset_told = True
            raise DeviceOSError(errors.EAGAIN)
        self._connected = False
        raise DeviceOSError(errors.ENOTCONN)

    def _take(self, end, view):
        data = end.read(len(view))
        view[: len(data)] = data
        self._charge(len(data))
        return len(data)

    def send(self, data):
        self._require_open()
        if not self._connected:
            raise DeviceBrokenPipeError()
        view = memoryview(data).cast("B")
        end = self._end
        if end.reset_received:
            self._connected = False
            self._charge()
            number = errors.ENOTCONN if self._reset_told else _fault_of(end)
            self._reset_told = True
            raise DeviceOSError(number)
        self._charge(min(len(view), end.room))
        sent = end.send(view)
        if not sent and len(view):
            raise DeviceOSError(errors.EAGAIN)
        return sent

    def sendall(self, data):
        view = memoryview(data).cast("B")
        while len(view):
            view = view[self.send(view) :]

    # --- datagrams

    def sendto(self, data, address):
        self._require_open()
        host, port = address
        ip = _resolve(host)
        self._charge(len(data))
        stack = device.network.stack
        if not stack.reachable:
            raise DeviceBrokenPipeError()
        if stack.is_guest(ip):
            stack.datagram_to_guest(ip, port, bytes(data), (stack.station.ap_address, self._port))
            return len(data)
        handler = device.network.udp_hosts.get((ip, port))
        answer = handler(bytes(data)) if handler is not None else None
        if answer is not None:
            device.clock.after(10_000, self._datagrams.append, (bytes(answer), (ip, port)))
        return len(data)

    def datagram_arrived(self, data, address):
        """The network brings a datagram to this bound socket."""
        if len(self._datagrams) < DATAGRAM_BACKLOG:
            self._datagrams.append((data, address))

    def recvfrom_into(self, buffer):
        self._require_open()
        self._charge()
        if self._timeout_us == 0:
            if not self._datagrams:
                raise DeviceOSError(errors.EAGAIN)
        elif not self._waited(lambda: self._datagrams):
            del self._datagrams[:1]
            raise DeviceOSError(errors.ETIMEDOUT)
        data, address = self._datagrams.pop(0)
        size = min(len(data), len(buffer))
        memoryview(buffer).cast("B")[:size] = data[:size]
        return size, address

    # --- end, polling

    def close(self):
        if not self._is_open:
            return
        device.spend(device.costs.socket_call_us)
        self._shut()

    def _shut(self):
        self._is_open = False
        self._connected = False
        if self in device.open_sockets:
            device.open_sockets.remove(self)
        if self._listener is not None:
            for connection in self._listener.backlog:
                connection.box.reset()
            listeners = device.network.stack.listeners
            if listeners.get(self._port) is self._listener:
                del listeners[self._port]
        datagram_sockets = device.network.stack.datagram_sockets
        if datagram_sockets.get(self._port) is self:
            del datagram_sockets[self._port]
        if self._end is not None:
            self._end.close()

    def vm_ended(self, hard):
        """The virtual machine is gone: closed when it ended by itself, forgotten by a chip reset."""
        if not hard:
            self._shut()
        self._is_open = False

    def readable(self):
        if self._listener is not None:
            return bool(self._listener.backlog)
        end = self._end
        if end is None:
            return bool(self._datagrams)
        return bool(end.arrived) or end.fin_received or end.reset_received

    def writable(self):
        end = self._end
        if end is None:
            return self._listener is None
        return end.reset_received or (end.connected and end.room > 0)

    @property
    def is_open(self):
        return self._is_open


class SocketPool:
    AF_INET = 2
    AF_INET6 = 10
    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    SOCK_RAW = 3
    EAI_NONAME = EAI_NONAME
    SOL_SOCKET = 0xFFF
    SO_REUSEADDR = 4
    TCP_NODELAY = 1
    IPPROTO_IP = 0
    IPPROTO_ICMP = 1
    IPPROTO_TCP = 6
    IPPROTO_UDP = 17
    IPPROTO_IPV6 = 41
    IPPROTO_RAW = 255
    IP_MULTICAST_TTL = 5
    gaierror = gaierror

    def __init__(self, radio):
        import wifi

        if radio is not wifi.radio:
            raise ValueError("SocketPool can only be used with wifi.radio")
        self._radio = radio

    def socket(self, family=AF_INET, type=SOCK_STREAM, proto=0):
        if family not in (self.AF_INET, self.AF_INET6):
            raise NotImplementedError("Unsupported socket type")
        device.spend(device.costs.socket_open_us)
        supervisors = device.network.stack.supervisors_port is not None
        if len(device.open_sockets) + supervisors >= MAX_SOCKETS:
            raise RuntimeError("Out of sockets")
        return Socket(self, type, None)

    def getaddrinfo(self, host, port, family=0, type=0, proto=0, flags=0):
        ip = _resolve(host)
        if ":" in ip and family != self.AF_INET:
            return [(self.AF_INET6, type, proto, "", (ip, port, 0, 0))]
        if ":" in ip or family == self.AF_INET6:
            raise gaierror(EAI_NONAME, "Name or service not known")
        return [(self.AF_INET, type or self.SOCK_STREAM, proto, "", (ip, port))]
