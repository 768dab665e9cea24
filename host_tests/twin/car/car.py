# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A virtual car: pilot on one side, Ethernet frames of its powerline modem on the other, sans-IO.

It is the independent witness of the twin: own frames, own SLAC, own IPv6, TCP and EXI, and strict. It
knows nothing of the box. `complaints` lists what the station did wrong, `unsafe` what could have closed
the contactors, `verdict` whether it charges on AC afterwards.

Pilot duty in permille: None no pilot (unplugged or CP disconnected), 1000 steady (100 %), 50 digital
communication (5 %), 80..960 AC PWM. `now` is a plain count of milliseconds that does not wrap.
"""

from host_tests.twin.car import frames
from host_tests.twin.car import habits as habit_table
from host_tests.twin.car.ip import ETHERTYPE_IPV6, TCP, UDP, Ipv6Car, SdpClient
from host_tests.twin.car.ledger import Ledger, earlier
from host_tests.twin.car.session import DinSession
from host_tests.twin.car.slac_car import SlacCar
from host_tests.twin.car.tcp_car import TcpCar

STEADY = 1000
DIGITAL = 50
CHARGING = "charging"
STUCK = "stuck until re-plugged"
NOT_CHARGING = "does not want to charge"


def named(name, random_bytes, habits=None, **values):
    """A car of the table habits.CARS; `values` and `habits` change single properties of it."""
    own_values, own_habits = habit_table.CARS[name]
    arguments = {}
    arguments.update(own_values)
    arguments.update(values)
    changed = {}
    changed.update(own_habits)
    changed.update(habits or {})
    return VirtualCar(random_bytes=random_bytes, habits=changed, **arguments)


class VirtualCar:
    """One car; its state is in `plugged`, `cp_state`, `verdict`, `verdict_reason`, `complaints`, `unsafe`."""

    def __init__(
        self,
        mac,
        random_bytes,
        soc_percent=None,
        energy_capacity_wh=None,
        energy_request_wh=None,
        full_soc_percent=None,
        bulk_soc_percent=None,
        evccid=None,
        habits=None,
    ):
        self.mac = mac
        self.random_bytes = random_bytes
        self.habits = habit_table.merged(habits)
        self.first_habits = habit_table.merged(habits)
        self.values = {
            "soc_percent": soc_percent,
            "energy_capacity_wh": energy_capacity_wh,
            "energy_request_wh": energy_request_wh,
            "full_soc_percent": full_soc_percent,
            "bulk_soc_percent": bulk_soc_percent,
            "evccid": evccid,
        }
        self.book = Ledger()
        self.complaints = self.book.complaints
        self.unsafe = self.book.unsafe
        self.slac = SlacCar(mac, random_bytes, self.habits, self.book)
        self.ip = Ipv6Car(mac, self.habits, self.book)
        self.sdp = SdpClient(self.ip, self.habits, self.book)
        self.tcp = TcpCar(self.ip, self.habits, self.book)
        self.slac.on_mac = self._use_mac
        self.session = DinSession(mac, self.values, self.habits, random_bytes, self.tcp, self.book)
        self.sessions = 0
        self.past = []  # (requests and answers, orderly, reason) of each session that is over
        self.plugged = False
        self.duty = None
        self._fresh()

    def _use_mac(self, mac):
        """A new MAC for this search, in SLAC, IPv6 and EVCCID alike."""
        self.mac = mac
        self.ip.use(mac)
        self.session.mac = mac

    def _fresh(self):
        """As after plugging in: nothing remembered of earlier communication."""
        for habit, _ in self.habits["later_sessions"]:
            self.habits[habit] = self.first_habits[habit]
        self.verdict = None
        self.verdict_reason = None
        self.charging = False
        self.stuck = None  # reason
        self.five_percent_seen = False
        self.off_since = None
        self.edge_at = None  # last time the pilot came back or the car was plugged in
        self.steady_since = None
        self.steady_lasted_ms = None
        self.wake_at = None
        self.ac_due = None
        self.leave_at = None
        self._quiet()

    def _quiet(self):
        """The powerline is silent."""
        self.slac.stop()
        self.ip.stop()
        self.sdp.stop()
        self.session.stop()
        self.linked = False
        self.modem_up = False
        self.discovery = ""  # "", "DELAY", "SDP", "FOUND", "RESOLVE", "KNOWN", "CONNECTED"
        self.discovery_at = None
        self.session_open = False

    # ---- plug and pilot

    def plug(self, now):
        """The plug goes in; a pilot other than None does the same."""
        if not self.plugged:
            self.plugged = True
            self._fresh()
            self.edge_at = now
            self.book.event("plugged")

    def unplug(self, now):
        self.tcp.drop()
        self.duty = None
        self.plugged = False
        self._fresh()
        self.book.event("unplugged")

    def pilot(self, duty, now):
        """The pilot on the cable changed to `duty` permille."""
        if duty is not None:
            self.plug(now)
        if duty == self.duty:
            return
        before = self.duty
        self.duty = duty
        self._steadiness(duty, now)
        if before == DIGITAL:
            self._powerline_gone("pilot left 5 %" if duty is not None else "pilot off", now)
        self._stop_ac()
        if duty is None:
            self.off_since = now
        elif before is None:
            self._pilot_back(now)
        if duty == DIGITAL:
            self._five_percent(now)
        elif duty is not None and duty != STEADY:
            self.ac_due = now + self.habits["ac_start_ms"]

    def _steadiness(self, duty, now):
        if duty is None or duty == STEADY:
            if self.steady_since is None:
                self.steady_since = now
        else:
            if self.steady_since is not None:
                self.steady_lasted_ms = now - self.steady_since
            elif duty != DIGITAL:
                self.steady_lasted_ms = 0
            self.steady_since = None

    def _pilot_back(self, now):
        if self.off_since is not None and now - self.off_since >= self.habits["replug_ms"]:
            self.book.event("pilot_cycle")
            self.stuck = None
            self.five_percent_seen = False
            self._quiet()
        self.off_since = None
        self.edge_at = now

    def _five_percent(self, now):
        self.five_percent_seen = True
        sleeps = self.habits["sleeps_after_ms"]
        if sleeps is not None and (self.edge_at is None or now - self.edge_at > sleeps):
            self.book.event("asleep")
            return
        self.wake_at = now + self.habits["wake_ms"]
        self.ip.early(now)

    def _stop_ac(self):
        self.ac_due = None
        self.charging = False
        self.verdict = None
        self.verdict_reason = None

    @property
    def cp_state(self):
        """What a charger measures on the pilot: "A", "B" or "C"."""
        if not self.plugged or self.duty is None:
            return "A"
        if self.charging:
            return "C"
        if self.session.cable_check and self.habits["state_c_in_cable_check"]:
            return "C"
        return "B"

    def _judge_ac(self):
        """PWM has been there long enough: does it charge?"""
        self.ac_due = None
        lasted = self.steady_lasted_ms
        steady = self.habits["steady_ms"]
        reason = None
        if self.stuck:
            reason = self.stuck
        elif steady and self.five_percent_seen and (lasted is None or lasted < steady):
            reason = f"no {steady} ms of steady pilot before PWM"
        if reason:
            self.verdict = STUCK
        elif not self.habits["wants_ac"]:
            self.verdict = NOT_CHARGING
        else:
            self.verdict = CHARGING
            self.charging = True
        self.verdict_reason = reason
        self.book.event("verdict", self.verdict)

    # ---- powerline

    def link(self, up, now):
        """The car's modem reports the network up or down."""
        self.modem_up = up and self.slac.state in ("KEY", "JOIN")
        if self.modem_up:
            self._join(now)
        elif not up and self.linked:
            self.linked = False
            self.slac.link(False, now)
            if self.session_open:
                self._powerline_gone("link lost", now)

    def _join(self, now):
        """The modem may be up before its CM_SET_KEY.CNF was read."""
        if self.slac.state == "JOIN":
            self.slac.link(True, now)
            self._joined(now)

    def _joined(self, now):
        self.modem_up = False
        self.linked = True
        self.session_open = True
        self.ip.start(now)
        self.discovery = "DELAY"
        self.discovery_at = now + self.habits["sdp_delay_ms"]

    def _powerline_gone(self, reason, now):
        """SLAC, IP and session end here; whether that does harm depends on how far the session was."""
        self.wake_at = None
        if self.session_open:
            self.tcp.drop()
            self.session.lost()
            self._session_over(reason, now)
        self._quiet()

    def _session_over(self, reason, now):
        """Once per link: the session ended in an orderly way or not."""
        self.session_open = False
        self.discovery = ""
        self.discovery_at = None
        self.ip.probe_due = None
        for habit, value in self.habits["later_sessions"]:
            self.habits[habit] = value
        orderly = bool(self.session.orderly)
        self.past.append((self.session.trace, orderly, reason))
        self.book.event("session_over", orderly, reason)
        if orderly:
            self.stuck = None
        elif reason != "no charger found":
            self.stuck = "session lost: " + reason
        if self.habits["leave_key"] and self.duty == DIGITAL:
            self.leave_at = now + self.habits["leave_key_ms"]
        again = self.habits["again_after_ms"]
        if self.duty == DIGITAL and again is not None:
            if not orderly or self.habits["again_when_orderly"] or self.habits["leave"] == "loops_after_failed":
                self.wake_at = now + again

    # ---- frames and time

    def receive(self, frame, now):
        """A frame from the car's modem."""
        if not self.plugged or self.duty is None:
            return
        ethertype = bytes(frame[12:14])
        if ethertype == frames.ETHERTYPE_HOMEPLUG:
            self.slac.receive(bytes(frame), now)
        elif ethertype == ETHERTYPE_IPV6 and self.linked:
            packet = self.ip.receive(frame, now)
            if packet and packet.protocol == UDP:
                self._sdp_answer(packet, now)
            elif packet and packet.protocol == TCP:
                self.tcp.receive(packet, now)
                self._stream(now)
        self.poll(now)

    def _sdp_answer(self, packet, now):
        before = self.sdp.found
        self.sdp.receive(packet, now)
        if self.sdp.found and not before:
            self.discovery = "FOUND"
            self.discovery_at = now + self.habits["resolve_delay_ms"]

    def _stream(self, now):
        if self.tcp.state == "ESTABLISHED" and self.session.state == "IDLE":
            self.session.start(now)
        data = self.tcp.read()
        if data and self.session.running():
            self.session.receive(data, now)
        if self.tcp.state == "CLOSE_WAIT" and not self.tcp.fin_wanted:
            if self.session.state == "STOPPED":
                self.book.complain("TCP: the station closed first, before the car could after SessionStop")
            elif self.session.state != "CLOSING":
                self.session.lost()
            self.tcp.close(now)

    def poll(self, now):
        """Timers; call it at least every few milliseconds or at next_due()."""
        if not self.plugged:
            return
        if self.wake_at is not None and now >= self.wake_at:
            self._wake(now)
        self.slac.poll(now)
        if self.modem_up:
            self._join(now)
        self.ip.poll(now)
        self._discover(now)
        self.tcp.poll(now)
        if self.session_open and self.session.running():
            self.session.poll(now)
        if self.discovery == "CONNECTED" and self.tcp.ended:
            self.session.lost()
            self._session_over("TCP ended: " + self.tcp.ended, now)
        if self.leave_at is not None and now >= self.leave_at:
            self._leave_network()
        if self.ac_due is not None and now >= self.ac_due:
            self._judge_ac()

    def _wake(self, now):
        self.wake_at = None
        early = self.ip.plan  # IPv6 habits that go on while SLAC begins
        self._quiet()
        if self.habits["slac"]:
            self.ip.plan = early
            self.slac.start(now)
        else:
            self._joined(now)

    def _discover(self, now):
        """From the link to the SYN."""
        self.sdp.poll(now)
        if self.discovery == "SDP" and self.sdp.failed:
            self._session_over("no charger found", now)
        if self.session_open and self.ip.lost:
            self.tcp.drop()
            self.session.lost()
            self._session_over("station does not answer", now)
        if self.discovery == "RESOLVE" and self.ip.mac_of(self.sdp.found[0]):
            self.discovery = "KNOWN"
            self.discovery_at = now + self.habits["tcp_delay_ms"]
        if self.discovery_at is None or now < self.discovery_at:
            return
        self.discovery_at = None
        if self.discovery == "DELAY":
            self.discovery = "SDP"
            self.sdp.start(self.habits["sdp_port"] + self.sessions, now)
            self.sdp.poll(now)
        elif self.discovery == "FOUND":
            self.discovery = "RESOLVE"
            if self.ip.mac_of(self.sdp.found[0]) is None:
                self.ip.resolve(self.sdp.found[0], now)
                self.ip.poll(now)
            self._discover(now)
        else:
            self._connect(now)

    def _connect(self, now):
        self.discovery = "CONNECTED"
        isn = self.habits["isn"]
        if isn is None:
            isn = int.from_bytes(self.random_bytes(4), "big")
        address, port = self.sdp.found
        self.tcp.connect(address, port, self.habits["tcp_port"] + self.sessions, isn, now)
        self.sessions += 1

    def _leave_network(self):
        """ISO 15118-3: leave the logical network by giving the own modem a random key."""
        self.leave_at = None
        self.ip.stop()
        nmk = self.random_bytes(16)
        self.book.send(frames.set_key_req(self.mac, frames.nid_of(nmk), nmk))

    def next_due(self):
        """When poll() has something to do next, in ms; None: only after a frame or the pilot."""
        due = earlier(earlier(self.wake_at, self.ac_due), earlier(self.leave_at, self.discovery_at))
        due = earlier(due, earlier(self.slac.next_due(), self.ip.next_due()))
        due = earlier(due, earlier(self.sdp.next_due(), self.tcp.next_due()))
        if self.session_open:
            due = earlier(due, self.session.next_due())
        return due

    def take_frames(self):
        taken = self.book.frames
        self.book.frames = []
        return taken

    def take_events(self):
        """Tuples, first item the kind: ("slac_matched", mac), ("soc_sent", percent), ("verdict", text) ..."""
        taken = self.book.events
        self.book.events = []
        return taken
