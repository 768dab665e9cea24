# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the page reads: one JSON document about everything the owner may know."""

import gc
import json

from adafruit_httpserver import Response

from appliance import settings as settings_module
from appliance import status as status_module
from appliance.loop import HISTOGRAM_MS

JSON = "application/json"


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


def status_document(box):
    """Everything of GET /api/status as a dict."""
    status = box.status
    return {
        "product": status_module.PRODUCT,
        "version": status_module.VERSION,
        "uptime_s": status.uptime.seconds,
        "stage": status.stage(),
        "headline": status.headline(),
        "cause": status_module.cause_document(status.cause()),
        "causes": [status_module.cause_document(code) for code in status.causes()],
        "reading": status_module.reading_document(status.reading, status.age_s()),
        "ev_mac": status_module.hex_text(status.ev_mac),
        "modem": modem_document(box.loop.modem, box.firmware),
        "smartevse": smartevse_document(box.smartevse),
        "wifi": box.wifi.document(),
        "timeline": status_module.timeline_document(status.timeline),
        "memory_free": gc.mem_free() if hasattr(gc, "mem_free") else None,
        "loop": loop_document(box.loop),
        "settings_errors": settings_module.error_texts(box.settings),
        "notes": box.notes(),
    }


def routes(box):
    """(path, method, handler) of the pages and of the JSON."""

    def get_status(request):
        return Response(request, json.dumps(status_document(box)), content_type=JSON)

    return (("/api/status", "GET", get_status),)
