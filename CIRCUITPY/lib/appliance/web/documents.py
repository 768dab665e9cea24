# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the pages read, as JSON: the status and the log. One function for each part of the box.

Which parts there are says ``appliance.box``, in a table of rows:

    (name, function, part, ...)     "name": function(part, ...)      without a name its keys stand among those of the whole;
                                                                     the function may be the part's own

A document that takes longer than a piece of the loop may is made in pieces while it is sent.
"""

import gc
import json
import os

import microcontroller

from appliance.base import version
from appliance.base.text import hex_text, is_digits
from appliance.state import status as status_module
from appliance.state.histogram import LIMITS_MS
from appliance.web import responses
from appliance.web.access import OWNER

LINES_A_PIECE = 12


def product_document(start_id):
    """What this is; ``start_id`` is another one after each restart."""
    return {"product": version.PRODUCT, "version": version.VERSION, "start": start_id}


def stage_document(status):
    """What the box is doing, and what is wrong."""
    return {
        "uptime_s": status.uptime.seconds,
        "stage": status.stage(),
        "headline": status.headline(),
        "car_present": status.car_present,
        "reading_is_current": status.current,
        "cause": status_module.cause_document(status.cause()),
        "causes": [status_module.cause_document(code) for code in status.causes()],
    }


def car_document(status):
    """The car that is there, or was there last."""
    return {
        "timeline": status_module.timeline_document(status.timeline),
        "ev_mac": hex_text(status.ev_mac),
        "car_address": status_module.ipv6_text(status.car_address),
        "reading": reading_document(status),
        "estimate": None if status.estimate is None else status.estimate.document(status.estimate_is_fresh),
    }


def reading_document(status):
    """The last reading, or None."""
    return status_module.reading_document(status.reading, status.age_s())


def earlier_document(status, garage):
    """The last reading before the restart, None where there is a newer one or none is known."""
    entry = status.earlier
    if entry is None or status.reading is not None:
        return None
    return {
        "soc_percent": entry.soc_percent,
        "soc_doubtful_percent": entry.soc_doubtful_percent,
        "unix_s": entry.unix_s,
        "name": garage.name_of(entry.evccid) or entry.name,
    }


def sessions_document(status, garage):
    """The last plug-ins, with the names of the owner's cars, one a step: what was wrong with each is read from the drive."""
    seconds = status.uptime.seconds
    # A copy, because a plug-in that comes while this is sent changes the list.
    for session in list(status.sessions):
        yield status_module.session_document(session, seconds, garage)


