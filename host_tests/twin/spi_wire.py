# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The SPI lines between box and modem chip, and what can be wrong with them: level, phase, speed, noise,
a loose wire.

The chip model hands every byte through here, both ways. Runs on CPython and on MicroPython.
"""

from host_tests.twin.powerline import Rng


class SpiWire:
    """The four lines and what can be wrong with them, seen bit by bit where it matters.

    `stuck` (None, 0, 1): level of MISO for ever. `shift_bits`: MISO late by so many bits. `flip_rate`:
    share of wrong bits on MISO, `flip_rate_mosi` on MOSI. `cs_connected`: False, the chip never hears
    its chip select.
    """

    def __init__(self, seed):
        self.stuck = None
        self.shift_bits = 0
        self.flip_rate = 0
        self.flip_rate_mosi = 0
        self.cs_connected = True
        self.baudrate = 8_000_000
        self.polarity = 1
        self.phase = 1
        self.clean_hz = 12_000_000
        self._rng = Rng(seed * 16 + 11)
        self._late_out = 0
        self._late_in = 0

    def start(self):
        self._late_out = 0
        self._late_in = 0

    def clean(self):
        """True when bytes pass unchanged (the usual case, decided once for each piece)."""
        good = self.stuck is None and not self.shift_bits and not self.flip_rate and not self.flip_rate_mosi
        return good and self.polarity == 1 and self.phase == 1 and self.baudrate <= self.clean_hz

    def to_chip(self, mosi):
        # Sampled on the wrong edge, each bit is the one before it.
        if self.polarity != self.phase:
            mosi, self._late_in = _delay(mosi, 1, self._late_in)
        return self._flip(mosi, self.flip_rate_mosi)

    def to_host(self, miso):
        if self.stuck is not None:
            return bytes([0xFF if self.stuck else 0] * len(miso))
        # Any mode but 3 makes the master look at MISO half a clock away from where the chip holds it.
        late = self.shift_bits + (0 if self.polarity == 1 and self.phase == 1 else 1)
        if late:
            miso, self._late_out = _delay(miso, late, self._late_out)
        return self._flip(miso, self.flip_rate)

    def _flip(self, data, rate):
        if self.baudrate > self.clean_hz:
            rate = max(rate, 0.02)
        if not rate:
            return data
        limit = int(rate * 1_000_000)
        out = bytearray(data)
        for index in range(len(out)):
            for bit in range(8):
                if self._rng.below(1_000_000) < limit:
                    out[index] ^= 1 << bit
        return bytes(out)


def _delay(data, bits, carry):
    """Shift a byte stream right by `bits` (1..8); `carry` holds the bits that came out of the last piece."""
    out = bytearray(len(data))
    for index, octet in enumerate(data):
        carry = carry << 8 | octet
        out[index] = (carry >> bits) & 0xFF
        carry &= (1 << bits) - 1
    return bytes(out), carry
