# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Joins the owner's WiFi, comes back to it, and offers an access point of its own while it has none.

    no network known ------------------> access point, until a phone names one
    known: search -> join -> connected   (access point closed, once its guests have read the result)
             ^         |         |
             |         v         v lost
             '-- pause, again <--'       second failure, or lost for three minutes: access point as well

``wifi.radio.connect`` stands still for seconds, and for ever when an access point takes the box but no DHCP
server answers; only the watchdog ends that. So joins happen only while no car session is active, with the
watchdog armed, and a join that was cut by it is remembered in RTC memory: the next ones come late, so that
cars can be read in between. A search comes first, a channel at a time, so that nothing stands still for a
network that is not there. The firmware's own reconnection gives up after a router's restart, hence a watch and a
back-off of our own. Credentials are never given up: whatever fails, the known network is tried again.
"""

from plc.ticks import expired, ticks_add, ticks_diff

from appliance import retained
from appliance.access_point import is_guest
from appliance.networks import WEAK_DBM, Networks

OFF, JOINING, CONNECTED, DOWN = "off", "joining", "connected", "down"

WATCH_MS = 1000
BACK_OFF_MS = (2000, 5000, 10000, 20000, 30000)
# A router may bar a client that fails too often.
REFUSED_BACK_OFF_MS = (5000, 15000, 30000, 60000, 300000)
# After a join that was cut off: the first may have been somebody pressing RESET, from the second on it is a
# hang.
CUT_PAUSE_MS = (30000, 600000)
# A network whose name is not in the air may be a hidden one, and of several access points the strongest may be
# the one that refuses: every so many failures the firmware chooses.
BLIND_EVERY = 5

# The access point comes up after so many failed tries since the start, or when the network was lost for so long.
OFFER_AFTER_FAILURES = 2
OFFER_AFTER_LOSS_MS = 180000
OFFER_RETRY_MS = 30000
# It stays when the box has joined: with nobody there, for a guest to read the result, once it was read.
CLOSE_EMPTY_MS = 10000
CLOSE_UNREAD_MS = 180000
CLOSE_READ_MS = 60000
CLOSE_DONE_MS = 4000
# A phone's system closes the page as soon as its probe is content: not before somebody could read it.
PROBE_READ_MS = 30000
# Whoever asked for something within this time is still there; with the page open it asks every five seconds.
GUEST_MS = 120000
GUEST_PAUSE_MS = 60000
# Time for the answer to the page and for the display before a join stands still.
WISH_MS = 1500
SEARCH_FRESH_MS = 60000
SAVE_RETRY_MS = 60000
# The display tells the new address for so long.
SHOW_JOINED_MS = 180000

# Numbers are the ESP-IDF's reasons (wifi_err_reason_t) in "Unknown failure N".
REASONS = {
    2: "wifi_auth",  # AUTH_EXPIRE
    14: "wifi_auth",  # MIC_FAILURE
    15: "wifi_auth",  # 4WAY_HANDSHAKE_TIMEOUT: what a wrong password usually leads to
    201: "wifi_no_ssid",  # NO_AP_FOUND
    202: "wifi_auth",  # AUTH_FAIL
    204: "wifi_auth",  # HANDSHAKE_TIMEOUT
    210: "wifi_security",  # NO_AP_FOUND_W_COMPATIBLE_SECURITY
    211: "wifi_security",  # NO_AP_FOUND_IN_AUTHMODE_THRESHOLD
}


def cause_of(error):
    """Cause code for what ``wifi.radio.connect`` raised; its texts are all there is to tell them apart."""
    text = str(error)
    if "uthenticat" in text:
        return "wifi_auth"
    if "ssid" in text or "No network" in text:
        return "wifi_no_ssid"
    try:
        number = int(text.rsplit(" ", 1)[-1])
    except ValueError:
        number = 0
    return REASONS.get(number, "wifi_down")


def _is_recent(moment, now):
    return moment is not None and ticks_diff(now, moment) < GUEST_MS


class Outcome:
    """What became of a network that somebody entered: ``cause`` is None when it was joined."""

    def __init__(self, ssid, cause):
        self.ssid = ssid
        self.cause = cause


class Wifi:
    """Station and access point. ``poll(now)`` watches (cheap); ``run(now)`` does one slow step when ``due(now)``.

    ``radio`` is ``wifi.radio``; ``new_pool(radio)`` makes the socket pool; ``report(kind, text)`` gets
    "connected", "lost", "failed", "info" or "console". ``save(ssid, password)`` keeps a network and gives None or
    why not.
    """

    def __init__(
        self,
        settings,
        radio,
        new_pool,
        ticks,
        report,
        memory=None,
        watchdog=None,
        new_mdns=None,
        access_point=None,
        save=None,
    ):
        self.ssid = settings["WIFI_SSID"]
        self.hostname = settings["HOSTNAME"]
        self.state = DOWN if self.ssid and radio is not None else OFF
        self.cause = None
        self.address = None
        self.pool = None
        self.joins = 0
        self.losses = 0
        self.networks = Networks(radio)
        self.access_point = access_point if radio is not None else None
        # The network that somebody entered and that is being tried, and what became of the last one.
        self.wish = None
        self.outcome = None
        self.unsaved = None
        self.save_problem = None
        self._password = settings["WIFI_PASSWORD"]
        self._settings = settings
        self._radio = radio
        self._new_pool = new_pool
        self._new_mdns = new_mdns
        self._ticks = ticks
        self._report = report
        self._save = save
        self._memory = memory if memory is not None else retained.memory()
        self._watchdog = watchdog
        self._failures = 0
        self._next = None
        self._watch_at = None
        self._channel = 0
        self._bssid = None
        self._mdns = None
        self._offer_at = None
        self._close_at = None
        self._read_at = None
        self._searched_at = None
        self._wish_at = None
        self._joined_at = None
        self._save_at = None
        self._searching = False
        self._ready = False
        self._has_static = False

    @property
    def connected(self):
        """True while the box has an address."""
        return self.state == CONNECTED

    @property
    def offered(self):
        """True while the box's own access point is on the air."""
        return self.access_point is not None and self.access_point.active

    @property
    def reachable(self):
        """True while somebody could open the page."""
        return self.state == CONNECTED or self.offered

    def start(self, now):
        """Plan the first step; the first join comes late when the last one hung until the watchdog bit."""
        memory = self._memory
        was_cut = memory[retained.WIFI_JOINING]
        memory[retained.WIFI_JOINING] = 0
        if was_cut:
            self.cause = "wifi_dhcp"
            self._offer_at = now
        if self.state == OFF:
            self._offer_at = now
            if was_cut:
                self._report("info", "the last join never ended: no address from the router")
            return
        self._next = now
        if was_cut:
            pause = CUT_PAUSE_MS[1 if memory[retained.WIFI_HANGS] else 0]
            memory[retained.WIFI_HANGS] = 1
            self._next = ticks_add(now, pause)
            self._report(
                "info",
                "the last join never ended: no address from the router; next try in %d s" % (pause // 1000),
            )

    # ---- the cheap part

    def poll(self, now):
        """Answer the guests' names; watch the connection once a second. True when something was done."""
        if self.access_point is not None and self.access_point.poll():
            return True
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
        self._close_at = None
        self._read_at = None
        self._offer_at = ticks_add(now, OFFER_AFTER_LOSS_MS)
        self._report("lost", "connection lost")
        return True

    def has_guest(self, now):
        """True while a phone on the access point does anything."""
        return self.offered and _is_recent(self.access_point.guest_at, now)

    def has_reader(self, now):
        """True while somebody has the set-up page open."""
        return self.offered and _is_recent(self.access_point.reader_at, now)

    def just_joined(self, now):
        """True for a while after a network that somebody entered was joined: the display tells the address."""
        return (
            self._joined_at is not None
            and self.state == CONNECTED
            and ticks_diff(now, self._joined_at) < SHOW_JOINED_MS
        )

    # ---- what the set-up page asks for

    def ask_search(self):
        """Look for networks, soon."""
        if self._radio is not None and self.state != JOINING:
            self.networks.begin()

    def ask_join(self, ssid, password, now):
        """Try this network, soon; False when another try is under way or the box is in a network."""
        if self._radio is None or self.wish is not None or self.state == CONNECTED:
            return False
        self.wish = (ssid, password)
        self.outcome = None
        self._read_at = None
        self._wish_at = ticks_add(now, WISH_MS)
        return True

    def read_result(self, now):
        """The page shows that the box has joined: time for the access point to end."""
        if self._close_at is not None and self._read_at is None:
            self._read_at = ticks_add(now, PROBE_READ_MS)
            self._close_at = ticks_add(now, CLOSE_READ_MS)

    def finish(self, now):
        """Somebody has read the result and wants the access point to go."""
        if self.state == CONNECTED:
            self._read_at = now
            self._close_at = ticks_add(now, CLOSE_DONE_MS)

    def is_done(self, now):
        """True when the box has joined and its guest has had time to read it."""
        return self.state == CONNECTED and expired(self._read_at, now)

    # ---- the slow part

    def due(self, now):
        """True when there is a step to do."""
        if self.networks.next_channel is not None:
            return True
        if self._ready:
            return self.wish is None or expired(self._wish_at, now)
        if self._close_at is not None and expired(self._close_at, now):
            return True
        if self._offer_at is not None and expired(self._offer_at, now) and self.access_point is not None:
            return True
        if self._save_at is not None and expired(self._save_at, now):
            return True
        if self.wish is not None and not self._searching:
            return expired(self._wish_at, now)
        return self.state == DOWN and expired(self._next, now)

    def run(self, now):
        """One step: at most one channel looked at, one join, or the access point opened or closed."""
        if self.networks.next_channel is not None:
            self._look(now)
        elif self._ready:
            self._ready = False
            self._join(now)
        elif self._close_at is not None and expired(self._close_at, now):
            self._close()
        elif self._offer_at is not None and expired(self._offer_at, now) and self.access_point is not None:
            self._offer(now)
        elif self._save_at is not None and expired(self._save_at, now):
            self._keep(now)
        else:
            self._begin(now)

    def _begin(self, now):
        """The moment for a try has come: prepare it with a search, unless the last one is fresh."""
        if self.state == DOWN and self._radio.connected and self.wish is None:
            # The firmware came back by itself.
            self._joined(now)
            return
        if self.wish is None and self.has_reader(now) and self.cause in ("wifi_auth", "wifi_dhcp"):
            # Trying in vain again would take the access point away from somebody who is typing.
            self._next = ticks_add(now, GUEST_PAUSE_MS)
            return
        ssid = self.ssid if self.wish is None else self.wish[0]
        fresh = self._searched_at is not None and ticks_diff(now, self._searched_at) < SEARCH_FRESH_MS
        if self._bssid is not None or (self.wish is not None and fresh and self.networks.best(ssid)):
            self._ready = True
            return
        self._radio.enabled = True
        self._searching = True
        self.networks.begin()

    def _look(self, now):
        try:
            self._radio.enabled = True
            if not self.networks.look():
                return
            self._searched_at = now
        except RuntimeError as error:
            self.networks.next_channel = None
            self._report("info", "no search for networks: %s" % error)
        if self._searching:
            self._searching = False
            self._ready = True

    def _join(self, now):
        """Join once; stands still for seconds."""
        ssid, password = (self.ssid, self._password) if self.wish is None else self.wish
        point = self.networks.best(ssid)
        if point is None and self._bssid is None and not self._may_be_hidden(now):
            self._failed("wifi_no_ssid", "network not found", now)
            return
        self.state = JOINING
        self.joins += 1
        self._memory[retained.WIFI_JOINING] = 1
        try:
            self._connect(ssid, password, point)
            self._memory[retained.WIFI_JOINING] = 0
            self._memory[retained.WIFI_HANGS] = 0
            self._joined(self._ticks())
        except Exception as error:
            # ConnectionError, RuntimeError ("WiFi is not enabled"), ValueError, MemoryError: try again later.
            self._memory[retained.WIFI_JOINING] = 0
            self._failed(cause_of(error), str(error), self._ticks())

    def _may_be_hidden(self, now):
        if self.wish is not None:
            return True
        return self._failures % BLIND_EVERY == 0 and not self.has_reader(now)

    def _connect(self, ssid, password, point):
        radio = self._radio
        radio.enabled = True
        try:
            radio.hostname = self.hostname
        except (ValueError, RuntimeError, AttributeError, NotImplementedError) as error:
            self._report("info", "host name not taken: %s" % error)
        self._set_address(ssid)
        if self._watchdog is not None:
            self._watchdog.feed()
        channel, bssid = self._channel, self._bssid
        if bssid is None or self.wish is not None:
            one_of_many = point is None or (
                self.wish is None and self._failures % BLIND_EVERY == BLIND_EVERY - 1
            )
            channel, bssid = (0, None) if one_of_many else (point.channel, point.bssid)
        if bssid is None:
            radio.connect(ssid, password)
        else:
            # A search of one channel for one access point takes a tenth of a full one.
            radio.connect(ssid, password, channel=channel, bssid=bssid)

    def _set_address(self, ssid):
        """The fixed address belongs to the network of the settings; any other gets DHCP."""
        if not self._settings["WIFI_STATIC_ADDRESS"] or ssid != self._settings["WIFI_SSID"]:
            if self._has_static:
                self._has_static = False
                self._radio.start_dhcp()
            return
        import ipaddress

        gateway = ipaddress.ip_address(self._settings["WIFI_GATEWAY"])
        self._radio.set_ipv4_address(
            ipv4=ipaddress.ip_address(self._settings["WIFI_STATIC_ADDRESS"]),
            netmask=ipaddress.ip_address(self._settings["WIFI_NETMASK"]),
            gateway=gateway,
            ipv4_dns=gateway,
        )
        self._has_static = True

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
        self._offer_at = None
        if self.wish is not None:
            self._adopt_wish(now)
        if self.offered:
            self._close_at = ticks_add(now, CLOSE_UNREAD_MS if self.has_reader(now) else CLOSE_EMPTY_MS)
            if is_guest(self.address):
                # The router gives out the addresses of our own access point: guests and neighbours would be one.
                self._close_at = now
        self._save_power(radio)
        self._announce()
        self._report("connected", "connected to %s, http://%s" % (self.ssid, self.address))

    def _adopt_wish(self, now):
        self.ssid, self._password = self.unsaved = self.wish
        self.wish = None
        self.outcome = Outcome(self.ssid, None)
        self._joined_at = now
        self._save_at = now

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

    def _failed(self, cause, text, now):
        # The access point may have moved to another channel.
        self._bssid = None
        self.state = DOWN if self.ssid else OFF
        if self.wish is not None:
            self.outcome = Outcome(self.wish[0], cause)
            self.wish = None
            self._next = ticks_add(now, GUEST_PAUSE_MS)
            self._report("failed", "%s: not joined: %s" % (self.outcome.ssid, text))
            return
        self.cause = cause
        pauses = REFUSED_BACK_OFF_MS if cause == "wifi_auth" else BACK_OFF_MS
        pause = pauses[min(self._failures, len(pauses) - 1)]
        if self.has_reader(now):
            pause = max(pause, GUEST_PAUSE_MS)
        self._failures += 1
        self._next = ticks_add(now, pause)
        if self._failures >= OFFER_AFTER_FAILURES and self.losses == 0 and not self.offered:
            self._offer_at = now
        self._report("failed", "%s; next try in %d s" % (text, pause // 1000))

    # ---- the access point

    def _offer(self, now):
        point = self.access_point
        self._offer_at = None
        if point.active:
            return
        try:
            self._radio.enabled = True
            if self.pool is None:
                self.pool = self._new_pool(self._radio)
            known = self.networks.best(self.ssid)
            point.start(self.pool, 1 if known is None else known.channel)
        except Exception as error:
            # RuntimeError, OSError: no socket, no memory for the radio. Cars are read without it.
            if point.active:
                point.stop()
            self._offer_at = ticks_add(now, OFFER_RETRY_MS)
            self._report("info", "no access point: %s" % error)
            return
        self._close_at = None
        if not self.networks.complete:
            self.networks.begin()
        self._report("info", "access point %s, page at http://192.168.4.1" % point.name)
        self._report("console", "access point %s, password %s" % (point.name, point.password))

    def _close(self):
        self._close_at = None
        if self.offered:
            self.access_point.stop()
            self._report("info", "access point closed")

    def _keep(self, now):
        """Save the network that was joined; while that fails it is tried again."""
        self._save_at = None
        if self.unsaved is None or self._save is None:
            return
        problem = self._save(self.unsaved[0], self.unsaved[1])
        if problem is None:
            self.unsaved = None
        else:
            self._save_at = ticks_add(now, SAVE_RETRY_MS)
            self._report("info", "network not saved: %s" % problem)
        self.save_problem = problem

    # ---- what is told

    def port_text(self):
        """What follows the address of the page: nothing for the usual port."""
        port = self._settings["HTTP_PORT"]
        return "" if port == 80 else ":%d" % port

    def rssi(self):
        """Signal strength in dBm or None."""
        info = self._radio.ap_info if self.state == CONNECTED else None
        return None if info is None else info.rssi

    def weak(self, ssid):
        """True when the network was in the air, but faint."""
        point = self.networks.best(ssid)
        return point is not None and point.rssi < WEAK_DBM

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
            "access_point": self.access_point.name if self.offered else None,
        }
