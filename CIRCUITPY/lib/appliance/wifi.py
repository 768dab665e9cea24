# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Joins the owner's WiFi and comes back to it.

``wifi.radio.connect`` stands still for seconds, and for ever when an access point takes the box but no DHCP
server answers; only the watchdog ends that. So joins happen only while no car session is active, with the
watchdog armed, and a join that was cut by it is remembered in RTC memory: the next ones come late, so that
cars can be read in between. The firmware's own reconnection gives up after a router's restart, hence a watch
and a back-off of our own.

An access point for the first set-up will live beside ``join``; without WIFI_SSID the radio stays off here.
"""

from plc.ticks import expired, ticks_add

from appliance import retained

OFF, JOINING, CONNECTED, DOWN = "off", "joining", "connected", "down"

WATCH_MS = 1000
BACK_OFF_MS = (2000, 5000, 10000, 20000, 40000, 60000)
# After a join that was cut off: the first may have been somebody pressing RESET, from the second on it is a
# hang.
CUT_PAUSE_MS = (30000, 600000)
# A scan of all channels with one retry; DHCP comes on top.
JOIN_TIMEOUT_S = 10

_AUTH_WORDS = ("uthenticat",)
_NO_SSID_WORDS = ("ssid", "No network")


def cause_of(error):
    """Cause code for what ``wifi.radio.connect`` raised; its texts are all there is to tell them apart."""
    text = str(error)
    for word in _AUTH_WORDS:
        if word in text:
            return "wifi_auth"
    for word in _NO_SSID_WORDS:
        if word in text:
            return "wifi_no_ssid"
    return "wifi_down"


class Wifi:
    """The station. ``poll(now)`` watches (cheap); ``run(now)`` joins (slow) when ``due(now)``.

    ``radio`` is ``wifi.radio``; ``new_pool(radio)`` makes the socket pool; ``report(kind, text)`` gets
    "connected", "lost", "failed" or "info".
    """

    def __init__(self, settings, radio, new_pool, ticks, report, memory=None, watchdog=None, new_mdns=None):
        self.ssid = settings["WIFI_SSID"]
        self.hostname = settings["HOSTNAME"]
        self.state = DOWN if self.ssid and radio is not None else OFF
        self.cause = None
        self.address = None
        self.pool = None
        self.joins = 0
        self.losses = 0
        self._settings = settings
        self._radio = radio
        self._new_pool = new_pool
        self._new_mdns = new_mdns
        self._ticks = ticks
        self._report = report
        self._memory = memory if memory is not None else retained.memory()
        self._watchdog = watchdog
        self._failures = 0
        self._next = None
        self._watch_at = None
        self._channel = 0
        self._bssid = None
        self._mdns = None

    @property
    def connected(self):
        """True while the box has an address."""
        return self.state == CONNECTED

    def start(self, now):
        """Plan the first join; it comes late when the last one hung until the watchdog bit."""
        if self.state == OFF:
            return
        self._next = now
        memory = self._memory
        if memory[retained.WIFI_JOINING]:
            pause = CUT_PAUSE_MS[1 if memory[retained.WIFI_HANGS] else 0]
            memory[retained.WIFI_JOINING] = 0
            memory[retained.WIFI_HANGS] = 1
            self._next = ticks_add(now, pause)
            self.cause = "wifi_down"
            self._report(
                "info", "the last join never ended (no DHCP answer?); next try in %d s" % (pause // 1000)
            )

    def poll(self, now):
        """Watch the connection once a second; True when its state changed."""
        if self.state != CONNECTED or not expired(self._watch_at, now):
            return False
        self._watch_at = ticks_add(now, WATCH_MS)
        if self._radio.connected and self._radio.ipv4_address is not None:
            return False
        self.state = DOWN
        self.cause = "wifi_down"
        self.address = None
        self.losses += 1
        self._next = ticks_add(now, BACK_OFF_MS[0])
        self._report("lost", "connection lost")
        return True

    def due(self, now):
        """True when a join should be tried."""
        return self.state == DOWN and expired(self._next, now)

    def run(self, _now):
        """Try to join once; stands still for seconds."""
        self.state = JOINING
        self.joins += 1
        self._memory[retained.WIFI_JOINING] = 1
        try:
            self._join()
            self._memory[retained.WIFI_HANGS] = 0
            self._joined(self._ticks())
        except Exception as error:
            # ConnectionError, RuntimeError ("WiFi is not enabled"), ValueError, MemoryError: try again later.
            self._failed(error, self._ticks())
        finally:
            self._memory[retained.WIFI_JOINING] = 0

    def _join(self):
        radio = self._radio
        radio.enabled = True
        try:
            radio.hostname = self.hostname
        except (ValueError, RuntimeError, AttributeError, NotImplementedError) as error:
            self._report("info", "host name not taken: %s" % error)
        self._set_static_address()
        if self._watchdog is not None:
            self._watchdog.feed()
        if self._bssid is not None:
            # A scan of one channel for one access point takes a tenth of a full one.
            radio.connect(
                self.ssid,
                self._settings["WIFI_PASSWORD"],
                channel=self._channel,
                bssid=self._bssid,
                timeout=JOIN_TIMEOUT_S,
            )
        else:
            radio.connect(self.ssid, self._settings["WIFI_PASSWORD"], timeout=JOIN_TIMEOUT_S)

    def _set_static_address(self):
        if not self._settings["WIFI_STATIC_ADDRESS"]:
            return
        import ipaddress

        gateway = ipaddress.ip_address(self._settings["WIFI_GATEWAY"])
        self._radio.set_ipv4_address(
            ipv4=ipaddress.ip_address(self._settings["WIFI_STATIC_ADDRESS"]),
            netmask=ipaddress.ip_address(self._settings["WIFI_NETMASK"]),
            gateway=gateway,
            ipv4_dns=gateway,
        )

    def _joined(self, now):
        radio = self._radio
        self.address = str(radio.ipv4_address)
        self._remember_access_point()
        if self.pool is None:
            self.pool = self._new_pool(radio)
        self.state = CONNECTED
        self.cause = None
        self._failures = 0
        self._watch_at = ticks_add(now, WATCH_MS)
        self._save_power(radio)
        self._announce()
        self._report("connected", "connected to %s, http://%s" % (self.ssid, self.address))

    def _remember_access_point(self):
        info = self._radio.ap_info
        if info is not None:
            self._channel = info.channel
            self._bssid = bytes(info.bssid)

    def _save_power(self, radio):
        """Switch modem sleep off: it holds incoming packets back for up to 300 ms."""
        try:
            import wifi

            radio.power_management = wifi.PowerManagement.NONE
        except (ImportError, AttributeError):
            # CircuitPython before 10.0 has no such switch.
            return

    def _announce(self):
        if self._mdns is not None or self._new_mdns is None:
            return
        try:
            self._mdns = self._new_mdns(self._radio)
            self._mdns.hostname = self.hostname
            self._mdns.advertise_service(
                service_type="_http", protocol="_tcp", port=self._settings["HTTP_PORT"]
            )
        except (RuntimeError, OSError, ValueError, AttributeError) as error:
            # The page stays reachable by its number.
            self._mdns = None
            self._report("info", "name %s.local not announced: %s" % (self.hostname, error))

    def _failed(self, error, now):
        self.state = DOWN
        self.cause = cause_of(error)
        # The access point may have moved to another channel.
        self._bssid = None
        pause = BACK_OFF_MS[min(self._failures, len(BACK_OFF_MS) - 1)]
        self._failures += 1
        self._next = ticks_add(now, pause)
        self._report("failed", "%s; next try in %d s" % (error, pause // 1000))

    def rssi(self):
        """Signal strength in dBm or None."""
        info = self._radio.ap_info if self.state == CONNECTED else None
        return None if info is None else info.rssi

    def document(self):
        """For the page's JSON."""
        return {
            "state": self.state,
            "ssid": self.ssid,
            "address": self.address,
            "hostname": self.hostname,
            "rssi": self.rssi(),
            "joins": self.joins,
            "losses": self.losses,
        }
