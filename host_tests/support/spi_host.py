# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A minimal SPI master for tests of the modem model: spells out transactions, decides nothing.

Runs on CPython and on MicroPython.
"""

from host_tests.twin.clock import Clock
from host_tests.twin.powerline import CarModem, Powerline
from host_tests.twin.qca7005_model import Qca7005Model

BOX = b"\x02\x00\x00\x00\x00\x10"
BOX_MODEM = b"\x02\x00\x00\x00\x00\x11"
CAR = b"\x02\x00\x00\x00\x00\x20"
CAR_MODEM = b"\x02\x00\x00\x00\x00\x21"
LOCAL = b"\x00\xb0\x52\x00\x00\x01"
EVERYONE = b"\xff" * 6
NMK = bytes(range(16))
NID = b"\x01\x02\x03\x04\x05\x06\x07"
RUN_ID = b"RUNID  1"


def mme(destination, source, mmv, mmtype, body=b""):
    """A management frame of at least 60 bytes; `body` starts at byte 17."""
    frame = destination + source + b"\x88\xe1" + bytes((mmv, mmtype & 0xFF, mmtype >> 8)) + body
    return frame + bytes(max(0, 60 - len(frame)))


def set_key(source, nmk=NMK, nid=NID, destination=LOCAL):
    """CM_SET_KEY.REQ with nonce 11 22 33 44."""
    body = b"\x00\x00\x01\x11\x22\x33\x44" + bytes(4) + b"\x04" + bytes(4) + nid + b"\x01" + nmk
    return mme(destination, source, 1, 0x6008, body)


def get_key(source, nid=NID, destination=EVERYONE):
    """CM_GET_KEY.REQ for the NMK, direct, with nonce 55 66 77 88."""
    return mme(destination, source, 1, 0x600C, b"\x00\x00\x00\x01" + nid + b"\x55\x66\x77\x88\x04" + bytes(3))


def sound(source, countdown=9):
    """CM_MNBC_SOUND.IND, 71 bytes."""
    return mme(EVERYONE, source, 1, 0x6076, bytes(21) + bytes((countdown,)) + RUN_ID + bytes(24))


def ipv6(destination, source, length=86):
    return destination + source + b"\x86\xdd" + bytes(length - 14)


class SpiHost:
    """Clock, line, car modem and chip in one, and the transactions of a host."""

    def __init__(self, seed=1, car=True, booted=True, **chip_options):
        self.clock = Clock()
        self.line = Powerline(self.clock, seed=seed)
        self.car_got = []
        self.car = CarModem(self.line, CAR_MODEM, self.car_got.append) if car else None
        self.chip = Qca7005Model(self.clock, self.line, BOX_MODEM, seed=seed, **chip_options)
        if booted:
            self.boot()

    def boot(self):
        """Wait for the chip and for its MAC, spend the first garbled access, acknowledge CPU_ON."""
        self.clock.advance(1_200_000)
        self.read(0x1A00)
        self.write(0x0C00, self.read(0x0C00))

    def transfer(self, mosi):
        self.chip.select()
        miso = self.chip.exchange(mosi)
        self.chip.deselect()
        return miso

    def read(self, register):
        miso = self.transfer(bytes((0xC0 | register >> 8, register & 0xFF, 0, 0)))
        return miso[2] << 8 | miso[3]

    def write(self, register, value):
        return self.transfer(bytes((0x40 | register >> 8, register & 0xFF, value >> 8, value & 0xFF)))

    def send(self, frame, bfr_size=None, clocked=None):
        """One external write; `clocked` bytes of data are clocked instead of all."""
        data = b"\xaa" * 4 + bytes((len(frame) & 0xFF, len(frame) >> 8, 0, 0)) + frame + b"\x55\x55"
        self.write(0x0100, len(data) if bfr_size is None else bfr_size)
        return self.transfer(b"\x00\x00" + (data if clocked is None else data[:clocked]))

    def read_external(self, count, surplus=0):
        self.write(0x0100, count)
        return self.transfer(b"\x80\x00" + bytes(count + surplus))[2:]

    def frames(self):
        """Everything in the read buffer, as frames."""
        data = self.read_external(self.read(0x0300)) if self.read(0x0300) else b""
        found = []
        while data:
            length = data[8] | data[9] << 8
            if data[2] << 8 | data[3] != length + 10 or data[4:8] != b"\xaa" * 4:
                raise AssertionError("bad frame header in the read buffer")
            found.append(data[12 : 12 + length])
            data = data[length + 14 :]
        return found

    def texts(self):
        return [text for _, text in self.chip.violations]
