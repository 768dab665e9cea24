# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A radio that joins in a second."""

import bench_state


class PowerManagement:
    NONE = "NONE"


class AuthMode:
    OPEN = "OPEN"
    WPA2 = "WPA2"
    PSK = "PSK"


class _AccessPoint:
    channel = 6
    bssid = b"\x02\x00\x00\x00\x00\x06"
    rssi = -51


class _Radio:
    def __init__(self):
        self.mac_address = b"\x02\x00\x5e\x00\x00\x01"
        self.enabled = False
        self.hostname = ""
        self.connected = False
        self.ipv4_address = None
        self.ap_info = None
        self.ap_active = False
        self.ipv4_address_ap = None

    def connect(self, ssid, password=b"", *, channel=0, bssid=None, timeout=None):
        bench_state.pass_time(1000000)
        self.connected = True
        self.ipv4_address = "192.168.1.50"
        self.ap_info = _AccessPoint()

    def start_scanning_networks(self, *, start_channel=1, stop_channel=11):
        return ()

    def stop_scanning_networks(self):
        """No scan runs."""

    def start_ap(self, ssid, password=b"", *, channel=1, authmode=None, max_connections=4):
        self.ap_active = True
        self.ipv4_address_ap = "192.168.4.1"

    def stop_ap(self):
        self.ap_active = False
        self.ipv4_address_ap = None

    def start_dhcp(self, *, ipv4=True, ipv6=False):
        """The address comes with the join."""

    def start_station(self):
        """It is one."""

    def stop_station(self):
        self.connected = False
        self.ipv4_address = None

    def set_ipv4_address(self, *, ipv4, netmask, gateway, ipv4_dns=None):
        self.ipv4_address = ipv4


radio = _Radio()
