# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its pages: the handlers, in the order in which ``web.routes`` takes them."""

from appliance import box_documents, box_opened
from appliance.web import actions, documents, downloads
from appliance.web import settings as settings_pages
from appliance.web.on_demand import OnDemand


def handlers(box):
    """What ``routes.rows`` asks for."""
    refused = box.site.refused_password
    has_car = box.loop.has_car
    groups = box_documents.status_groups(box)
    opened = box_opened.Opened(box)
    return (
        documents.Reads(groups, lambda who: box_documents.access_of(box, who), box.log, box.start_id, box.summary),
        settings_pages.SettingsPages(box.keeper, box.jobs, box.status, box.restart, box.access, box.log),
        downloads.SettingsFiles(box.keeper, box.access, refused),
        downloads.Capture(box.frames),
        actions.Doors(box.access, refused),
        actions.Trials(box.jobs, box.keeper, opened.try_delivery, opened.try_probe, opened.try_broker),
        actions.Actions(box.self_test, box.restart, box.uptime, has_car, lambda: _read_now(box)),
        OnDemand(box.jobs, has_car, opened.new_report),
        OnDemand(box.jobs, has_car, opened.new_update_pages),
        OnDemand(box.jobs, has_car, opened.new_modem_pages),
        OnDemand(box.jobs, has_car, opened.new_diary_pages),
    )


def _read_now(box):
    box.loop.secc.admission.read_now(box.ticks())
    box.log.note("car", "the owner wants a reading: the next car is answered")
