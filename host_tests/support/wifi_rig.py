# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""WiFi of the box on a radio of the test's own, moved as the loop moves it: watched each pass, one slow step at a time."""

from types import SimpleNamespace

from appliance.network.guard import JoinGuard
from appliance.network.link import Link
from appliance.network.scan import Networks
from appliance.network.station import Station
from appliance.settings.settings import Settings
from plc.ticks import ticks_diff

from host_tests.support.fake_radio import AccessPoint, Clock, Hang, Point, Radio
from host_tests.update import device_files

PASS_MS = 50
NOT_NEEDED_YET = SimpleNamespace(offered=False)


survival = device_files.module("survival")


class Chip:
    """NVM, and RTC memory as it is from CircuitPython 10.3 on (None: cleared by every reset)."""

    def __init__(self, rtc=True):
        self.nvm = bytearray(8192)
        self.rtc = bytearray(64) if rtc else None

    def kept(self, reason=survival.WATCHDOG):
        """What survival.py knows in a run after a reset with this reason."""
        return survival.Survival(self.nvm, self.rtc, reason)


class Watchdog:
    def __init__(self):
        self.fed = 0

    def feed(self):
        self.fed += 1


class Mdns:
    """`faults` are raised by the next constructors, one each; `later`, if set, by every call of a server that was made. Like
    the chip it allows one server at a time."""

    faults = []
    later = None
    living = None

    def __init__(self, _radio):
        if Mdns.faults:
            raise Mdns.faults.pop()
        if Mdns.living is not None:
            raise RuntimeError("mDNS already initialized")
        Mdns.living = self
        self.hostname = None
        self.services = []

    def deinit(self):
        Mdns.living = None

    def advertise_service(self, *, service_type, protocol, port):
        if Mdns.later is not None:
            raise Mdns.later
        self.services.append((service_type, protocol, port))


class Rig:
    """`told` is what was reported, as (kind, text); `saved` the networks that were kept, `save_fault` why not.

    With the `chip` of another Rig it is the run after a watchdog ended that one, or after a reset for another `reason`.
    """

    def __init__(self, *air, chip=None, reason=survival.WATCHDOG, mdns=None, **settings):
        self.clock = Clock()
        self.radio = Radio(self.clock, *(air or (Point(),)))
        self.settings = Settings()
        for key, value in dict({"WIFI_SSID": "Home", "WIFI_PASSWORD": "correct horse"}, **settings).items():
            self.settings.use(key, value)
        self.told = []
        self.saved = []
        self.save_fault = None
        self.chip = Chip() if chip is None else chip
        self.kept = self.chip.kept(survival.POWER if chip is None else reason)
        self.watchdog = Watchdog()
        self.point = AccessPoint(self.radio)
        self.hung = False
        self.slowest_ms = 0
        self._build(mdns)

    def _build(self, mdns):
        Mdns.living = None
        link = Link(self.settings, self.radio, lambda radio: ("pool of", radio), mdns, self._tell)
        guard = JoinGuard(self.kept, self.watchdog, self.clock.ticks)
        networks = Networks(self.radio)
        self.station = Station(self.settings, link, networks, self._save, guard, self._tell)
        self.station.make_point = lambda: self.point
        self.station.start(self.clock.now)

    @property
    def provisioning(self):
        """The station's; before it has one nothing is offered."""
        return self.station.provisioning or NOT_NEEDED_YET

    def _tell(self, kind, text):
        self.told.append((kind, text))

    def _save(self, ssid, password):
        if self.save_fault is None:
            self.saved.append((ssid, password))
        return self.save_fault

    def mark_hung_joins(self, count):
        """What the run before left when a watchdog ended it in the middle of a join, for the `count`-th time."""
        self.kept.set_byte(survival.HANGS, count - 1)
        self.kept.begin_join(True)

    # ---- time

    def turn(self):
        """One pass of the loop."""
        self.station.poll(self.clock.now)
        before = self.clock.now
        if self.station.due(before):
            try:
                self.station.run(before)
            except Hang:
                self.hung = True
        self.slowest_ms = max(self.slowest_ms, ticks_diff(self.clock.now, before))
        self.clock.wait(PASS_MS)

    def run(self, seconds):
        """Let the time go by."""
        begun = self.clock.now
        while ticks_diff(self.clock.now, begun) < seconds * 1000 and not self.hung:
            self.turn()

    def until(self, condition, seconds=120):
        """Let the time go by until `condition()`; gives how many seconds that took."""
        begun = self.clock.now
        while not condition():
            assert ticks_diff(self.clock.now, begun) < seconds * 1000, "it does not happen"
            self.turn()
        return ticks_diff(self.clock.now, begun) / 1000

    def seconds_between_joins(self, count):
        """Seconds between the begin of one join and the next, `count` times."""
        found = []
        for _ in range(count):
            joins = len(self.radio.joins)
            found.append(self.until(lambda joins=joins: len(self.radio.joins) > joins, 700))
        return found

    def texts(self, kind):
        """What was reported as `kind`."""
        return [text for told, text in self.told if told == kind]

    # ---- the phone

    def guest_opens_page(self):
        """A phone shows the set-up page, as web/setup.py tells it; it goes on asking while it does."""
        self.point.guest_seen()
        self.point.reader_seen()

    def run_with_reader(self, seconds):
        """Let the time go by while the page is open: it asks every five seconds."""
        for _ in range(int(seconds / 5)):
            self.guest_opens_page()
            self.run(5)
