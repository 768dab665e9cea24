# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Introduces the box to Home Assistant: one device, one retained message for each of its entities.

    HOMEASSISTANT/<component>/<node>/<object>/config      https://www.home-assistant.io/integrations/mqtt

An empty message takes an entity back. Home Assistant says under HOMEASSISTANT/status that it came back.
"""

import json

from appliance.base import version

_COMPONENT, _OBJECT, _NAME, _EXTRA = range(4)
_DIAGNOSTIC = {"entity_category": "diagnostic"}


def _number(unit, device_class=None, **more):
    more["unit_of_measurement"] = unit
    if device_class is not None:
        more["device_class"] = device_class
    return more


def _diagnostic(more):
    more.update(_DIAGNOSTIC)
    return more


_YES_NO = "{%% if value_json.%s is none %%}None{%% else %%}{{ 'ON' if value_json.%s else 'OFF' }}{%% endif %%}"
_PRESENT = {"device_class": "plug", "value_template": _YES_NO % ("car_present", "car_present")}
_WORDS = {"icon": "mdi:alert-circle-outline", "value_template": "{{ value_json.problem_text or 'nothing' }}"}
_PROBLEM = {"device_class": "problem", "value_template": "{{ 'ON' if value_json.problem else 'OFF' }}"}

# Component, object (a key of the document unless there is a template), name, what is special. A number has no name of a
# state class where a mean over time says nothing.
ENTITIES = (
    ("sensor", "soc_percent", "State of charge", _number("%", "battery", state_class="measurement")),
    ("sensor", "estimated_soc_percent", "Estimated charge", _number("%", "battery", state_class="measurement")),
    ("sensor", "full_in_s", "Full in", _number("s", "duration", icon="mdi:timer-sand")),
    ("sensor", "target_soc_percent", "Charges up to", _number("%", icon="mdi:battery-check")),
    ("sensor", "energy_capacity_wh", "Battery capacity", _number("Wh", "energy_storage")),
    ("sensor", "energy_request_wh", "Requested energy", _number("Wh", "energy_storage")),
    ("sensor", "car_name", "Car", {"icon": "mdi:car-electric"}),
    ("sensor", "evccid", "EVCCID", {"icon": "mdi:identifier"}),
    ("sensor", "likely_maker", "Probably made by", {"icon": "mdi:factory"}),
    ("binary_sensor", "car_present", "Car plugged in", _PRESENT),
    ("sensor", "headline", "Status", {"icon": "mdi:information-outline"}),
    ("sensor", "age_s", "Age of the reading", _diagnostic(_number("s", "duration"))),
    ("sensor", "delivery", "Sent to the SmartEVSE", _diagnostic({"icon": "mdi:ev-station"})),
    ("binary_sensor", "problem", "Problem", _diagnostic(_PROBLEM)),
    ("sensor", "problem_text", "What is wrong", _diagnostic(_WORDS)),
    ("sensor", "version", "Software", _diagnostic({"icon": "mdi:package-variant"})),
    ("sensor", "modem_firmware", "Modem firmware", _diagnostic({"icon": "mdi:chip"})),
    ("sensor", "rssi_dbm", "WiFi signal", _diagnostic(_number("dBm", "signal_strength", state_class="measurement"))),
    ("sensor", "uptime_s", "Running for", _diagnostic(_number("s", "duration"))),
)
BUTTONS = (
    ("button", "restart", "Restart", {"device_class": "restart", "entity_category": "config"}),
    ("button", "self_test", "Self-test", {"icon": "mdi:stethoscope", "entity_category": "diagnostic"}),
)
_ALL = ENTITIES + BUTTONS


class Announcer:
    """``root`` is Home Assistant's own topic, "" when nothing is to be announced; ``node`` a name no other box has;
    ``address()`` the page's URL or None; ``commands`` whether the box takes any.
    """

    def __init__(self, root, prefix, node, name, address, commands):
        self.status_topic = root + "/status" if root else ""
        self._root = root
        self._prefix = prefix
        self._node = node
        self._name = name
        self._address = address
        self._commands = commands

    def _topic(self, entity):
        return "%s/%s/%s/%s/config" % (self._root, entity[_COMPONENT], self._node, entity[_OBJECT])

    def message(self, number):
        """(topic, payload) of the entity with that number, or None beyond the last."""
        if not self._root or number >= len(_ALL):
            return None
        entity = _ALL[number]
        if number < len(ENTITIES):
            return self._topic(entity), json.dumps(self._sensor(entity))
        # What was a button once is taken back.
        return self._topic(entity), json.dumps(self._button(entity)) if self._commands else ""

    def removals(self):
        """Messages that take every entity back."""
        return [(self._topic(entity), "") for entity in _ALL] if self._root else []

    def _common(self, entity):
        device = {
            "identifiers": [self._node],
            "name": self._name,
            "manufacturer": version.PRODUCT,
            "model": "State of charge over powerline",
            "sw_version": version.VERSION,
        }
        address = self._address()
        if address is not None:
            device["configuration_url"] = address
        called = "%s_%s" % (self._node, entity[_OBJECT])
        document = {
            "name": entity[_NAME],
            "unique_id": called,
            # For Home Assistant before 2025.10. A later one does not warn of it where the next line is there as well.
            "object_id": called,
            "default_entity_id": "%s.%s" % (entity[_COMPONENT], called),
            "availability_topic": self._prefix + "/availability",
            "device": device,
            "origin": {"name": version.PRODUCT, "sw_version": version.VERSION},
        }
        document.update(entity[_EXTRA])
        return document

    def _sensor(self, entity):
        document = self._common(entity)
        document["state_topic"] = self._prefix + "/state"
        if "value_template" not in document:
            # A number may be None; of a text Home Assistant would show that word.
            otherwise = "" if "unit_of_measurement" in document else " or 'unknown'"
            document["value_template"] = "{{ value_json.%s%s }}" % (entity[_OBJECT], otherwise)
        if entity[_OBJECT] == "problem":
            document["json_attributes_topic"] = self._prefix + "/state"
            document["json_attributes_template"] = (
                "{{ {'code': value_json.problem, 'text': value_json.problem_text, "
                "'action': value_json.problem_action} | tojson }}"
            )
        return document

    def _button(self, entity):
        document = self._common(entity)
        document["command_topic"] = self._prefix + "/command"
        document["payload_press"] = entity[_OBJECT]
        return document
