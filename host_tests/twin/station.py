# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The board's radio: joining, losing and finding the access point again, with the ESP-IDF's times and failures."""

# Scan of all channels; a given channel is scanned alone.
FULL_SCAN_US = 2_500_000
CHANNEL_SCAN_US = 120_000
ASSOCIATE_US = 150_000
DHCP_US = 1_000_000
STATIC_ADDRESS_US = 50_000
FOUR_WAY_TIMEOUT_US = 2_500_000
# Beacons must be missed for this long before the link counts as lost.
BEACON_TIMEOUT_US = 6_000_000
RECONNECT_US = 350_000


class JoinFailure(Exception):
    """A join that failed; the text is the one of `ConnectionError` in `wifi.radio.connect`."""


class Station:
    """Station and access-point side of `wifi.radio`. Addresses are text, None while there is none."""

    def __init__(self, device):
        self._device = device
        self._watch = None
        self.mac = bytes((device.uid[5] & 0xFC | 2,)) + bytes(device.uid[4::-1])
        self.forget()

    def forget(self):
        """State after a chip reset."""
        self.enabled = True
        self.user_started = False
        self.associated = False
        self.address = None
        self.static_address = None
        self.dhcp_client = True
        self.gateway = self.netmask = self.dns = None
        self.joined_ssid = None
        self.joined_password = None
        self.hostname = f"cpy-{self._device.board_id}-{self.mac.hex()}"
        self.power_management = "MIN"
        self.tx_power = 20.0
        self.ap_active = False
        self.ap_ssid = self.ap_password = None
        self.ap_address = "192.168.4.1"
        self.joins = getattr(self, "joins", 0)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    @property
    def access_point(self):
        return self._device.network.access_point

    def visible(self):
        """Access points in range that are switched on."""
        points = [self.access_point, *self._device.network.other_access_points]
        return [point for point in points if point.up]

    def vm_ended(self, hard):
        if hard:
            self.forget()
        elif self.user_started:
            self.leave()
            self.stop_ap()
            self.user_started = False

    def leave(self):
        """Give up the station link."""
        self.associated = False
        self.address = None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def stop_ap(self):
        self.ap_active = False

    def join(self, ssid, password, channel, bssid):
        """One attempt of `wifi.radio.connect`, in the device thread. JoinFailure; never returns without DHCP."""
        device = self._device
        self.leave()
        self.joins += 1
        device.wait_until(_never, CHANNEL_SCAN_US if channel else FULL_SCAN_US)
        point = next(
            (
                point
                for point in self.visible()
                if point.ssid == ssid
                and (not channel or point.channel == channel)
                and (bssid is None or point.bssid == bytes(bssid))
            ),
            None,
        )
        if point is None:
            raise JoinFailure("No network with that ssid")
        if point.refuse is not None:
            device.wait_until(_never, ASSOCIATE_US)
            raise JoinFailure(f"Unknown failure {point.refuse}")
        if point.password and point.password != password:
            device.wait_until(_never, FOUR_WAY_TIMEOUT_US)
            raise JoinFailure("Authentication failure")
        device.wait_until(_never, ASSOCIATE_US)
        self.associated = True
        self.joined_ssid, self.joined_password = ssid, password
        self._get_address(point)
        self._watch = device.clock.after(500_000, self._watch_link)

    def _get_address(self, point):
        device = self._device
        if self.static_address is not None:
            device.wait_until(_never, STATIC_ADDRESS_US)
            self.address, self.netmask, self.gateway, self.dns = self.static_address
            return
        if not self.dhcp_client:
            self.leave()
            raise JoinFailure("Unknown failure 1")
        # Only an address or a disconnection ends the firmware's wait.
        device.wait_until(lambda: not point.up or point.dhcp)
        if not point.up:
            self.leave()
            raise JoinFailure("Unknown failure 200")
        device.wait_until(_never, DHCP_US)
        self._take_lease(point)

    def _take_lease(self, point):
        self.address, self.netmask, self.gateway, self.dns = (
            point.lease,
            point.netmask,
            point.gateway,
            point.dns,
        )

    def start_by_supervisor(self):
        """CIRCUITPY_WIFI_SSID in settings.toml: the firmware joins before code.py, hang included."""
        ssid = self._device.setting("CIRCUITPY_WIFI_SSID")
        if not ssid:
            return
        try:
            self.join(ssid, self._device.setting("CIRCUITPY_WIFI_PASSWORD") or "", 0, None)
        except JoinFailure:
            self.enabled = False

    # --- losing the link -------------------------------------------------------------------------------------------

    def _watch_link(self):
        if not self.associated:
            return
        point = self.access_point
        if point.up and point.ssid == self.joined_ssid:
            self._watch = self._device.clock.after(500_000, self._watch_link)
        else:
            self._watch = self._device.clock.after(BEACON_TIMEOUT_US, self._beacons_missed)

    def _beacons_missed(self):
        self.associated = False
        self.address = None
        self._retry()

    def kicked(self):
        """The access point sends a deauthentication: the firmware retries at once."""
        if self.associated:
            self.leave()
            self._watch = self._device.clock.after(RECONNECT_US, self._retry)

    def _retry(self):
        # NO_AP_FOUND and AUTH_FAIL end the retries for good: from then on the program must connect again.
        point = self.access_point
        if not point.up or point.ssid != self.joined_ssid or point.password not in ("", self.joined_password):
            return
        self.associated = True
        if self.static_address is not None:
            self.address, self.netmask, self.gateway, self.dns = self.static_address
        elif point.dhcp:
            self._take_lease(point)
        self._watch = self._device.clock.after(500_000, self._watch_link)


def _never():
    return False
