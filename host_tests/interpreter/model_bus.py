# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What stands between the driver and the model of the chip in the scripts for MicroPython."""


class SpiDevice:
    """An SPIDevice whose wires end in the model."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.model.select()
        return self

    def __exit__(self, kind, value, trace):
        self.model.deselect()
        self.model.clock.advance(70)
        return False

    def write(self, buffer, start=0, end=None):
        """To the chip."""
        self.model.exchange(bytes(buffer[start : len(buffer) if end is None else end]))

    def readinto(self, buffer, start=0, end=None):
        """From the chip."""
        end = len(buffer) if end is None else end
        buffer[start:end] = self.model.exchange(bytes(end - start))

    def write_readinto(self, out, into):
        """Both ways."""
        into[0:4] = self.model.exchange(bytes(out))
