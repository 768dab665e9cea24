# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner's home wants is added only where it is set, and the broker is left for good only when the box moves."""

from types import SimpleNamespace

import pytest
from appliance import box_home

PLACE = {"MQTT_BROKER": "192.168.1.7", "MQTT_PORT": 1883, "MQTT_PREFIX": "", "MQTT_DISCOVERY": "homeassistant"}


class Bench:
    def __init__(self, **settings):
        self.slow = []
        self.left = []
        self.settings = dict(PLACE, LISTENER_1="", LISTENER_2="", **settings)
        self.keeper = SimpleNamespace(after=dict(self.settings))
        self.loop = SimpleNamespace(add_slow_piece=lambda name, _piece: self.slow.append(name))
        self.mqtt = self.listeners = None

    def fails_as(self, fault):
        return [fault].append


@pytest.mark.parametrize(
    "settings, pieces",
    [({}, ["mqtt"]), ({"MQTT_BROKER": "", "LISTENER_2": "http://192.168.1.8/"}, ["listeners"])],
)
def test_what_is_set_gets_its_piece(settings, pieces):
    bench = Bench()
    bench.settings.update(settings)
    box_home.add(bench)
    assert bench.slow == pieces


def test_only_a_session_that_is_there_says_good_bye():
    bench = Bench()
    box_home.add(bench)
    box_home.leave(bench)
    bench.mqtt.piece = SimpleNamespace(leave=bench.left.append)
    box_home.leave(bench)
    assert bench.left == [False]


@pytest.mark.parametrize("key", PLACE)
def test_a_box_that_will_be_elsewhere_takes_back_what_the_broker_keeps(key):
    bench = Bench()
    box_home.add(bench)
    bench.mqtt.piece = SimpleNamespace(leave=bench.left.append)
    bench.keeper.after[key] = "another"
    box_home.leave(bench)
    assert bench.left == [True]
