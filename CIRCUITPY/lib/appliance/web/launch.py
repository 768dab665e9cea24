# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Loads and starts the web server once WiFi is up, part by part."""

from appliance.base.parts import Parts
from appliance.base.recent import Recent

RETRY_MS = 10000


class Launch:
    """Slow piece. ``parts``: names of modules, loaded one per step; ``start()`` returns a ``Web`` that listens and is moved
    by the loop; ``tell(error)`` gets the exception of a failed try, None for success."""

    def __init__(self, wifi, parts, start, tell):
        self.web = None
        self._wifi = wifi
        self._parts = Parts(parts)
        self._start = start
        self._tell = tell
        self._failed = Recent(RETRY_MS)

    def due(self, now):
        """True when the server should be loaded or started."""
        if self.web is not None:
            return False
        # Asked without WiFi as well, so that ticks are compared in time: WiFi may be away for more than three days.
        return not self._failed.holds(now) and self._wifi.reachable

    def run(self, now):
        """Load the next part, or start to listen when all are there; again after a while when that fails."""
        try:
            if not self._parts.load():
                self.web = self._start()
                self._tell(None)
        except Exception as error:
            self._failed.mark(now)
            self._tell(error)

    def counts(self):
        """What became of the web server's connections, or None before it started."""
        return None if self.web is None else self.web.counts


class Guests:
    """Slow piece: loads what answers phones on the box's own access point, once that is on the air: the modules
    ``parts``, one a step, then what ``load()`` does."""

    def __init__(self, wifi, parts, load):
        self._wifi = wifi
        self._parts = Parts(parts)
        self._load = load
        self._loaded = False

    def due(self, _now):
        """True when the first guest may come."""
        return not self._loaded and self._wifi.offered

    def run(self, _now):
        """Load the next part, or the last."""
        if not self._parts.load():
            self._load()
            self._loaded = True
