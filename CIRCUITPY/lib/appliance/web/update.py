# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Updates over the web: a client asks for the state, sends slices in order, then has the version installed.

    GET  /api/update                            state: what runs, what may be sent next
    POST /api/update/check                      the file's first 4 kB: whose it is, or why it will be refused
    POST /api/update?offset=0&agreed=room,older the file's bytes from ``offset`` on, whole pages of 4 kB, 8 kB at most
    POST /api/update/install                    {"restart": true}
    POST /api/update/cancel                     what has come is forgotten, the drive is a PC's again

Flash is written by a job of a slow piece, so never while a car is read: then the answer is 503, and the client sends the
slice again. The same while a PC has taken the drive in the middle of an update.
"""

from appliance.web import responses
from appliance.web.actions import BUSY
from appliance.web.bodies import fields_of, is_on, offset_of

STEP_LIMIT_MS = 20000
# As update.receiver says it, which is loaded when somebody updates.
TAKEN = "taken"
CAR = "A car is being read. The update goes on as soon as that is done."


class UpdateActions:
    """Handlers. ``updates.get()`` gives the Update; ``has_car()`` is True while one is read."""

    def __init__(self, updates, has_car, jobs, restart, watchdog, log):
        self._updates = updates
        self._has_car = has_car
        self._jobs = jobs
        self._restart = restart
        self._watchdog = watchdog
        self._log = log

    def state(self, request):
        """GET /api/update"""
        return self._job(request, self._state, None)

    def check(self, request):
        """POST /api/update/check"""
        return self._job(request, self._check, request.body or b"", True)

    def take(self, request):
        """POST /api/update"""
        agreed = request.query_params.get("agreed", "") or ""
        offset = offset_of(request)
        argument = (offset, request.body or b"", agreed.split(","))
        if offset == 0:
            return self._job(request, self._begin, argument, True)
        return self._job(request, self._take, argument)

    def install(self, request):
        """POST /api/update/install"""
        restart = is_on(fields_of(request), "restart")
        return self._job(request, self._install, restart)

    def cancel(self, request):
        """POST /api/update/cancel"""
        return self._job(request, self._cancel, None)

    # ---- in the job

    def _state(self, _argument):
        return self._updates.get().document()

    def _check(self, page):
        update = self._updates.get()
        yield
        yield from update.judge(page)
        return update.check(page)

    def _begin(self, argument):
        yield from self._updates.get().judge(argument[1])
        return self._take(argument)

    def _take(self, argument):
        offset, data, agreed = argument
        # The first slice may have to make room: 8 s with a usual flash, a minute with the slowest.
        self._watchdog.stretch(offset == 0)
        try:
            return self._updates.get().take(offset, data, agreed)
        finally:
            self._watchdog.stretch(False)

    def _cancel(self, _argument):
        return self._updates.get().cancel()

    def _install(self, restart):
        document = self._updates.get().install(None)
        if restart:
            self._restart.ask()
        document["restarting"] = restart
        return document

    def _job(self, request, work, argument, in_steps=False):
        if self._has_car():
            return responses.busy(request, "car", CAR)
        jobs = self._jobs
        job = jobs.start(work, argument, in_steps)
        if job is None:
            return responses.busy(request, "busy", BUSY)

        def poll():
            return self._done(request, job) if job.done else None

        def too_late():
            jobs.cancel(job)
            return responses.busy(request, "car", CAR)

        return responses.Later(poll, too_late, STEP_LIMIT_MS)

    def _done(self, request, job):
        error = job.error
        if error is None:
            return responses.document(request, job.result)
        code = getattr(error, "code", None)
        if code is None:
            self._log.trace("box", error, "update failed\n")
            return responses.document(request, {"error": str(error), "code": "defect"}, 500)
        if code == TAKEN:
            return responses.busy(request, code, str(error))
        self._log.caution("box", "update refused: %s" % error)
        return responses.document(request, {"error": str(error), "code": code}, 409)
