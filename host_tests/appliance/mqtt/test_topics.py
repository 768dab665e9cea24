# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What is published: everything once, then what changed, and what changes by itself once a minute."""

import json
from types import SimpleNamespace

import pytest
from appliance.mqtt import discovery
from appliance.mqtt.topics import PERIOD_MS, Publisher, text_of
from appliance.state.summary import KEYS

ANNOUNCER_TOPIC = "homeassistant/status"


class Announcer:
    status_topic = ANNOUNCER_TOPIC

    def message(self, number):
        return ("homeassistant/sensor/%d" % number, "{}") if number < 2 else None

    def removals(self):
        return [("homeassistant/sensor/0", ""), ("homeassistant/sensor/1", "")]


SILENT = discovery.Announcer("", "car", "car", "Car", lambda: None, False)


class Bench:
    """A Publisher, what it reads, and its messages."""

    def __init__(self, commands=None, announcer=SILENT):
        self.status = SimpleNamespace(revision=1)
        self.document = dict.fromkeys(KEYS)
        self.publisher = Publisher("car", self.status, lambda: dict(self.document), commands or {}, announcer)
        self.publisher.begin(0)

    def change(self, **values):
        self.document.update(values)
        self.status.revision += 1

    def messages(self, now):
        """Everything that it wants to say now, as [(topic, payload)]."""
        found = []
        while self.publisher.wants(now):
            message = self.publisher.next(now)
            if message is not None:
                found.append(message)
        return found


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (False, "false"), (0, "0"), (42, "42"), ("SOC", "SOC")]
)
def test_unknown_is_an_empty_topic_and_never_the_word_none(value, text):
    assert text_of(value) == text


def test_a_new_connection_gets_everything_online_first_and_the_whole_document_last():
    bench = Bench(announcer=Announcer())
    bench.document.update(soc_percent=42, car_present=True)
    messages = bench.messages(1)
    assert messages[0] == ("car/availability", "online")
    assert [topic for topic, _ in messages[1:3]] == ["homeassistant/sensor/0", "homeassistant/sensor/1"]
    assert {topic for topic, _ in messages[3:-1]} == {"car/" + key for key in KEYS}
    assert messages[-1][0] == "car/state" and json.loads(messages[-1][1]) == bench.document


def test_a_change_sends_its_own_topic_and_the_document():
    bench = Bench()
    bench.messages(1)
    bench.change(soc_percent=57)
    assert [topic for topic, _ in bench.messages(2)] == ["car/soc_percent", "car/state"]
    bench.status.revision += 1
    assert bench.messages(3) == [], "nothing differs"


def test_what_changes_by_itself_is_told_once_a_minute():
    bench = Bench()
    bench.messages(0)
    bench.change(uptime_s=30, age_s=5)
    assert bench.messages(PERIOD_MS - 1) == []
    assert [topic for topic, _ in bench.messages(PERIOD_MS + 1)] == ["car/age_s", "car/uptime_s", "car/state"]


def test_commands_are_heard_only_when_they_are_allowed():
    done = []
    bench = Bench(commands={"restart": lambda: done.append("restart")})
    assert bench.publisher.subscriptions == ["car/command"]
    for payload in (b"restart", b"RESTART", b"format", b""):
        bench.publisher.received("car/command", payload)
    assert done == ["restart"]
    assert Bench().publisher.subscriptions == []


def test_the_box_introduces_itself_again_when_home_assistant_comes_back():
    bench = Bench(announcer=Announcer())
    bench.messages(0)
    bench.publisher.received(ANNOUNCER_TOPIC, b"offline")
    assert bench.messages(1) == []
    bench.publisher.received(ANNOUNCER_TOPIC, b"online")
    assert [topic for topic, _ in bench.messages(2)] == ["homeassistant/sensor/0", "homeassistant/sensor/1"]


def test_a_box_that_moves_away_leaves_nothing_behind_and_one_that_restarts_is_offline():
    publisher = Bench(announcer=Announcer()).publisher
    assert publisher.farewell(False) == [("car/availability", "offline")]
    left = publisher.farewell(True)
    assert {payload for _, payload in left} == {""}
    assert {"car/" + key for key in KEYS} | {"car/state", "car/availability"} <= {topic for topic, _ in left}
    assert left[:2] == Announcer().removals()
