# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What is published at the broker under the prefix, and what is listened to there.

    PREFIX/availability   online, or offline as the last will
    PREFIX/state          everything as one JSON object (state.summary)
    PREFIX/KEY            each key of it alone; empty while unknown
    PREFIX/command        restart, self_test: heard when MQTT_COMMANDS says so

All of it is retained. Only what changed is sent; what changes by itself, once a minute.
"""

import json

from plc.ticks import expired, ticks_add

from appliance.state.summary import ALWAYS_CHANGING, KEYS

PERIOD_MS = 60000
ONLINE, OFFLINE = "online", "offline"


def text_of(value):
    """A value as the payload of its topic."""
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return str(value)


class Publisher:
    """Gives the session one message after another.

    ``status`` has a ``revision`` that grows with every change; ``summarise()`` gives the document of state.summary;
    ``commands`` {word: function}, empty when none are taken; ``announcer`` is a mqtt.discovery.Announcer.
    """

    def __init__(self, prefix, status, summarise, commands, announcer):
        self.prefix = prefix
        self.will = (prefix + "/availability", OFFLINE)
        self.subscriptions = [prefix + "/command"] if commands else []
        if announcer.status_topic:
            self.subscriptions.append(announcer.status_topic)
        self._status = status
        self._summarise = summarise
        self._commands = commands
        self._announcer = announcer
        self._announced = 0
        self._online = False
        self._told = {}
        self._document = None
        self._differs = False
        self._periodic = False
        self._at = 0
        self._revision = None
        self._period_at = None

    def begin(self, now):
        """A new connection: the broker may have forgotten everything."""
        self._online = False
        self._told = {}
        self._document = None
        self._revision = None
        self._period_at = now
        self.announce()

    def announce(self):
        """Introduce the box again, from the first entity on."""
        self._announced = 0

    def wants(self, now):
        """True when there is something to tell. Allocates nothing."""
        return (
            not self._online
            or self._announced is not None
            or self._document is not None
            or self._revision != self._status.revision
            or expired(self._period_at, now)
        )

    def next(self, now):
        """The next (topic, payload), or None."""
        if not self._online:
            self._online = True
            return self.will[0], ONLINE
        if self._announced is not None:
            message = self._announcer.message(self._announced)
            self._announced += 1
            if message is not None:
                return message
            self._announced = None
        if self._document is None:
            self._look(now)
            return None
        return self._next_change()

    def _look(self, now):
        self._revision = self._status.revision
        self._document = self._summarise()
        self._at = 0
        self._differs = False
        self._periodic = expired(self._period_at, now)
        if self._periodic:
            self._period_at = ticks_add(now, PERIOD_MS)

    def _next_change(self):
        document = self._document
        while self._at < len(KEYS):
            key = KEYS[self._at]
            self._at += 1
            if key in ALWAYS_CHANGING and not self._periodic:
                continue
            text = text_of(document[key])
            if self._told.get(key) != text:
                self._told[key] = text
                self._differs = True
                return "%s/%s" % (self.prefix, key), text
        self._document = None
        return (self.prefix + "/state", json.dumps(document)) if self._differs else None

    def received(self, topic, payload):
        """Something was sent to the box: a command, or Home Assistant came back."""
        if topic == self._announcer.status_topic:
            if payload == b"online":
                self.announce()
            return
        for word in self._commands:
            if payload == word.encode():
                self._commands[word]()

    def farewell(self, forget):
        """The last messages before a restart; ``forget``: the box will not be seen there again under these topics."""
        if not forget:
            return [(self.will[0], OFFLINE)]
        messages = self._announcer.removals() + [("%s/%s" % (self.prefix, key), "") for key in KEYS]
        return messages + [(self.prefix + "/state", ""), (self.will[0], "")]
