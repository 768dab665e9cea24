# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""wifi: `radio` on top of the twin's Station. Everything synchronous that is synchronous on the board."""

import ipaddress
import re

from twin_device import device

from host_tests.twin.circuitpython._names import names
from host_tests.twin.errors import DeviceConnectionError
from host_tests.twin.station import JoinFailure


class AuthMode:
    pass


class PowerManagement:
    pass


names(AuthMode, "wifi", "OPEN WEP WPA WPA2 WPA3 PSK ENTERPRISE")
names(PowerManagement, "wifi", "MIN MAX NONE UNKNOWN")


# ScannedNetworks.c looks all over the band first, not channel after channel.
_SCAN_ORDER = (6, 1, 11, 3, 9, 13, 2, 4, 8, 12, 5, 7, 10, 14)
# What start_ap takes; every other mixture is a ValueError, WPA2 without PSK as well.
_AP_MODES = ("OPEN", "PSK WPA", "PSK WPA2", "PSK WPA WPA2")


# shared-bindings/wifi/Radio.c hostname_valid: a part may end with a dash, and the last one may be empty.
_HOSTNAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]{0,62}\.)*([A-Za-z0-9][A-Za-z0-9-]{0,62})?")
_LONGEST_HOSTNAME = 32


def _checked_password(text, least=8):
    """Length of a password in octets; 64 are the key itself and must be hexadecimal. ValueError."""
    length = len(text.encode())
    if not least <= length <= 64:
        raise ValueError("password length must be 8-64")
    if length == 64 and text.strip("0123456789abcdefABCDEF"):
        raise ValueError("Invalid hex password")


class Guest:
    """A station on the box's own access point."""

    def __init__(self, phone):
        self.mac_address = bytes(phone.mac)
        self.rssi = -40
        self.ipv4_address = ipaddress.IPv4Address(phone.address)


class Network:
    def __init__(self, point):
        self.ssid = point.ssid
        self.bssid = bytes(point.bssid)
        self.rssi = point.rssi
        self.channel = point.channel
        self.country = ""
        self.authmode = [AuthMode.WPA2, AuthMode.PSK] if point.password else [AuthMode.OPEN]


NO_ADDRESS = "0.0.0.0"


def _address(text):
    return None if text is None else ipaddress.IPv4Address(text)


