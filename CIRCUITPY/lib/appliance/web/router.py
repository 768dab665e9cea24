# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every address of the box in one table, and the one gate that each request passes:

    1  Host          is one of our names, else 421: a foreign name that leads here is DNS rebinding
    2  routes        have the path, else 404, and the method, else 405
    3  a change      (anything but GET and HEAD) comes from our own pages or from no browser, else 403
    4  who           the path's right is met, else the login page for a page and 401 for anything else

No GET changes anything, so that a link on a foreign page can do nothing.
"""

from appliance.web import responses
from appliance.web.access import OWNER, WRONG, host_name

# What a path asks for: nothing; a look at the status (free when STATUS_PUBLIC); OWNER, so the password.
EVERYONE, VIEWER = "everyone", "viewer"

FOREIGN_CHANGE = "Changes are only accepted from the box's own pages."

# The box's own address as an access point, and names under which a tunnel on the owner's computer leads here.
OWN_NAMES = ("192.168.4.1", "localhost", "127.0.0.1")


class OwnNames:
    """By which names a browser may call the box; any other is somebody's trick, or missing in WEB_NAMES."""

    def __init__(self, settings, wifi):
        self._settings = settings
        self._wifi = wifi

    def has(self, name):
        """True for one of ours."""
        hostname = self._settings["HOSTNAME"]
        if name in OWN_NAMES or name == self._wifi.address_now() or name in (hostname, hostname + ".local"):
            return True
        others = self._settings["WEB_NAMES"]
        return bool(others) and name in [other.strip().lower() for other in others.split(",")]

    def address(self):
        """The numeric one under which the pages are to be found now."""
        return self._wifi.address or OWN_NAMES[0]


class Site:
    """``respond(request)`` gives the Response or Later of the handler for it.

    ``find(path)`` gives (right, {method: handler}), no method for a path that is none of ours; ``is_own_name(name)`` tells
    whether a Host is ours; ``status_is_public()`` whether everyone may look.
    """

    def __init__(self, guard, is_own_name, status_is_public, find):
        self._guard = guard
        self._is_own_name = is_own_name
        self._status_is_public = status_is_public
        self._find = find

    def respond(self, request):
        """The gate, then the handler."""
        refusal = self._wrong_host(request)
        if refusal is not None:
            return refusal
        method = "GET" if request.method == "HEAD" else request.method
        right, handlers = self._find(request.path)
        handler = handlers.get(method)
        if handler is None:
            return self._no_handler(request, handlers)
        if method != "GET" and not is_same_origin(request.headers):
            return responses.Answer(request, FOREIGN_CHANGE, 403)
        request.who = self._guard.who(request.headers, request.client_address[0])
        refusal = self._not_allowed(request, right)
        if refusal is not None:
            return refusal
        try:
            return handler(request)
        except responses.BadBody as bad:
            return responses.document(request, {"error": str(bad)}, 400)

    # ---- the four questions

    def _wrong_host(self, request):
        host = request.headers.get("Host", "")
        if host and self._is_own_name(host_name(host)):
            return None
        return responses.Answer(
            request,
            "This box does not go by that name. Open it by its address, or add the name to WEB_NAMES.",
            421,
        )

    def _no_handler(self, request, handlers):
        methods = ", ".join(sorted(handlers))
        if not methods:
            return responses.Answer(request, "There is no such page.", 404)
        text = "This address takes " + methods + " only."
        return responses.Answer(request, text, 405, responses.TEXT, {"Allow": methods})

    def _not_allowed(self, request, right):
        if request.who == WRONG:
            return refused_password(self._guard, request)
        if right == EVERYONE or request.who == OWNER:
            return None
        if right == VIEWER and self._status_is_public():
            return None
        if request.headers.get("Sec-Fetch-Mode") == "navigate" or "html" in request.headers.get("Accept", ""):
            # The login page leads to the requested page.
            return responses.redirect(request, "/login?next=" + request.path)
        return unauthorized(request, "The password is needed.")


def refused_password(guard, request):
    """401 for a wrong one, or 429 when there were too many."""
    wait_s = guard.wrong_password(request.client_address[0])
    if wait_s:
        error = {"error": "Too many wrong passwords from your device. Wait %d s." % wait_s, "wait_s": wait_s}
        return responses.document(request, error, 429, {"Retry-After": str(wait_s)})
    return unauthorized(request, "That is not the password.")


def unauthorized(request, text):
    """401 as JSON. ``Basic`` works, but is not offered: a browser would open a password window of its own over the page,
    and under a name like socbox.local nothing in a request tells that it comes from a page."""
    headers = {"WWW-Authenticate": 'Bearer realm="socbox"'}
    return responses.document(request, {"error": text}, 401, headers)


def is_same_origin(headers):
    """True when a request that changes something was sent by one of our pages, or by no browser at all."""
    fetch_site = headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    origin = headers.get("Origin")
    if origin is None:
        return True
    return origin.lower() == "http://" + headers.get("Host", "").strip().lower()
