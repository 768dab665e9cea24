# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Handlers that are loaded when somebody first asks for them, in a job: compiling takes a second, so no car may be there."""

from appliance.base.parts import Parts
from appliance.web import responses
from appliance.web.actions import BUSY, TRY_LATER, TRY_LIMIT_MS
from appliance.web.responses import busy


class OnDemand:
    """A job loads the modules ``parts``, one per step; in its last step ``make()`` imports and returns the handlers."""

    def __init__(self, jobs, has_car, make, parts=()):
        self._jobs = jobs
        self._has_car = has_car
        self._make = make
        self._parts = parts
        self._handlers = None

    def handler(self, name):
        """The answer of the handler ``name`` to ``request``; a name, because the function may not be loaded yet."""
        if self._handlers is not None:
            return getattr(self._handlers, name)
        return lambda request: self._load(request, name)

    def _load(self, request, name):
        if self._has_car():
            return busy(request, "car", TRY_LATER)
        job = self._jobs.start(self._job, None, True)
        if job is None:
            return busy(request, "busy", BUSY)

        def poll():
            if not job.done:
                return None
            if job.error is not None:
                raise job.error
            return getattr(self._handlers, name)(request)

        def too_late():
            self._jobs.cancel(job)
            return busy(request, "car", TRY_LATER) if self._has_car() else busy(request, "busy", BUSY)

        return responses.Later(poll, too_late, TRY_LIMIT_MS)

    def _job(self, _argument):
        parts = Parts(self._parts)
        while parts.load():
            yield
        self._handlers = self._make()
