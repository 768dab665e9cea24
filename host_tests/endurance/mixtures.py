# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Random mixtures of faults: what may go wrong in one plug-in, drawn with a seed.

A `Mixture` sets the rates of the wire and of the power line before the session and does the rest while it runs
(`script`). Each kind counts its hits in `rig.faults.counts`; a kind that hit nothing did not happen.
"""

from host_tests.twin import cars
from host_tests.twin.car import frames
from host_tests.twin.car.session import LEAVING as WAYS
from host_tests.twin.powerline import Rng

RATES = (0, 0, 0, 1, 3, 10, 30)
LINE = ("loss_percent", "duplicate_percent", "reorder_percent", "corrupt_percent", "profile_loss_percent")
STATION = b"\x02\x00\x5e\x00\x00\x01"
WIRE = ("drop", "double", "delay", "reorder", "truncate", "flip")
# Every car that a box without faults reads, the plain one more often: its retries are the usual ones.
CARS = ("virtual",) * 6 + tuple(name for name in cars.CARS if name not in ("tiny_segments", "virtual"))
LONGEST_S = 30
# What only a rig with the driver knows: trouble of the chip and of its wires.
BUS = ("noise", "noise_to_chip", "stuck", "never_freed")
# Bits flipped: one in a hundred thousand to one in a hundred.
FLIP_RATES = (0.00001, 0.0001, 0.001, 0.01)
LEAVING = tuple(WAYS)


class Mixture:
    """One session's faults. `what`: names of the kinds that were drawn."""

    def __init__(self, rig, seed):
        rng = self._rng = Rng(seed)
        self.what = []
        self._events = []
        faults = rig.faults
        faults.clear(seed)
        self._line = rig.line.faults
        self._before = dict(self._line.counts)
        if rng.hits(60):
            self._draw_rates(rig)
        for name, percent in (
            ("modem_reboot", 15),
            ("no_room", 10),
            ("overrun", 10),
            ("cut", 10),
            ("car_silent", 10),
            ("slac_again", 10),
            ("foreign_run", 15),
            ("neighbour", 10),
            ("unplug", 10),
            ("wifi", 15),
            ("evse", 25),
        ):
            if rng.hits(percent):
                self._plan(name, rig)
        if rig.driver:
            for name in BUS:
                if rng.hits(12):
                    self._plan(name, rig)
        rig.charger.mood = "ok"
        rig.network.switch(True)
        self.car = self._draw_car(rig)

    def _draw_rates(self, rig):
        rng = self._rng
        for name in LINE:
            setattr(self._line, name, RATES[rng.below(len(RATES))])
        if rng.hits(50):
            rig.faults.percent = {kind: RATES[rng.below(len(RATES))] // 3 for kind in WIRE}
        self.what.append("rates")

    def _draw_car(self, rig):
        rng = self._rng
        name = CARS[rng.below(len(CARS))]
        leaving = None
        if rng.hits(20):
            leaving = LEAVING[rng.below(len(LEAVING))]
            self.what.append(leaving)
        # A real car takes no station that it hears this badly.
        options = {"soc_percent": rng.below(101), "habits": {"attenuation_limit_db": 43}}
        if rng.hits(30):
            options["mac"] = b"\x02\xca" + rng.bytes(4)
        if rng.hits(15):
            options["habits"]["mac_rotates"] = True
            self.what.append("mac_rotates")
        self.name = name
        return cars.CARS[name].build(rig.random_bytes, leaving, **options)

    def _plan(self, name, rig):
        """Most of what can go wrong does so in the first seconds, while a session is under way."""
        rng = self._rng
        span_ms = 8_000 if rng.hits(80) else LONGEST_S * 1000
        at_ms = rig.clock.now_ms + rng.below(span_ms)
        self._events.append((at_ms, name))
        self.what.append(name)

    # ---- while the session runs

    def script(self, rig):
        now_ms = rig.clock.now_ms
        for entry in list(self._events):
            if entry[0] <= now_ms:
                self._events.remove(entry)
                getattr(self, "_" + entry[1])(rig)

    def _noise(self, rig, name="flip_rate"):
        """Bits flip for a moment or for seconds."""
        wire = rig.modem.model.wire
        setattr(wire, name, FLIP_RATES[self._rng.below(len(FLIP_RATES))])
        rig.faults.hit(name)
        self._after(rig, 5 + self._rng.below(50 if self._rng.hits(70) else 6000), "quiet")

    def _noise_to_chip(self, rig):
        self._noise(rig, "flip_rate_mosi")

    def _quiet(self, rig):
        calm(rig)

    def _stuck(self, rig):
        """A loose wire: MISO reads all zeroes or all ones."""
        rig.modem.model.wire.stuck = self._rng.below(2)
        rig.faults.hit("stuck")
        self._after(rig, 1 + self._rng.below(20 if self._rng.hits(50) else 5000), "quiet")

    def _never_freed(self, rig):
        """The chip takes frames and frees no room."""
        rig.modem.model.never_free_write_buffer = True
        rig.faults.hit("never_freed")
        self._after(rig, 100 + self._rng.below(8000), "quiet")

    def end(self, rig):
        """No more faults; what the line did is added to the hits."""
        for name, count in self._line.counts.items():
            rig.faults.hit("line_" + name, count - self._before[name])
        for name in LINE:
            setattr(self._line, name, 0)
        rig.faults.percent = {}
        rig.faults.block_until_us = None
        if rig.driver:
            calm(rig)
        return dict(rig.faults.counts)

    def _after(self, rig, ms, name):
        self._events.append((rig.clock.now_ms + ms, name))

    def _modem_reboot(self, rig):
        rig.faults.hit("modem_reboot")
        rig.modem.reboot()

    def _no_room(self, rig):
        rig.faults.block_until_us = rig.clock.now_us + 1000 * (20 + self._rng.below(3000))

    def _overrun(self, rig):
        rig.modem.overrun()

    def _cut(self, rig):
        """The line is dead for a moment or for good."""
        if rig.plug is not None:
            rig.faults.hit("cut")
            rig.line.set_attenuation(rig.plug.modem, rig.modem.modem, None)
            self._after(rig, 50 + self._rng.below(15_000), "mend")

    def _mend(self, rig):
        if rig.plug is not None:
            rig.line.set_attenuation(rig.plug.modem, rig.modem.modem, 24)

    def _car_silent(self, rig):
        """The car's computer hangs; its modem stays in the network."""
        if rig.plug is not None:
            rig.faults.hit("car_silent")
            rig.plug.modem._to_host = lambda frame: None
            rig.plug._gone = True

    def _slac_again(self, rig):
        """The car begins anew, in whatever state it is."""
        if rig.plug is not None and rig.plug.car.plugged:
            rig.faults.hit("slac_again")
            rig.plug.car._quiet()
            rig.plug.car.wake_at = rig.clock.now_ms + self._rng.below(300)
            rig.plug.pump()

    def _foreign_run(self, rig):
        """Somebody speaks with this car's address and another RunID, or another car's address and its RunID."""
        if rig.plug is None or rig.plug.car.slac.run_id is None:
            return
        rng = self._rng
        car = rig.plug.car
        run_id = car.slac.run_id
        mac = car.mac
        if rng.hits(50):
            run_id = rng.bytes(8)
        else:
            mac = b"\x02\xfa" + rng.bytes(4)
        for build in FOREIGN:
            rig.faults.hit("foreign_run")
            rig.plug.modem.send(build(mac, run_id))

    def _neighbour(self, rig):
        """A car at the next station looks for it and hears this box, too far away to be it."""
        rig.faults.hit("neighbour")
        habits = {"attenuation_limit_db": 35}
        if self._rng.hits(50):
            # A VW of the MEB family: it searches on and on, each time with another MAC.
            rig.faults.hit("neighbour_meb")
            habits["slac_pauses_ms"] = (9_850,)
            # Not the recording's MAC: the line tells stations apart by it, and the car on our plug may be of that kind too.
            mac = b"\x00\x7d\xfa\x4e\x42\x52"
            car = cars.CARS["id3"].build(rig.random_bytes, mac=mac, soc_percent=11, habits=habits)
        else:
            mac = b"\x02\x1e" + self._rng.bytes(4)
            car = cars.CARS["virtual"].build(rig.random_bytes, mac=mac, soc_percent=11, habits=habits)
        rig.add_neighbour(car, 44)

    def _unplug(self, rig):
        """Out, and with luck in again."""
        rig.faults.hit("unplug")
        plug = rig.plug
        if plug is None:
            return
        rig.unplug()
        if self._rng.hits(60):
            self._after(rig, 200 + self._rng.below(6000), "plug_again")

    def _plug_again(self, rig):
        if rig.plug is None:
            rig.plug_in(self.car)

    def _wifi(self, rig):
        rig.faults.hit("wifi")
        rig.network.switch(not rig.network.connected)
        if self._rng.hits(70):
            self._after(rig, 500 + self._rng.below(20_000), "wifi")

    def _evse(self, rig):
        rig.faults.hit("evse")
        moods = ("off", "deaf", "error")
        rig.charger.mood = "ok" if rig.charger.mood != "ok" else moods[self._rng.below(3)]
        if self._rng.hits(60):
            self._after(rig, 500 + self._rng.below(20_000), "evse")


def calm(rig):
    """The chip and its wires are well again."""
    model = rig.modem.model
    model.wire.stuck = None
    model.wire.flip_rate = model.wire.flip_rate_mosi = 0
    model.never_free_write_buffer = False


def _rsp(mac, run_id):
    return frames.atten_char_rsp(mac, STATION, run_id)


def _match(mac, run_id):
    return frames.slac_match_req(mac, STATION, run_id)


FOREIGN = (_rsp, _match)
