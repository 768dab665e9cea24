# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Finds an SPI mode and clock with which the modem is read correctly, if the configured ones do not work.

The chip uses mode 3. Users of the ESP32-S3 saw mode 3 shifted by one bit where mode 0, which samples on the same
edge of the clock, or another clock was right (esp-idf issues 7825 and 12543, arduino-esp32 9221); reports differ
on whether a lower or a higher clock helps. So every pair is tried, with the configured one in between each time.

A setting is a tuple (mode, clock in Hz). This module is loaded only when the first setting has failed.
"""

from plc.const import const
from plc.spi_port import CLOCKS_HZ, INTR_ENABLE, MODES, SIGNATURE

NOT_TRIED = -1

_PATTERNS = (0x0000, 0x0047)
_READINGS = const(8)


def ladder(first):
    """All settings, beginning with ``first``: its clock, then the next lower and the next higher one in turn."""
    mode, clock_hz = first
    lower = [hz for hz in CLOCKS_HZ if hz < clock_hz]
    higher = [hz for hz in CLOCKS_HZ if hz > clock_hz]
    clocks = [clock_hz]
    while lower or higher:
        if lower:
            clocks.append(lower.pop(0))
        if higher:
            clocks.append(higher.pop())
    modes = [mode] + [other for other in MODES if other != mode]
    return [(mode, hz) for hz in clocks for mode in modes]


class SpiSearch:
    """Tries the settings in turn until one works. ``heard``: the last signature read with each, or NOT_TRIED."""

    def __init__(self, port, lines, first):
        self._port = port
        self._lines = lines
        self.settings = ladder(first)
        self.heard = [NOT_TRIED] * len(self.settings)
        self.place = 0
        self._last_other = 0

    @property
    def setting(self):
        """(mode, clock in Hz) in use."""
        return self.settings[self.place]

    def missed(self, signature):
        """The setting in use read the wrong ``signature``: take the next one, every second time the first setting."""
        self.heard[self.place] = signature
        if self.place:
            self._use(0)
        else:
            self._last_other = self._last_other % (len(self.settings) - 1) + 1
            self._use(self._last_other)

    def accepted(self):
        """True if the setting in use may be kept: it reads right repeatedly, and the first setting does not.

        A modem that is still off is silent in every setting; the one tried when it comes on must not win by chance.
        """
        if self.place == 0:
            return True
        place = self.place
        self._use(0)
        if self._reads_right():
            return True
        self._use(place)
        return self._reads_right()

    def _use(self, place):
        self.place = place
        self._port.use(self._lines.open(self.settings[place]))

    def _reads_right(self):
        """Reads the signature repeatedly and checks that a register keeps what is written to it; up to 13 accesses."""
        port = self._port
        # The first access after boot reads garbage.
        port.signature()
        for _ in range(_READINGS):
            signature = port.signature()
            if signature != SIGNATURE:
                self.heard[self.place] = signature
                return False
        for pattern in _PATTERNS:
            port.write(INTR_ENABLE, pattern)
            if port.read(INTR_ENABLE) != pattern:
                return False
        self.heard[self.place] = SIGNATURE
        return True
