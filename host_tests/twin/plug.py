# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What hangs on the charger's cable: a virtual car, or a network interface for any car software.

    SmartEvse --pilot--> CarPlug  --frames--> CarModem --> Powerline        a car in virtual time
    SmartEvse --pilot--> WirePlug --frames--> CarModem --> Powerline        an AF_PACKET socket, in real time

Both bring the car's own modem: SET_KEY and GET_SW are answered there, and it joins the box's network only
with the key and the network identifier that CM_SLAC_MATCH.CNF carried.

`matched=True` does the matching in the car's name, for software that begins with IPv6.
"""

from host_tests.twin.car.habits import merged
from host_tests.twin.car.ledger import Ledger
from host_tests.twin.car.slac_car import SlacCar
from host_tests.twin.powerline import CarModem
from host_tests.twin.wire import Wire

CAR_EVENTS = {
    "slac_matched": "chose the station",
    "slac_failed": "found no station",
    "app_protocol": "agreed on",
    "soc_sent": "tells its state of charge",
    "session_stop": "stops the session",
    "session_over": "",
    "sdp_failed": "was told no address",
    "pilot_cycle": "feels a re-plug",
    "asleep": "sleeps and does not notice the pilot",
    "unsafe": "DANGER",
}
# What the world tells itself, in better words.
_SILENT_EVENTS = ("plugged", "unplugged", "verdict")


def modem_address(mac):
    """MAC of a car's own modem, which is never that of its host."""
    return b"\x00\xb0\x52" + bytes(octet ^ 0x5A for octet in mac[3:6])


class Matcher:
    """SLAC in a car's name. `receive(frame)`, `pump()`; `done` when the modem joined the box's network."""

    def __init__(self, world, mac, send):
        self._clock = world.clock
        self._send = send
        self._book = Ledger()
        self._slac = SlacCar(mac, world.random_bytes, merged(None), self._book)
        self._link_up = False

    def start(self):
        self._slac.start(self._clock.now_ms)
        self.pump()

    @property
    def done(self):
        return self._slac.state == "MATCHED"

    def receive(self, frame):
        self._slac.receive(frame, self._clock.now_ms)

    def link(self, up):
        self._link_up = up

    def next_due(self):
        return self._slac.next_due()

    def pump(self):
        self._slac.poll(self._clock.now_ms)
        # The modem may be up before its CM_SET_KEY.CNF was read.
        if self._link_up and self._slac.state == "JOIN":
            self._slac.link(True, self._clock.now_ms)
        while self._book.frames:
            frames, self._book.frames = self._book.frames, []
            for frame in frames:
                self._send(frame)


class CarPlug:
    """A VirtualCar at the cable: carries its frames, gives it time, tells its events."""

    def __init__(self, world, car, matched=False, name="virtual"):
        self.world = world
        self.name = name
        self.car = car
        self.verdict_told = None
        self._timer = None
        self._pumping = False
        self._gone = False
        self._duty = None
        self.modem = CarModem(world.powerline, modem_address(car.mac), self._from_modem, connected=False)
        self._matcher = None
        if matched:
            car.habits["slac"] = False
            self._matcher = Matcher(world, car.mac, self.modem.send)
        self.modem.on_link = self._link_changed
        self.modem.connect()

    @property
    def cp_state(self):
        return self.car.cp_state

    @property
    def is_steady(self):
        """While it charges nothing but the pilot ends that (`car.VirtualCar._stop_ac`)."""
        return self.car.charging

    @property
    def verdict(self):
        return self.car.verdict

    @property
    def tells(self):
        """What the car says about its battery, {name: int or None}."""
        return self.car.values

    @property
    def soc_percent(self):
        return self.car.values["soc_percent"]

    def pilot(self, duty, now_ms):
        """The charger's pilot changed."""
        self._duty = duty
        if self._matcher is not None and duty == 50 and not self._matcher.done:
            self.car.plug(now_ms)
            self._matcher.start()
        else:
            self.car.pilot(duty, now_ms)
        self.pump()

    def unplug(self):
        self._gone = True
        if self._timer is not None:
            self._timer.cancel()
        self.car.unplug(self.world.clock.now_ms)
        self.modem.disconnect()

    def _from_modem(self, frame):
        if self._gone:
            return
        if self._matcher is not None and not self._matcher.done:
            self._matcher.receive(frame)
        else:
            self.car.receive(frame, self.world.clock.now_ms)
        self.pump()

    def _link_changed(self, up):
        if self._gone:
            return
        if self._matcher is not None:
            self._matcher.link(up)
        self.car.link(up, self.world.clock.now_ms)
        self.pump()

    def pump(self):
        """Let the car do what is due; its frames go to its modem, its events to the timeline."""
        if self._pumping or self._gone:
            return
        self._pumping = True
        try:
            if self._matcher is not None and not self._matcher.done:
                self._matcher.pump()
                if self._matcher.done:
                    self.car.pilot(self._duty, self.world.clock.now_ms)
            self.car.poll(self.world.clock.now_ms)
            while frames := self.car.take_frames():
                for frame in frames:
                    self.modem.send(frame)
        finally:
            self._pumping = False
        for event in self.car.take_events():
            self._tell(event)
        self._set_timer()

    def _set_timer(self):
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        dues = [self.car.next_due()]
        if self._matcher is not None and not self._matcher.done:
            dues.append(self._matcher.next_due())
        dues = [due for due in dues if due is not None]
        if dues:
            clock = self.world.clock
            # Never in the same instant again: a car that does not do what was due must not stop time.
            self._timer = clock.at(max(min(dues) * 1000, clock.now_us + 200), self._timer_ended)

    def _timer_ended(self):
        self._timer = None
        self.pump()

    def _tell(self, event):
        if event[0] in _SILENT_EVENTS:
            return
        if event[0] == "session_over":
            orderly, reason = event[1:]
            text = "the conversation is over, in good order"
            if not orderly:
                text = f"the conversation broke off: {reason}"
        else:
            text = CAR_EVENTS.get(event[0], event[0].replace("_", " "))
            details = ", ".join(_shown(item, event[0]) for item in event[1:] if item is not None)
            text = f"{text}: {details}" if details else text
        told = event[0] in CAR_EVENTS
        self.world.note("car", event[0] if told else "log", text, event=event[0])


