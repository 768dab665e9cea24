# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The SPI mode and clock to begin with: those that were found for the modem, when they are not those asked for.

Three bytes outlive a restart: the clock asked for, the mode and the clock that work; clocks in MHz, zeros for none.
``modem.keeping`` writes them.
"""

from plc import spi_port

from appliance.storage import memory

MHZ = 1000000
SIZE = 3


def asked_for(clock_hz):
    """(mode, clock) that settings with this clock ask for."""
    return spi_port.MODE, spi_port.clock_at_most(clock_hz)


def first(kept, clock_hz):
    """The setting that was found for this clock, else the one asked for. ``kept`` is what outlives a restart
    (``storage.memory``)."""
    asked = asked_for(clock_hz)
    asked_mhz, mode, mhz = kept.part(memory.SPI, SIZE)
    if asked_mhz * MHZ == asked[1] and mode in spi_port.MODES and mhz * MHZ in spi_port.CLOCKS_HZ:
        return mode, mhz * MHZ
    return asked
