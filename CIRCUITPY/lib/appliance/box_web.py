# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its web server, and of what guests on its access point see. Loaded when WiFi is up, because a car
need not wait for it."""

from appliance import box_opened, box_pages, hardware
from appliance.web import launch, router, routes

# The main version whose insides are known (docs/architecture.md). circup cannot be told which one to install.
HTTPSERVER = "4"
# What only its own server needs, and answers of other kinds: 20 kB. Request and Response are in use.
NOT_USED = (
    ".server",
    ".route",
    ".authentication",
    ".response.ChunkedResponse",
    ".response.FileResponse",
    ".response.JSONResponse",
    ".response.Redirect",
    ".response.SSEResponse",
    ".response.Websocket",
)


class Wiring:
    """``start()`` gives the ``Web`` of the box."""

    def __init__(self, box):
        self._box = box
        self._folder = hardware.drive_root() + "/www"
        self._names = router.OwnNames(box.settings, box.wifi)

    def start(self):
        """A ``Web`` that listens, and is moved by the loop."""
        import select

        from appliance.web import server

        box = self._box
        box.site = router.Site(
            box.access,
            self._names.has,
            lambda: box.settings["STATUS_PUBLIC"] == "yes",
            lambda path: routes.file_rows(self._folder, path),
        )
        box.site.add(routes.rows(box_pages.handlers(box)))
        web = server.Web(box.wifi.pool, select.poll(), box.site.respond, box.tell_web)
        guests = launch.Guests(box.wifi.provisioning, lambda: self._let_guests_in(web))
        if guests.due(None):
            guests.run(None)
        self._check_library()
        web.start(box.settings["HTTP_PORT"])
        self._give_back()
        box.status.mark("page")
        box.loop.add_piece("web", web)
        box.loop.add_slow_piece("guests", guests)
        box.log.note("web", "page at http://%s%s/" % (self._names.address(), box.wifi.port_text()))
        if box.access.made_up is not None:
            box.log.tell_console("web", "password of the page: %s" % box.access.made_up)
        return web

    def _check_library(self):
        import adafruit_httpserver

        found = adafruit_httpserver.__version__
        if found.split(".")[0] != HTTPSERVER:
            text = "adafruit_httpserver %s has not been tested: pages may fail; %s.x is known to work"
            self._box.tell_web(text % (found, HTTPSERVER))

    def _give_back(self):
        """What of the library is not used. Its package stays without its names, or the next import would load it again."""
        import adafruit_httpserver

        for name in NOT_USED:
            hardware.forget("adafruit_httpserver" + name)
        for name in dir(adafruit_httpserver):
            if name[0] != "_":
                delattr(adafruit_httpserver, name)

    def _let_guests_in(self, web):
        from appliance.web import first_evening, setup

        box = self._box
        try_probe = box_opened.Opened(box).try_probe
        steps = first_evening.FirstEvening(
            box.jobs, box.keeper, box.access, box.wifi.find_smartevses, try_probe
        )
        web.respond = setup.Portal(
            box.site, box.wifi, self._folder, box.loop.has_car, box.ticks, steps
        ).respond
