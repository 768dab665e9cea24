# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""One box on the twin beside a browser, no slower than a real one: `python -m host_tests.web.run_box PORT KEY=VALUE ...`.

PORT 0 is any that is free. Reads a command a line on stdin, as JSON, and answers each with a line of JSON. The first
line, without a command, comes when the pages can be opened.
"""

import json
import select
import sys
import time
from types import SimpleNamespace

from host_tests.twin.network import AccessPoint
from host_tests.twin.phone import Phone
from host_tests.twin.world import CIRCUITPY, SETTINGS_IN_USE, World

START_S = 40
STEP_S = 0.05
# A browser's own waits stay as they are; the box does three seconds' work in one while somebody waits for it, and lives as
# fast as a real one while nobody does: its idle passes were most of what it cost.
RATE = 3.0
LINGER_S = 0.1
DAY_S = 86400


class Bench:
    """The commands: each gives what is written back."""

    def __init__(self, world, pacing):
        self.world = world
        self.pacing = pacing

    def plug(self, soc=42, **habits):
        self.world.plug(
            self.world.new_car(soc_percent=soc, energy_capacity_wh=58000, full_soc_percent=90, **habits)
        )

    def unplug(self):
        self.world.unplug()

    def rate(self, rate=None):
        """How fast the box lives, until told otherwise: 1 is as fast as a real one; None: as there is somebody who waits."""
        self.pacing.told = rate

    def let_pass(self, seconds):
        """So much of the box's time, at once."""
        self.world.pace = "fast"
        self.world.run(seconds)

    def pc(self, on):
        self.world.device.drive.usb_host = on

    def fault(self, name, value=True):
        self.world.set_fault(name, value)

    def edit(self, text):
        """Somebody writes settings.toml over USB and presses RESET."""
        (self.world.drive_dir / "settings.toml").write_text(text, encoding="utf-8")
        self.world.device.reset()

    def put(self, name, text):
        """Somebody copies a file to the drive."""
        (self.world.drive_dir / name).write_text(text, encoding="utf-8")

    def drive(self):
        files = {}
        for path in sorted(self.world.drive_dir.rglob("*")):
            if path.is_file() and path.suffix in (".toml", ".bin"):
                files[str(path.relative_to(self.world.drive_dir))] = path.read_bytes().hex()
        return files

    def diary(self, readings):
        """Plug-ins of an earlier run: (charge, or a code why there is none; name or None), a day between them up to now."""
        sys.path.insert(0, str(CIRCUITPY / "lib"))
        from host_tests.support.diaries import Rig

        rig = Rig(self.world.drive_dir)
        rig.status.uptime.tell_time(int(time.time()) - DAY_S * len(readings), "ntp")
        for told, name in readings:
            rig.status.uptime.seconds += DAY_S - 3600
            session = rig.plug_in(*((None, told) if isinstance(told, str) else (told,)))
            if session.reading is not None and name:
                session.reading.profile = SimpleNamespace(name=name)
            rig.settle()

    def console(self):
        return self.world.device.console_text()

    def posts(self):
        return [post["parameters"] for post in self.world.smartevse.posts]

    def phone(self):
        """A phone joins the box's access point: the port of this computer from which it asks; None: it was not let in."""
        station = self.world.device.station
        phone = Phone(self.world.network)
        if phone.join(station.ap_ssid, station.ap_password) != "joined":
            return None
        return self.world.network.bridge(80, phone=phone)

    def neighbours(self):
        """Networks of other people."""
        for ssid, password, rssi in (
            ("Café Central", "", -63),
            ("FRITZ!Box 7590", "12345678", -74),
            ("Käthe", "12345678", -88),
        ):
            point = AccessPoint(ssid, password, channel=1, bssid=bytes((2, 0, 0, 0, 0, -rssi)))
            point.rssi = rssi
            self.world.network.other_access_points.append(point)

    def state(self):
        world = self.world
        return {
            "charging": world.charging,
            "starts": world.device.starts,
            "sockets": len(world.device.open_sockets),
            "access_point": world.device.station.ap_active,
            "address": world.device.station.address,
        }

    def screenshot(self, path):
        self.world.screenshot(path)


class Pacing:
    """At RATE while somebody waits for the box: a browser, a car that is read, a phone that sets it up. A start, which takes
    half a minute, runs as fast as it can."""

    def __init__(self, world):
        self.told = None
        self._world = world
        self._page_of = None  # the start whose page is up
        self._asked = time.monotonic()
        world.listeners.append(self._heard)
        world.network.visitor_came = self._visitor_came

    def _heard(self, entry):
        if entry["source"] == "box" and entry["text"].startswith("page at "):
            self._page_of = self._world.device.starts

    def _visitor_came(self):
        self._asked = time.monotonic()
        self._keep_up()

    def _is_waited_for(self):
        world = self._world
        asked = world.network.has_visitors
        if asked:
            self._asked = time.monotonic()
        being_read = world.car is not None and not world.charging
        return asked or time.monotonic() < self._asked + LINGER_S or being_read or world.device.station.ap_active

    def _keep_up(self):
        self._world.rate = self.told or (RATE if self._is_waited_for() else 1.0)

    def look(self):
        """Called between two stretches of time."""
        self._keep_up()
        world = self._world
        waits = world.powered and self._page_of != world.device.starts and world.now_s - world.power_on_s < START_S
        pace = "fast" if waits else "realtime"
        if world.pace != pace:
            world.pace = pace


def tell(answer):
    print(json.dumps(answer), flush=True)


def main(port, *changes):
    settings = dict(SETTINGS_IN_USE, **dict(change.split("=", 1) for change in changes))
    # What its program costs in time is judged elsewhere: to charge it for each line took half of this process's time.
    with World(seed=1, http_port=int(port), settings=settings, device_options={"charge_lines": False}) as world:
        world.device.hooked_step_us = round(world.device.hooked_step_us * RATE)
        pacing = Pacing(world)
        world.run_until(lambda: "page at" in world.device.console_text() and world.ready, START_S)
        bench = Bench(world, pacing)
        tell(world.box_url)
        while True:
            pacing.look()
            world.run(STEP_S)
            if select.select([sys.stdin], [], [], 0)[0]:
                line = sys.stdin.readline()
                if not line:
                    return
                command = json.loads(line)
                tell(getattr(bench, command.pop("do"))(**command))


if __name__ == "__main__":
    main(*sys.argv[1:])
