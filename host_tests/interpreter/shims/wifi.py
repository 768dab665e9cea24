# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A radio that joins in a second."""

import bench_state


class PowerManagement:
    NONE = "NONE"


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

    def connect(self, ssid, password=b"", *, channel=0, bssid=None, timeout=None):
        bench_state.pass_time(1000000)
        self.connected = True
        self.ipv4_address = "192.168.1.50"
        self.ap_info = _AccessPoint()


radio = _Radio()