def _shown(item, kind):
    if isinstance(item, bytes):
        return item.hex(":")
    return f"{item} %" if kind == "soc_sent" else str(item)


class WirePlug:
    """A network interface at the cable: what comes in there is the car's host, its modem is played here.

    The pilot does not travel over Ethernet: the charger sees a car in state B as long as this is plugged.
    PermissionError without root, OSError for an interface that does not exist.
    """

    name = "wire"
    verdict = None
    soc_percent = None
    tells = None
    _EVERY_US = 500
    _MOST_FRAMES = 64

    def __init__(self, world, interface, matched=False):
        self.world = world
        self.interface = interface
        self.cp_state = "B"
        self.verdict_told = None
        self.frames_in = self.frames_out = 0
        self._mac = None
        self._duty = None
        self._gone = False
        self._wants_matching = matched
        self._matcher = None
        self._wire = Wire(interface)
        self.modem = CarModem(world.powerline, modem_address(b"\x02\x00\x00wire"), self._from_modem)
        self.modem.on_link = self._link_changed
        world.clock.after(self._EVERY_US, self._look)

    def pilot(self, duty, _now_ms):
        """The charger's pilot changed; with `matched` 5 % starts the matching once the MAC is known."""
        self._duty = duty
        if duty != 50:
            self._matcher = None
        else:
            self._start_matching()

    def _start_matching(self):
        if self._wants_matching and self._mac is not None and self._matcher is None and self._duty == 50:
            self._matcher = Matcher(self.world, self._mac, self.modem.send)
            self._matcher.start()

    def unplug(self):
        self._gone = True
        self.modem.disconnect()
        self._wire.close()

    def pump(self):
        """Nothing to do: the interface is looked at every half millisecond."""

    def _link_changed(self, up):
        if self._gone:
            return
        text = "its modem joined the box's network" if up else "its modem lost the box's network"
        self.world.note("car", "link", text, up=up)
        if self._matcher is not None:
            self._matcher.link(up)

    def _from_modem(self, frame):
        if self._gone:
            return
        if self._matcher is not None and not self._matcher.done:
            self._matcher.receive(frame)
            return
        try:
            self._wire.send(frame)
            self.frames_out += 1
        except OSError as error:
            self.world.note("car", "warning", f"{self.interface}: {error.strerror}")

    def _look(self):
        if self._gone:
            return
        self.world.clock.after(self._EVERY_US, self._look)
        if self._matcher is not None and not self._matcher.done:
            self._matcher.pump()
        for _ in range(self._MOST_FRAMES):
            frame = self._read()
            if frame is None:
                return
            if len(frame) < 14:
                continue
            self.frames_in += 1
            if self._mac != frame[6:12]:
                self._mac = frame[6:12]
                self.world.note("car", "seen", f"{self._mac.hex(':')} speaks on {self.interface}")
                self._start_matching()
            # SLAC of a car that can do it itself must not mix with the matching done for it.
            if self._wants_matching and frame[12:14] == b"\x88\xe1":
                continue
            self.modem.send(frame)

    def _read(self):
        try:
            return self._wire.read()
        except OSError as error:
            self.world.note("car", "warning", f"{self.interface}: {error.strerror}")
            return None
