# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its documents: which part of the box each group of a document is read from."""

from appliance.settings import settings
from appliance.web import documents


def access_of(box, who):
    """The document about the one who asks: whether he is the owner, and what he may do."""
    document = documents.access_document(who, box.access, box.status, box.restart, box.settings["LANGUAGE"])
    document["time_wanted"] = document["owner"] and box.settings["DIARY"] == "yes" and box.uptime.time_wanted
    return document


def status_groups(box):
    """Rows of GET /api/status; each group is made in one piece."""
    status = box.status
    return (
        (
            (None, documents.product_document, box.start_id),
            (None, documents.stage_document, status),
        ),
        ((None, documents.car_document, status), ("earlier", documents.earlier_document, status, box.garage)),
        (("sessions", documents.sessions_document, status, box.garage),),
        (
            ("modem", documents.modem_document, box.loop.modem, status),
            ("smartevse", documents.smartevse_document, box.smartevse),
            ("wifi", box.wifi.document),
            ("mqtt", documents.mqtt_document, box.mqtt),
            ("listeners", documents.listeners_document, box.listeners),
            ("admission", documents.admission_document, box.loop, box.ticks),
        ),
        # A piece of its own, because the firmware walks the whole heap for it.
        (("memory_free", documents.memory_document),),
        (
            ("loop", documents.loop_document, box.loop),
            ("system", documents.system_document),
            ("settings_errors", settings.error_texts, box.settings),
            ("notes", documents.notes_document, status),
            ("self_test", documents.self_test_document, box.self_test, box.uptime),
        ),
    )


def report_rows(box, diagnostics):
    """Rows of GET /diagnostics.txt."""
    return (
        ("system", documents.system_document),
        ("stage", diagnostics.stage_list, box.status),
        ("causes", box.status.causes),
        ("modem", documents.modem_document, box.loop.modem, box.status),
        ("session counts", diagnostics.session_counts, box.loop),
        ("smartevse", documents.smartevse_document, box.smartevse),
        ("wifi", box.wifi.document),
        ("loop", documents.loop_document, box.loop),
        ("web", box.launch.counts),
        ("frames", diagnostics.frames_document, box.frames),
        ("reading", documents.reading_document, box.status),
    )
