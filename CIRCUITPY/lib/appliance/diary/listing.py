# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The diary as the page's JSON and as a table for a spreadsheet, made in pieces while it is sent, the newest entry first.
Loaded when it is first asked for."""

import json

from appliance.base.text import hex_text
from appliance.diary.ring import ROOM
from appliance.state import faults, makers

COLUMNS = (
    "number", "unix_s", "ago_s", "soc_percent", "soc_doubtful_percent", "full_soc_percent", "energy_capacity_wh",
    "energy_request_wh", "name", "likely_maker", "evccid", "protocol", "attenuation_db", "delivery", "cause", "cause_text",
)  # fmt: skip
# Those that an entry has as they are, up to its name.
_OF_ENTRY = COLUMNS[3:9]
# Columns of the table that are not those of the JSON under the same name.
CSV_COLUMNS = ("number", "time_utc") + COLUMNS[3:14] + ("why_unread",)
_DAY_S = 86400
# What a spreadsheet would take for a formula.
_FORMULAS = "=+-@"


def row(number, entry, ago_s):
    """The values of COLUMNS."""
    cause, evccid = entry.cause, entry.evccid
    values = [number, entry.unix_s, ago_s] + [getattr(entry, name) for name in _OF_ENTRY]
    values += [makers.likely_maker(evccid or entry.maker + bytes(3)), hex_text(evccid)]
    values += [entry.protocol, entry.attenuation_db, entry.delivery, cause]
    return values + [faults.short(cause) if cause in faults.TABLE else cause]


def utc_text(unix_s):
    """"2026-11-29 14:05:09" (proleptic Gregorian calendar), "" for None."""
    if unix_s is None:
        return ""
    days, seconds = unix_s // _DAY_S, unix_s % _DAY_S
    # Days since 1 March 2000, for leap days stand at the end of such a year.
    days -= 11017
    era, days = days // 146097, days % 146097
    years = (days - days // 1460 + days // 36524 - days // 146096) // 365
    days -= 365 * years + years // 4 - years // 100
    month = (5 * days + 2) // 153
    day = days - (153 * month + 2) // 5 + 1
    year = 2000 + 400 * era + years + (1 if month > 9 else 0)
    month = month - 9 if month > 9 else month + 3
    clock = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    return "%04d-%02d-%02d %02d:%02d:%02d" % ((year, month, day) + clock)


def _field(value):
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    if value[:1] in _FORMULAS:
        value = "'" + value
    return '"%s"' % value.replace('"', '""')


def csv_pieces(diary, _uptime):
    """One line an entry; texts in quotation marks, times in UTC, empty for unknown."""
    # Without this mark Excel takes the letters of a name for those of another alphabet.
    yield "\ufeff" + ",".join(CSV_COLUMNS) + "\r\n"
    for found in diary.sectors():
        piece = ""
        for number, entry in found or ():
            values = row(number, entry, None)
            fields = [str(number), utc_text(entry.unix_s)]
            fields += [_field(value) for value in values[3:14]] + [_field(values[15])]
            piece += ",".join(fields) + "\r\n"
        yield piece


def json_pieces(diary, uptime):
    """GET /api/diary"""
    known = uptime.unix_zero_s is not None
    head = {
        "recording": diary.recording,
        "room": ROOM,
        "unix_s": uptime.unix_zero_s + uptime.seconds if known else None,
        "clock": uptime.clock,
        "columns": COLUMNS,
    }
    yield json.dumps(head)[:-1] + ', "entries": ['
    between = ""
    for found in diary.sectors():
        piece = ""
        for number, entry in found or ():
            ago_s = uptime.seconds - entry.uptime_s if diary.is_of_this_run(entry) else None
            piece += between + json.dumps(row(number, entry, ago_s))
            between = ", "
        yield piece
    # Last, because what is wrong may have been found on the way.
    yield '], "mean_attenuation_db": %s, "fault": %s}' % (json.dumps(diary.mean_db()), json.dumps(diary.fault))
