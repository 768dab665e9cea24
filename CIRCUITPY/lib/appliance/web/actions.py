# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the pages can do besides saving: log in and out, self-test, restart. All by POST.

What blocks is done as a job of a slow piece, and answered when it is done (``Later``).
"""

from appliance.state.log import BROWSER, EARLIEST_S, LATEST_S
from appliance.web import responses
from appliance.web.bodies import fields_of, text_of, wants_page
from appliance.web.router import refused_password

TRY_LIMIT_MS = 20000

CAR_FIRST = "A car is being read; this will be done right after."
BUSY = "The box is busy with the last request. Try again in a moment."
WRONG_CLOCK = "This device's clock is wrong: it says neither this year nor one of the next."
TRY_LATER = "A car is being read; try again when it is done."


def answer_of(request, jobs, job, failed, then=None):
    """A Later with the document that ``job`` (of ``jobs``; None: another one waits) returns; ``failed`` is the status if it
    raises. ``then()`` returns the job that follows after a document with "ok", None while another one waits."""
    if job is None:
        return responses.document(request, {"error": BUSY}, 409)
    waiting = [job, then]

    def poll():
        job, then = waiting
        if not job.done:
            return None
        if job.error is not None:
            return responses.document(request, {"error": "%s" % job.error}, failed)
        if then is None or not job.result["ok"]:
            return responses.document(request, job.result)
        following = then()
        if following is not None:
            waiting[0], waiting[1] = following, None
        return None

    def too_late():
        jobs.cancel(waiting[0])
        return responses.busy(request, "car", TRY_LATER)

    return responses.Later(poll, too_late, TRY_LIMIT_MS)


class Login:
    """Handlers of the password."""

    def __init__(self, access):
        self._access = access

    def login(self, request):
        """POST /api/login: the password for a cookie."""
        access = self._access
        password = text_of(fields_of(request).get("password"))
        if not password or not access.admits(password, request.client_address[0]):
            if wants_page(request):
                # A plain form, sent before the page's script was loaded, which shows the error now.
                return responses.redirect(request, "/login?wait=%d" % access.wrong_password(request.client_address[0]))
            return refused_password(access, request)
        headers = {"Set-Cookie": access.new_cookie()}
        if wants_page(request):
            return responses.redirect(request, "/", headers)
        return responses.document(request, {"ok": True}, 200, headers)

    def logout(self, request):
        """POST /api/logout: every cookie given out so far ends."""
        headers = {"Set-Cookie": self._access.end_sessions()}
        return responses.document(request, {"ok": True}, 200, headers)


class Actions:
    """Handlers for the box itself. ``has_car()`` is True while one is read; ``read_now()`` lets the next car in."""

    def __init__(self, self_test, restart, uptime, has_car, read_now):
        self._self_test = self_test
        self._restart = restart
        self._uptime = uptime
        self._has_car = has_car
        self._read_now = read_now

    def read_now(self, request):
        """POST /api/readnow: the next car is answered whatever the rules of a plug-in say, for two minutes."""
        self._read_now()
        text = "The next car is read if it is plugged in within two minutes."
        return responses.document(request, {"ok": True, "text": text})

    def set_time(self, request):
        """POST /api/time: {"unix_s": ...} by the browser's clock; a time server's word stands."""
        unix_s = fields_of(request).get("unix_s")
        uptime = self._uptime
        if not isinstance(unix_s, int) or isinstance(unix_s, bool) or not EARLIEST_S <= unix_s < LATEST_S:
            return responses.document(request, {"error": WRONG_CLOCK}, 422)
        uptime.tell_time(unix_s, BROWSER)
        document = {"ok": True, "unix_s": uptime.unix_zero_s + uptime.seconds, "clock": uptime.clock}
        return responses.document(request, document)

    def self_test(self, request):
        """POST /api/selftest: look at all parts now."""
        test = self._self_test
        before = test.report
        test.asked = True

        def poll():
            if test.report is before:
                return None
            return responses.document(request, test.report.document(self._uptime.seconds))

        def too_late():
            return responses.document(request, {"error": CAR_FIRST}, 503)

        return responses.Later(poll, too_late, TRY_LIMIT_MS)

    def reboot(self, request):
        """POST /api/reboot"""
        self._restart.ask()
        return responses.document(request, {"ok": True, "restarting": True, "after_the_car": self._has_car()})
