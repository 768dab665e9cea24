# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""On MicroPython: heap that idle passes of the modem driver take. Prints name, status, bytes, accesses.

The bus device stands for ``adafruit_bus_device.SPIDevice`` in Python: entered and left for each access.
"""

import gc

from plc.qca7005 import Qca7005
from plc.ticks import ticks_add

PASSES = 1000
PASS_MS = 3


class Pin:
    """An input that reads low."""

    value = False


class IdleModem:
    """A QCA7005 in which nothing happens; also the bus it hangs on."""

    def __init__(self):
        self.accesses = 0
        self.registers = bytearray(128)
        self.set(0x1A00, 0xAA55)
        self.set(0x0200, 0x0C5B)
        self.set(0x0C00, 0x0440)

    def set(self, register, value):
        """Let ``register`` read as ``value``."""
        at = register >> 7
        self.registers[at] = value >> 8
        self.registers[at + 1] = value & 0xFF

    def __enter__(self):
        self.accesses += 1
        return self

    def __exit__(self, kind, value, trace):
        return False

    def write_readinto(self, out, into):
        """A register is read."""
        at = (out[0] & 0x3F) << 1
        into[2] = self.registers[at]
        into[3] = self.registers[at + 1]

    def write(self, out, start=0, end=None):
        """A register is written: only INTR_CAUSE matters, ones clear."""
        if out[0] == 0x4C:
            self.registers[0x18] &= ~out[2]
            self.registers[0x19] &= ~out[3]

    def readinto(self, into, start=0, end=None, write_value=0):
        """The data port has nothing but zeros."""


def measure(name, int_pin, set_up):
    """Heap and accesses of PASSES passes after the driver settled in the state that ``set_up`` makes."""
    bus = IdleModem()
    modem = Qca7005(bus, int_pin)
    now = (1 << 29) - 4000
    set_up(bus)
    for _ in range(4000 // PASS_MS):
        modem.poll(now)
        modem.receive()
        now = ticks_add(now, PASS_MS)
    status = modem.status
    accesses = bus.accesses
    passes = 0
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    while passes < PASSES:
        modem.poll(now)
        modem.receive()
        now = ticks_add(now, PASS_MS)
        passes += 1
    taken = gc.mem_alloc() - before
    gc.enable()
    print(name, status, taken, bus.accesses - accesses)


def nothing(bus):
    """As it is."""


def dead(bus):
    """Nothing drives MISO."""
    bus.set(0x1A00, 0)


measure("ready", None, nothing)
measure("ready_int_pin", Pin(), nothing)
measure("absent", None, dead)
