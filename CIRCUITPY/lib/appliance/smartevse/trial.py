# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Tries for the owner whether an address takes readings. Loaded when somebody asks for it on the page."""

from appliance.smartevse.numbers import with_query
from appliance.smartevse.target import WAITS, EvseState, Target
from appliance.state import faults

_SHOWN_OF_AN_ANSWER = 400


def try_delivery(smartevse, url):
    """Send a reading without any number to ``url``. Returns {"ok", "text", "status", "answer"}. Blocks 5 s at most, longer
    for a name."""
    target = Target(url)
    return _try(smartevse, "POST", target, _test_path(target.path), _judge_delivery)


def try_probe(smartevse, url):
    """Ask the SmartEVSE at ``url`` whether it can take readings. Returns a dict like ``try_delivery``."""
    target = Target(url)
    if not target.is_smartevse:
        text = "This is not the address of a SmartEVSE (its path does not end in /ev_state): send a test reading instead."
        return _outcome(False, text)
    return _try(smartevse, "GET", target, target.settings_path, _judge_probe)


def _test_path(path):
    """``path`` with -1 in every number: a SmartEVSE echoes it and does nothing.

    Without an EVCCID, because a SmartEVSE would keep and compare it.
    """
    return with_query(path, "current_soc=-1&full_soc=-1&energy_capacity=-1&energy_request=-1")


def _try(smartevse, method, target, path, judge):
    if not smartevse.network.connected:
        return _outcome(False, "WiFi is not connected.")
    address = smartevse.look_up(target)
    if address is None:
        return _outcome(False, faults.advice("smartevse_name"))
    answer = smartevse.exchange(method, target.url(path), address, True)
    if answer.status is None:
        # As in a delivery something that is not HTTP is an answer as well.
        said = "smartevse_refused" if answer.received else "smartevse_slow"
        return _outcome(False, faults.advice(said if answer.sent else "smartevse_off"))
    return judge(answer)


def _outcome(ok, text, answer=None):
    status, body = None, ""
    if answer is not None:
        status = answer.status
        # Byte by byte, because the device cannot decode text with a broken character.
        letters = [chr(byte) if 0x20 <= byte < 0x7F else " " for byte in answer.body[:_SHOWN_OF_AN_ANSWER]]
        body = "".join(letters)
    return {"ok": ok, "text": text, "status": status, "answer": body}


def _judge_delivery(answer):
    if 200 <= answer.status < 300:
        return _outcome(True, "The address accepts readings. This is what it answered:", answer)
    code = "smartevse_refused"
    if answer.status == 404:
        code = "smartevse_404"
    elif answer.status >= 500:
        code = "smartevse_500"
    return _outcome(False, faults.advice(code), answer)


def _judge_probe(answer):
    if answer.status != 200:
        text = "Something answers there, but not the way a SmartEVSE does (%d). Check the address." % answer.status
        return _outcome(False, text, answer)
    if answer.is_cut_off():
        return _outcome(False, faults.advice("smartevse_slow"), answer)
    state = EvseState(answer.body)
    if state.is_of_another():
        return _outcome(False, "This is not a SmartEVSE: something else answers at this address. Check the address.", answer)
    if not state.has_modem:
        return _outcome(False, faults.advice("smartevse_no_modem"))
    text = "This SmartEVSE accepts readings: its firmware has modem support."
    waits_for = state.waits_for()
    if waits_for:
        text += " It is " + WAITS[waits_for] + "."
    return _outcome(True, text)
