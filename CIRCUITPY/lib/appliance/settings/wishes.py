# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the settings want of the protocol stack, and how it is known before the settings are read.

Reading all settings takes the compiler two seconds, and a car repeats its search for ten. So what follows from them is kept
for the next start, in 18 bytes that outlive a restart, with a check sum of the version, of CircuitPython's, of settings.toml
and of what was saved on the page. Where one of these is another one now, or EVSE_ID is set, the settings are read first.
"""

import binascii
import struct
import sys

from appliance.base import version
from appliance.storage import memory

# As the rows of schema.SCHEMA have them.
ANSWERS = ("auto", "modem_phase", "always", "never")
PROTOCOLS = ("din", "iso2", "din_only")
CONVERSATIONS = ("release", "converse")
UNTIL = ("parameters", "cable_check", "pre_charge")

SIZE = 18
# check sum, 1 + whether a SmartEVSE can be asked, and these: key of the config, its choices or what its number is counted in
_FORMAT = "<IBBBbHHHBBH"
_KEPT = (  # type: tuple
    ("answer", ANSWERS),
    ("protocol", PROTOCOLS),
    ("attenuation_offset_db", 1),
    ("max_current_a", 1),
    ("max_voltage_v", 1),
    ("max_power_w", 1000),
    ("conversation", CONVERSATIONS),
    ("conversation_until", UNTIL),
    ("conversation_ms", 1000),
)
_NOTHING = bytes(SIZE)


def secc_config(wanted, can_ask):
    """The config of a ``v2g.secc.Secc``; ``can_ask``: a SmartEVSE is there to be asked for its state."""
    config = {
        "can_ask": can_ask,
        "wait_for_modem": True,
        "attenuation_offset_db": wanted["ATTENUATION_OFFSET_DB"],
        "answer": wanted["ANSWER_CARS"],
        "protocol": wanted["PROTOCOL"],
        "max_current_a": wanted["EVSE_MAX_CURRENT_A"],
        "max_voltage_v": wanted["EVSE_MAX_VOLTAGE_V"],
        "max_power_w": wanted["EVSE_MAX_POWER_KW"] * 1000,
        "conversation": wanted["CONVERSATION"],
        "conversation_until": wanted["CONVERSATION_UNTIL"],
        "conversation_ms": wanted["CONVERSATION_S"] * 1000,
    }
    if wanted["EVSE_ID"]:
        config["evse_id"] = wanted["EVSE_ID"].encode()
    return config


def mark_of(paths):
    """Another number when another version, another CircuitPython, whose ``os.getenv`` may read a file in another way, or
    another content of one of the files is there; None without the first."""
    # Its numbers only: what follows them differs between interpreters.
    firmware = ".".join([str(number) for number in sys.implementation.version[:3]])
    mark = binascii.crc32((version.VERSION + " " + firmware).encode())
    for number, path in enumerate(paths):
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            if not number:
                return None
            content = b""
        mark = binascii.crc32(content, binascii.crc32(struct.pack("<I", len(content)), mark))
    return mark & 0xFFFFFFFF


class KeptWishes:
    """``memory`` is what outlives a restart (``storage.memory``), ``place`` where in it the bytes lie; ``mark`` is what
    ``mark_of`` gave."""

    def __init__(self, memory, place, mark):
        self._memory = memory
        self._place = place
        self._mark = mark

    def config(self):
        """The config that was kept, or None."""
        mark, known, *numbers = struct.unpack(_FORMAT, self._memory.part(self._place, SIZE))
        if not known or mark != self._mark:
            return None
        config = {"can_ask": known > 1, "wait_for_modem": True}
        for (key, meaning), number in zip(_KEPT, numbers):
            config[key] = number * meaning if isinstance(meaning, int) else meaning[number]
        return config

    def keep(self, config):
        """Keep ``config`` for the next start; None: nothing."""
        packed = _NOTHING if config is None or self._mark is None or "evse_id" in config else self._packed(config)
        memory.keep(self._memory, self._place, packed)

    def _packed(self, config):
        numbers = [2 if config["can_ask"] else 1]
        for key, meaning in _KEPT:
            value = config[key]
            numbers.append(value // meaning if isinstance(meaning, int) else meaning.index(value))
        return struct.pack(_FORMAT, self._mark, *numbers)
