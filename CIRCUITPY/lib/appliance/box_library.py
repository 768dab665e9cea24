# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Loads what is used of ``adafruit_httpserver``, and gives back what its package brings beside that.

Its package imports all of it, though requests are taken apart by ``request`` and answers written by ``response`` alone. So
something empty stands in for the parts that nobody uses while the package is loaded. Forgotten once the web server runs.
"""

import sys

from appliance import hardware

LIBRARY = "adafruit_httpserver"
# The main version whose insides are known (docs/architecture.md). circup cannot be told which one to install.
TESTED = "4"
# Its own server, and the types of files that are not ours.
STOOD_IN_FOR = "authentication exceptions mime_types route server".split()
# Behind the import: answers and forms of other kinds. Request and Response are in use.
NOT_USED = (
    ("", "methods status"),
    (".interfaces", "_ISocket _ISocketPool"),
    (".request", "File Files FormData _ISocket _debug_unsupported_form_content_type"),
    (".response", "ChunkedResponse FileResponse JSONResponse Redirect SSEResponse Websocket MIMETypes _ISocket"),
    (".response", "BackslashInPathError FileNotExistsError ParentDirectoryReferenceError WebsocketError"),
    (".response", "FOUND_302 MOVED_PERMANENTLY_301 PERMANENT_REDIRECT_308 TEMPORARY_REDIRECT_307 SWITCHING_PROTOCOLS_101"),
)


class _Empty:
    """Has whatever name is imported from it."""

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
    """What the owner should know about the version that was found, or None."""
    found = _package.__version__
    if found.split(".")[0] == TESTED:
        return None
    return "adafruit_httpserver %s has not been tested: pages may fail; %s.x is known to work" % (found, TESTED)


def give_back():
    """What of the library is not used. Its package stays without its names, or the next import would load it again."""
    for module, names in NOT_USED:
        for name in names.split():
            hardware.forget("%s%s.%s" % (LIBRARY, module, name))
    for name in dir(_package):
        if name[0] != "_":
            delattr(_package, name)
    hardware.forget("appliance.box_library")


_package = _load()
