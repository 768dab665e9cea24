# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's wiring of its web server, and of what guests on its access point see. Loaded when WiFi is up, because a car
need not wait for it."""

import select

from appliance import box_opened, box_pages, hardware
from appliance.settings import settings
from appliance.web import launch, router, routes, server


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
    guests = launch.Guests(box.wifi, settings.PARTS, lambda: _let_guests_in(box, web, folder))
    while guests.due(None):
        guests.run(None)
    # Imported here because it is freed again; a name of this module would keep it.
    from appliance import box_library

    unknown = box_library.fault()
    if unknown is not None:
        box.tell_web(unknown)
    web.start(box.settings["HTTP_PORT"])
    box_library.give_back()
    if not box.wifi.offered:
        # Freed until somebody opens a page that needs it, or saves something.
        for name in settings.PARTS:
            hardware.forget(name)
    box.status.mark("page")
    box.loop.add_piece("web", web)
    box.loop.add_slow_piece("guests", guests)
    box.log.note("web", "page at http://%s%s/" % (names.address(), box.wifi.port_text()))
    if box.access.made_up is not None:
        box.log.tell_console("web", "password of the page: %s" % box.access.made_up)
    return web


def _let_guests_in(box, web, folder):
    from appliance.web import first_evening, setup

    try_probe = box_opened.Opened(box).try_probe
    steps = first_evening.FirstEvening(box.jobs, box.keeper, box.access, box.wifi.find_smartevses, try_probe)
    web.respond = setup.Portal(box.site, box.wifi, folder, box.loop.has_car, box.ticks, steps).respond
