# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The session at the broker, one step a run: when it connects, pauses, listens and gives up."""

from types import SimpleNamespace

import pytest
from appliance.mqtt import session as sessions
from appliance.mqtt.session import LOOK_MS, PAUSES_MS, PING_MS, STUCK_MS, Session
from plc.ticks import ticks_add


class Line:
    """The connection; the test sets what it does."""

    fault = answer = None
    unsent = False

    def __init__(self):
        self.now = 0
        self.aimed = []

    def ticks(self):
        return self.now

    def aim(self, address):
        self.aimed.append(address)

    def wait(self, ms):
        """Nothing is slow here."""

    def hurry(self):
        """Nothing is slow here."""

    def readable(self):
        return False

    def packet_waits(self):
        return False

    def drain(self):
        """The network takes everything, or nothing."""

    def finish(self, ms):
        """The broker hangs up."""


class Client:
    def __init__(self):
        self.said = []
        self.on_message = None

    def subscribe(self, topics):
        self.said.append(("subscribe", topics))

    def ping(self):
        self.said.append("ping")

    def publish(self, topic, payload, retain):
        assert retain
        self.said.append((topic, payload))


class Publisher:
    will = ("car/availability", "offline")
    subscriptions = ("car/command",)

    def __init__(self):
        self.heard = []
        self.begun = 0
        self.waiting = []

    def begin(self, _now):
        self.begun += 1

    def wants(self, _now):
        return bool(self.waiting)

    def next(self, _now):
        return self.waiting.pop(0)

    def received(self, topic, payload):
        self.heard.append((topic, payload))

    def farewell(self, forget):
        return [("car/availability", "" if forget else "offline")]


class Bench:
    """A Session whose broker is a list of clients, or of exceptions."""

    def __init__(self, monkeypatch, *brokers, host="192.168.1.40", found=None):
        self.line = Line()
        self.publisher = Publisher()
        self.network = SimpleNamespace(connected=True)
        self.reports = []
        self.lookups = 0
        self.dropped = 0
        self.found = found
        brokers = list(brokers)

        def connect(_line, _account, _will):
            broker = brokers.pop(0)
            if isinstance(broker, Exception):
                raise broker
            return broker

        def drop(_line):
            self.dropped += 1

        monkeypatch.setattr(sessions.clients, "connect", connect)
        monkeypatch.setattr(sessions.clients, "drop", drop)
        monkeypatch.setattr(sessions.clients, "cause_of", lambda line: line.fault)
        account = sessions.clients.Account(host, 1883, "", "", "socbox-1")
        self.session = Session(
            account, self.line, self.publisher, self.network, self._look_up, lambda *what: self.reports.append(what)
        )

    def _look_up(self, _account):
        self.lookups += 1
        return self.found

    def run(self, ms, step_ms=LOOK_MS):
        """Let time pass; gives how many runs it took."""
        runs = 0
        for _ in range(0, ms, step_ms):
            self.line.now = ticks_add(self.line.now, step_ms)
            if self.session.due(self.line.now):
                self.session.run(self.line.now)
                runs += 1
        return runs


def test_it_connects_subscribes_and_asks_for_a_sign_of_life_before_it_tells_anything(monkeypatch):
    client = Client()
    bench = Bench(monkeypatch, client)
    bench.publisher.waiting = [("car/soc_percent", "42")]
    bench.run(1000)
    assert client.said == [("subscribe", [("car/command", 0)]), "ping", ("car/soc_percent", "42")]
    assert bench.session.connected and bench.line.aimed == ["192.168.1.40"]
    assert bench.reports == [("connected to 192.168.1.40", None, None)]


@pytest.mark.parametrize(
    ("words", "connected"),
    [("SUBACK Failure for topic b'car/command': 0x80", True), ("No data received from broker for 1 seconds.", False)],
)
def test_a_subscription_that_is_refused_keeps_nothing_from_being_told(monkeypatch, words, connected):
    client = Client()

    def refused(_topics):
        raise sessions.clients.minimqtt.MMQTTException(words)

    client.subscribe = refused
    bench = Bench(monkeypatch, client)
    bench.line.fault = "mqtt_silent"
    bench.publisher.waiting = [("car/soc_percent", "42")]
    bench.run(1000)
    assert bench.session.connected is connected
    assert client.said == (["ping", ("car/soc_percent", "42")] if connected else [])
    assert bench.session.cause == (None if connected else "mqtt_silent")
    assert bench.reports[1][0].endswith("not heard") is connected and bench.session.text == bench.reports[1][0]


