# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The SPI mode and clock to begin with: those that were found to work, if the configured ones did not.

Three bytes outlive a restart: the configured clock, and the mode and clock that work; clocks in MHz, zeros for none.
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
    """(mode, clock in Hz) that was found for this configured clock, else the configured one. ``kept``: what outlives a
    restart (``storage.memory``)."""
    asked = asked_for(clock_hz)
    asked_mhz, mode, mhz = kept.part(memory.SPI, SIZE)
    if asked_mhz * MHZ == asked[1] and mode in spi_port.MODES and mhz * MHZ in spi_port.CLOCKS_HZ:
        return mode, mhz * MHZ
    return asked
