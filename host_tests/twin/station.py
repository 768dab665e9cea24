# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The board's radio: joining, losing and finding the access point again, with the ESP-IDF's times and failures.

There is one radio for both sides. While it looks at other channels nobody on the box's own access point is heard,
and when it joins a network on another channel the access point moves there and its clients must find it again.
"""

from host_tests.twin.settings_toml import own_number

# Radio.c has all channels scanned, and where it is told a channel or a BSSID one after the other until it is found.
# A channel is where the search begins, no more (esp_wifi_types_generic.h: "channel hint for target AP").
FULL_SCAN_US = 2_500_000
CHANNEL_SCAN_US = 120_000
# CircuitPython sets no country, and the chip's own, "01", has the last two listened to only (esp_wifi.h,
# wifi_scan_time_t: 360 ms a channel), and refused for an access point out of a network.
PASSIVE_SCAN_US = 360_000
ACTIVE_CHANNELS = 11
CHANNELS = 13
ASSOCIATE_US = 150_000
DHCP_US = 1_000_000
STATIC_ADDRESS_US = 50_000
FOUR_WAY_TIMEOUT_US = 2_500_000
# Beacons must be missed for this long before the link counts as lost.
BEACON_TIMEOUT_US = 6_000_000
RECONNECT_US = 350_000
# The firmware's own tries after a loss (Radio.c starting_retries), each until the access point has refused it.
RETRIES = 5
# ASSOC_LEAVE, NO_AP_FOUND and AUTH_FAIL: for good at once.
NOT_TRIED_AGAIN = (8, 201, 202)
# How long a station waits for the answer to its authentication; not measured.
AUTH_EXPIRE_US = 1_000_000
# How long the supervisor's own join is tried again (supervisor/shared/web_workflow/web_workflow.c).
SUPERVISOR_S = 8
# Quarters of a dBm: esp_wifi_set_max_tx_power takes 8 to 84 and uses the step below (esp-idf, esp_wifi.h).
TX_STEPS = (8, 20, 28, 34, 44, 52, 56, 60, 66, 72, 80)
MOST_TX = 84
USUAL_TX_DBM = 20
# From start_ap to the network interface that is up; not measured.
AP_START_US = 100_000
# Only after these the firmware's own web server is started.
WEB_WORKFLOW_RESETS = ("POWER_ON", "RESET_PIN", "DEEP_SLEEP_ALARM", "UNKNOWN", "SOFTWARE")
AP_ADDRESS = "192.168.4.1"
AP_SUBNET = "192.168.4."


def scan_of(channel):
    """How long a look at a channel takes."""
    return PASSIVE_SCAN_US if channel > ACTIVE_CHANNELS else CHANNEL_SCAN_US


class JoinFailure(Exception):
    """A join that failed; the text is the one of `ConnectionError` in `wifi.radio.connect`. `again` is False for what the
    firmware does not try again, whatever its time-out (common-hal/wifi/__init__.c event_handler)."""

    def __init__(self, text, again=True):
        super().__init__(text)
        self.again = again


class Station:
    """Station and access-point side of `wifi.radio`. Addresses are text, None while there is none.

    A link comes before its address: `associated` is the link, `address` what DHCP gave or the fixed one. `believed` is what
    the firmware's event bits say, CONNECTED and not DISCONNECTED: True while it works through its own retries, too.
    """

    def __init__(self, device):
        self._device = device
        self._watch = None
        # Of a board with a poor antenna nothing is understood above this power (CircuitPython issues 9208, 9657).
        self.most_tx_dbm = USUAL_TX_DBM
        # start_ap throws the chip's answers away: with this the interface stays down (no memory for it), unsaid.
        self.refuses_ap = False
        # What `import wifi` raises on a radio that does not start, once a run: from then on it is there, half made.
        self.start_fault = None
        self.mac = bytes((device.uid[5] & 0xFC | 2,)) + bytes(device.uid[4::-1])
        self.forget()

    def forget(self):
        """State after a chip reset."""
        self.enabled = True
        self.half_made = False
        self.user_started = False
        self.associated = False
        self.believed = False
        self.retries_left = 0
        self.address = None
        self.static_address = None
        self.dhcp_client = True
        self.gateway = self.netmask = self.dns = None
        self.joined_ssid = None
        self.joined_password = None
        # 32 letters at most, the end of the board's id counts (common-hal/wifi/__init__.c).
        self.hostname = f"cpy-{self._device.board_id[-14:].lstrip('_')}-{self.mac.hex()}"
        self.power_management = "MIN"
        self.tx_quarters = 4 * USUAL_TX_DBM
        self.ap_active = False
        self.ap_ssid = self.ap_password = None
        self.ap_channel = 1
        self.ap_up_at_us = 0
        self.ap_max_connections = 4
        self.ap_address = AP_ADDRESS
        self.away_until_us = 0
        self.joins = getattr(self, "joins", 0)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    @property
    def access_point(self):
        return self._device.network.access_point

    def begin(self):
        """`import wifi`, which also switches a radio on again that the supervisor had switched off."""
        if self.half_made:
            return
        self._device.spend(self._device.costs.wifi_start_us)
        self.half_made = self.start_fault is not None
        self.enabled = not self.half_made
        if self.half_made:
            raise self.start_fault

    def switch(self, on):
        """The radio on or off; switching it on sets the usual transmit power again."""
        if self.enabled and not on:
            self.leave()
            self.stop_ap()
        elif on and not self.enabled:
            self.tx_quarters = 4 * USUAL_TX_DBM
        self.enabled = on

    def set_tx_power(self, dbm):
        """As esp_wifi_set_max_tx_power: nothing is said when it is out of range or the radio is off."""
        quarters = int(dbm * 4)
        if self.enabled and TX_STEPS[0] <= quarters <= MOST_TX:
            self.tx_quarters = max(step for step in TX_STEPS if step <= quarters)

    @property
    def is_understood(self):
        """False while the board sends with more power than its antenna can take."""
        return self.tx_quarters <= 4 * self.most_tx_dbm

    def visible(self):
        """Access points in range that are switched on."""
        points = [self.access_point, *self._device.network.other_access_points]
        return [point for point in points if point.up]

    def vm_ended(self, hard):
        self.half_made = False
        if hard:
            self.stop_ap()
            self.forget()
        elif self.user_started:
            self.leave()
            self.stop_ap()
            self.user_started = False

    def leave(self):
        """Give up the station link, for good."""
        self.believed = False
        self._lose()

    def _lose(self):
        if self.address is not None:
            self._device.network.stack.address_lost()
        self.associated = False
        self.address = None
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    # --- access point ----------------------------------------------------------------------------------------------

    @property
    def mac_ap(self):
        """Of the access point's side."""
        return self.mac[:5] + bytes(((self.mac[5] + 1) & 0xFF,))

    def start_ap(self, ssid, password, channel, max_connections):
        """WPA2 with a password, open without. The channel is the station's while that is associated.

        What the driver refuses is thrown away (Radio.c), after the mode is set: the chip's own open network is on the air.
        """
        if channel > ACTIVE_CHANNELS and not self.associated:
            ssid, password, channel = "ESP_" + self.mac_ap[3:].hex().upper(), "", 1
        point = self._joined_point() if self.associated else None
        self.ap_ssid, self.ap_password = ssid, password
        self.ap_channel = channel if point is None else point.channel
        self.ap_max_connections = max_connections
        self.ap_active = not self.refuses_ap
        self.ap_up_at_us = self._device.clock.now_us + AP_START_US

    @property
    def ap_up(self):
        """As esp_netif_is_netif_up says of the access point's side."""
        return self.ap_active and self._device.clock.now_us >= self.ap_up_at_us

    def stop_ap(self):
        if self.ap_active:
            self.ap_active = False
            for phone in self._device.network.phones:
                phone.point_lost()

    def guests(self):
        """The phones on the access point."""
        return [phone for phone in self._device.network.phones if phone.associated] if self.ap_active else []

    @property
    def ap_heard(self):
        """False while the radio is on another channel than the access point's."""
        return self.ap_active and self.is_understood and self._device.clock.now_us >= self.away_until_us

    @property
    def tries_itself(self):
        """True while the firmware works through its own retries: until then it refuses a scan (ESP_ERR_WIFI_STATE)."""
        return self.believed and not self.associated

    def look_at(self, channel):
        """Spend the time of a scan of one channel; the access point is deaf meanwhile."""
        scan_us = scan_of(channel)
        if self.ap_active and channel != self.ap_channel:
            self.away_until_us = self._device.clock.now_us + scan_us
        self._device.wait_until(_never, scan_us)

    def _follow(self, channel):
        if self.ap_active and channel != self.ap_channel:
            self.ap_channel = channel
            for phone in self._device.network.phones:
                phone.point_moved()

    # --- station ---------------------------------------------------------------------------------------------------

    def join_within(self, timeout_s, ssid, password, channel, bssid):
        """`wifi.radio.connect`: the time ends further attempts only, and some failures are not tried again. JoinFailure."""
        end_us = self._device.clock.now_us + round(timeout_s * 1_000_000)
        for left in range(RETRIES, -1, -1):
            try:
                self.join(ssid, password, channel, bssid)
                return
            except JoinFailure as failure:
                if not failure.again or not left or self._device.clock.now_us >= end_us:
                    raise failure

    def join(self, ssid, password, channel, bssid):
        """One attempt of `wifi.radio.connect`, in the device thread. JoinFailure; never returns without DHCP."""
        device = self._device
        self.leave()
        self.joins += 1
        if bssid is not None:
            # Radio.c ends the BSSID with a zero that falls on the channel behind it.
            channel = 0
        point, scan_us = self._searched(ssid, channel, bssid)
        if channel != self.ap_channel or scan_us > scan_of(channel):
            self.away_until_us = device.clock.now_us + scan_us
        device.wait_until(_never, scan_us)
        if point is None or not point.up:
            raise JoinFailure("No network with that ssid", again=False)
        if not self.is_understood:
            device.wait_until(_never, AUTH_EXPIRE_US)
            raise JoinFailure("Unknown failure 2")
        if point.refuse is not None:
            device.wait_until(_never, ASSOCIATE_US)
            raise JoinFailure(f"Unknown failure {point.refuse}", again=point.refuse not in NOT_TRIED_AGAIN)
        if point.password and point.password != password:
            device.wait_until(_never, FOUR_WAY_TIMEOUT_US)
            raise JoinFailure("Authentication failure")
        device.wait_until(_never, ASSOCIATE_US)
        self._follow(point.channel)
        self.associated = True
        self.joined_ssid, self.joined_password = ssid, password
        self._get_address(point)
        self.believed = True
        self.retries_left = RETRIES
        self._watch = device.clock.after(500_000, self._watch_link)

    def _searched(self, ssid, channel, bssid):
        """(access point or None, how long the search takes)"""
        points = [
            point for point in self.visible() if point.ssid == ssid and (bssid is None or point.bssid == bytes(bssid))
        ]
        if not points or not channel and bssid is None:
            return next(iter(points), None), FULL_SCAN_US

        def steps(point):
            return (point.channel - (channel or 1)) % CHANNELS

        found = min(points, key=steps)
        first = (channel or 1) - 1
        looked_at = [(first + step) % CHANNELS + 1 for step in range(steps(found) + 1)]
        return found, sum(map(scan_of, looked_at))

    def _get_address(self, point):
        device = self._device
        if self.static_address is not None:
            device.wait_until(_never, STATIC_ADDRESS_US)
            self.address, self.netmask, self.gateway = self.static_address
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
        if self.address not in (None, point.lease):
            self._device.network.stack.address_lost()
        self.address, self.netmask, self.gateway, self.dns = (
            point.lease,
            point.netmask,
            point.gateway,
            point.dns,
        )

    def start_by_supervisor(self):
        """CIRCUITPY_WIFI_SSID in settings.toml: the firmware joins before code.py, hang included. With
        CIRCUITPY_WEB_API_PASSWORD beside it it listens there as well, after these resets
        (supervisor/shared/web_workflow/web_workflow.c supervisor_start_web_workflow). Gives the port, or None.
        """
        setting = self._device.own_setting
        ssid = setting("CIRCUITPY_WIFI_SSID")
        if not ssid:
            return None
        try:
            self.join_within(SUPERVISOR_S, ssid, setting("CIRCUITPY_WIFI_PASSWORD") or "", 0, None)
        except JoinFailure:
            self.enabled = False
            return None
        if setting("CIRCUITPY_WEB_API_PASSWORD") is None or self._device.reset_reason not in WEB_WORKFLOW_RESETS:
            return None
        return setting("CIRCUITPY_WEB_API_PORT", own_number) or 80

    # --- losing the link -------------------------------------------------------------------------------------------

    def _joined_point(self):
        """The access point of the joined network, None when it is gone."""
        return next((point for point in self.visible() if point.ssid == self.joined_ssid), None)

    def _watch_link(self):
        if not self.associated:
            return
        if self._joined_point() is not None:
            self._watch = self._device.clock.after(500_000, self._watch_link)
        else:
            self._watch = self._device.clock.after(BEACON_TIMEOUT_US, self._beacons_missed)

    def _beacons_missed(self):
        self._lose()
        self._retry()

    def kicked(self):
        """The access point sends a deauthentication: the firmware retries at once."""
        if self.associated:
            self._lose()
            self._watch = self._device.clock.after(RECONNECT_US, self._retry)

    def _retry(self):
        # NO_AP_FOUND ends the retries for good: from then on the program must connect again.
        point = self._joined_point()
        if point is None or self.retries_left == 0:
            self.leave()
            return
        if point.password not in ("", self.joined_password):
            self._retry_again(FOUR_WAY_TIMEOUT_US)
        elif point.refuse is not None or not self.is_understood:
            self._retry_again(ASSOCIATE_US)
        else:
            self.associated = True
            # The link is up from now on, the address comes later.
            self._ask_dhcp(STATIC_ADDRESS_US if self.static_address else DHCP_US)

    def _retry_again(self, refused_us):
        self.retries_left -= 1
        self._watch = self._device.clock.after(refused_us + RECONNECT_US, self._retry)

    def _ask_dhcp(self, after_us):
        self._watch = self._device.clock.after(after_us, self._hear_dhcp)

    def _hear_dhcp(self):
        """What the DHCP client of a link that came back hears, if anything; it asks again until then."""
        point = self._joined_point()
        if point is None:
            self._watch_link()
            return
        if self.static_address is not None:
            self.address, self.netmask, self.gateway = self.static_address
        elif point.dhcp and self.dhcp_client:
            self._take_lease(point)
        else:
            self._ask_dhcp(DHCP_US)
            return
        self.retries_left = RETRIES
        self._watch = self._device.clock.after(500_000, self._watch_link)

    def renewed(self):
        """Half of the lease is over: the router may give another address, without a loss."""
        point = self._joined_point()
        if self.address is not None and self.static_address is None and point is not None:
            self._take_lease(point)


def _never():
    return False
