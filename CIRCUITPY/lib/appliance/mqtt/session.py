# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box at its MQTT broker: connects, tells, listens, and comes back by itself.

    no network, or a pause after a failure
      -> look up the name -> connect -> subscribe -> ping: what was kept for us has come -> tell what changed, one a run
                                                       ^----------- once a minute -----------'
      whatever fails: hang up, pause 5 s to 5 min, tell everything anew

A slow piece of the loop: nothing of it runs while a car is in a session, nor while a reading is on its way to the
SmartEVSE. One run blocks 1.5 s at most, longer only for a name.
"""

from plc.ticks import expired, ticks_add, ticks_diff

from appliance.mqtt import client as clients

LOOK_MS = 100
PING_MS = 60000
PAUSES_MS = (5000, 10000, 20000, 40000, 80000, 160000, 300000)
# If the network has not taken the bytes by then, the connection is dead.
STUCK_MS = 10000
NAME_VALID_MS = 600000
LEAVE_MS = 2000
# A connection must last this long before pauses start short again: two boxes of one name end each other's connections.
STEADY_MS = 50000


class Session:
    """``account`` (mqtt.client.Account), ``line`` (mqtt.line.Line), ``publisher`` (mqtt.topics.Publisher); ``network`` has
    ``connected``; ``look_up(account)`` gives a numeric address or None; ``report(text, before, cause)`` gets what changed,
    and the codes of what was and is wrong.
    """

    def __init__(self, account, line, publisher, network, look_up, report):
        self.account = account
        self.publisher = publisher
        self.cause = None
        self.text = "not connected yet"
        self.connections = 0
        self.busy = None
        """Called before each run: True while something more important must not be delayed."""
        self._line = line
        self._network = network
        self._look_up = look_up
        self._report = report
        self._client = None
        self._subscribed = False
        self._settled = False
        self._since = None
        self._ping_at = None
        self._stuck_at = None
        self._look_at = None
        self._next = None
        self._failures = 0
        self._address = account.host if account.numeric() else None
        self._address_at = None

    @property
    def connected(self):
        """True while the broker has the box."""
        return self._client is not None

    # ---- slow piece

    def due(self, now):
        """True when there is something to do; allocates nothing."""
        if self._look_at is not None and not expired(self._look_at, now):
            return False
        self._look_at = ticks_add(now, LOOK_MS)
        if self.busy is not None and self.busy():
            return False
        if not self._network.connected:
            # The pause that was begun is over by then.
            self._next = None
            return False
        if self._client is None:
            return self._next is None or expired(self._next, now)
        return (
            not self._settled
            or self._line.unsent
            or expired(self._ping_at, now)
            or self.publisher.wants(now)
            or self._line.readable()
        )

    def run(self, now):
        """One step."""
        try:
            self._step(now)
        except Exception as error:
            # MMQTTException, OSError, RuntimeError, MemoryError, and an index error for what is not MQTT.
            self._lost(clients.cause_of(self._line), error)

    def _step(self, now):
        line = self._line
        self._look_at = now
        if self._client is None:
            self._connect(now)
        elif not self._subscribed:
            self._subscribe()
        elif not self._settled or expired(self._ping_at, now):
            self._ping()
        elif line.packet_waits():
            # Limits what a flood of messages can cost.
            self._look_at = ticks_add(now, LOOK_MS)
            self._client.loop(0)
        elif line.unsent:
            self._drain(now)
        else:
            self._tell(now)

    # ---- steps

    def _connect(self, now):
        if not self._has_address(now):
            return
        self._line.aim(self._address)
        self._client = clients.connect(self._line, self.account, self.publisher.will)
        self._client.on_message = self._received
        self._subscribed = self._settled = False
        self._stuck_at = None
        self._since = self._line.ticks()
        self._ping_at = ticks_add(self._since, PING_MS)
        self.connections += 1
        self.publisher.begin(self._since)
        self._say("connected to %s" % self.account.host, None)

    def _has_address(self, now):
        """True when the address is known; a look-up is a run of its own."""
        if self.account.numeric():
            return True
        if self._address_at is not None and ticks_diff(now, self._address_at) < NAME_VALID_MS:
            return self._address is not None
        self._address = self._look_up(self.account)
        if self._address is None:
            self._lost("mqtt_name", None)
        else:
            self._address_at = self._line.ticks()
        return False

    def _subscribe(self):
        topics = self.publisher.subscriptions
        if topics:
            self._line.wait(clients.ANSWER_MS)
            try:
                self._client.subscribe([(topic, 0) for topic in topics])
            except clients.minimqtt.MMQTTException as error:
                if not _is_refused(error):
                    raise error
                # The answer of a broker that is well; what the box tells may still be allowed.
                text = "%s refuses subscriptions: commands and Home Assistant's status are not heard"
                self._say(text % self.account.host, None)
            self._line.hurry()
        self._subscribed = True

    def _ping(self):
        """After the first one everything has come that the broker kept for the topics: commands are news from here on."""
        self._line.wait(clients.ANSWER_MS)
        self._client.ping()
        self._line.hurry()
        self._settled = True
        now = self._line.ticks()
        self._ping_at = ticks_add(now, PING_MS)
        if ticks_diff(now, self._since) > STEADY_MS:
            self._since = ticks_add(now, -STEADY_MS)
            self._failures = 0

    def _received(self, _client, topic, payload):
        if self._settled:
            self.publisher.received(topic, bytes(payload))

    def _drain(self, now):
        self._line.drain()
        if not self._line.unsent:
            self._stuck_at = None
        elif self._stuck_at is None:
            self._stuck_at = ticks_add(now, STUCK_MS)
        elif expired(self._stuck_at, now):
            raise OSError("nothing is accepted any more")
        self._look_at = ticks_add(now, LOOK_MS)

    def _tell(self, now):
        message = self.publisher.next(now)
        if message is not None:
            self._client.publish(message[0], message[1], True)
            self._line.drain()

    # ---- ends

    def _lost(self, cause, error):
        self._drop()
        if cause in ("mqtt_off", "mqtt_refused"):
            # Its name may mean another address by now.
            self._address_at = None
        pause = PAUSES_MS[min(self._failures, len(PAUSES_MS) - 1)]
        self._failures += 1
        self._next = ticks_add(self._line.ticks(), pause)
        self._say("no connection to %s%s" % (self.account.host, "" if error is None else ": %s" % error), cause)

    def _drop(self):
        self._client = None
        clients.drop(self._line)

    def _say(self, text, cause):
        self.text = text
        if cause is None or cause != self.cause:
            before, self.cause = self.cause, cause
            self._report(text, before, cause)

    def leave(self, forget):
        """Say good-bye before a restart; ``forget`` takes back what the broker keeps. Blocks LEAVE_MS at most."""
        if self._client is None:
            return
        line = self._line
        until = ticks_add(line.ticks(), LEAVE_MS)
        try:
            for topic, payload in self.publisher.farewell(forget):
                self._client.publish(topic, payload, True)
                while line.unsent and not expired(until, line.ticks()):
                    line.drain()
            line.finish(max(0, ticks_diff(until, line.ticks())))
        except Exception as error:
            self.text = "no good-bye: %s" % error
        self._drop()


def _is_refused(error):
    """A SUBACK with 0x80, which the library tells apart from a broken connection by its words only."""
    return "SUBACK Failure" in str(error)
