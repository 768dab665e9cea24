# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One plug-in as the diary keeps it: bytes on the drive, an object in between."""

import struct

from appliance.state import cars

PROTOCOLS = (None, "DIN 70121", "ISO 15118-2")
DELIVERIES = (None, "ok", "failed")
_UNKNOWN = 255
_UNKNOWN_WH = 0xFFFFFFFF
# run, seconds since its start, Unix time or 0, charge, doubtful charge, full at, attenuation, delivery, protocol,
# capacity, request, length of the EVCCID, EVCCID, first bytes of the address on the power line
_NUMBERS = "<IIIBBBBBBIIB6s3s"
_NUMBERS_SIZE = 36
_BYTES = ("soc_percent", "soc_doubtful_percent", "full_soc_percent", "attenuation_db")
_CAUSE, _NAME = 24, 48


class Entry:
    """``run``: number of the first entry of the same run of the box; ``unix_s``: None if the time was not known; ``maker``:
    the first bytes of the car's address. The rest as in ``v2g.reading`` and ``state.status.Session``."""

    soc_percent = soc_doubtful_percent = full_soc_percent = attenuation_db = delivery = protocol = None
    energy_capacity_wh = energy_request_wh = evccid = maker = cause = name = None

    def __init__(self, run, uptime_s, unix_s):
        self.run = run
        self.uptime_s = uptime_s
        self.unix_s = unix_s


def of_session(session, run, unix_s):
    """The Entry of a finished plug-in (a ``state.status.Session``)."""
    entry = Entry(run, session.start_s, unix_s)
    reading = session.reading
    if reading is not None:
        entry.soc_percent = reading.soc_percent
        entry.soc_doubtful_percent = reading.soc_doubtful_percent
        for name in ("full_soc_percent", "energy_capacity_wh", "energy_request_wh"):
            setattr(entry, name, cars.told(reading, name))
        entry.evccid = cars.low_six(reading.evccid) if reading.evccid else None
        entry.name = cars.name_in(reading)
        entry.protocol = reading.protocol
    entry.attenuation_db = session.attenuation_db
    entry.delivery = session.delivery
    entry.maker = bytes(session.ev_mac)[:3]
    entry.cause = session.cause
    return entry


def _byte(value):
    return _UNKNOWN if value is None else min(max(value, 0), _UNKNOWN - 1)


def _wh(value):
    return _UNKNOWN_WH if value is None else min(value, _UNKNOWN_WH - 1)


def _index(values, value):
    return values.index(value) if value in values else 0


def _text(text, size):
    data = (text or "").encode("utf-8")[: size - 1]
    while data:
        try:
            str(data, "utf-8")
            break
        except UnicodeError:
            # Cut between characters.
            data = data[:-1]
    return bytes((len(data),)) + data + bytes(size - 1 - len(data))


def packed(entry):
    """The bytes of an Entry."""
    evccid = entry.evccid or b""
    numbers = [entry.run, entry.uptime_s, entry.unix_s or 0]
    numbers += [_byte(getattr(entry, name)) for name in _BYTES]
    numbers += [_index(DELIVERIES, entry.delivery), _index(PROTOCOLS, entry.protocol)]
    numbers += [_wh(entry.energy_capacity_wh), _wh(entry.energy_request_wh)]
    numbers += [len(evccid), evccid + bytes(6 - len(evccid)), entry.maker]
    return struct.pack(_NUMBERS, *numbers) + _text(entry.cause, _CAUSE) + _text(entry.name, _NAME)


def _known(value, unknown=_UNKNOWN):
    return None if value == unknown else value


def _read_text(data, start, size):
    length = data[start]
    if not 0 < length < size:
        return None
    try:
        return str(data[start + 1 : start + 1 + length], "utf-8")
    except UnicodeError:
        # Written by a version with another format.
        return None


def _named(values, index):
    return values[index] if index < len(values) else None


def unpacked(data):
    """The Entry in bytes with a valid check sum."""
    row = struct.unpack_from(_NUMBERS, data, 0)
    entry = Entry(row[0], row[1], row[2] or None)
    for name, value in zip(_BYTES, row[3:7]):
        setattr(entry, name, _known(value))
    entry.delivery = _named(DELIVERIES, row[7])
    entry.protocol = _named(PROTOCOLS, row[8])
    entry.energy_capacity_wh = _known(row[9], _UNKNOWN_WH)
    entry.energy_request_wh = _known(row[10], _UNKNOWN_WH)
    entry.evccid = row[12] if row[11] else None
    entry.maker = row[13]
    entry.cause = _read_text(data, _NUMBERS_SIZE, _CAUSE)
    entry.name = _read_text(data, _NUMBERS_SIZE + _CAUSE, _NAME)
    return entry


# Where a record has charge, doubtful charge and attenuation, for those who look at hundreds of them.
_SOC_AT, _DOUBTFUL_AT, _ATTENUATION_AT = 12, 13, 15


def glance(data):
    """(True for a reading, attenuation in dB or None) of packed bytes, without unpacking the rest."""
    told = data[_SOC_AT] != _UNKNOWN or data[_DOUBTFUL_AT] != _UNKNOWN
    return told, _known(data[_ATTENUATION_AT])
