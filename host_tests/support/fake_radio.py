# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""`wifi.radio` for tests of one module: it refuses, waits and fails as the firmware's does, in a time of its own."""

from appliance.network import access_point
from plc.ticks import ticks_add

HOME = bytes.fromhex("021122334455")
STEPS_DBM = (2, 5, 7, 8.5, 11, 13, 14, 15, 16.5, 18, 20)
ACTIVE_CHANNELS, PASSIVE_SCAN_MS = 11, 360
CHANNEL_SCAN_MS, FULL_SCAN_MS, JOIN_MS, HANDSHAKE_MS = 120, 2500, 1200, 2500


class Clock:
    """Milliseconds that wrap two minutes after the start of a test."""

    def __init__(self):
        self.now = (1 << 29) - 120_000

    def ticks(self):
        return self.now

    def wait(self, milliseconds):
        self.now = ticks_add(self.now, int(milliseconds))


class Hang(BaseException):
    """A join that never ends; in its place the test goes on where only a watchdog would."""


class Point:
    """An access point in the air. `refuse`: number of the reason with which it ends every join."""

    def __init__(self, ssid="Home", password="correct horse", rssi=-50, channel=6, bssid=HOME):
        self.ssid = ssid
        self.password = password
        self.rssi = rssi
        self.channel = channel
        self.bssid = bssid
        self.hidden = False
        self.refuse = None
        self.dhcp = True
        self.lease = "192.168.1.50"
        self.authmode = ["wifi.AuthMode.WPA2", "wifi.AuthMode.PSK"] if password else ["wifi.AuthMode.OPEN"]


class Radio:
    """`joins` lists what was asked of it, (ssid, password, channel, bssid), `powers` with how much power, in dBm.

    With more than `most_dbm` nothing that it sends is understood, as on a board with a poor antenna.
    """

    mac_address = bytes.fromhex("02005e00cafe")

    def __init__(self, clock, *air):
        self.clock = clock
        self.air = list(air)
        self.joins = []
        self.scanned = []
        self.enabled = False
        self.static_address = None
        self.dns = ()
        self.dhcp_starts = 0
        self.power_management = "MIN"
        self.powers = []
        self.most_dbm = 20
        self._tx_power = 20.0
        self.scan_fault = None
        self.refuses_ap = False
        self.ap_active = False
        self.joined = None
        self.retries_for = None
        self._hostname = "cpy"
        self._scanning = False
        self._address = None

    @property
    def hostname(self):
        return self._hostname

    @hostname.setter
    def hostname(self, text):
        if not 1 <= len(text) <= 253:
            raise ValueError("hostname must be 1-253")
        self._hostname = text

    @property
    def tx_power(self):
        return self._tx_power

    @tx_power.setter
    def tx_power(self, dbm):
        if self.enabled and 2 <= dbm <= 21:
            self._tx_power = float(max(step for step in STEPS_DBM if step <= dbm))

    # ---- looking

    def start_scanning_networks(self, *, start_channel, stop_channel):
        if not self.enabled:
            raise RuntimeError("WiFi is not enabled")
        if self.scan_fault or self._scanning:
            raise self.scan_fault or RuntimeError("Already scanning for wifi networks")
        assert start_channel == stop_channel, "a search of more channels stands still for too long"
        self._scanning = True
        self.scanned.append(start_channel)
        if self.retries_for:
            return iter(())
        self.clock.wait(PASSIVE_SCAN_MS if start_channel > ACTIVE_CHANNELS else CHANNEL_SCAN_MS)
        return iter([point for point in self.air if point.channel == start_channel and not point.hidden])

    def stop_scanning_networks(self):
        self._scanning = False

    # ---- joining

    def connect(self, ssid, password=b"", *, channel=0, bssid=None, timeout=None):
        if not self.enabled:
            raise RuntimeError("WiFi is not enabled")
        self.joins.append((ssid, password, channel, bssid))
        self.powers.append(self._tx_power)
        if ssid == self.retries_for or (self.joined and ssid == self.joined.ssid):
            # It looks at its event bits only.
            return
        self.lose()
        point = self._search(ssid, channel, bssid)
        if point is None:
            raise ConnectionError("No network with that ssid")
        if self._tx_power > self.most_dbm:
            raise ConnectionError("Unknown failure 2")
        if point.refuse is not None:
            raise ConnectionError(f"Unknown failure {point.refuse}")
        if point.password != password:
            self.clock.wait(HANDSHAKE_MS)
            raise ConnectionError("Authentication failure")
        if not point.dhcp and self.static_address is None:
            raise Hang
        self.clock.wait(JOIN_MS)
        self.come_back(point)

    def _search(self, ssid, channel, bssid):
        if bssid is None:
            self.clock.wait(CHANNEL_SCAN_MS if channel else FULL_SCAN_MS)
            return self._found(ssid, channel, None)
        # Radio.c wipes the channel then, so that it looks at one after the other.
        point = self._found(ssid, 0, bssid)
        self.clock.wait(FULL_SCAN_MS if point is None else CHANNEL_SCAN_MS * point.channel)
        return point

    def _found(self, ssid, channel, bssid):
        for point in self.air:
            if point.ssid == ssid and channel in (0, point.channel) and bssid in (None, point.bssid):
                return point
        return None

    def lose(self):
        """The link is gone, and the firmware has given it up."""
        self.joined = self.retries_for = self._address = None

    def kick(self):
        """The link is gone, and the firmware is at its own tries."""
        point = self.joined
        self.lose()
        self.retries_for = point.ssid

    def come_back(self, point):
        """The link is there, by a join or by the firmware's own doing."""
        self.joined = point
        self.retries_for = None
        self.lease()

    def lease(self):
        """What DHCP has to say now."""
        self._address = self.static_address or (self.joined.lease if self.joined.dhcp else "0.0.0.0")

    @property
    def connected(self):
        return self.joined is not None

    @property
    def ipv4_address(self):
        return self._address

    @property
    def ap_info(self):
        return self.joined

    def set_ipv4_address(self, *, ipv4, netmask, gateway, ipv4_dns):
        self.static_address = str(ipv4)
        self.dns = ()

    def start_dhcp(self):
        self.dhcp_starts += 1
        self.static_address = None


class AccessPoint(access_point.AccessPoint):
    """The box's own access point, off the air. `fault` is raised by the next `start`."""

    def __init__(self, radio):
        super().__init__(radio, "abcdefghjk", radio.clock.ticks)
        self.channels = []
        self.fault = None

    def start(self, pool, channel):
        assert pool is not None
        if self.fault is not None:
            raise self.fault
        self.channels.append(channel)
        # start_ap says nothing when the chip refuses.
        self._radio.ap_active = not self._radio.refuses_ap
        self._went_on_air()

    def stop(self):
        self.active = self._radio.ap_active = False
        self._look_at = None
