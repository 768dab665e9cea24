# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The settings of MQTT as parts: names that no other box has, and commands only when they are allowed."""

import pytest
from appliance.mqtt import parts

MAC = bytes.fromhex("020000abcdef")
SETTINGS = {
    "MQTT_BROKER": "192.168.1.40",
    "MQTT_PORT": 1883,
    "MQTT_USER": "box",
    "MQTT_PASSWORD": "let me in",
    "MQTT_PREFIX": "",
    "MQTT_DISCOVERY": "homeassistant",
    "MQTT_COMMANDS": "no",
    "HOSTNAME": "socbox",
}


@pytest.mark.parametrize(("set_to", "prefix"), [("", "socbox-abcdef"), ("home/garage", "home/garage")])
def test_without_a_prefix_the_box_takes_one_that_is_its_own(set_to, prefix):
    publisher = parts.new_publisher(dict(SETTINGS, MQTT_PREFIX=set_to), MAC, None, None, {}, lambda: None)
    assert publisher.prefix == prefix


def test_the_name_at_the_broker_is_the_boxs_own_whatever_the_prefix():
    account = parts.account_of(dict(SETTINGS, MQTT_PREFIX="home"), parts.own_name(MAC))
    assert (account.client_id, account.user, account.password) == ("socbox-abcdef", "box", "let me in")


@pytest.mark.parametrize(("allowed", "heard"), [("no", []), ("yes", ["socbox-abcdef/command"])])
def test_commands_are_listened_to_only_when_the_settings_say_so(allowed, heard):
    publisher = parts.new_publisher(
        dict(SETTINGS, MQTT_COMMANDS=allowed), MAC, None, None, {"restart": None}, lambda: None
    )
    assert [topic for topic in publisher.subscriptions if topic.endswith("/command")] == heard