def modem_document(modem, status):
    """The modem's state and counters."""
    return {
        "status": modem.status,
        "spi": modem.setting_text,
        "restarts": max(0, modem.generation - 1),
        "firmware": status.firmware,
        "role": status.modem_role,
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


def admission_document(loop, now):
    """Which cars are answered at present, and what was heard beside the car on our cable."""
    secc = loop.secc
    next_ms = secc.admission.next_reading_ms(now())
    return {
        "answer": secc.admission.answer,
        "smartevse": secc.admission.seen,
        "next_reading_s": None if next_ms is None else (next_ms + 999) // 1000,
        "not_answered": secc.counts["not_answered"],
        "neighbours": secc.counts["not_chosen"],
    }


def mqtt_document(later):
    """The broker, None when there is none. ``later`` is the piece that is loaded once there is a network."""
    if later is None:
        return None
    session = later.piece
    if session is None:
        return {"broker": None, "connected": False, "text": "not started yet", "connections": 0, "prefix": None}
    return {
        "broker": session.account.host,
        "connected": session.connected,
        "text": session.text,
        "connections": session.connections,
        "prefix": session.publisher.prefix,
    }


def listeners_document(later):
    """Further addresses that get readings, None when there are none."""
    if later is None:
        return None
    rows = [] if later.piece is None else later.piece.all
    # A key may stand in the path as well as in the query, and who may see the status is not its owner.
    return [{"url": row.target.url("/"), "text": row.text, "cause": row.cause} for row in rows]


def memory_document():
    """Free bytes of the heap, None where nobody can tell."""
    return gc.mem_free() if hasattr(gc, "mem_free") else None


def loop_document(loop):
    """How long the passes took, in ms."""
    return {
        "limits_ms": LIMITS_MS,
        "passes": loop.passes.counts,
        "worst_ms": loop.passes.worst_ms,
        "worst_slow_ms": loop.slow.worst_ms,
        "failures": loop.failures,
        "frames_lost": loop.frames_lost,
    }


def system_document():
    """Board, firmware and why it started."""
    document = {"board": None, "circuitpython": None, "reset_reason": None}
    try:
        document["circuitpython"] = os.uname().release
        document["board"] = os.uname().machine
        document["reset_reason"] = str(microcontroller.cpu.reset_reason).split(".")[-1]
    except (AttributeError, NotImplementedError):
        # A board that does not tell it; the page shows the rest.
        pass
    return document


def notes_document(status):
    """What the owner should know although nothing is wrong."""
    notes = []
    if not status.replugged:
        notes.append(
            "Nothing simulates a re-plug here after a reading: if the car does not charge, unplug it and plug it in again."
        )
    if status.others_numbers:
        notes.append(
            "The SmartEVSE still holds the last car's numbers and computes with them. Switch it off and on once; what is "
            "shown here is not affected."
        )
    return notes + status.notes


def self_test_document(self_test, uptime):
    """What the last self-test found, or None before the first."""
    return None if self_test.report is None else self_test.report.document(uptime.seconds)


def access_document(who, access, status, restart, language):
    """What whoever asks may see and do, and the language that the owner chose."""
    return {
        "owner": who == OWNER,
        "made_up_password": access.made_up is not None,
        "restart_needed": status.restart_needed,
        "restarting": restart.wanted,
        "language": language,
    }


def status_pieces(groups, access):
    """GET /api/status: groups of rows, each a piece, joined to one object, and ``access``, a document.

    A function that is a generator gives a list, each of its entries a piece.
    """
    piece = "{"
    for rows in groups:
        for name, function, *parts in rows:
            document = function(*parts)
            if hasattr(document, "send"):
                piece += '"%s": [' % name
                between = ""
                for entry in document:
                    yield piece + between + json.dumps(entry)
                    piece, between = "", ", "
                piece += "], "
            elif name is None:
                piece += json.dumps(document)[1:-1] + ", "
            else:
                piece += '"%s": %s, ' % (name, json.dumps(document))
        yield piece
        piece = ""
    yield '"access": %s}' % json.dumps(access)


def log_pieces(log, since, start_id):
    """GET /api/log: the records from sequence number ``since`` on."""
    # Lines that come while this is sent belong to the next answer: its "next" is told in the first piece.
    count = log.count
    oldest = max(0, count - log.size)
    since = min(max(since, 0), count)
    yield '{"start": "%s", "next": %d, "dropped": %d, "level": "%s", "records": [' % (
        start_id,
        count,
        max(0, oldest - since),
        log.level,
    )
    batch = []
    between = ""
    for record in log.records(since):
        if record[0] >= count:
            break
        batch.append(record)
        if len(batch) == LINES_A_PIECE:
            yield between + json.dumps(batch)[1:-1]
            between = ", "
            batch = []
    yield (between + json.dumps(batch)[1:-1] if batch else "") + "]}"


def number_of(text):
    """A whole number from a query, 0 for anything else."""
    return int(text) if text and is_digits(text) else 0


class Reads:
    """Handlers of the JSON that is only read. ``groups`` are the rows of the status, each group one piece;
    ``access_of(who)`` gives the document of whoever asks."""

    def __init__(self, groups, access_of, log, start_id, summarise):
        self._groups = groups
        self._access_of = access_of
        self._log = log
        self._start_id = start_id
        self._summarise = summarise

    def status(self, request):
        """GET /api/status"""
        return responses.streamed(request, status_pieces(self._groups, self._access_of(request.who)))

    def reading(self, request):
        """GET /api/reading: small enough for whoever asks every minute."""
        return responses.document(request, self._summarise())

    def log(self, request):
        """GET /api/log?since=N"""
        since = number_of(request.query_params.get("since", ""))
        return responses.streamed(request, log_pieces(self._log, since, self._start_id))
