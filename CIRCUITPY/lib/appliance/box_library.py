# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Loads the part of ``adafruit_httpserver`` that the box uses, and frees what else comes with it.

The package imports all its modules, though only ``request`` (parses requests) and ``response`` (writes answers) are needed.
So empty objects stand in for the others while it is loaded. This module is forgotten once the web server runs.
"""

import sys

from appliance import hardware

LIBRARY = "adafruit_httpserver"
# The main version on whose internals the box relies (docs/architecture.md). circup cannot be told which one to install.
TESTED = "4"
# Replaced during the import: its own server and what belongs to it.
STOOD_IN_FOR = "authentication exceptions mime_types route server".split()
# Removed after the import: kinds of answers and forms that the box does not use. Request and Response stay.
NOT_USED = (
    ("", "methods status"),
    (".interfaces", "_ISocket _ISocketPool"),
    (".request", "File Files FormData _ISocket _debug_unsupported_form_content_type"),
    (".response", "ChunkedResponse FileResponse JSONResponse Redirect SSEResponse Websocket MIMETypes _ISocket"),
    (".response", "BackslashInPathError FileNotExistsError ParentDirectoryReferenceError WebsocketError"),
    (".response", "FOUND_302 MOVED_PERMANENTLY_301 PERMANENT_REDIRECT_308 TEMPORARY_REDIRECT_307 SWITCHING_PROTOCOLS_101"),
)


class _Empty:
    """Stands in for a module: any name can be imported from it."""

    def __getattr__(self, name):
        return None


def _forget_stand_ins():
    for name in STOOD_IN_FOR:
        hardware.forget(LIBRARY + "." + name)


def _load():
    for name in STOOD_IN_FOR:
        sys.modules[LIBRARY + "." + name] = _Empty()
    try:
        return __import__(LIBRARY)
    finally:
        _forget_stand_ins()


def fault():
    """A sentence for the owner if the library's version was not tested, else None."""
    found = _package.__version__
    if found.split(".")[0] == TESTED:
        return None
    return "adafruit_httpserver %s has not been tested: pages may fail; %s.x is known to work" % (found, TESTED)


def give_back():
    """Free what is not used of the library. Its package stays, without its names, or the next import would load it again."""
    for module, names in NOT_USED:
        for name in names.split():
            hardware.forget("%s%s.%s" % (LIBRARY, module, name))
    for name in dir(_package):
        if name[0] != "_":
            delattr(_package, name)
    hardware.forget("appliance.box_library")


_package = _load()
