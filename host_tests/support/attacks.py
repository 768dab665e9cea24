# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a hostile or broken client does to the box's web server, in virtual time."""

import json
import re

from host_tests.support.owner import PASSWORD
from host_tests.twin.world import CIRCUITPY

OWNER = b"Authorization: Bearer " + PASSWORD.encode() + b"\r\n"


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
