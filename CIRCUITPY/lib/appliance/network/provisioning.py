# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Gets the box into a network with a phone: its own access point, the guests there, and the network they name.

    no network known, a second failure, lost for three minutes --> the station loads this, access point on the air
    a guest names a network --> wish --> joined: saved, and the access point goes once the result was read
                                    `--> refused: told on the page, the known network stays
"""

from plc.ticks import expired, ticks_add

from appliance.base.recent import Recent

# How long the access point stays after the box has joined: without a guest, until a guest read the result, after that.
CLOSE_EMPTY_MS = 10000
CLOSE_UNREAD_MS = 180000
CLOSE_READ_MS = 60000
CLOSE_DONE_MS = 4000
# A phone closes the page as soon as its probe succeeds, so that is delayed until somebody could read it.
PROBE_READ_MS = 30000
# How long at most a guest who goes on with the set-up keeps the access point.
CLOSE_STEPS_MS = 900000
# Time for the answer to the page and for the display before a join blocks.
WISH_MS = 1500
SAVE_RETRY_MS = 60000
# The display shows the new address for this long.
SHOW_JOINED_MS = 180000


class Wish:
    """A network that somebody entered, to be tried from ``start_at`` on."""

    def __init__(self, ssid, password, start_at):
        self.ssid = ssid
        self.password = password
        self.start_at = start_at
        # Why it was not joined.
        self.cause = None


class Provisioning:
    """``wish``: the network that is being tried; ``outcome``: the last one that was, with ``cause`` None if it was joined.

    ``save(ssid, password)`` saves a network and returns None or why it cannot; ``tell(kind, text)`` gets "info" and
    "console". The station makes this object when the access point is first needed, and calls the steps that it wants.
    """

    def __init__(self, access_point, link, save, tell):
        self.access_point = access_point
        self.wish = None
        self.outcome = None
        self.save_problem = None
        self._link = link
        self._save = save
        self._tell = tell
        self._connected = False
        self._shows_joined = Recent(SHOW_JOINED_MS)
        self._unsaved = None
        self._close_at = None
        self._read_at = None
        self._steps_until = None
        self._save_at = None

    @property
    def offered(self):
        """True while the access point is on the air."""
        return self.access_point.active

    def poll(self, now):
        """Answer the guests' names. True when something was done."""
        self._shows_joined.holds(now)
        return self.access_point.poll(now)

    def has_guest(self, now):
        """True while a phone on the access point does anything."""
        return self.offered and self.access_point.guest.holds(now)

    def has_reader(self, now):
        """True while somebody has the set-up page open."""
        return self.offered and self.access_point.reader.holds(now)

    def just_joined(self, now):
        """True for a while after a network that somebody entered was joined: the display shows the address."""
        return self._connected and self._shows_joined.holds(now)

    # ---- what the set-up page asks for

    def ask_join(self, ssid, password, now):
        """Have this network tried soon; False if another try is under way or the box is in a network."""
        if self.wish is not None or self._connected:
            return False
        self.wish = Wish(ssid, password, ticks_add(now, WISH_MS))
        self.outcome = None
        self._read_at = None
        return True

    def read_result(self, now):
        """The page shows that the box has joined: time for the access point to end."""
        if self._close_at is not None and self._read_at is None:
            self._read_at = ticks_add(now, PROBE_READ_MS)
            self._close_at = ticks_add(now, CLOSE_READ_MS)

    def keep_open(self, now):
        """Somebody goes on after the result: neither the access point nor the page may disappear."""
        if self._close_at is not None and self._read_at is not None and not expired(self._steps_until, now):
            self._read_at = ticks_add(now, PROBE_READ_MS)
            self._close_at = ticks_add(now, CLOSE_READ_MS)

    def finish(self, now):
        """Somebody has read the result and wants the access point to go."""
        if self._connected:
            self._read_at = now
            self._close_at = ticks_add(now, CLOSE_DONE_MS)

    def is_done(self, now):
        """True when the box has joined and its guest has had time to read it."""
        return self._connected and expired(self._read_at, now)

    # ---- what the station tells

    def lost(self):
        """The network is lost."""
        self._connected = False
        self._close_at = None
        self._read_at = None

    def joined(self, address, now):
        """The box is in a network; gives the Wish that this was, or None."""
        self._connected = True
        wish, self.wish = self.wish, None
        self._steps_until = ticks_add(now, CLOSE_STEPS_MS)
        if wish is not None:
            self.outcome = wish
            self._shows_joined.mark(now)
            self._unsaved = wish
            self._save_at = now
        if self.offered:
            from appliance.network.access_point import is_guest

            self._close_at = ticks_add(now, CLOSE_UNREAD_MS if self.has_reader(now) else CLOSE_EMPTY_MS)
            if is_guest(address):
                # The network uses the addresses of our own access point, so guests could not be told from neighbours.
                self._close_at = now
        return wish

    def refused(self, cause):
        """The wish could not be joined."""
        self.wish.cause = cause
        self.outcome, self.wish = self.wish, None

    # ---- steps, each with a property that tells whether it is wanted; the station calls them

    def wants_close(self, now):
        """True when the access point has served its time."""
        return expired(self._close_at, now)

    def close(self, _now):
        """Switch the access point off."""
        self._close_at = None
        if self.offered:
            self.access_point.stop()
            self._tell("info", "access point closed")

    def offer(self, channel):
        """Switch the access point on; True if that worked."""
        point = self.access_point
        try:
            self._link.enable()
            # Little power is enough: the phone is beside the box, where the password is on the display.
            self._link.use_power(True)
            self._link.open_pool()
            point.start(self._link.pool, channel)
        except Exception as error:
            # RuntimeError, OSError: no socket, no memory for the radio. Cars are read without it.
            if point.active:
                point.stop()
            self._tell("info", "no access point: %s" % error)
            return False
        self._close_at = None
        self._tell("info", "access point %s, page at http://192.168.4.1" % point.name)
        self._tell("console", "access point %s, password %s" % (point.name, point.password))
        return True

    def wants_look(self, now):
        """True when the access point should be on the air by now."""
        return self.access_point.wants_look(now)

    def look(self):
        """Whether it really is on; if not, it is given up."""
        point = self.access_point
        if point.is_on_air():
            return True
        point.stop()
        self._close_at = None
        self._tell("info", "no access point: the radio did not start it")
        return False

    def wants_save(self, now):
        """True when a network that was joined is to be kept."""
        return expired(self._save_at, now)

    def save(self, now):
        """Keep it; while that fails it is tried again."""
        self._save_at = None
        self.save_problem = self._save(self._unsaved.ssid, self._unsaved.password)
        if self.save_problem is None:
            self._unsaved = None
        else:
            self._save_at = ticks_add(now, SAVE_RETRY_MS)
            self._tell("info", "network not saved: %s" % self.save_problem)
