# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""mdns: what the box announces shows up in `network.mdns`; finding others blocks for the whole time-out."""

from twin_device import device


class Server:
    def __init__(self, network_interface):
        station = device.station
        if not (station.address or station.ap_active):
            raise RuntimeError("Out of sockets" if not station.enabled else "Failed to allocate wifi memory")
        self._hostname = device.station.hostname
        self.instance_name = "CircuitPython"
        device.network.mdns.clear()
        self._announce()

    def _announce(self):
        device.network.mdns.setdefault("services", [])
        device.network.mdns["hostname"] = self._hostname

    @property
    def hostname(self):
        return self._hostname

    @hostname.setter
    def hostname(self, hostname):
        device.spend(20_000)
        self._hostname = hostname
        self._announce()

    def advertise_service(self, *, service_type, protocol, port, txt_records=()):
        if txt_records:
            raise NotImplementedError("TXT records are not supported")
        device.network.mdns["services"].append((service_type, protocol, port))

    def find(self, service_type, protocol, *, timeout=1):
        device.wait_until(lambda: False, round(timeout * 1_000_000))
        return ()

    def deinit(self):
        device.network.mdns.clear()
