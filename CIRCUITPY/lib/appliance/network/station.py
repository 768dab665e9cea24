# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Joins the owner's WiFi and joins it again after a loss, one step at a time: the first row that is due is done.

    due                                              step
    a search is under way                            look at one channel
    the search for a join is over                    join
    the access point has served its time             close it
    the access point was opened a second ago         see whether it is on the air
    the box cannot be reached otherwise              offer the access point
    a network that a guest named was joined          save it
    a guest named a network, or the pause is over    prepare a join, with a search

``wifi.radio.connect`` blocks for seconds, and for ever if no DHCP server answers; only the watchdog ends that. So joins
happen only while no car session is active, with the watchdog running. After a join that it ended, or may have ended, the
next ones come late, so that cars can be read in between. A search comes first, one channel at a time, so that nothing
blocks for a network that is not there. A join that is refused is repeated at once with less transmit power, which some
boards need, before a password is called wrong. The firmware's own reconnection gives up when a router restarts; hence a
watch and a back-off of our own. While it is trying, ``connect`` returns at once without an error, so a join counts only
with an address. The known network is never given up: it is tried again whatever fails.
"""

from plc.ticks import expired, ticks_add

from appliance.base.recent import Recent
from appliance.network.link import ANYWHERE, CONNECTED_TO, LOW_TX_POWER_DBM

OFF, CONNECTED, DOWN = "off", "connected", "down"

WATCH_MS = 1000
BACK_OFF_MS = (2000, 5000, 10000, 20000, 30000)
# Longer and longer, because a router may bar a client that fails too often.
REFUSED_BACK_OFF_MS = (5000, 15000, 30000, 60000, 300000)
# After this many failures the firmware chooses the access point: a network that is not found may be hidden, and the
# strongest of several may be the one that refuses. Less power is tried as rarely.
BLIND_EVERY = 5
# The access point is needed after this many failed tries since the start, or after the network was lost for this long; and
# the pause before it is tried again if it failed.
OFFER_AFTER_FAILURES = 2
OFFER_AFTER_LOSS_MS = 180000
OFFER_RETRY_MS = 30000
# While somebody is typing the known network is tried only this often: a try disturbs the access point.
GUEST_PAUSE_MS = 60000
SEARCH_FRESH_MS = 60000
# Looks for an address, one a second: DHCP takes a second or two, longer after a router's restart.
ADDRESS_LOOKS = 15


class Station:
    """``poll(now)`` watches (cheap); ``run(now)`` does one slow step when ``due(now)``.

    ``networks`` searches the air; ``save(ssid, password)`` keeps a network; ``tell(kind, text)`` gets "connected", "lost",
    "failed", "info" or "console". ``make_point()`` gives the AccessPoint, None where there is none; once that is needed,
    ``provisioning`` is there.
    """

    def __init__(self, settings, link, networks, save, guard, tell):
        self.ssid = settings["WIFI_SSID"]
        self.hostname = link.hostname
        self.state = DOWN if self.ssid and link.exists else OFF
        self.cause = None
        self.address = None
        self.joins = 0
        self.losses = 0
        self.networks = networks
        self.make_point = None
        self.provisioning = None
        self._password = settings["WIFI_PASSWORD"]
        self._port = settings["HTTP_PORT"]
        self._link = link
        self._save = save
        self._guard = guard
        self._tell = tell
        self._failures = 0
        self._refusals = 0
        self._next = None
        self._offer_at = None
        self._watch_at = None
        self._looks = 0
        self._last_place = None
        self._searched = Recent(SEARCH_FRESH_MS)
        self._searching = False
        self._prepared = False
        # The network that is tried again with less power.
        self._low_power_for = None
        # The firmware was at its own tries: while it is, it refuses to look, and a search finds nothing at all.
        self._tries_itself = False
        self._steps = (
            (self._is_looking, self._look),
            (self._is_prepared, self._join),
            (self._wants_offer, self._offer),
            (self._wants_join, self._prepare),
        )

    @property
    def connected(self):
        """True while the box has an address."""
        return self.state == CONNECTED

    def address_now(self):
        """``address``, or the one the firmware got by reconnecting itself, which is noticed only after a car's session."""
        return self.address or self._link.address()

    @property
    def reachable(self):
        """True while somebody could open the page."""
        return self.state == CONNECTED or self.offered

    @property
    def offered(self):
        """True while the access point is on the air."""
        return self.provisioning is not None and self.provisioning.offered

    def _wish(self):
        """The network that somebody entered and that is to be tried, or None."""
        return None if self.provisioning is None else self.provisioning.wish

    def _has_reader(self, now):
        """True while somebody has the set-up page open."""
        return self.provisioning is not None and self.provisioning.has_reader(now)

    def _need_point(self, now):
        """The box cannot be reached without the access point."""
        if not self.offered:
            self._offer_at = now

    @property
    def pool(self):
        """The socket pool, None before there is a network."""
        return self._link.pool

    def start(self, now, first=None):
        """Plan the first step; the first join comes late if the last run ended in one that hung. ``first``: the FirstJoin
        from which this goes on."""
        hung = self._guard.hung
        if hung:
            self.cause = "wifi_dhcp"
        if hung or self.state == OFF:
            self._need_point(now)
        pause = self._guard.pause_ms()
        self._next = ticks_add(now, pause)
        if first is not None:
            self._go_on(first, now)
        if not pause:
            return
        text = "the last join never ended: %sno address from the router" % ("" if hung else "perhaps ")
        if self.state == DOWN:
            text += "; next try in %d s" % (pause // 1000)
        self._tell("info", text)

    def _go_on(self, first, now):
        self.joins = int(first.tried)
        if first.connected:
            # Who made it has told it.
            self._has_joined(now)
            # What was lost while the rest of the box was loaded is noticed by ``poll``.
            self.address = first.address
        elif first.tried:
            self._not_joined(self.ssid, first.error, now)

    def find_smartevses(self):
        """[(name, address)] of those that announce themselves; blocks for two seconds. RuntimeError."""
        return self._link.find_smartevses()

    def ask_search(self):
        """Look for networks, soon."""
        if self._link.exists:
            self.networks.begin()

    # ---- the cheap part

    def poll(self, now):
        """Answer guests; watch the connection once a second. True when something was done."""
        self._searched.holds(now)
        if self.provisioning is not None and self.provisioning.poll(now):
            return True
        if self.state != CONNECTED or not expired(self._watch_at, now):
            return False
        self._watch_at = ticks_add(now, WATCH_MS)
        address = self._link.address()
        if address == self.address:
            return False
        if address is None:
            self._lost(now)
        else:
            # A new lease, without a loss.
            self.address = address
            self._tell_connected()
        return True

    def _lost(self, now):
        self.state = DOWN
        self.cause = "wifi_down"
        self.address = None
        self.losses += 1
        self._looks = 0
        self._next = ticks_add(now, BACK_OFF_MS[0])
        self._offer_at = ticks_add(now, OFFER_AFTER_LOSS_MS)
        if self.provisioning is not None:
            self.provisioning.lost()
        self._tell("lost", "connection lost")

    # ---- the slow part

    def due(self, now):
        """True when there is a step to do. Allocates nothing."""
        return self._step(now) is not None

    def run(self, now):
        """One step: scan one channel, join, or switch the access point on or off."""
        self._step(now)(now)

    def _step(self, now):
        for is_due, step in self._steps:
            if is_due(now):
                return step
        return None

    def _is_looking(self, _now):
        return self.networks.next_channel is not None

    def _look(self, now):
        try:
            self._link.enable()
            if not self.networks.look(self.ssid if self._searching else None):
                return
            self._searched.mark(now)
        except (RuntimeError, MemoryError) as error:
            self.networks.next_channel = None
            self._tell("info", "no search for networks: %s" % error)
        if self._searching:
            self._searching = False
            self._prepared = True

    def _wants_join(self, now):
        wish = self._wish()
        if wish is not None:
            return expired(wish.start_at, now)
        return self.state == DOWN and expired(self._next, now)

    def _prepare(self, now):
        """It is time for a try: prepare it with a search, unless the last search is recent."""
        wish = self._wish()
        if wish is None:
            if self._link.is_joined():
                self._came_back(now)
                return
            if self._has_reader(now) and self.cause in ("wifi_auth", "wifi_dhcp"):
                self._next = ticks_add(now, GUEST_PAUSE_MS)
                return
        elif self._searched.holds(now) and self.networks.best(wish.ssid) is not None:
            self._prepared = True
            return
        if self._last_place is not None:
            self._prepared = True
            return
        self._link.enable()
        self._searching = True
        # After a failure the access point may be on another channel, and a guest's network was never searched for.
        self.networks.begin(self._guard.channel() if wish is None and not self._failures else 0)

    def _came_back(self, now):
        """The firmware reconnected by itself. Until it has an address all we can do is wait: ``connect`` does nothing."""
        if self._link.address() is not None:
            self._joined(now)
            return
        self._next = ticks_add(now, WATCH_MS)
        self._looks += 1
        if self._looks == ADDRESS_LOOKS:
            self.cause = "wifi_dhcp"
            self._tell("failed", "no address from the router")

    def _is_prepared(self, now):
        wish = self._wish()
        return self._prepared and (wish is None or expired(wish.start_at, now))

    def _join(self, now):
        """Join once; blocks for seconds."""
        self._prepared = False
        wish = self._wish()
        ssid, password = (self.ssid, self._password) if wish is None else (wish.ssid, wish.password)
        low_power = self._low_power_for == ssid
        place = self._place(ssid, now)
        self._tries_itself = False
        if place is None:
            self._failed("wifi_no_ssid", "network not found", now)
            return
        place = self.networks.place(ssid, place)
        self.joins += 1
        self._guard.begin(wish is not None)
        try:
            self._link.join(ssid, password, place, low_power)
            if self._link.address() is None:
                self._not_joined(ssid, None, self._guard.end())
                return
            if low_power:
                self._link.keep_low_power(True)
                text = "joined with less transmit power; WIFI_TX_POWER_DBM = %d saves the first try"
                self._tell("info", text % LOW_TX_POWER_DBM)
            self._joined(self._guard.end())
        except Exception as error:
            # ConnectionError, RuntimeError ("WiFi is not enabled"), ValueError, MemoryError: try again later.
            self._not_joined(ssid, error, self._guard.end())

    def _not_joined(self, ssid, error, now):
        """A join failed with ``error``. None: ``connect`` returned without an address, because the firmware was reconnecting
        or DHCP had not answered."""
        if error is not None:
            self._refused(ssid, error, now)
        elif self._link.is_joined():
            self._failed("wifi_dhcp", "no address from the router", now)
        else:
            self._failed("wifi_down", "the radio is still trying by itself", now)
            self._tries_itself = True

    def _place(self, ssid, now):
        """Which access point to join: (channel, BSSID), ANYWHERE, or None if the network was not found."""
        wished = self._wish() is not None
        if self._last_place is not None and not wished:
            return self._last_place
        point = self.networks.best(ssid)
        if point is None:
            unheard = self._tries_itself and not self.networks.shown
            may_be_hidden = wished or unheard or (
                self._failures % BLIND_EVERY == 0 and not self._has_reader(now)
            )
            return ANYWHERE if may_be_hidden else None
        if not wished and self._failures % BLIND_EVERY == BLIND_EVERY - 1:
            return ANYWHERE
        return point.channel, point.bssid

    def _joined(self, now):
        self._has_joined(now)
        self._tell_connected()

    def _has_joined(self, now):
        link = self._link
        self.address = link.address()
        self._last_place = link.place() or self._last_place
        if self._last_place is not None and not self.losses:
            # Only before the first loss: a router that changes its channel often would wear out NVM.
            self._guard.keep_channel(self._last_place[0])
        link.open_pool()
        self.state = CONNECTED
        self.cause = None
        self._failures = 0
        self._looks = 0
        self._refusals = 0
        self._low_power_for = None
        self._watch_at = ticks_add(now, WATCH_MS)
        self._offer_at = None
        wish = None if self.provisioning is None else self.provisioning.joined(self.address, now)
        if wish is not None:
            self.ssid, self._password = wish.ssid, wish.password
        link.stay_awake()
        link.announce()

    def _tell_connected(self):
        self._tell("connected", CONNECTED_TO % (self.ssid, self.address))

    def _refused(self, ssid, error, now):
        """A join ended with an error: try again with less power, or count it as failed."""
        try:
            from appliance.network import join_errors
        except Exception:
            # A file is missing on the drive, or there is no memory for it. The access point is needed all the same.
            self._failed("wifi_down", str(error), now)
            return
        may_be_power = join_errors.may_be_power(error)
        its_turn = self._wish() is not None or self._refusals % BLIND_EVERY == 0
        if its_turn and may_be_power and self._link.has_less_power() and self._low_power_for != ssid:
            self._low_power_for = ssid
            self._prepared = True
            self._tell("info", "%s; trying again with less transmit power" % error)
            return
        if may_be_power:
            self._refusals += 1
        self._failed(join_errors.cause_of(error), str(error), now)

    def _failed(self, cause, text, now):
        self._low_power_for = None
        self._link.keep_low_power(False)
        if self.offered:
            self._link.use_power(True)
        # The access point may have moved to another channel.
        self._last_place = None
        self.state = DOWN if self.ssid else OFF
        wish = self._wish()
        if wish is not None:
            self.provisioning.refused(cause)
            self._next = ticks_add(now, GUEST_PAUSE_MS)
            self._tell("failed", "%s: not joined: %s" % (wish.ssid, text))
            return
        self.cause = cause
        pauses = REFUSED_BACK_OFF_MS if cause == "wifi_auth" else BACK_OFF_MS
        pause = pauses[min(self._failures, len(pauses) - 1)]
        if self._has_reader(now):
            pause = max(pause, GUEST_PAUSE_MS)
        self._failures += 1
        self._next = ticks_add(now, pause)
        if self._failures >= OFFER_AFTER_FAILURES and self.losses == 0:
            self._need_point(now)
        self._tell("failed", "%s; next try in %d s" % (text, pause // 1000))

    # ---- the access point

    def _wants_offer(self, now):
        return self.make_point is not None and expired(self._offer_at, now)

    def _offer(self, now):
        self._offer_at = None
        if self.offered:
            return
        # Until it is on the air.
        self._offer_at = ticks_add(now, OFFER_RETRY_MS)
        if self.provisioning is None:
            try:
                self._load_provisioning()
            except Exception as error:
                # A file is missing on the drive, or there is no memory for it. Cars are read without it.
                self._tell("info", "no access point: %s" % error)
                return
        known = self.networks.best(self.ssid)
        # Not on 12 and 13: the chip knows those only while in a network, and would else open an access point with a name of
        # its own and without a password.
        channel = 1 if known is None or known.channel > 11 else known.channel
        if self.provisioning.offer(channel):
            self._offer_at = None
            if not self.networks.complete:
                self.networks.begin()

    def _load_provisioning(self):
        from appliance.network.provisioning import Provisioning

        guests = self.provisioning = Provisioning(self.make_point(), self._link, self._save, self._tell)
        search, join, offer, prepare = self._steps
        close, look = (guests.wants_close, guests.close), (guests.wants_look, self._look_for_point)
        self._steps = (search, join, close, look, offer, (guests.wants_save, guests.save), prepare)

    def _look_for_point(self, now):
        """See whether the access point came up; if not, it is tried again while it is needed."""
        if not self.provisioning.look() and self.state != CONNECTED:
            self._offer_at = ticks_add(now, OFFER_RETRY_MS)

    # ---- reports

    def port_text(self):
        """":PORT" to follow the address of the page, "" for the usual port."""
        return "" if self._port == 80 else ":%d" % self._port

    def rssi(self):
        """Signal strength in dBm or None."""
        return self._link.rssi() if self.state == CONNECTED else None

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
            "access_point": self.provisioning.access_point.name if self.offered else None,
        }
