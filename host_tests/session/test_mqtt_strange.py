# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whatever stands where the broker should: the box names it, no piece takes long, and cars are read."""

import itertools
import json

import pytest
from appliance.state import faults

from host_tests.bench import call_depth
from host_tests.support import homes
from host_tests.support.broker import ADDRESS
from host_tests.support.homes import OWNER, causes
from host_tests.support.starts import started
from host_tests.twin.world import World

CONNACK = b"\x20\x02\x00\x00"
PINGRESP = b"\xd0\x00"
COMMAND = b"socbox/garage/command"
# 0.5 s to connect, 1 s for an answer.
LONGEST_PIECE_S = 1.7


class Peer:
    """A handler that does nothing; `conn` is its end."""

    first = b""

    def __init__(self, conn):
        self.conn = conn
        self.heard = b""
        self.begin()

    def begin(self):
        """The connection came up."""

    def received(self, data):
        if not self.heard and self.first:
            self.conn.send(self.first)
        self.heard += data

    def peer_closed(self):
        self.conn.close()


def saying(data, then_close=False):
    class Saying(Peer):
        first = data

        def received(self, more):
            Peer.received(self, more)
            if then_close:
                self.conn.close()

    return Saying


class HangsUp(Peer):
    def begin(self):
        self.conn.close()


class Resets(Peer):
    def received(self, data):
        self.conn.reset()


class Drips(Peer):
    """A packet that never ends, a byte at a time."""

    def begin(self):
        self._drip(b"\x20\x7f")

    def _drip(self, data):
        self.conn.send(data)
        self.conn.clock.after(300_000, self._drip, b"\x00")


class Shut(Peer):
    """Takes the login, then reads nothing more."""

    def received(self, data):
        self.conn.send(CONNACK)
        self.conn._end.on_data = None
        self.conn._end.window = 0


class Floods(Peer):
    """Answers, and sends messages nobody asked for without an end."""

    def received(self, data):
        if not self.heard:
            self.conn.send(CONNACK)
            self._flood()
        if data.endswith(b"\xc0\x00"):
            self.conn.send(PINGRESP)
        self.heard += data

    def _flood(self):
        if self.conn.is_open:
            self.conn.send(b"\x30\x08\x00\x03a/bxyz" * 20)
            self.conn.clock.after(5_000, self._flood)


class Huge(Peer):
    """Answers, and begins a message of 200 MB."""

    def received(self, data):
        if not self.heard:
            self.conn.send(CONNACK + b"\x30\xff\xff\xff\x5f\x00\x01a" + bytes(3000))
        elif data.endswith(b"\xc0\x00"):
            self.conn.send(bytes(50))
        self.heard += data


HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
# what is there: (the ports of the device, the fault)
PEERS = {
    "no device": (None, "mqtt_off"),
    "a device without a broker": ({}, "mqtt_refused"),
    "silence": ({1883: Peer}, "mqtt_silent"),
    "a byte now and then": ({1883: Drips}, "mqtt_silent"),
    "somebody who hangs up": ({1883: HangsUp}, "mqtt_closed"),
    "a reset": ({1883: Resets}, "mqtt_closed"),
    "a web server": ({1883: saying(HTTP, True)}, "mqtt_strange"),
    "noise": ({1883: saying(b"\xff" * 40)}, "mqtt_strange"),
    "another protocol version": ({1883: saying(b"\x20\x02\x00\x01")}, "mqtt_denied"),
    "a code nobody knows": ({1883: saying(b"\x20\x02\x00\x4d", True)}, "mqtt_denied"),
    "a wrong password": ({1883: saying(b"\x20\x02\x00\x04", True)}, "mqtt_login"),
    "no right": ({1883: saying(b"\x20\x02\x00\x05", True)}, "mqtt_login"),
    "a login and then silence": ({1883: saying(CONNACK)}, "mqtt_silent"),
    "a window that stays shut": ({1883: Shut}, "mqtt_silent"),
    "a message without an end": ({1883: Huge}, "mqtt_silent"),
}
# What the button can see: it logs in and out again.
SEEN_LATER = ("a login and then silence", "a window that stays shut", "a message without an end")


def home(ports, **settings):
    world = World(seed=1, settings=dict(homes.SETTINGS, **settings))
    if ports is not None:
        world.network.add_host(ADDRESS, ports)
    return world


