# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which of those that announce themselves in the network is a SmartEVSE."""

from appliance.network import browse


class Service:
    def __init__(self, hostname, ipv4_address):
        self._hostname = hostname
        self.ipv4_address = ipv4_address

    @property
    def hostname(self):
        assert self._hostname is not None, "on the device this is a crash"
        return self._hostname


class Server:
    def __init__(self, *services):
        self._services = services

    def find(self, *, service_type, protocol, timeout):
        assert (service_type, protocol) == ("_http", "_tcp")
        return self._services


def test_only_smartevses_with_an_address_are_found_each_once():
    server = Server(
        Service("printer", "192.168.1.9"),
        Service(None, None),
        Service("SmartEVSE-4417", "192.168.1.60"),
        Service("SmartEVSE-4417", "192.168.1.60"),
        Service("smartevse-12", "192.168.1.61"),
    )
    assert browse.smartevses(server) == [("SmartEVSE-4417", "192.168.1.60"), ("smartevse-12", "192.168.1.61")]


def test_without_an_mdns_server_nothing_is_found():
    assert browse.smartevses(None) == []
