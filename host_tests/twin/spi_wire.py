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
    its chip select. `sampling`: faults of the box's SPI peripheral, each (mode, lowest Hz, highest Hz, bits):
    within them MISO is read late by so many bits, a negative number early. `first_bit_on_select`: the chip
    drives its first bit when chip select falls and not at the first edge of the clock, so that mode 0 reads
    right as well.
    """

    def __init__(self, seed):
        self.stuck = None
        self.shift_bits = 0
        self.flip_rate = 0
        self.flip_rate_mosi = 0
        self.cs_connected = True
        self.sampling = ()
        self.first_bit_on_select = False
        self.baudrate = 8_000_000
        self.polarity = 1
        self.phase = 1
        self.clean_hz = 12_000_000
        self._rng = Rng(seed * 16 + 11)
        self._late_out = 0
        self._late_in = 0
        self._edges = 0

    def start(self):
        self._late_out = 0
        self._late_in = 0
        self._edges = 0

    def edge(self):
        """The clock line went to another idle level while chip select was low: an edge that belongs to no bit."""
        self._edges += 1

    @property
    def mode_is_right(self):
        """True for the modes that read the chip right: 3, and 0 of a chip that shows its first bit early."""
        return self.polarity == self.phase and (self.polarity == 1 or self.first_bit_on_select)

    def clean(self):
        """True when bytes pass unchanged (the usual case, decided once for each piece)."""
        good = self.stuck is None and not self.shift_bits and not self.flip_rate and not self.flip_rate_mosi
        return good and self.mode_is_right and self.baudrate <= self.clean_hz and not self.sampling and not self._edges

    def to_chip(self, mosi):
        # Sampled on the wrong edge, each bit is the one before it; so it is behind an edge too many.
        if self.polarity != self.phase or self._edges:
            mosi, self._late_in = _delay(mosi, 1, self._late_in)
        return self._flip(mosi, self.flip_rate_mosi)

    def to_host(self, miso):
        if self.stuck is not None:
            return bytes([0xFF if self.stuck else 0] * len(miso))
        late = self._late_bits()
        if late > 0:
            miso, self._late_out = _delay(miso, late, self._late_out)
        elif late < 0:
            miso = _advance(miso, -late)
        return self._flip(miso, self.flip_rate)

    def _late_bits(self):
        # Any other mode makes the master look at MISO half a clock away from where the chip holds it.
        late = self.shift_bits + (0 if self.mode_is_right else 1) - self._edges
        mode = self.polarity * 2 + self.phase
        for faulty_mode, lowest_hz, highest_hz, bits in self.sampling:
            if mode == faulty_mode and lowest_hz <= self.baudrate <= highest_hz:
                late += bits
        return late

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


def _advance(data, bits):
    """Shift a byte stream left by `bits` (1..8); what comes behind its end reads 0."""
    out = bytearray(len(data))
    for index, octet in enumerate(data):
        behind = data[index + 1] if index + 1 < len(data) else 0
        out[index] = ((octet << 8 | behind) >> (8 - bits)) & 0xFF
    return bytes(out)
