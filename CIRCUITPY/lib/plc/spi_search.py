# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Finds an SPI mode and a clock with which the modem is read right, when those asked for do not do.

The chip speaks mode 3. Users of the ESP32-S3 saw mode 3 shifted by one bit where mode 0, which samples on the same
edge of the clock, or another clock was right (esp-idf issues 7825 and 12543, arduino-esp32 9221); reports differ
on whether a lower or a higher clock helps. So every pair is tried, the one asked for before each of the others.

A setting is a tuple (mode, clock in Hz). This module is loaded only when the first setting has failed.
"""

from plc.const import const
from plc.spi_port import CLOCKS_HZ, INTR_ENABLE, MODES, SIGNATURE

NOT_TRIED = -1

_PATTERNS = (0x0000, 0x0047)
_READINGS = const(8)


def ladder(first):
    """All settings, ``first`` in front: its clock, then the next lower and the next higher one in turns."""
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
    """Goes round the ladder while nothing is heard. ``heard`` has the last signature of each setting, or NOT_TRIED."""

    def __init__(self, port, lines, first):
        self._port = port
        self._lines = lines
        self.settings = ladder(first)
        self.heard = [NOT_TRIED] * len(self.settings)
        self.place = 0
        self._last_other = 0

    @property
    def setting(self):
        """The one in use."""
        return self.settings[self.place]

    def missed(self, signature):
        """The setting in use gave ``signature``: take the next one, which is the first of all every second time."""
        self.heard[self.place] = signature
        if self.place:
            self._use(0)
        else:
            self._last_other = self._last_other % (len(self.settings) - 1) + 1
            self._use(self._last_other)

    def accepted(self):
        """True when the setting in use may be kept: it reads right again and again, and the first one does not.

        A modem that is switched on is silent under every setting before; chance must not choose another clock.
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
        """The signature many times, and a register that keeps what is written to it; up to 13 accesses."""
        port = self._port
        # The first access after boot gives garbage.
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
