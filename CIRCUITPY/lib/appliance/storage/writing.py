# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Writes the records that ``appliance.storage.records`` reads. Loaded when something is saved."""

import json
import struct

from appliance.storage import preallocate, records
from appliance.storage.records import StoreError

_SECTOR = 512


def packed(number, entries):
    """A record (bytes). ``entries``: (key, text, text in settings.toml or None). ValueError if it would not read back."""
    whole = 0 <= number < records.NO_NUMBER and isinstance(entries, (list, tuple))
    if not whole or not all(_reads_back(entry) for entry in entries):
        raise ValueError("The settings contain a text that cannot be saved.")
    content = json.dumps([list(entry) for entry in entries]).encode("utf-8")
    if len(content) > records.RECORD - records.HEAD_SIZE:
        raise ValueError("These settings are too long to be saved together. Shorten some of their texts.")
    check_sum = records.check_sum_of(number, content)
    record = struct.pack(records.HEAD, records.MAGIC, number, len(content), check_sum) + content
    # Whole sectors, because those go to flash directly and not through a buffer that is written later.
    return record + bytes(-len(record) % _SECTOR)


def _reads_back(entry):
    return records.is_entry(entry) and records.whole_entry(entry) == tuple(entry)


def write(store, entries):
    """Save ``entries`` in ``store``, a records.Store; takes 0.15 to 0.4 s, the first time 9 s. Raises StoreError."""
    try:
        record = packed(store.number + 1, entries)
    except ValueError as error:
        raise StoreError(str(error))
    try:
        _open_drive(store, False)
    except RuntimeError:
        raise StoreError(records.PC_HAS_THE_DRIVE)
    try:
        place = _next_place(store)
        with open(store.path(place), "r+b") as file:
            file.seek(records.RECORD_AT)
            file.write(record)
    except OSError as error:
        raise StoreError("the drive cannot be written: %s" % error)
    finally:
        _open_drive(store, True)
    if store.read_record(place) is None:
        raise StoreError("what was written could not be read back")
    store.number += 1
    store.newest = place


def _open_drive(store, readonly):
    if store.remount is not None:
        store.remount("/", readonly)


def _next_place(store):
    """The place to write: not the newest, and of the others the oldest."""
    there = _places_there(store)
    if len(there) < 2:
        store.tell("making room in %s, only this once: please leave the power on" % store.directory)
        rows = [(place, records.NAME, records.SIZE, (records.RECORD_AT,)) for place in records.PLACES]
        try:
            preallocate.reserve(store.directory, rows)
        except preallocate.NoRoom as error:
            raise StoreError(str(error))
        there = _places_there(store)
    best, lowest = None, 0
    for place in there:
        found = store.read_record(place)
        number = 0 if found is None else found[0]
        if place != store.newest and (best is None or number < lowest):
            best, lowest = place, number
    return best


def _places_there(store):
    return [place for place in records.PLACES if preallocate.is_there(store.path(place), records.SIZE)]
