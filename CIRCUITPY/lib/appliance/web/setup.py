# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a phone on the box's own access point gets: its system's probe, the set-up page, and the box's pages.

a name of the internet    a probe, or somebody typed an address: led to the set-up page; when the box has
                          joined and the result was read, the probe gets what it wants, and the system lets go
/                         the set-up page as well: it is what somebody comes here for
/setup, /api/setup...     here; only for guests, who have read the access point's password off the display
anything else             as from everywhere, with its password
"""

import json

from appliance.network.access_point import ADDRESS, is_guest
from appliance.network.scan import LOGIN, PASSWORD, bars
from appliance.settings.checks import checked
from appliance.settings.schema import Mistake, row_of
from appliance.state import faults
from appliance.web import responses
from appliance.web.access import NOBODY, host_name
from appliance.web.bodies import text_of
from appliance.web.router import FOREIGN_CHANGE, is_same_origin
from appliance.web.routes import file_of

# What phones fetch to find out whether a network leads to the internet, and the answer that means yes.
_SUCCESS = "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"
PROBES = {
    "/generate_204": (204, ""),
    "/gen_204": (204, ""),
    "/hotspot-detect.html": (200, _SUCCESS),
    "/library/test/success.html": (200, _SUCCESS),
    "/connecttest.txt": (200, "Microsoft Connect Test"),
    "/ncsi.txt": (200, "Microsoft NCSI"),
    "/success.txt": (200, "success\n"),
    "/canonical.html": (
        200,
        '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>',
    ),
}

# Addresses of files in www/.
FILES = ("/setup", "/setup.js", "/setup.css")

JOINING_TEXT = "The box is trying. Your phone may lose it for a moment."
KEEPS_TRYING = " The box keeps trying."
WEAK_TEXT = " Its signal is weak here, which looks the same as a wrong password."


def _fault_of(key, text):
    """What is wrong with ``text`` as a setting, or None."""
    try:
        checked(row_of(key), text)
    except Mistake as mistake:
        return str(mistake)
    return None


class Portal:
    """``respond(request)`` for the web server; what is not for a guest goes on to ``site``.

    ``busy()`` is True while a car is in a session: WiFi waits for it. ``steps`` is a
    ``first_evening.FirstEvening``: what the page asks for after WiFi.
    """

    def __init__(self, site, wifi, folder, busy, now, steps):
        self._site = site
        self._steps = steps
        self._wifi = wifi
        self._provisioning = wifi.provisioning
        self._folder = folder
        self._busy = busy
        self._now = now
        self._page_url = "http://%s%s/setup" % (ADDRESS, wifi.port_text())
        self._rows = {
            "GET /api/setup": self._state,
            "POST /api/setup/search": self._search,
            "POST /api/setup/join": self._join,
            "POST /api/setup/finish": self._finish,
        }
        for name in ("find", "smartevse", "password"):
            self._rows["POST /api/setup/" + name] = getattr(steps, name)

    def respond(self, request):
        """The answer to any request."""
        if self._provisioning.offered and is_guest(request.client_address[0]):
            self._provisioning.access_point.guest_seen()
            request.who = NOBODY
            try:
                answer = self._for_guest(request)
            except responses.BadBody as bad:
                return responses.document(request, {"error": str(bad)}, 400)
            if answer is not None:
                return answer
        return self._site.respond(request)

    def _for_guest(self, request):
        method = "GET" if request.method == "HEAD" else request.method
        name = host_name(request.headers.get("Host", ""))
        if name != ADDRESS:
            # With the name of the box itself the request goes on to the site.
            return self._elsewhere(request, name) if method == "GET" else None
        if method == "GET" and request.path == "/":
            return responses.redirect(request, self._page_url)
        if method == "GET" and request.path in FILES:
            handler = self._file
        else:
            handler = self._rows.get(method + " " + request.path)
        if handler is None:
            return None
        if method != "GET" and not is_same_origin(request.headers):
            return responses.Answer(request, FOREIGN_CHANGE, 403)
        self._provisioning.access_point.reader_seen()
        return handler(request)

    def _elsewhere(self, request, name):
        """A GET for another host than 192.168.4.1."""
        hostname = self._wifi.hostname
        if name in (hostname, hostname + ".local"):
            return None
        probe = PROBES.get(request.path)
        if probe is not None and self._provisioning.is_done(self._now()):
            status, text = probe
            return responses.Answer(request, text, status, responses.HTML if text.startswith("<") else responses.TEXT)
        return responses.redirect(request, self._page_url)

    # ---- the page

    def _file(self, request):
        name, kind = file_of(request.path)
        try:
            return responses.static_file(request, self._folder + "/" + name, kind)
        except OSError:
            return responses.Answer(request, "/" + name + " is missing on the drive.", 404)

    def _state(self, request):
        """GET /api/setup"""
        wifi = self._wifi
        result = self._result()
        if result is not None and result["ok"]:
            self._provisioning.read_result(self._now())
            if "open" in request.query_params:
                self._provisioning.keep_open(self._now())
        return responses.document(
            request,
            {
                "box": self._provisioning.access_point.name,
                "hostname": wifi.hostname,
                "known": wifi.ssid,
                "fresh": self._steps.open,
                "state": self._step(),
                "car": self._busy(),
                "searching": wifi.networks.next_channel is not None,
                "searched": wifi.networks.complete,
                "networks": [
                    {"ssid": network.ssid, "bars": bars(network.rssi), "kind": network.kind}
                    for network in wifi.networks.shown
                ],
                "trouble": self._trouble(),
                "result": result,
            },
        )

    def _step(self):
        """ "joining", "joined" or "waiting" for somebody to name a network."""
        if self._provisioning.wish is not None:
            return "joining"
        return "joined" if self._wifi.connected else "waiting"

    def _trouble(self):
        """Why the known network, or the join that a watchdog ended, did not work."""
        cause = self._wifi.cause
        outcome = self._provisioning.outcome
        if cause is None or (outcome is not None and outcome.cause is not None):
            return None
        return {"code": cause, "text": faults.text(cause), "action": faults.action(cause)}

    def _result(self):
        wifi = self._wifi
        if wifi.connected:
            port = wifi.port_text()
            return {
                "ok": True,
                "ssid": wifi.ssid,
                "address": "http://%s%s/" % (wifi.address, port),
                "name": "http://%s.local%s/" % (wifi.hostname, port),
                "password": self._steps.password_for_guest(self._provisioning.outcome is not None),
                "problem": self._provisioning.save_problem,
            }
        outcome = self._provisioning.outcome
        if outcome is None or outcome.cause is None:
            # Joined and lost again: _trouble() tells why.
            return None
        text = faults.text(outcome.cause)
        if outcome.cause == "wifi_auth" and wifi.networks.weak(outcome.ssid):
            text += WEAK_TEXT
        return {
            "ok": False,
            "ssid": outcome.ssid,
            "code": outcome.cause,
            "text": text,
            # After a failure only the network that was known before is tried again.
            "action": faults.action(outcome.cause).replace(KEEPS_TRYING, ""),
        }

    # ---- what the page asks for

    def _search(self, request):
        self._wifi.ask_search()
        return responses.document(request, {"ok": True})

    def _join(self, request):
        """POST /api/setup/join: {"ssid": ..., "password": ...}"""
        try:
            # Not by the library, as the board's JSON parser accepts what is not UTF-8.
            fields = json.loads(str(request.body, "utf-8"))
            ssid, password = fields["ssid"], fields["password"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return self._refuse(request, None, "Name and password are missing.")
        if not isinstance(ssid, str) or not isinstance(password, str):
            return self._refuse(request, None, "Name and password must be text.")
        ssid, password = text_of(ssid), text_of(password)
        refusal = _fault_of("WIFI_SSID", ssid) if ssid else "A network's name has 1 to 32 characters."
        if refusal is not None:
            return self._refuse(request, "ssid", refusal)
        refusal = self._password_fault(ssid, password)
        if refusal is not None:
            return self._refuse(request, "password", refusal)
        if not self._provisioning.ask_join(ssid, password, self._now()):
            text = "The box is trying a network already."
            if self._wifi.connected:
                text = "The box is in a network already."
            return responses.document(request, {"error": text}, 409)
        return responses.document(request, {"ok": True, "text": JOINING_TEXT})

    def _password_fault(self, ssid, password):
        network = self._wifi.networks.best(ssid)
        if network is not None and network.kind == LOGIN:
            return "This network asks for a user name as well; the box cannot join such a network."
        if not password:
            if network is not None and network.kind == PASSWORD:
                return "This network has a password."
            return None
        return _fault_of("WIFI_PASSWORD", password)

    def _refuse(self, request, field, text):
        return responses.document(request, {"error": text, "field": field}, 422)

    def _finish(self, request):
        self._provisioning.finish(self._now())
        return responses.document(request, {"ok": True})