@pytest.mark.parametrize("name", PEERS)
def test_what_is_no_broker_is_named_and_costs_bounded_pieces_and_no_reading(name):
    ports, fault = PEERS[name]
    with home(ports) as world:
        started(world)
        probe = world.device.probe
        probe.reset()
        assert world.run_until(lambda: causes(world) == [fault], 30, 500_000), causes(world)
        world.run(12)
        assert probe.worst.us / 1e6 < LONGEST_PIECE_S, probe.worst
        assert homes.read_one_car(world)
        world.run(3)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]
        assert causes(world) == [fault]
        assert [cause["code"] for cause in homes.status(world)["causes"]] == [fault]


@pytest.mark.parametrize("name", [name for name in PEERS if name not in SEEN_LATER])
def test_the_button_says_the_same(name):
    ports, fault = PEERS[name]
    with home(ports, MQTT_BROKER="") as world:
        started(world)
        body = json.dumps({"MQTT_BROKER": ADDRESS})
        headers = dict(OWNER, **{"Content-Type": "application/json"})
        answer = json.loads(world.network.http("POST", "/api/test/mqtt", headers, body).body)
        assert answer == {"ok": False, "text": faults.advice(fault)}
        assert homes.status(world)["mqtt"] is None


def test_a_flood_of_messages_keeps_no_car_from_being_read():
    with home({1883: Floods}) as world:
        started(world)
        assert world.run_until(lambda: homes.is_connected(world), 60, 500_000)
        assert homes.read_one_car(world)
        assert [post["values"]["current_soc"] for post in world.smartevse.posts] == [42]


class Orders(Floods):
    """Answers, and asks for everything a box can be asked for."""

    def received(self, data):
        if not self.heard:
            self.conn.send(CONNACK)
        for question, answer in ((b"/status\0", b"\x90\x04\0\x01\0\0"), (b"\xc0\0", PINGRESP)):
            if question in data:
                self.conn.send(answer)
        if data.endswith(b"\xc0\0"):
            orders = ((0, b"homeassistant/status", b"online"), (0, COMMAND, b"self_test"), (25, COMMAND, b"restart"))
            for seconds, topic, payload in orders:
                content = bytes((0, len(topic))) + topic + payload
                packet = bytes((0x30, len(content))) + content
                self.conn.clock.after(seconds * 1_000_000 + 500_000, self.conn.send, packet)
        self.heard += data


class Refuses(Peer):
    """A broker whose rules let the box say everything and hear nothing."""

    def received(self, data):
        if not self.heard:
            self.conn.send(CONNACK)
        if b"/status\0" in data:
            self.conn.send(b"\x90\x04\0\x01\x80\x80")
        if data.endswith(b"\xc0\0"):
            self.conn.send(PINGRESP)
        self.heard += data
        Refuses.told = self.heard


def test_a_broker_that_refuses_subscriptions_is_told_everything():
    with home({1883: Refuses}, MQTT_COMMANDS="yes") as world:
        started(world)
        assert homes.read_one_car(world)
        assert world.run_until(lambda: b"socbox/garage/soc_percent42" in Refuses.told, 60, 500_000)
        assert homes.is_connected(world) and causes(world) == []
        assert "not heard" in homes.status(world)["mqtt"]["text"]
        assert world.device.console_text().count("not heard") == 1


def test_its_chains_of_calls_fit_a_board_whose_settings_lost_the_pystack():
    depths = call_depth.Depths()
    with home({1883: Orders}, MQTT_COMMANDS="yes") as world:
        chains = call_depth.chains_of(world.device)
        started(world)
        for name in ("a byte now and then", "a web server"):
            world.network.add_host(f"192.168.1.{70 + len(name)}", PEERS[name][0])
            body = json.dumps({"MQTT_BROKER": f"192.168.1.{70 + len(name)}"})
            headers = dict(OWNER, **{"Content-Type": "application/json"})
            world.network.http("POST", "/api/test/mqtt", headers, body)
        assert world.run_until(lambda: world.device.starts == 2, 60)
        depths.add(world, chains)
    assert depths.reached("adafruit_minimqtt") and depths.reached("appliance.mqtt.trial")
    assert depths.most_frames()[0].frames <= call_depth.FRAMES_BUDGET, depths.most_frames()[0]
    assert depths.most_bytes()[0].bytes <= call_depth.BYTES_BUDGET, depths.most_bytes()[0]


def test_a_broker_that_is_not_there_is_asked_less_and_less():
    attempts = []

    class Counted(HangsUp):
        def begin(self):
            attempts.append(self.conn.clock.now_us / 1e6)
            HangsUp.begin(self)

    with World(seed=1, settings=homes.SETTINGS, device_options={"charge_lines": False}) as world:
        world.network.add_host(ADDRESS, {1883: Counted})
        started(world)
        world.run(330)
    pauses = [round(later - earlier) for earlier, later in itertools.pairwise(attempts)]
    assert pauses == [5, 10, 20, 40, 80, 160]