def test_what_the_broker_kept_from_before_is_not_a_command(monkeypatch):
    client = Client()
    bench = Bench(monkeypatch, client)
    bench.run(LOOK_MS)
    client.on_message(None, "car/command", bytearray(b"restart"))
    assert bench.publisher.heard == []
    bench.run(1000)
    client.on_message(None, "car/command", bytearray(b"restart"))
    assert bench.publisher.heard == [("car/command", b"restart")]


def test_pauses_grow_to_five_minutes_and_a_cause_is_reported_once(monkeypatch):
    bench = Bench(monkeypatch, *(OSError(116, "") for _ in range(len(PAUSES_MS) + 2)))
    bench.line.fault = "mqtt_off"
    assert bench.run(sum(PAUSES_MS) + PAUSES_MS[-1], 1000) == len(PAUSES_MS) + 1
    assert [cause for _, _, cause in bench.reports] == ["mqtt_off"]
    assert bench.dropped == len(PAUSES_MS) + 1


def test_a_lost_broker_is_told_everything_again_when_it_is_back(monkeypatch):
    first, second = Client(), Client()
    bench = Bench(monkeypatch, first, second)
    bench.run(1000)
    bench.line.fault = "mqtt_closed"
    bench.line.packet_waits = lambda: (_ for _ in ()).throw(OSError(104, ""))
    bench.line.readable = lambda: True
    bench.run(LOOK_MS)
    assert not bench.session.connected
    del bench.line.packet_waits, bench.line.readable
    bench.run(PAUSES_MS[0] + 2 * LOOK_MS)
    assert bench.session.connected and bench.publisher.begun == 2
    assert [(before, cause) for _, before, cause in bench.reports] == [
        (None, None), (None, "mqtt_closed"), ("mqtt_closed", None)
    ]  # fmt: skip


@pytest.mark.parametrize("why", ["no network", "a delivery"])
def test_nothing_is_tried_while_something_else_comes_first(monkeypatch, why):
    bench = Bench(monkeypatch, Client())
    if why == "no network":
        bench.network.connected = False
    else:
        bench.session.busy = lambda: True
    assert bench.run(60000, 1000) == 0


def test_a_network_that_is_back_ends_the_pause(monkeypatch):
    bench = Bench(monkeypatch, OSError(116, ""), OSError(116, ""), Client())
    bench.line.fault = "mqtt_off"
    bench.run(PAUSES_MS[0] + 1000)
    bench.network.connected = False
    bench.run(1000)
    bench.network.connected = True
    bench.run(3 * LOOK_MS)
    assert bench.session.connected, "and not after the ten seconds of the second pause"


def test_a_name_is_looked_up_in_a_run_of_its_own_and_an_unknown_one_is_a_cause(monkeypatch):
    bench = Bench(monkeypatch, Client(), host="broker.local")
    assert bench.run(LOOK_MS) == 1
    assert bench.reports[0][2] == "mqtt_name" and not bench.line.aimed
    bench.found = "192.168.1.41"
    bench.run(PAUSES_MS[0] + 3 * LOOK_MS)
    assert (bench.lookups, bench.line.aimed, bench.session.connected) == (2, ["192.168.1.41"], True)


def test_a_sign_of_life_once_a_minute(monkeypatch):
    client = Client()
    bench = Bench(monkeypatch, client)
    bench.run(1000)
    bench.run(3 * PING_MS, 1000)
    assert client.said.count("ping") == 4


def test_bytes_that_the_network_does_not_take_for_ten_seconds_end_the_connection(monkeypatch):
    bench = Bench(monkeypatch, Client())
    bench.run(1000)
    bench.line.unsent = True
    bench.line.fault = "mqtt_silent"
    bench.run(STUCK_MS - 1000, 1000)
    assert bench.session.connected
    bench.run(3000, 1000)
    assert not bench.session.connected and bench.session.cause == "mqtt_silent"


@pytest.mark.parametrize(("forget", "payload"), [(False, "offline"), (True, "")])
def test_a_restart_says_good_bye_and_hangs_up_even_when_that_fails(monkeypatch, forget, payload):
    client = Client()
    bench = Bench(monkeypatch, client)
    bench.run(1000)
    bench.line.finish = lambda _ms: (_ for _ in ()).throw(OSError(104, ""))
    bench.session.leave(forget)
    assert client.said[-1] == ("car/availability", payload)
    assert (bench.session.connected, bench.dropped) == (False, 1)
    bench.session.leave(forget)
    assert bench.dropped == 1, "who is not connected says nothing"
