# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Updates over the web: a client asks for the state, sends slices in order, then has the version installed.

    GET  /api/update                            state: what runs, what may be sent next
    POST /api/update?offset=0&agreed=room,older the file's bytes from ``offset`` on, whole pages of 4 kB, 8 kB at most
    POST /api/update/install                    {"restart": true}

Flash is written by an errand, so never while a car is read: then the answer is 503 and the slice is sent again.
"""

from appliance import answers
from appliance.actions import BUSY, fields_of
from appliance.api import number_of

STEP_LIMIT_MS = 20000
AGAIN_S = "3"
CAR = "A car is being read. The update goes on as soon as that is done."


class UpdateActions:
    """Handlers."""

    def __init__(self, box):
        self._box = box

    def state(self, request):
        """GET /api/update"""
        return self._errand(request, self._state, None)

    def take(self, request):
        """POST /api/update"""
        agreed = request.query_params.get("agreed", "") or ""
        offset = number_of(request.query_params.get("offset", ""))
        return self._errand(request, self._take, (offset, request.body or b"", agreed.split(",")))

    def install(self, request):
        """POST /api/update/install"""
        restart = bool(fields_of(request).get("restart"))
        return self._errand(request, self._install, restart)

    # ---- in the errand

    def _state(self, _argument):
        return self._box.update().document()

    def _take(self, argument):
        offset, data, agreed = argument
        # The first slice may have to make room: 8 s with a usual flash, a minute with the slowest.
        self._box.watchdog.stretch(offset == 0)
        try:
            return self._box.update().take(offset, data, agreed)
        finally:
            self._box.watchdog.stretch(False)

    def _install(self, restart):
        document = self._box.update().install(None)
        if restart:
            self._box.restart.ask()
        document["restarting"] = restart
        return document

    def _errand(self, request, work, argument):
        box = self._box
        if box.has_car():
            return busy(request, "car", CAR)
        errand = box.errands.start(work, argument)
        if errand is None:
            return busy(request, "busy", BUSY)

        def poll():
            return self._done(request, errand) if errand.done else None

        def too_late():
            box.errands.cancel(errand)
            return busy(request, "car", CAR)

        return answers.Later(poll, too_late, STEP_LIMIT_MS)

    def _done(self, request, errand):
        error = errand.error
        if error is None:
            return answers.document(request, errand.result)
        code = getattr(error, "code", None)
        if code is None:
            self._box.log.trace("box", error, "update failed\n")
            return answers.document(request, {"error": str(error), "code": "defect"}, answers.INTERNAL)
        self._box.log.caution("box", "update refused: %s" % error)
        return answers.document(request, {"error": str(error), "code": code}, answers.CONFLICT)


def busy(request, code, text):
    """Not now, but soon."""
    return answers.document(
        request, {"error": text, "code": code}, answers.UNAVAILABLE, {"Retry-After": AGAIN_S}
    )
