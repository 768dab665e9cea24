# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its pages: their handlers, and which part each document reads. Loaded when WiFi is up, because a
car need not wait for it."""

import adafruit_httpserver

from appliance import hardware
from appliance.settings import settings
from appliance.web import actions, documents, downloads, launch, router, routes
from appliance.web import settings as settings_pages
from appliance.web.on_demand import OnDemand

# The main version whose insides are known (docs/architecture.md). circup cannot be told which one to install.
HTTPSERVER = "4"


class Pages:
    """What the box is to its pages."""

    def __init__(self, box):
        self._box = box
        self._folder = hardware.drive_root() + "/www"
        self._system = documents.system_document()
        self._names = router.OwnNames(box.settings, box.wifi)

    def start(self):
        """A ``Web`` that listens, and is moved by the loop."""
        import select

        from appliance.web import server

        box = self._box
        box.site = router.Site(box.access, self._names.has, lambda: box.settings["STATUS_PUBLIC"] == "yes")
        box.site.add(routes.rows(self._folder, self._handlers()))
        web = server.Web(box.wifi.pool, select.poll(), box.site.respond, box.tell_web)
        guests = launch.Guests(box.wifi.provisioning, lambda: self._let_guests_in(web))
        if guests.due(None):
            guests.run(None)
        self._check_library()
        web.start(box.settings["HTTP_PORT"])
        box.status.mark("page")
        box.loop.add_piece("web", web)
        box.loop.add_slow_piece("guests", guests)
        box.log.note("web", "page at http://%s%s/" % (self._names.address(), box.wifi.port_text()))
        if box.access.made_up is not None:
            box.log.tell_console("web", "password of the page: %s" % box.access.made_up)
        return web

    def _check_library(self):
        found = adafruit_httpserver.__version__
        if found.split(".")[0] != HTTPSERVER:
            text = "adafruit_httpserver %s has not been tested: pages may fail; %s.x is known to work"
            self._box.tell_web(text % (found, HTTPSERVER))

    def _let_guests_in(self, web):
        from appliance.web import first_evening, setup

        box = self._box
        steps = first_evening.FirstEvening(
            box.jobs, box.keeper, box.access, box.wifi.find_smartevses, self._try_probe
        )
        web.respond = setup.Portal(box.site, box.wifi, self._folder, box.loop.has_car, box.ticks, steps).respond

    # ---- handlers

    def _handlers(self):
        box = self._box
        refused = box.site.refused_password
        has_car = box.loop.has_car
        return (
            documents.Reads(self._status_groups(), self._access_of, box.log, box.start_id, box.summary),
            settings_pages.SettingsPages(
                box.keeper, box.jobs, box.status, box.restart, box.access, box.log
            ),
            downloads.SettingsFiles(box.keeper, box.access, refused),
            downloads.Capture(box.frames, box.uptime, box.ticks),
            actions.Doors(box.access, refused),
            actions.Trials(box.jobs, box.keeper, self._try_delivery, self._try_probe, self._try_broker),
            actions.Actions(box.self_test, box.restart, box.uptime, has_car, self._read_now),
            OnDemand(box.jobs, has_car, self._new_report),
            OnDemand(box.jobs, has_car, self._new_update_pages),
            OnDemand(box.jobs, has_car, self._new_modem_pages),
            OnDemand(box.jobs, has_car, self._new_diary_pages),
        )

    def _new_report(self):
        from appliance.web import diagnostics

        box = self._box
        return diagnostics.Diagnostics(
            self._report_rows(diagnostics), box.self_test, box.status, box.settings, box.access, box.log
        )

    def _new_update_pages(self):
        from appliance.web.update import UpdateActions

        box = self._box
        return UpdateActions(box.updates, box.loop.has_car, box.jobs, box.restart, box.watchdog, box.log)

    def _new_modem_pages(self):
        from appliance.modem import attenuation, service
        from appliance.web.modem import ModemPages

        box = self._box
        loop = box.loop
        parameters = service.Service(
            loop, box.role, box.mac, box.entropy.random_bytes, lambda text: box.log.note("modem", text)
        )
        loop.parameters = parameters
        loop.add_piece("parameters", parameters)
        return ModemPages(parameters, box.status, loop, attenuation.attenuation_document, box.diary.mean_db)

    def _new_diary_pages(self):
        diary = self._box.diary.get()
        from appliance.diary import listing
        from appliance.web.diary import DiaryPages

        return DiaryPages(diary, listing, self._box.uptime, self._box.jobs)

    def _read_now(self):
        box = self._box
        box.loop.secc.admission.read_now(box.ticks())
        box.log.note("car", "the owner wants a reading: the next car is answered")

    def _try_delivery(self, url):
        from appliance.smartevse import trial

        return trial.try_delivery(self._box.smartevse, url)

    def _try_probe(self, url):
        from appliance.smartevse import trial

        return trial.try_probe(self._box.smartevse, url)

    def _try_broker(self, values):
        from appliance import box_home

        return box_home.try_broker(self._box, values)

    # ---- documents

    def _access_of(self, who):
        box = self._box
        document = documents.access_document(who, box.access, box.status, box.restart, box.settings["LANGUAGE"])
        document["time_wanted"] = document["owner"] and box.settings["DIARY"] == "yes" and box.uptime.time_wanted
        return document

    def _status_groups(self):
        """Rows of GET /api/status; each group is made in one piece."""
        box = self._box
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
                ("wifi", documents.wifi_document, box.wifi),
                ("mqtt", documents.mqtt_document, box.mqtt),
                ("listeners", documents.listeners_document, box.listeners),
                ("admission", documents.admission_document, box.loop, box.ticks),
            ),
            (
                ("memory_free", documents.memory_document),
                ("loop", documents.loop_document, box.loop),
                ("system", documents.as_it_is, self._system),
                ("settings_errors", settings.error_texts, box.settings),
                ("notes", documents.notes_document, status),
                ("self_test", documents.self_test_document, box.self_test, box.uptime),
            ),
        )

    def _report_rows(self, diagnostics):
        """Rows of GET /diagnostics.txt."""
        box = self._box
        return (
            ("system", documents.as_it_is, self._system),
            ("stage", diagnostics.stage_list, box.status),
            ("causes", diagnostics.cause_codes, box.status),
            ("modem", documents.modem_document, box.loop.modem, box.status),
            ("session counts", diagnostics.session_counts, box.loop),
            ("smartevse", documents.smartevse_document, box.smartevse),
            ("wifi", documents.wifi_document, box.wifi),
            ("loop", documents.loop_document, box.loop),
            ("web", diagnostics.web_counts, box.launch),
            ("frames", diagnostics.frames_document, box.frames),
            ("reading", documents.reading_document, box.status),
        )
