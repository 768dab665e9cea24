# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem driver at the model of its chip: a loop, a line, and a car's modem in the same network."""

import random

from plc.qca7005 import Qca7005

from host_tests.twin.clock import Clock
from host_tests.twin.powerline import CarModem, Powerline
from host_tests.twin.qca7005_model import Qca7005Model

BOX_MAC = bytes.fromhex("020000000051")
CAR_MAC = bytes.fromhex("020000000ca2")
NMK = bytes(range(16))
NID = bytes(range(7))
ACCESS_US = 60
PASS_MS = 3
TICKS_START = (1 << 29) - 5000


def body(length, seed):
    # An IPv6 EtherType: neither modem takes it for a message to itself.
    return b"\x86\xdd" + random.Random(seed * 4096 + length).randbytes(length - 14)


def to_car(length, seed):
    return b"\x33\x33\x00\x00\x00\x01" + BOX_MAC + body(length, seed)


def to_box(length, seed):
    return BOX_MAC + CAR_MAC + body(length, seed)


class SpiDevice:
    """An SPIDevice whose wires end in the model; each ``with`` is one chip select."""

    def __init__(self, model):
        self.model = model
        self.accesses = 0
        self._bytes = 0
        model.configure(8_000_000, 1, 1)

    def __enter__(self):
        self.accesses += 1
        self._bytes = 0
        self.model.select()
        return self

    def __exit__(self, *exception):
        self.model.deselect()
        self.model.clock.advance(ACCESS_US + self._bytes)
        return False

    def write(self, buffer, *, start=0, end=None):
        data = bytes(buffer[start : len(buffer) if end is None else end])
        self._bytes += len(data)
        self.model.exchange(data)

    def readinto(self, buffer, *, start=0, end=None, write_value=0):
        end = len(buffer) if end is None else end
        self._bytes += end - start
        buffer[start:end] = self.model.exchange(bytes([write_value]) * (end - start))

    def write_readinto(self, out, into):
        self._bytes += len(out)
        into[:] = self.model.exchange(bytes(out))


class IntPin:
    def __init__(self, model):
        self.model = model

    @property
    def value(self):
        return self.model.int_level


class Bench:
    """Box loop, modem, a line, and a car's modem in the same network."""

    def __init__(self, int_pin=False, **model):
        self.clock = Clock()
        self.line = Powerline(self.clock)
        self.model = Qca7005Model(self.clock, self.line, **model)
        self.spi = SpiDevice(self.model)
        self.modem = Qca7005(self.spi, IntPin(self.model) if int_pin else None)
        self.from_box = []
        self.car = CarModem(self.line, b"\x00\x01\x02\x03\x04\x05", self.from_box.append)
        self.frames = []
        self.most_accesses = 0
        self.outbox = []

    @property
    def now(self):
        return (TICKS_START + self.clock.now_ms) & (1 << 29) - 1

    def run(self, ms):
        until_ms = self.clock.now_ms + ms
        while self.clock.now_ms < until_ms:
            before = self.spi.accesses
            self.modem.poll(self.now)
            self.most_accesses = max(self.most_accesses, self.spi.accesses - before)
            while (frame := self.modem.receive()) is not None:
                self.frames.append(bytes(frame))
            while self.outbox and self.modem.send(self.outbox[0]):
                self.outbox.pop(0)
            self.clock.advance(PASS_MS * 1000)
        return self

    def until(self, condition, limit_ms):
        until_ms = self.clock.now_ms + limit_ms
        while not condition():
            assert self.clock.now_ms < until_ms, (self.modem.status, self.modem.counts, self.model.counts)
            self.run(PASS_MS)
        return self

    def until_ready(self, limit_ms=5000):
        return self.until(lambda: self.modem.ready, limit_ms)

    def join(self):
        """Box and car in one network, and the box's address known to its modem."""
        self.until_ready()
        self.model.modem.set_key(NMK, NID)
        self.car.set_key(NMK, NID)
        return self.rejoin()

    def rejoin(self):
        """Wait for the network, and let the modem learn the box's address: it forgets it in a restart."""
        self.run(600)
        self.outbox.append(to_car(60, 0))
        self.run(50)
        self.from_box.clear()
        return self


def late(mode, hz=(0, 20_000_000), bits=1):
    """A fault of the box's SPI peripheral, for ``model.wire.sampling``: MISO read so many bits late in a mode."""
    return (mode, *hz, bits)
