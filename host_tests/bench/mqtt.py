# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What MQTT costs: heap on MicroPython, and on the twin how long the modem waits for a piece of it."""

import tempfile

from host_tests.interpreter import micropython
from host_tests.support.starts import page_is_up
from host_tests.twin.world import SETTINGS_IN_USE, World

ADDRESS = "192.168.1.40"
SETTINGS = dict(SETTINGS_IN_USE, MQTT_BROKER=ADDRESS, SMARTEVSE_URL="")
SCRIPT = micropython.ROOT / "host_tests" / "interpreter" / "run_appliance.py"


# Part of a packet, what it is answered with: CONNACK, SUBACK, PINGRESP.
ANSWERS = ((b"\x00\x04MQTT", b"\x20\x02\0\0"), (b"/status\0", b"\x90\x03\0\x01\0"), (b"\xc0\0", b"\xd0\0"))


class Answers:
    """A broker that answers at once, as one in the house does."""

    def __init__(self, conn):
        self._conn = conn

    def received(self, data):
        for question, answer in ANSWERS:
            if question in data:
                self._conn.send(answer)

    def peer_closed(self):
        self._conn.close()


class Silent(Answers):
    """Takes the connection and says nothing."""

    def received(self, data):
        return


def heap():
    """(bytes of the heap with MQTT in use, less those without it)."""
    found = []
    for line, arguments in (("", ()), (f'MQTT_BROKER = "{ADDRESS}"\n', ("mqtt",))):
        with tempfile.TemporaryDirectory() as folder:
            code, paths = micropython.drive(folder, micropython.SETTINGS_IN_USE + line, compiled=True)
            done = micropython.run(SCRIPT, code, "generic", "plain", *arguments, heap="4M", timeout_s=180, paths=paths)
        told = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
        found.append(int(told["heap_after_start"]))
    return found[1] - found[0]


def waits(ports):
    """(s while MQTT is loaded, s in two minutes of its use): the longest the modem waits for a piece of it."""
    with World(seed=1, settings=SETTINGS) as world:
        if ports is not None:
            world.network.add_host(ADDRESS, ports)
        world.run_until(lambda: page_is_up(world), 60, 10_000)
        probe = world.device.probe
        probe.reset()
        world.run(8)
        loading = probe.worst.us / 1e6
        # Until the box has looked at itself: that is no piece of this.
        world.run(40)
        probe.reset()
        world.run(120)
        return loading, probe.worst.us / 1e6


def unused():
    """Names of the modules that are loaded without a broker and a listener, and serve them alone."""
    with World(seed=1, settings=SETTINGS_IN_USE) as world:
        world.run(40)
        return [name for name in world.device.modules if "mqtt" in name or "listeners" in name or name.endswith("_home")]
