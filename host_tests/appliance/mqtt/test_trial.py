# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The trial of a broker: a sentence for each way in which it can go wrong, and the line is always given back."""

from types import SimpleNamespace

import pytest
from appliance.mqtt import causes, line, trial
from appliance.mqtt.client import Account
from appliance.state import faults

TICKS = int
ONLINE = SimpleNamespace(connected=True)


@pytest.fixture(autouse=True)
def _known_causes(monkeypatch):
    monkeypatch.setattr(faults, "TABLE", dict(faults.TABLE, **causes.ROWS))


def tried(monkeypatch, connect, host="192.168.1.40", found=None, network=ONLINE):
    """(answer, how often the line was dropped)"""
    dropped = []
    monkeypatch.setattr(trial.clients, "connect", connect)
    monkeypatch.setattr(trial.clients, "drop", dropped.append)
    answer = trial.try_broker(Account(host, 1883, "", "", "socbox-1-test"), network, lambda _account: found, TICKS)
    return answer, len(dropped)


def test_without_wifi_nothing_is_tried(monkeypatch):
    offline = SimpleNamespace(connected=False)
    assert tried(monkeypatch, None, network=offline) == ({"ok": False, "text": "WiFi is not connected."}, 0)


def test_a_name_that_nobody_knows_is_told(monkeypatch):
    assert tried(monkeypatch, None, "broker.local") == ({"ok": False, "text": faults.advice("mqtt_name")}, 0)


@pytest.mark.parametrize(
    ("fault", "answer", "code"),
    [
        (line.OFF, None, "mqtt_off"),
        (line.REFUSED, None, "mqtt_refused"),
        (line.SILENT, None, "mqtt_silent"),
        (line.CLOSED, 5, "mqtt_login"),
        (line.STRANGE, None, "mqtt_strange"),
    ],
)
def test_how_it_failed_is_told_in_a_sentence_and_the_line_is_given_back(monkeypatch, fault, answer, code):
    def connect(to, _account):
        to.fault, to.answer = fault, answer
        raise OSError(5, "")

    assert tried(monkeypatch, connect) == ({"ok": False, "text": faults.advice(code)}, 1)


def test_a_broker_that_accepts_the_box_gets_a_good_bye(monkeypatch):
    sent = []

    def connect(to, account):
        assert account.client_id == "socbox-1-test"
        to._socket = SimpleNamespace(send=lambda data: sent.append(bytes(data)) or len(data))

    answer, dropped = tried(monkeypatch, connect)
    assert (answer["ok"], sent, dropped) == (True, [line.DISCONNECT], 1)
