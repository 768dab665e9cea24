# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A box whose owner looks at everything: each address of the page, before and after a plug-in. It is there to be counted.

    run_pages.py CODE_PY [CAR]              CODE_PY: code.py of a drive made by ``micropython.drive``

Prints what `run_appliance.py` prints of the box, the status of each answer, and "charging" where the car ends up.
"""

import json
import sys

from host_tests.interpreter import run_appliance

# (path, what is sent or None). What ends the program, forgets the network or waits for the internet is not asked for.
READ = (
    "/", "/config", "/webserial", "/update", "/modem", "/diary", "/style.css", "/status.js", "/no-such-page",
    "/api/status", "/api/reading", "/api/log", "/api/settings", "/api/backup", "/settings.toml", "/capture.pcap",
    "/diagnostics.txt", "/api/update", "/api/modem", "/api/diary", "/diary.csv",
)  # fmt: skip
SENT = (
    ("/api/login", {"password": "wrong"}),
    ("/api/settings", {"values": {"EVSE_ID": "DE*1", "LOG_LEVEL": "D"}}),
    ("/api/time", {"unix_s": 1800000000}),
    ("/api/restore", {"values": {"EVSE_ID": ""}}),
    ("/api/test/smartevse", {}),
    ("/api/test/mqtt", {}),
    ("/api/test/delivery", {"soc_percent": 50}),
    ("/api/modem/read", {}),
    ("/api/update?offset=0", {"kind": "none"}),
    ("/api/selftest", {}),
    ("/api/readnow", {}),
)
TRIAL_MS = 1200
TIME_SERVER = ("192.168.1.40", 123)
# 3 December 2026, in seconds since 1900 (RFC 5905, 6).
SECONDS_1900 = b"\xee\xba\x20\x00"


def time_of_day(request):
    """The answer of a time server (RFC 5905, 7.3): server, stratum 1, the token sent back."""
    return b"\x24\x01\x06\xec" + bytes(20) + request[40:48] + SECONDS_1900 + bytes(4) + SECONDS_1900 + bytes(4)


class Owner(run_appliance.Stage):
    """Asks for everything, has a car read, asks again."""

    def _steps(self):
        world, evse = self.world, self.world.evse
        world.network.answers[TIME_SERVER] = time_of_day
        yield
        yield from self.until("web server", lambda: 80 in world.network.listeners)
        yield from self.until("first question", lambda: evse.asked > 0)
        yield from self.rest(2000)
        yield from self._read()
        for path, document in SENT:
            yield from self._answered(path, json.dumps(document))
            yield from self.rest(TRIAL_MS)
        trials = len(evse.posts)
        world.bring_car(self.car_name)
        evse.plug(world.car)
        yield from self.until("delivery", lambda: len(evse.posts) > trials)
        yield from self.until("charging", lambda: world.car.verdict is not None)
        yield from self.rest(2000)
        yield from self._read()
        print("verdict", world.car.verdict)

    def _read(self):
        for path in READ:
            yield from self._answered(path, None)

    def _answered(self, path, body):
        answers = []
        yield from self.fetch(path, answers, body)
        print("answer", path, answers[0][0])


if __name__ == "__main__":
    run_appliance.main(*sys.argv[1:], stage_class=Owner)
