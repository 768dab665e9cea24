# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A box that knows no network: a phone follows the picture on its display to the page of the first evening.

    run_first_start.py CODE_PY              CODE_PY: code.py of a drive made by ``micropython.drive`` with empty settings
"""

import json
import sys

from host_tests.interpreter import run_appliance

PHONE, BOX = "192.168.4.2", "192.168.4.1"
# captive.apple.com, class IN, type A
QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07captive\x05apple\x03com\x00\x00\x01\x00\x01"
PAGES = ("/hotspot-detect.html", "/", "/setup", "/setup.js", "/setup.css", "/api/setup")
SENT = (
    ("/api/setup/search", {}),
    ("/api/setup/join", {"ssid": "home", "password": "a long password"}),
    ("/api/setup/find", {}),
    ("/api/setup/smartevse", {"url": "192.168.1.60"}),
    ("/api/setup/password", {"password": "correct horse"}),
    ("/api/setup", None),
    ("/api/setup/finish", {}),
)
STEP_MS = 3000


class Phone(run_appliance.Stage):
    """Joins, asks for a name, takes every step of the page."""

    def _steps(self):
        network = self.world.network
        yield
        yield from self.until("name server", lambda: 53 in network.datagrams and 80 in network.listeners)
        yield from self.rest(STEP_MS)
        network.datagrams[53].waiting.append((QUESTION, (PHONE, 40000)))
        yield from self.rest(STEP_MS)
        for path in PAGES:
            yield from self._answered(path, None, "captive.apple.com" if path in PAGES[:1] else BOX)
        for path, document in SENT:
            yield from self._answered(path, None if document is None else json.dumps(document), BOX)
            yield from self.rest(STEP_MS)

    def _answered(self, path, body, host):
        answers = []
        yield from self.fetch(path, answers, body, host=host, address=PHONE)
        print("answer", path, answers[0][0])


if __name__ == "__main__":
    run_appliance.main(*sys.argv[1:], stage_class=Phone)
