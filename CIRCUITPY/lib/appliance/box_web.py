# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its web server, and of what guests on its access point see. Loaded when WiFi is up, because a car
need not wait for it."""

import select

import adafruit_httpserver

from appliance import box_opened, box_pages, hardware
from appliance.web import launch, router, routes, server

# The main version whose insides are known (docs/architecture.md). circup cannot be told which one to install.
HTTPSERVER = "4"
# What only its own server needs, answers and forms of other kinds, and the types of files that are not ours. Request and
# Response are in use.
NOT_USED = (
    ("", "server route authentication exceptions mime_types status"),
    (".interfaces", "_ISocket _ISocketPool"),
    (".request", "File Files FormData _ISocket _debug_unsupported_form_content_type"),
    (".response", "ChunkedResponse FileResponse JSONResponse Redirect SSEResponse Websocket MIMETypes _ISocket"),
    (".response", "BackslashInPathError FileNotExistsError ParentDirectoryReferenceError WebsocketError"),
    (".response", "FOUND_302 MOVED_PERMANENTLY_301 PERMANENT_REDIRECT_308 TEMPORARY_REDIRECT_307 SWITCHING_PROTOCOLS_101"),
)


def start(box):
    """A ``Web`` that listens, and is moved by the loop."""
    folder = hardware.drive_root() + "/www"
    names = router.OwnNames(box.settings, box.wifi)
    handlers = box_pages.handlers(box)
    box.site = router.Site(
        box.access,
        names.has,
        lambda: box.settings["STATUS_PUBLIC"] == "yes",
        lambda path: routes.found(handlers, folder, path),
    )
    web = server.Web(box.wifi.pool, select.poll(), box.site.respond, box.tell_web)
    guests = launch.Guests(box.wifi, lambda: _let_guests_in(box, web, folder))
    if guests.due(None):
        guests.run(None)
    _check_library(box)
    web.start(box.settings["HTTP_PORT"])
    _give_back()
    box.status.mark("page")
    box.loop.add_piece("web", web)
    box.loop.add_slow_piece("guests", guests)
    box.log.note("web", "page at http://%s%s/" % (names.address(), box.wifi.port_text()))
    if box.access.made_up is not None:
        box.log.tell_console("web", "password of the page: %s" % box.access.made_up)
    return web


def _check_library(box):
    found = adafruit_httpserver.__version__
    if found.split(".")[0] != HTTPSERVER:
        text = "adafruit_httpserver %s has not been tested: pages may fail; %s.x is known to work"
        box.tell_web(text % (found, HTTPSERVER))


def _give_back():
    """What of the library is not used. Its package stays without its names, or the next import would load it again."""
    for module, names in NOT_USED:
        for name in names.split():
            hardware.forget("adafruit_httpserver%s.%s" % (module, name))
    for name in dir(adafruit_httpserver):
        if name[0] != "_":
            delattr(adafruit_httpserver, name)


def _let_guests_in(box, web, folder):
    from appliance.web import first_evening, setup

    try_probe = box_opened.Opened(box).try_probe
    steps = first_evening.FirstEvening(box.jobs, box.keeper, box.access, box.wifi.find_smartevses, try_probe)
    web.respond = setup.Portal(box.site, box.wifi, folder, box.loop.has_car, box.ticks, steps).respond
