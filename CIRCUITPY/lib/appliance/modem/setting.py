# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The SPI mode and clock that were found for the modem, kept for the next start when they are not those asked for.

Three bytes outlive a restart: the clock asked for, the mode and the clock that work; clocks in MHz, zeros for none. They
are written only when another setting was found than the one kept, so an ordinary start writes nothing.
"""

from plc import spi_port

from appliance.storage import memory

_MHZ = 1000000
_NONE = bytes(3)


class KeptSetting:
    """``kept`` is what outlives a restart (``storage.memory``)."""

    def __init__(self, kept, clock_hz):
        self._kept = kept
        self._asked = (spi_port.MODE, spi_port.clock_at_most(clock_hz))

    def first(self):
        """The setting to begin with: the one that was found for this clock, else the one asked for."""
        asked_mhz, mode, mhz = self._kept.part(memory.SPI, len(_NONE))
        if asked_mhz * _MHZ == self._asked[1] and mode in spi_port.MODES and mhz * _MHZ in spi_port.CLOCKS_HZ:
            return mode, mhz * _MHZ
        return self._asked

    def keep(self, setting):
        """The modem was found with ``setting``, or None where there is no bus."""
        if setting is None:
            return
        found = _NONE
        if setting != self._asked:
            found = bytes((self._asked[1] // _MHZ, setting[0], setting[1] // _MHZ))
        memory.keep(self._kept, memory.SPI, found)
