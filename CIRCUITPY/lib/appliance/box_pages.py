# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its pages: the handlers, under their names in ``web.routes``."""

from appliance import box_documents, box_opened
from appliance.settings.settings import PARTS
from appliance.web import actions, documents
from appliance.web.on_demand import OnDemand


def handlers(box):
    """{name: object with handlers, or OnDemand}, as ``web.routes.found`` takes it."""
    has_car = box.loop.has_car
    groups = box_documents.status_groups(box)
    opened = box_opened.Opened(box)
    reads = documents.Reads(groups, lambda who: box_documents.access_of(box, who), box.log, box.start_id, box.summary)
    return {
        "reads": reads,
        "login": actions.Login(box.access),
        "trials": OnDemand(box.jobs, has_car, lambda: _new_trials(box, opened), PARTS),
        "actions": actions.Actions(box.self_test, box.restart, box.uptime, has_car, lambda: _read_now(box)),
        "settings": OnDemand(box.jobs, has_car, opened.new_settings_pages, PARTS),
        "files": OnDemand(box.jobs, has_car, opened.new_downloads, PARTS),
        "report": OnDemand(box.jobs, has_car, opened.new_report),
        "update": OnDemand(box.jobs, has_car, opened.new_update_pages),
        "modem": OnDemand(box.jobs, has_car, opened.new_modem_pages),
        "diary": OnDemand(box.jobs, has_car, opened.new_diary_pages),
    }


def _new_trials(box, opened):
    from appliance.web.trials import Trials

    return Trials(box.jobs, box.keeper, opened.try_delivery, opened.try_probe, opened.try_broker)


def _read_now(box):
    box.loop.secc.admission.read_now(box.ticks())
    box.log.note("car", "the owner wants a reading: the next car is answered")
