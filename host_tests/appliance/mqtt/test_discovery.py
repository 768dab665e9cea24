# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box introduces itself to Home Assistant: one device, and no two entities that could be taken for each other."""

import json

import pytest
from appliance.mqtt.discovery import BUTTONS, ENTITIES, Announcer
from appliance.state.summary import KEYS

NODE = "socbox_51fe01"


def announcer(root="homeassistant", commands=True, address="http://192.168.1.51/"):
    return Announcer(root, "socbox/garage", NODE, "socbox", lambda: address, commands)


def messages(of):
    found = []
    while of.message(len(found)) is not None:
        found.append(of.message(len(found)))
    return found


def test_every_entity_has_a_topic_and_an_identity_of_its_own_in_one_device():
    told = messages(announcer())
    assert len(told) == len(ENTITIES) + len(BUTTONS)
    documents = [json.loads(payload) for _, payload in told]
    assert len({topic for topic, _ in told}) == len({one["unique_id"] for one in documents}) == len(told)
    assert {tuple(one["device"]["identifiers"]) for one in documents} == {(NODE,)}
    assert {one["availability_topic"] for one in documents} == {"socbox/garage/availability"}
    # By these automations name an entity. Home Assistant before 2025.10 reads "object_id" alone, 2026.4 the other alone.
    wanted = ["%s.%s" % (topic.split("/")[1], one["unique_id"]) for (topic, _), one in zip(told, documents, strict=True)]
    assert [one["default_entity_id"] for one in documents] == wanted
    assert [one["object_id"] for one in documents] == [one["unique_id"] for one in documents]


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity[1])
def test_what_an_entity_reads_is_a_key_of_the_document(entity):
    if "value_template" not in entity[3]:
        assert entity[1] in KEYS


def test_an_unknown_number_stays_unknown_and_an_unknown_word_is_said():
    by_topic = {topic.split("/")[3]: json.loads(payload) for topic, payload in messages(announcer()) if payload}
    assert by_topic["soc_percent"]["value_template"] == "{{ value_json.soc_percent }}"
    assert by_topic["car_name"]["value_template"] == "{{ value_json.car_name or 'unknown' }}"


def test_without_commands_the_buttons_are_taken_back():
    told = dict(messages(announcer(commands=False)))
    buttons = [topic for topic in told if "/button/" in topic]
    assert len(buttons) == len(BUTTONS) and {told[topic] for topic in buttons} == {""}
    assert all(payload for topic, payload in told.items() if topic not in buttons)


def test_removals_empty_every_topic_that_was_ever_used():
    of = announcer()
    assert dict(of.removals()) == {topic: "" for topic, _ in messages(of)}


def test_with_an_empty_root_nothing_is_announced_and_nothing_listened_to():
    of = announcer(root="")
    assert (of.message(0), of.removals(), of.status_topic) == (None, [], "")


def test_without_an_address_there_is_no_link_to_the_page():
    _, payload = announcer(address=None).message(0)
    assert "configuration_url" not in json.loads(payload)["device"]
