# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The console over USB: what lies in its buffer, and who reads it.

Follows supervisor/shared/serial.c serial_write_substring @013d49463c, shared-module/usb_cdc/Serial.c @3324f0f11c and
ports/espressif/Makefile @0791f19d6f (CFG_TUD_CDC_TX_BUFSIZE). That a terminal which was closed again stays connected for the
firmware is CircuitPython issue 10814, seen on an ESP32-S3 with 10.0.3 and open.
"""

BUFFER = 1024


class SerialConsole:
    """``connected``: what the firmware believes. ``waiting``: bytes in its buffer that nobody has fetched."""

    def __init__(self):
        self.attach()

    def attach(self):
        """USB comes up anew, as after each reset of the chip: no program on the computer has the port open."""
        self.connected = self.reading = False
        self.waiting = 0

    def open(self):
        """A terminal program opens the port and reads."""
        self.connected = self.reading = True
        self.waiting = 0

    def close(self):
        """It is closed, or its computer sleeps. The firmware does not notice."""
        self.reading = False

    def has_room(self):
        """False while whatever is written stays here."""
        return not self.connected or self.reading or self.waiting < BUFFER

    def take(self, size):
        """How many of ``size`` bytes find room now."""
        if not self.connected or self.reading:
            return size
        taken = min(size, BUFFER - self.waiting)
        self.waiting += taken
        return taken
