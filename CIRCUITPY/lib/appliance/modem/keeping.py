# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Keeps for the next start how the modem is wired and which SPI setting was found: ``modem.wiring`` and ``modem.setting``
begin with it, before the settings are read. Written only when something else is kept, so an ordinary start writes nothing.
"""

from appliance.base.text import is_digits
from appliance.modem import setting, wiring
from appliance.storage import memory


def keep_setting(kept, clock_hz, found):
    """The modem was found with the setting ``found``, where ``clock_hz`` is asked for; None where there is no bus."""
    if found is None:
        return
    packed = bytes(setting.SIZE)
    asked = setting.asked_for(clock_hz)
    if found != asked:
        packed = bytes((asked[1] // setting.MHZ, found[0], found[1] // setting.MHZ))
    memory.keep(kept, memory.SPI, packed)


def keep_wiring(kept, begun_with, names, clock_hz):
    """The settings say these pins and this clock; ``begun_with`` is the KeptWiring of this start."""
    packed = bytes(wiring.SIZE)
    if (names, clock_hz) != begun_with.of_file():
        packed = _packed(begun_with.mark(), names, clock_hz)
    memory.keep(kept, memory.WIRING, packed)


def _packed(mark, names, clock_hz):
    """The ten bytes; zeros for a pin that has another name than its number."""
    numbers = []
    for name in names:
        number = name.upper().replace("GPIO", "").replace("IO", "")
        if number and not is_digits(number):
            return bytes(wiring.SIZE)
        numbers.append(int(number) if number else wiring.NO_PIN)
    return mark + bytes(numbers) + bytes((clock_hz // setting.MHZ,))
