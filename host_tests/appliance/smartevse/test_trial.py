# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the owner tries on the page: the answers of a router, of a SmartEVSE and of nobody are distinguished."""

import json
from types import SimpleNamespace

import pytest
from appliance.smartevse import trial
from appliance.smartevse.exchange import Answer
from appliance.state import faults

SETTINGS = {"version": "3.7.1", "evse": {"state_id": 0, "state": "Ready to Charge"}, "settings": {"mode": "normal"}}
WITH_MODEM = {**SETTINGS, "ev_state": {"initial_soc": -1}}
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>FRITZ!Box</title></head><body>Please log in</body></html>"


def probe(body, status=200, connected=True, whole=True, received=None):
    answer = Answer(status, body, True, len(body) if received is None else received, whole)
    smartevse = SimpleNamespace(
        network=SimpleNamespace(connected=connected),
        look_up=lambda target: target.host,
        exchange=lambda *_arguments: answer,
    )
    return trial.try_probe(smartevse, "192.168.1.1")


def test_a_smartevse_with_modem_support():
    told = "This SmartEVSE accepts readings: its firmware has modem support."
    found = probe(json.dumps(WITH_MODEM).encode())
    assert found["ok"] and found["text"] == told
    paused = {"mode": "PAUSE", **WITH_MODEM}
    assert probe(json.dumps(paused).encode())["text"] == told + " It is paused (mode Pause); no car is read."


def test_a_smartevse_without_modem_support_is_told_what_to_build():
    found = probe(json.dumps(SETTINGS).encode())
    assert not found["ok"] and "-DMODEM=1" in found["text"]


@pytest.mark.parametrize("body", [LOGIN_PAGE, b"", b"{}", b"OK", b'{"settings": {}}', b"\xff\xfe", b"[1, 2]"])
def test_whatever_else_answers_is_not_a_smartevse(body):
    found = probe(body)
    assert not found["ok"] and "not a SmartEVSE" in found["text"] and "MODEM" not in found["text"]


def test_an_answer_that_was_cut_off_is_not_judged_as_if_it_were_whole():
    """The end of a SmartEVSE's answer has its modem, that of another program's may have anything."""
    for body in (json.dumps(SETTINGS).encode()[:-40], json.dumps(WITH_MODEM).encode()[:-30], b""):
        found = probe(body, whole=False)
        assert not found["ok"] and found["text"] == faults.advice("smartevse_slow")
    assert "(403)" in probe(b"", 403, whole=False)["text"]


def test_an_error_and_no_answer_have_words_of_their_own():
    assert "(403)" in probe(b"", 403)["text"]
    assert "answer" in probe(b"", None)["text"]
    assert probe(b"", connected=False)["text"] == "WiFi is not connected."


def test_what_is_not_http_is_not_called_slow():
    assert probe(b"", None)["text"] == faults.advice("smartevse_slow")
    assert probe(b"", None, received=21)["text"] == faults.advice("smartevse_refused")
