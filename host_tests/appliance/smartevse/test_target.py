# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Addresses, parameters and answers of a SmartEVSE, as they are written."""

import pytest
from appliance.smartevse.estimate import Meter
from appliance.smartevse.numbers import delivery_path, evccid_text
from appliance.smartevse.target import EvseState, Target, find_value
from v2g.admission import CHARGING, FREE, PLUGGED
from v2g.reading import Reading


@pytest.mark.parametrize(
    ("evccid", "text"),
    [
        (bytes.fromhex("00007dfa07e0"), "00007dfa07e0"),
        (bytes.fromhex("000000007dfa07e0"), "00007dfa07e0"),
        (bytes.fromhex("0102f07f0c01be98"), "f07f0c01be98"),
        (bytes.fromhex("0465650064c30000"), "0465650064c3"),
        (bytes.fromhex("abcd"), "00000000abcd"),
        (None, "-1"),
        (b"", "-1"),
    ],
)
def test_evccid_is_its_low_six_bytes(evccid, text):
    assert evccid_text(evccid) == text


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("192.168.1.60", "192.168.1.60", 80, "/ev_state?"),
        ("http://192.168.1.60/", "192.168.1.60", 80, "/ev_state?"),
        ("192.168.1.60:8080", "192.168.1.60", 8080, "/ev_state?"),
        ("http://evcc.local/api/setSoc", "evcc.local", 80, "/api/setSoc?"),
        ("http://evcc.local:7070/api/soc?car=1", "evcc.local", 7070, "/api/soc?car=1&"),
    ],
)
def test_the_url_is_free(url, host, port, path):
    target = Target(url)
    assert (target.host, target.port) == (host, port)
    assert delivery_path(target.path, Reading("DIN 70121", bytes(6))).startswith(path + "current_soc=-1&")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("192.168.1.60", "/settings"),
        ("http://proxy.local/evse/ev_state?key=a%26b&x=1", "/evse/settings?key=a%26b&x=1"),
        ("http://proxy.local/ev_state?", "/settings?"),
    ],
)
def test_a_key_in_the_query_goes_with_the_question_for_its_settings(url, path):
    assert Target(url).is_smartevse and Target(url).settings_path == path


@pytest.mark.parametrize("path", ["", "/", "/ev_state", "/ev_state/", "/settings", "/index.html"])
def test_an_address_that_was_copied_from_a_browser_is_that_of_its_smartevse(path):
    target = Target("http://smartevse-1234.local" + path)
    assert (target.path, target.is_smartevse, target.settings_path) == ("/ev_state", True, "/settings")


def test_find_value():
    assert find_value(b'{"state_id": 12,', b"state_id") == "12"
    assert find_value(b'{"a":"b c"}', b"a") == "b c"
    assert find_value(b'{"a":null}', b"a") is None
    assert find_value(b"", b"a") is None


@pytest.mark.parametrize(
    ("state_id", "seen", "became"),
    [
        (0, FREE, ("the car was unplugged", True)),
        (1, CHARGING, ("the car is not charging yet (state B)", False)),
        (2, CHARGING, ("the car is charging on AC (state C)", True)),
        (8, CHARGING, ("the charger is waking the car", False)),
        (9, CHARGING, ("the charger has no power or sun for the car", False)),
        (10, CHARGING, ("no more power or sun, the car is stopping", False)),
        (11, PLUGGED, ("state 11", False)),
        (12, PLUGGED, ("state 12", False)),
        (13, CHARGING, ("the charger is still simulating the re-plug", False)),
        (14, CHARGING, ("the charger turned this car away", True)),
    ],
)
def test_a_state_means_something_for_the_cable_and_for_the_car_that_was_read(state_id, seen, became):
    state = EvseState(b'{"evse":{"state_id":%d},"ev_state":{}}' % state_id)
    assert (state.state_id, state.seen, state.has_modem) == (state_id, seen, True)
    assert state.afterwards() == became


def test_an_answer_without_a_state_means_nothing():
    state = EvseState(b'{"evse":{}}')
    assert (state.state_id, state.seen, state.has_modem, state.afterwards()) == (None, None, False, None)


@pytest.mark.parametrize(
    "value",
    [b'"charging"', b"1-2", b"--", b'"\xe4"', b'""', b"[]", b"{", b"null", b"true", b'"' + b"9" * 59],
)
def test_a_value_of_another_kind_is_no_value(value):
    """Whatever answers at the address: a bridge of the owner's own, another program, a firmware of tomorrow."""
    names = (b"state_id", b"initial_soc", b"computed_soc", b"full_soc", b"total_kwh", b"import_active_power", b"total_wh")
    state = EvseState(b"{" + b",".join(b'"%s":%s' % (name, value) for name in names) + b"}")
    meter = Meter(state)
    held = [state.number(name) for name in (b"computed_soc", b"full_soc", b"initial_soc")]
    numbers = (state.state_id, meter.total_wh, meter.charged_wh, meter.power_w, *held)
    assert numbers == (None,) * 7


def test_a_letter_of_two_bytes_behind_a_number_takes_nothing_from_it():
    for blanks in range(24):
        body = '{"total_kwh":1.5,%s"name":"Küche","charged_kwh":0}' % (" " * blanks)
        assert Meter(EvseState(body.encode())).total_wh == 1500


@pytest.mark.parametrize(
    ("mode", "state_id", "text"),
    [
        ("NORMAL", 0, "state 0"),
        ("SOLAR", 12, "state 12"),
        ("SOLAR", 9, "state 9: waiting for power or sun; a car is read as soon as charging may start"),
        ("SMART", 10, "state 10: waiting for power or sun"),
        ("OFF", 0, "state 0: switched off (mode Off); no car is read"),
        ("PAUSE", 9, "state 9: paused (mode Pause); no car is read"),
    ],
)
def test_the_page_says_what_keeps_the_smartevse_from_asking_a_car(mode, state_id, text):
    body = b'{"mode":"%s","mode_id":1,"evse":{"state_id":%d},"ev_state":{}}' % (mode.encode(), state_id)
    assert EvseState(body).text() == text