class Radio:
    """The only radio. Addresses are `ipaddress.IPv4Address` or None."""

    def __init__(self):
        self._scan = None
        self._left = []

    @property
    def enabled(self):
        return device.station.enabled

    @enabled.setter
    def enabled(self, value):
        device.station.switch(bool(value))

    @property
    def hostname(self):
        return device.station.hostname

    @hostname.setter
    def hostname(self, hostname):
        text = hostname if isinstance(hostname, str) else bytes(hostname).decode()
        if not 1 <= len(text) <= 253:
            raise ValueError("hostname must be 1-253")
        if not _HOSTNAME.fullmatch(text):
            raise ValueError("invalid hostname")
        if len(text) <= _LONGEST_HOSTNAME:
            # Of a longer one esp_netif_set_hostname says so, and nobody listens.
            device.station.hostname = text

    @property
    def mac_address(self):
        return bytes(device.station.mac)

    @property
    def mac_address_ap(self):
        return device.station.mac_ap

    @property
    def tx_power(self):
        return device.station.tx_quarters / 4

    @tx_power.setter
    def tx_power(self, value):
        device.station.set_tx_power(value)

    @property
    def power_management(self):
        return getattr(PowerManagement, device.station.power_management)

    @power_management.setter
    def power_management(self, mode):
        if mode is PowerManagement.UNKNOWN:
            raise ValueError("Invalid power_management")
        device.station.power_management = mode.name

    def _require_enabled(self):
        if not device.station.enabled:
            raise RuntimeError("WiFi is not enabled")

    # --- scanning

    def start_scanning_networks(self, *, start_channel=1, stop_channel=11):
        self._require_enabled()
        if self._scan is not None:
            raise RuntimeError("Already scanning for wifi networks")
        if start_channel > stop_channel or not 1 <= start_channel <= 14:
            raise ValueError("start_channel out of range")
        self._left = [channel for channel in _SCAN_ORDER if start_channel <= channel <= stop_channel]
        self._scan = iter(self._scan_channels())
        return self._scan

    def _scan_channels(self):
        while self._left:
            if device.station.tries_itself:
                # A channel that the radio refuses is passed over: the end comes at once, without an error.
                self._left = []
                return
            channel = self._left[0]
            device.station.look_at(channel)
            del self._left[0]
            for point in device.station.visible():
                if point.channel == channel and not point.hidden:
                    yield Network(point)

    def stop_scanning_networks(self):
        """The firmware is one channel ahead of what it gave; it waits until that one is done."""
        if self._scan is not None and self._left:
            device.station.look_at(self._left[0])
        self._left = []
        self._scan = None

    # --- station

    def start_station(self):
        self._require_enabled()

    def stop_station(self):
        device.station.leave()

    def connect(self, ssid, password=b"", *, channel=0, bssid=None, timeout=None):
        """One blocking join; `timeout` bounds further attempts only. ConnectionError, RuntimeError."""
        self._require_enabled()
        station = device.station
        ssid = ssid if isinstance(ssid, str) else bytes(ssid).decode()
        password = password if isinstance(password, str) else bytes(password).decode()
        if not 1 <= len(ssid.encode()) <= 32:
            raise ValueError("ssid length must be 1-32")
        if password:
            _checked_password(password)
        if bssid is not None and len(bytes(bssid)) != 6:
            raise ValueError("Invalid BSSID")
        station.user_started = True
        if self._scan is not None:
            self._scan = None
        if station.believed and station.joined_ssid == ssid:
            # Radio.c looks at its event bits only: True while it still tries to come back, and without an address.
            return
        try:
            station.join_within(timeout or 0, ssid, password, channel, bssid)
        except JoinFailure as failure:
            raise DeviceConnectionError(str(failure)) from None

    @property
    def connected(self):
        """As esp_netif_is_netif_up: from the association on, before DHCP has answered."""
        return device.station.associated

    @property
    def ap_info(self):
        station = device.station
        if not station.associated:
            return None
        for point in station.visible():
            if point.ssid == station.joined_ssid:
                return Network(point)
        return None

    @property
    def ipv4_address(self):
        return self._while_up(device.station.address)

    def _while_up(self, text):
        """None only while there is no link; without a lease it is 0.0.0.0."""
        if not self.connected:
            return None
        return _address(text if device.station.address else NO_ADDRESS)

    @property
    def ipv4_gateway(self):
        return self._while_up(device.station.gateway)

    @property
    def ipv4_subnet(self):
        return self._while_up(device.station.netmask)

    @property
    def ipv4_dns(self):
        return _address(device.station.dns)

    @ipv4_dns.setter
    def ipv4_dns(self, address):
        # Radio.c leaves the type of the address open, and lwIP asks nobody of an unknown type.
        device.station.dns = None

    @property
    def dns(self):
        return (device.station.dns,) if device.station.dns else ()

    @dns.setter
    def dns(self, addresses):
        if len(addresses) > 1:
            raise ValueError("dns length must be <= 1")
        if addresses and not isinstance(addresses[0], str):
            raise TypeError("can't convert to str implicitly")
        device.station.dns = addresses[0] if addresses else None

    @property
    def addresses(self):
        return (device.station.address or NO_ADDRESS,) if self.connected else ()

    def set_ipv4_address(self, *, ipv4, netmask, gateway, ipv4_dns=...):
        """A fixed address; before connect it replaces DHCP. `ipv4_dns` names a server that cannot be asked; left out it is
        no object at all (shared-bindings/wifi/Radio.c: MP_OBJ_NULL), and its type is looked at."""
        station = device.station
        if ipv4_dns is ...:
            raise SystemError("there is no ipv4_dns: the device would restart here")
        if not all(isinstance(address, ipaddress.IPv4Address) for address in (ipv4, netmask, gateway)):
            raise ValueError("Only IPv4 addresses supported")
        station.static_address = (str(ipv4), str(netmask), str(gateway))
        if ipv4_dns is not None:
            self.ipv4_dns = ipv4_dns
        station.dhcp_client = False
        station.user_started = True
        if station.associated:
            station.address, station.netmask, station.gateway = station.static_address

    def start_dhcp(self, *, ipv4=True, ipv6=False):
        device.station.dhcp_client = True
        device.station.static_address = None

    def stop_dhcp(self):
        device.station.dhcp_client = False

    def ping(self, ip, *, timeout=0.5):
        host = device.network.hosts.get(str(ip))
        if host is None or not host.up or not self.connected:
            device.wait_until(lambda: False, round(timeout * 1_000_000))
            return None
        device.spend(2 * host.latency_us)
        return 2 * host.latency_us / 1_000_000

    # --- access point

    def start_ap(self, ssid, password=b"", *, channel=1, authmode=(), max_connections=4):
        self._require_enabled()
        text = password if isinstance(password, str) else bytes(password).decode()
        modes = " ".join(sorted(mode.name for mode in set(authmode)))
        if modes == "OPEN" and text:
            raise ValueError("AuthMode.OPEN is not used with password")
        if modes not in ("", "OPEN") or text:
            _checked_password(text)
        if modes and modes not in _AP_MODES:
            raise ValueError("Invalid authmode")
        if not 0 <= max_connections <= 10:
            raise ValueError("max_connections must be 0-10")
        ssid = ssid if isinstance(ssid, str) else bytes(ssid).decode()
        if not 1 <= len(ssid.encode()) <= 32:
            raise ValueError("ssid length must be 1-32")
        if not 1 <= channel <= 13:
            raise ValueError("channel must be 1-13")
        device.station.user_started = True
        device.station.start_ap(ssid, text, channel, max_connections)
        device.spend(10_000)

    def stop_ap(self):
        device.station.stop_ap()

    @property
    def ap_active(self):
        return device.station.ap_up

    @property
    def ipv4_address_ap(self):
        return _address(device.station.ap_address) if device.station.ap_active else None

    @property
    def ipv4_gateway_ap(self):
        return self.ipv4_address_ap

    @property
    def ipv4_subnet_ap(self):
        return _address("255.255.255.0") if device.station.ap_active else None

    @property
    def addresses_ap(self):
        return (device.station.ap_address,) if device.station.ap_active else ()

    @property
    def stations_ap(self):
        station = device.station
        return tuple(Guest(phone) for phone in station.guests()) if station.ap_active else None

    def set_ipv4_address_ap(self, *, ipv4, netmask, gateway):
        device.station.ap_address = str(ipv4)

    def start_dhcp_ap(self):
        pass

    def stop_dhcp_ap(self):
        pass


radio = Radio()
device.station.begin()
