# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem's pins and clock before the settings are read: from settings.toml, or as they were saved on the page.

Reading all settings takes seconds, and a modem waits for its key. ``os.getenv`` reads settings.toml. What was saved on the
page is kept for the next start (``modem.keeping``) in ten bytes that outlive a restart: a check sum of what settings.toml
said then (if it has changed, the file counts), the numbers of five pins, and the clock in MHz; zeros where file and page
agree. These may be wrong, so the box compares them with its settings once it has read those.
"""

import binascii

from appliance.modem.setting import MHZ
from appliance.storage import memory

KEYS = ("MODEM_SCK", "MODEM_MOSI", "MODEM_MISO", "MODEM_CS", "MODEM_INT", "MODEM_SPI_HZ")
DEFAULTS = ("IO13", "IO11", "IO12", "IO10", "IO9", "8000000")

SIZE = 10
NO_PIN = 255


def pins_in(settings):
    """Names of the five pins: of clock, data to the modem, data from it, chip select, interrupt."""
    return [settings[key] for key in KEYS[:5]]


class KeptWiring:
    """``kept`` is what outlives a restart (``storage.memory``)."""

    def __init__(self, kept, getenv):
        self._kept = kept
        self._texts = []
        for key in KEYS:
            try:
                text = getenv(key)
            except ValueError:
                # A line that CircuitPython before 10.2 cannot parse. The box reports it after it has read the settings.
                text = None
            self._texts.append(None if text is None else str(text))

    def of_file(self):
        """([five names of pins], clock in Hz) as settings.toml says."""
        texts = [DEFAULTS[i] if text is None else text for i, text in enumerate(self._texts)]
        if texts[5] != DEFAULTS[5]:
            from appliance.base.text import is_digits

            texts[5] = texts[5] if is_digits(texts[5]) else DEFAULTS[5]
        return texts[:5], int(texts[5])

    def wanted(self):
        """The same, as the last start had it."""
        kept = self._kept.part(memory.WIRING, SIZE)
        if not kept[9] or kept[:4] != self.mark():
            return self.of_file()
        return ["" if number == NO_PIN else "IO%d" % number for number in kept[4:9]], kept[9] * MHZ

    def mark(self):
        """The check sum of what settings.toml says."""
        return (binascii.crc32(repr(self._texts).encode()) & 0xFFFFFFFF).to_bytes(4, "little")
