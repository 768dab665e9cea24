# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SPI display bus; no display hangs on it here."""


class FourWire:
    def __init__(self, bus, **pins):
        self.bus = bus
