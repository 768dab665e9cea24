# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""mdns: what the box announces shows up in `network.mdns`; finding others takes the whole time-out, and those of
`network.announced` are found."""

from twin_device import device

# The chip has one; a second while the first lives is refused.
_living = []


class RemoteService:
    """What another one in the network announces."""

    def __init__(self, hostname, ipv4_address, service_type, protocol, port):
        self._hostname = hostname
        self._address = ipv4_address
        self.service_type = service_type
        self.protocol = protocol
        self.port = port

    @property
    def ipv4_address(self):
        return self._address

    @property
    def hostname(self):
        if self._hostname is None:
            raise SystemError("the length of no text is taken: the device would restart here")
        return self._hostname


class Server:
    """``device.network.mdns_refuses`` names a member that raises, for as long as it does."""

    def __init__(self, network_interface):
        import wifi

        if network_interface is not wifi.radio:
            raise ValueError("mDNS only works with built-in WiFi")
        if _living:
            raise RuntimeError("mDNS already initialized")
        station = device.station
        if not (station.address or station.ap_active):
            raise RuntimeError("Out of sockets" if not station.enabled else "Failed to allocate wifi memory")
        self._hostname = device.station.hostname
        self.instance_name = "CircuitPython"
        device.network.mdns.clear()
        _living.append(self)
        self._announce()

    def _use(self, member):
        if self not in _living:
            raise ValueError("Object has been deinitialized and can no longer be used. Create a new object.")
        if member == device.network.mdns_refuses:
            raise RuntimeError("mDNS refuses")

    def _announce(self):
        device.network.mdns.setdefault("services", [])
        device.network.mdns["hostname"] = self._hostname

    @property
    def hostname(self):
        self._use("")
        return self._hostname

    @hostname.setter
    def hostname(self, hostname):
        self._use("hostname")
        device.spend(20_000)
        self._hostname = hostname
        self._announce()

    def advertise_service(self, *, service_type, protocol, port, txt_records=()):
        self._use("advertise_service")
        if txt_records:
            raise NotImplementedError("TXT records are not supported")
        device.network.mdns["services"].append((service_type, protocol, port))

    def find(self, *, service_type, protocol, timeout=1):
        self._use("find")
        device.wait_until(lambda: False, round(timeout * 1_000_000))
        if not device.station.address:
            return ()
        return tuple(RemoteService(*row) for row in device.network.announced if row[2:4] == (service_type, protocol))

    def deinit(self):
        if self in _living:
            _living.remove(self)
            device.network.mdns.clear()
