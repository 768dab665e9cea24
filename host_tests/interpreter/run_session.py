# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One whole plug-in, ``Secc`` and a virtual car over the powerline, on whatever interpreter runs this.

    run_session.py NAME [frames]     NAME of a car; "frames" prints every frame the box sent

Prints "key value" lines: what was read, the bytes ``Secc`` allocated (0 on an interpreter that cannot tell), and
a digest of every frame the box sent, equal on all interpreters.
"""

import binascii
import gc
import sys

from plc.digest import sha256
from v2g.secc import Secc

from host_tests.interpreter.run_car import Lcg
from host_tests.twin.car.car import named
from host_tests.twin.clock import Clock
from host_tests.twin.powerline import CarModem, Powerline

BOX = b"\x02\x00\x5e\x00\x00\x01"
STEP_MS = 2
LIMIT_MS = 60000
IDLE_PASSES = 1000
_RESERVE = 300000  # the collector runs between passes only, so that its work is nobody's allocation

_can_measure = hasattr(gc, "mem_alloc")


def allocated():
    return gc.mem_alloc() if _can_measure else 0


class Bench:
    """The box's ``Secc``, an EVSE modem, the car and its modem, in steps of virtual time."""

    def __init__(self, car):
        self.clock = Clock()
        self.line = Powerline(self.clock, seed=5)
        self.car = car
        self.from_line = []
        self.from_car_line = []
        self.modem = CarModem(self.line, b"\x00\xb0\x52\x00\x00\x77", self._to_box, evse=True)
        self.car_modem = CarModem(self.line, b"\x00\xb0\x52\x00\x00\x78", self._to_car)
        self.secc = Secc(BOX, Lcg(3), {})
        self.sent = []
        self.events = []
        self.bytes_by_round = []
        self.secc_bytes = 0
        self.linked = False

    def _to_box(self, frame):
        self.from_line.append(bytes(frame))

    def _to_car(self, frame):
        self.from_car_line.append(bytes(frame))

    def step(self, ms=STEP_MS):
        self.clock.advance(ms * 1000)
        now = self.clock.now_ms
        self.drive_car(now)
        frames, self.from_line = self.from_line, []
        if _can_measure and gc.mem_free() < _RESERVE:
            gc.collect()
        before = allocated()
        for frame in frames:
            self.secc.receive(frame, now)
        self.secc.poll(now)
        out = self.secc.take_frames()
        events = self.secc.take_events()
        self.secc_bytes += allocated() - before
        for frame in out:
            self.sent.append(bytes(frame))
            self.modem.send(bytes(frame))
            if (
                self.kinds("reading") and len(frame) > 120
            ):  # only ChargeParameterDiscoveryRes is as long as that
                self.bytes_by_round.append(self.secc_bytes)
        for event in events:
            self.events.append(event)

    def drive_car(self, now):
        frames, self.from_car_line = self.from_car_line, []
        for frame in frames:
            self.car.receive(frame, now)
        if self.car_modem.link_up != self.linked:
            self.linked = self.car_modem.link_up
            self.car.link(self.linked, now)
        self.car.poll(now)
        for frame in self.car.take_frames():
            self.car_modem.send(frame)
        self.car.take_events()

    def kinds(self, kind):
        return [event[1] for event in self.events if event[0] == kind]


def idle_bytes(bench):
    """Bytes that passes without a frame allocate in ``Secc``, over all of them."""
    secc = bench.secc
    now = bench.clock.now_ms
    gc.collect()
    before = allocated()
    index = 0
    while index < IDLE_PASSES:
        secc.poll(now)
        secc.take_frames()
        secc.take_events()
        index += 1
    return allocated() - before


def digest(frames):
    total = b""
    for frame in frames:
        total = sha256(total + frame)
    return binascii.hexlify(total).decode()


def main(name, print_frames=False):
    gc.disable()
    car = named(name, Lcg(7), soc_percent=42)
    bench = Bench(car)
    bench.step()
    bench.step()
    car.plug(bench.clock.now_ms)
    car.pilot(50, bench.clock.now_ms)
    bench.secc_bytes = 0
    while bench.clock.now_ms < LIMIT_MS and not bench.kinds("session_end"):
        bench.step()
    readings = bench.kinds("reading")
    print("soc", readings[0].soc_percent if readings else None)
    print("released", len(bench.kinds("released")))
    print("unsafe", len(car.unsafe))
    print("complaints", car.complaints)
    print("sent", len(bench.sent))
    print("digest", digest(bench.sent))
    if print_frames:
        for frame in bench.sent:
            print("frame", binascii.hexlify(frame).decode())
    print("session_bytes", bench.secc_bytes)
    if len(bench.bytes_by_round) > 3:
        rounds = bench.bytes_by_round
        print("third_round_bytes", rounds[2])
        print("further_round_bytes", (rounds[-1] - rounds[2]) // (len(rounds) - 3))
    print("idle_pass_bytes", idle_bytes(bench))
    print("virtual_ms", bench.clock.now_ms)


if __name__ == "__main__":
    main(sys.argv[1], len(sys.argv) > 2)
