# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whatever a web client does while a car is read: the car is read and released, no pass of the loop is longer than
its budget in virtual device time, honest clients are served again at once, and no socket is left open."""

import json
import re

import pytest

from host_tests.bench.device_time import MATCHING_PIECE_US, PASS_BESIDES_PIECE_US, SESSION_PIECE_US
from host_tests.session.inside import fill_the_rings
from host_tests.twin.world import CIRCUITPY, SETTINGS_IN_USE, World

PASSWORD = "correct horse"
OWNER = b"Authorization: Bearer " + PASSWORD.encode() + b"\r\n"
SETTINGS = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD, LOG_LEVEL="D")
START_S = 16
# The longest that the box may take to notice that the last hostile client is gone.
HONEST_S = 2.0
QUIET_S = 12.0


def request(path, method=b"GET", fields=b"", body=b""):
    if body:
        fields += b"Content-Length: %d\r\n" % len(body)
    return method + b" " + path + b" HTTP/1.1\r\nHost: 192.168.1.50\r\n" + fields + b"\r\n" + body


class Attack:
    """Opens clients in virtual time: every ``every_ms``, and keeps the last ``keep`` of them open."""

    def __init__(self, world, every_ms, keep, begin):
        self.world = world
        self.every_us = every_ms * 1000
        self.keep = keep
        self.begin = begin
        self.clients = []
        self.count = 0
        self.on = True
        self._next()

    def _next(self):
        if not self.on:
            return
        self.world.clock.after(self.every_us, self._next)
        client = self.world.network.connect_to_box(80)
        self.begin(self.world, client, self.count)
        self.count += 1
        self.clients.append(client)
        if len(self.clients) > self.keep:
            self.clients.pop(0).close()

    def stop(self):
        self.on = False
        for client in self.clients:
            client.close()


def nothing(_world, _client, _count):
    """Connect, and say nothing."""


def drip(data):
    """One byte every 300 ms."""

    def begin(world, client, _count, at=0):
        client.send(data[at : at + 1])
        if at + 1 < len(data):
            world.clock.after(300_000, begin, world, client, 0, at + 1)

    return begin


def say(data):
    def begin(_world, client, _count):
        client.send(data)

    return begin


def never_read(data):
    def begin(_world, client, _count):
        client.pause()
        client.send(data)

    return begin


def reset_in_the_middle(world, client, _count):
    client.send(request(b"/status.js"))
    world.clock.after(25_000, client.reset)


def guess(_world, client, count):
    client.send(request(b"/api/log", fields=b"Authorization: Bearer guess%d\r\n" % count))


def save(_world, client, count):
    body = json.dumps({"values": {"EVSE_ID": "DE*%d" % count}}).encode()
    client.send(request(b"/api/settings", b"POST", OWNER, body))


FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
LOGIN_FORM = b"password=" + b"%41" * 2600
SHIPPED = (CIRCUITPY / "settings.toml").read_text()
KEYS = [key for key in re.findall(r"^(?:# )?([A-Z][A-Z_0-9]+) = ", SHIPPED, re.M) if "CIRCUITPY" not in key]
EVERY_SETTING = json.dumps({"values": dict.fromkeys(KEYS, "192.168.1.1")}).encode()
LONG_FORM = b"&".join(b"K%d=%%41%%42" % number for number in range(600))[:8000]
MANY_VALUES = json.dumps({"values": {"NO_SUCH_%d" % number: "x" for number in range(380)}}).encode()

# name: (a new client every ms, so many stay open, what a client does)
ATTACKS = {
    "connect and close": (20, 0, nothing),
    "connect and stay silent": (100, 8, nothing),
    "50 connections at once": (2, 50, nothing),
    "a byte every 300 ms": (400, 6, drip(request(b"/api/status"))),
    "an endless header": (70, 4, say(b"GET / HTTP/1.1\r\n" + b"X-Filler: aaaaaaaaaaaaaaaaaaaaaa\r\n" * 1000)),
    "a header of very short lines": (70, 4, say(request(b"/", fields=b"X: y\r\n" * 660))),
    "a query of many parameters": (70, 4, say(request(b"/api/log?" + b"a&" * 1000))),
    "a huge body": (
        70,
        4,
        say(request(b"/save", b"POST", OWNER + b"Content-Length: 99999999\r\n") + b"x" * 20000),
    ),
    "a lying Content-Length": (
        200,
        4,
        say(request(b"/save", b"POST", OWNER + b"Content-Length: 500\r\n") + b"short"),
    ),
    "answers that nobody reads": (150, 6, never_read(request(b"/status.js"))),
    "a reset while sending": (60, 2, reset_in_the_middle),
    "garbage": (60, 4, say(bytes(range(256)) * 12)),
    "a TLS hello": (60, 4, say(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500))),
    "guessed passwords": (60, 3, guess),
    "a form of many fields": (120, 3, say(request(b"/save", b"POST", OWNER + FORM, LONG_FORM))),
    "a login form of escapes": (120, 3, say(request(b"/api/login", b"POST", FORM, LOGIN_FORM))),
    "a form of escapes": (120, 3, say(request(b"/save", b"POST", OWNER + FORM, LOGIN_FORM[: 9 + 3 * 300]))),
    "a body of every setting": (120, 3, say(request(b"/api/settings", b"POST", OWNER, EVERY_SETTING))),
    "a body of many settings": (120, 3, say(request(b"/api/settings", b"POST", OWNER, MANY_VALUES))),
    "a body of nested lists": (120, 3, say(request(b"/api/settings", b"POST", OWNER, b"[" * 900))),
    "the status, again and again": (40, 3, say(request(b"/api/status"))),
    "the whole log": (80, 3, say(request(b"/api/log", fields=OWNER))),
    "all settings": (80, 3, say(request(b"/api/settings", fields=OWNER))),
    "the merged settings.toml": (80, 3, say(request(b"/settings.toml", fields=OWNER))),
    "the frames": (80, 3, say(request(b"/capture.pcap", fields=OWNER))),
    "the report": (80, 3, say(request(b"/diagnostics.txt", fields=OWNER))),
    "saving, again and again": (150, 3, save),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_car_is_read_while(name, figures):
    every_ms, keep, begin = ATTACKS[name]
    with World(seed=21, settings=SETTINGS, display=None) as world:
        device = world.device
        world.run(START_S)
        fill_the_rings(world)
        sockets = len(device.open_sockets)

        def phases(entry):
            device.probe.phase = {100: "matching", 155: "session", 910: ""}.get(
                entry.get("checkpoint"), device.probe.phase
            )

        world.listeners.append(phases)
        attack = Attack(world, every_ms, keep, begin)
        world.run(1)
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: world.charging, 60), device.console_text()[-2000:]
        gaps = {phase: gap for phase, gap in device.probe.worst_in.items() if phase}
        attack.stop()
        honest = world.network.http("GET", "/api/status", timeout_s=HONEST_S)
        assert honest.status == 200, "an honest client is served at once"
        world.run(QUIET_S)
        real = [post for post in world.smartevse.posts if post["parameters"].get("evccid")]
        assert [post["values"]["current_soc"] for post in real] == [42]
        assert world.car.complaints == []
        assert len(device.open_sockets) == sockets, "every socket was closed"
        console = [
            line for line in device.console_text().splitlines() if " E " in line or "Traceback" in line
        ]
        assert console == []
        matching, session = gaps["matching"].us, gaps["session"].us
        figures(
            f"{name}: {attack.count} clients, longest pass {matching / 1000:.1f} ms while matching, "
            f"{session / 1000:.1f} ms in the session, an honest client after {honest.elapsed_us / 1000:.0f} ms"
        )
        assert matching <= MATCHING_PIECE_US + PASS_BESIDES_PIECE_US, str(gaps["matching"])
        assert session <= SESSION_PIECE_US + PASS_BESIDES_PIECE_US, str(gaps["session"])


@pytest.mark.parametrize("name", ["connect and stay silent", "a TLS hello", "answers that nobody reads"])
def test_an_honest_client_is_served_even_while_they_attack(name, figures):
    with World(seed=22, settings=SETTINGS, display=None) as world:
        world.run(START_S)
        attack = Attack(world, *ATTACKS[name])
        waits = []
        for _ in range(8):
            answer = world.network.http("GET", "/api/status", timeout_s=15)
            assert answer.status == 200
            waits.append(answer.elapsed_us / 1e6)
            world.run(0.3)
        attack.stop()
        figures(f"an honest client beside '{name}': {max(waits):.1f} s at most")
        assert max(waits) < 10
