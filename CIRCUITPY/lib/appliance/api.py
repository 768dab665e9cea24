# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the pages read, as JSON: the status, the log, the settings.

A document that takes longer than a piece of the loop may is made in pieces while it is sent.
"""

import gc
import json
import os

import microcontroller

from appliance import answers
from appliance import settings as settings_module
from appliance import status as status_module
from appliance.loop import HISTOGRAM_MS
from appliance.settings import (
    CHOICES,
    DEFAULT,
    GROUP,
    HELP,
    HIGH,
    KEY,
    KIND,
    LABEL,
    LOW,
    NEEDS_RESTART,
    SCHEMA,
    SECRET,
)

LINES_A_PIECE = 12
ROWS_A_PIECE = 4


def modem_document(modem, firmware):
    """The modem's state and counters."""
    return {
        "status": modem.status,
        "restarts": max(0, modem.generation - 1),
        "firmware": firmware,
        "counts": modem.counts,
    }


def smartevse_document(smartevse):
    """Where readings go and how the last one fared."""
    target = smartevse.target
    return {
        "url": None if target is None else target.url(target.path.split("?", 1)[0]),
        "state": smartevse.state,
        "text": smartevse.text,
        "last_delivery": smartevse.last_delivery,
    }


def loop_document(loop):
    """How long the passes took, in ms."""
    return {
        "limits_ms": HISTOGRAM_MS,
        "passes": loop.passes.counts,
        "worst_ms": loop.passes.worst_ms,
        "worst_slow_ms": loop.slow.worst_ms,
        "failures": loop.failures,
        "frames_lost": loop.frames_lost,
    }


def system_document():
    """Board, firmware and why it started; read once."""
    document = {"board": None, "circuitpython": None, "reset_reason": None}
    try:
        document["circuitpython"] = os.uname().release
        document["board"] = os.uname().machine
        document["reset_reason"] = str(microcontroller.cpu.reset_reason).split(".")[-1]
    except (AttributeError, NotImplementedError):
        # A board that does not tell; the page shows what there is.
        pass
    return document


def self_test_document(box):
    """What the last self-test found, or None before the first."""
    report = box.self_test
    return None if report is None else report.document(box.status.uptime.seconds)


def _car_pieces(box, status):
    yield json.dumps(
        {
            "timeline": status_module.timeline_document(status.timeline),
            "ev_mac": status_module.hex_text(status.ev_mac),
            "car_address": status_module.ipv6_text(status.car_address),
            "reading": status_module.reading_document(status.reading, status.age_s()),
        }
    )
    yield json.dumps(
        {
            "sessions": [
                status_module.session_document(session, status.uptime.seconds) for session in status.sessions
            ]
        }
    )
    yield json.dumps(
        {
            "modem": modem_document(box.loop.modem, box.firmware),
            "smartevse": smartevse_document(box.smartevse),
            "wifi": box.wifi.document(),
        }
    )


def status_pieces(box, owner):
    """GET /api/status: several objects, joined into one by what stands between them."""
    status = box.status
    yield json.dumps(
        {
            "product": status_module.PRODUCT,
            "version": status_module.VERSION,
            "start": box.start_id,
            "uptime_s": status.uptime.seconds,
            "stage": status.stage(),
            "headline": status.headline(),
            "cause": status_module.cause_document(status.cause()),
            "causes": [status_module.cause_document(code) for code in status.causes()],
        }
    )[:-1]
    for piece in _car_pieces(box, status):
        yield ", " + piece[1:-1]
    yield (
        ", "
        + json.dumps(
            {
                "memory_free": gc.mem_free() if hasattr(gc, "mem_free") else None,
                "loop": loop_document(box.loop),
                "system": box.system,
                "settings_errors": settings_module.error_texts(box.settings),
                "notes": box.notes(),
                "self_test": self_test_document(box),
                "access": {
                    "owner": owner,
                    "made_up_password": box.access.made_up is not None,
                    "restart_needed": box.restart_needed,
                    "restarting": box.restart.wanted,
                },
            }
        )[1:]
    )


def log_pieces(log, since, start_id):
    """GET /api/log: the records from sequence number ``since`` on."""
    oldest = max(0, log.count - log.size)
    since = min(max(since, 0), log.count)
    yield '{"start": "%s", "next": %d, "dropped": %d, "level": "%s", "records": [' % (
        start_id,
        log.count,
        max(0, oldest - since),
        log.level,
    )
    batch = []
    between = ""
    for record in log.records(since):
        batch.append(record)
        if len(batch) == LINES_A_PIECE:
            yield between + json.dumps(batch)[1:-1]
            between = ", "
            batch = []
    yield (between + json.dumps(batch)[1:-1] if batch else "") + "]}"


def setting_document(row, keeper):
    """One row of the form; a secret's value stays in the box."""
    key = row[KEY]
    value = keeper.after[key]
    file_text = keeper.after.file_text(key)
    return {
        "key": key,
        "label": row[LABEL],
        "help": row[HELP],
        "kind": row[KIND],
        "default": str(row[DEFAULT]),
        "low": row[LOW],
        "high": row[HIGH],
        "choices": None if row[CHOICES] is None else [str(choice) for choice in row[CHOICES]],
        "secret": row[SECRET],
        "restart": row[NEEDS_RESTART],
        "is_set": value != "",
        "value": None if row[SECRET] else str(value),
        "source": keeper.after.source(key),
        "file": None if row[SECRET] else file_text,
    }


def settings_pieces(box):
    """GET /api/settings: every row of the schema with its value, in groups."""
    yield '{"restart_needed": %s, "errors": %s, "groups": [' % (
        "true" if box.restart_needed else "false",
        json.dumps(settings_module.error_texts(box.keeper.after)),
    )
    names = []
    for row in SCHEMA:
        if row[GROUP] not in names:
            names.append(row[GROUP])
    for number, name in enumerate(names):
        yield '%s{"name": %s, "rows": [' % (", " if number else "", json.dumps(name))
        between = ""
        batch = []
        for row in SCHEMA:
            if row[GROUP] == name:
                batch.append(setting_document(row, box.keeper))
                if len(batch) == ROWS_A_PIECE:
                    yield between + json.dumps(batch)[1:-1]
                    between = ", "
                    batch = []
        yield (between + json.dumps(batch)[1:-1] if batch else "") + "]}"
    yield "]}"


def number_of(text):
    """A whole number from a query, 0 for anything else."""
    text = text or ""
    return int(text) if 0 < len(text) < 10 and all("0" <= letter <= "9" for letter in text) else 0


class Reads:
    """Handlers of the JSON that is only read."""

    def __init__(self, box):
        self._box = box

    def status(self, request):
        """GET /api/status"""
        return answers.Pieces(request, status_pieces(self._box, request.who == "owner"))

    def log(self, request):
        """GET /api/log?since=N"""
        since = number_of(request.query_params.get("since", ""))
        return answers.Pieces(request, log_pieces(self._box.log, since, self._box.start_id))

    def settings(self, request):
        """GET /api/settings"""
        return answers.Pieces(request, settings_pieces(self._box))
