# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Sends a reading to further addresses of the owner: one POST with the document of state.summary, after the SmartEVSE.

    read, released, nothing on its way to the SmartEVSE --> POST
      answered (any status) --> done          sent, no answer --> done: it may have been taken
      no connection         --> again after a pause, until 60 s are over

Loaded only when such an address is set. One run blocks 5 s at most, longer for a name.
"""

import json

from plc.ticks import expired, ticks_add

from appliance.base.url import Url
from appliance.smartevse.delivery import GIVE_UP_MS, PAUSES_MS
from appliance.state.faults import HOME

ROWS = {
    "listener_name": (HOME, "Listener: name?"),
    "listener_off": (HOME, "Listener: no answer"),
    "listener_refused": (HOME, "Listener refused"),
}


class Listener:
    """One address and how it fared."""

    def __init__(self, url):
        self.target = Url(url)
        self.text = "nothing sent yet"
        self.cause = None
        self.missing = "listener_off"
        self.next = None
        self.attempts = 0


class Listeners:
    """Slow piece. ``smartevse`` is served first, and its ``exchange`` is used; ``summarise()`` returns the document;
    ``report(text, before, cause)`` gets what became of a listener, and the codes of what was and is wrong with it.
    """

    def __init__(self, urls, smartevse, status, summarise, report):
        self.all = [Listener(url) for url in urls if url]
        self._smartevse = smartevse
        self._status = status
        self._summarise = summarise
        self._report = report
        self._reading = None
        self._deadline = None

    def due(self, now):
        """True when there is something to send. Allocates nothing."""
        status = self._status
        if self._smartevse.delivering or status.reading is None:
            return False
        if status.reading is not self._reading:
            return True
        for listener in self.all:
            if listener.next is not None and (expired(listener.next, now) or expired(self._deadline, now)):
                return True
        return False

    def run(self, now):
        """Take over a new reading, or one attempt for one listener."""
        if self._status.reading is not self._reading:
            self._begin(now)
            return
        for listener in self.all:
            if listener.next is None:
                continue
            if expired(self._deadline, now):
                self._end(listener, listener.missing, "not sent within 60 s")
                return
            if expired(listener.next, now):
                self._send(listener, now)
                return

    def _begin(self, now):
        self._reading = self._status.reading
        old = self._status.age_s() * 1000 > 2 * GIVE_UP_MS
        self._deadline = ticks_add(now, GIVE_UP_MS)
        for listener in self.all:
            listener.next = None if old else now
            listener.attempts = 0

    def _send(self, listener, now):
        smartevse, target = self._smartevse, listener.target
        if not smartevse.network.connected:
            listener.next = ticks_add(now, PAUSES_MS[0])
            return
        address = smartevse.look_up(target)
        if address is None:
            self._again(listener, now, "listener_name")
            return
        # Made only now, so that the age in it is right.
        body = json.dumps(self._summarise()).encode()
        answer = smartevse.exchange("POST", target.url(target.path or "/"), address, False, body)
        if answer.status is not None and 200 <= answer.status < 300:
            self._end(listener, None, "has the last reading (answer %d)" % answer.status)
        elif answer.status is not None:
            self._end(listener, "listener_refused", "answered %d" % answer.status)
        elif answer.received:
            self._end(listener, "listener_refused", "answered with something that is not HTTP")
        elif answer.sent:
            self._end(listener, "listener_off", "took the last reading and gave no answer")
        else:
            self._again(listener, now, "listener_off")

    def _again(self, listener, now, cause):
        listener.missing = cause
        pause = PAUSES_MS[min(listener.attempts, len(PAUSES_MS) - 1)]
        listener.attempts += 1
        listener.next = ticks_add(now, pause)
        listener.text = "no answer, trying again"

    def _end(self, listener, cause, text):
        before, listener.cause = listener.cause, cause
        listener.text = text
        listener.next = None
        if before in [other.cause for other in self.all if other is not listener]:
            before = None
        self._report("%s %s" % (listener.target.host, text), before, cause)
