# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The protocol stack's config as the settings want it, kept so that the next start knows it before it reads them.

Compiling and reading all settings takes two seconds, and a car repeats its search for ten. So the config is kept in 18 bytes
that outlive a restart, with a check sum (mark) of the version, CircuitPython's version, settings.toml and what was saved on
the page. If one of these has changed, or EVSE_ID is set, the settings are read first.
"""

import binascii
import struct
import sys

from appliance.base import version
from appliance.storage import memory

SIZE = 18
# Kept after the check sum and 1 + whether a SmartEVSE can be asked: key of the config, setting, and its choices as in
# schema.SCHEMA, or the factor of its number in the config.
_FORMAT = "<IBBBbHHHBBH"
KEPT = (  # type: tuple
    ("answer", "ANSWER_CARS", ("auto", "modem_phase", "always", "never")),
    ("protocol", "PROTOCOL", ("din", "iso2", "din_only")),
    ("attenuation_offset_db", "ATTENUATION_OFFSET_DB", 1),
    ("max_current_a", "EVSE_MAX_CURRENT_A", 1),
    ("max_voltage_v", "EVSE_MAX_VOLTAGE_V", 1),
    ("max_power_w", "EVSE_MAX_POWER_KW", 1000),
    ("conversation", "CONVERSATION", ("release", "converse")),
    ("conversation_until", "CONVERSATION_UNTIL", ("parameters", "cable_check", "pre_charge")),
    ("conversation_ms", "CONVERSATION_S", 1000),
)


def secc_config(wanted, can_ask):
    """The config of a ``v2g.secc.Secc``; ``can_ask``: a SmartEVSE can be asked for its state."""
    config = {"can_ask": can_ask, "wait_for_modem": True}
    for key, setting, meaning in KEPT:
        config[key] = wanted[setting] * meaning if isinstance(meaning, int) else wanted[setting]
    if wanted["EVSE_ID"]:
        config["evse_id"] = wanted["EVSE_ID"].encode()
    return config


def mark_of(paths):
    """A check sum of this version, CircuitPython's (whose ``os.getenv`` may parse a file differently) and the content of the
    files ``paths``; None without the first of them."""
    # Only the numbers of CircuitPython's version: what follows them differs between interpreters.
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


def kept_config(kept, mark):
    """The config kept in ``kept`` (``storage.memory``) with this ``mark``, or None."""
    kept_mark, known, *numbers = struct.unpack(_FORMAT, kept.part(memory.WISHES, SIZE))
    if not known or kept_mark != mark:
        return None
    config = {"can_ask": known > 1, "wait_for_modem": True}
    for (key, _, meaning), number in zip(KEPT, numbers):
        config[key] = number * meaning if isinstance(meaning, int) else meaning[number]
    return config


def keep(kept, mark, config):
    """Keep ``config`` for the next start; with None the next start reads the settings."""
    packed = bytes(SIZE)
    if config is not None and mark is not None and "evse_id" not in config:
        numbers = [2 if config["can_ask"] else 1]
        for key, _, meaning in KEPT:
            value = config[key]
            numbers.append(value // meaning if isinstance(meaning, int) else meaning.index(value))
        packed = struct.pack(_FORMAT, mark, *numbers)
    memory.keep(kept, memory.WISHES, packed)
