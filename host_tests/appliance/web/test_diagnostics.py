# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The report for help keeps its promise: no address of a car whole, wherever it stands, and cars can be told apart."""

from types import SimpleNamespace

import pytest
from appliance.settings.schema import SCHEMA
from appliance.web import diagnostics
from appliance.web.diagnostics import Mask

from host_tests.support.settings_text import read
from host_tests.tools import names

CAR = "02ab34cd56ef"
FILE = b'''WIFI_SSID = "Casa Nostra"
WIFI_PASSWORD = "hunter22x"
WEB_PASSWORD = "correct horse"
CAR_1 = "98ed5c001122; name=Grandma; full_soc=80"
CAR_2 = "02ab34*; name=Ioniq"
LISTENER_1 = "192.168.1.70:8123/api/webhook/marker?key=marker"
LISTENER_2 = "http://hub.local?key=marker"
'''


@pytest.fixture
def settings():
    result = read(FILE)
    assert result.errors == []
    return result


@pytest.fixture
def mask(settings):
    return Mask(settings, SimpleNamespace(made_up=None))


@pytest.mark.parametrize(
    "text",
    [
        "a car begins: 02ab34cd56ef",
        '{"ev_mac": "02ab34cd56ef", "evccid": null}',
        '["02ab34cd56ef","x"]',
        "EVCCID 000002ab34cd56ef",
        "EVCCID 02AB34CD56EF,",
        "02:ab:34:cd:56:ef",
        "02-AB-34-CD-56-EF.",
        "POST /ev_state?current_soc=42&evccid=02ab34cd56ef to 192.168.1.60",
        "(02ab34cd56ef)",
    ],
)
def test_an_address_of_a_car_is_cut_wherever_it_stands(mask, text):
    told = mask(text)
    assert "02ab34(car 1)" in told and "cd56ef" not in told.lower().replace(":", "").replace("-", "")


def test_an_address_that_is_made_from_one_is_cut(mask):
    assert mask("car at fe80::ab:34ff:fecd:56ef, port 49152") == "car at fe80:(cut), port 49152"


def test_cars_keep_their_numbers_through_the_report(mask):
    told = [mask(text) for text in ("02ab34cd56ef", "02ab34000001", "x 000002ab34cd56ef y", "02ab34000001")]
    assert told == ["02ab34(car 1)", "02ab34(car 2)", "x 02ab34(car 1) y", "02ab34(car 2)"]


@pytest.mark.parametrize(
    "text",
    [
        "MAC-QCA7005-1.1.0.730-04-20140815-CS",
        "12345.678 I car [CHECKPOINT540] state of charge read: 42 %",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "http://192.168.1.60:8080/ev_state",
        "reset_reason: POWER_ON, 123456789012345 ms",
        "decadeface1x",
    ],
)
def test_what_is_no_address_stays(mask, text):
    assert mask(text) == text


def test_secrets_and_names_are_left_out(mask):
    told = mask("joined Casa Nostra with hunter22x, page correct horse, Grandma and Ioniq were here")
    assert told == "joined (network) with (secret), page (secret), (name) and (name) were here"


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("MQTT_PASSWORD", "modem", "modem found, SPI mode 3"),
        ("WEB_PASSWORD", "password", "wrong password from 192.168.1.9"),
        ("MQTT_PASSWORD", "test1", "self_test12 is the latest1"),
        ("WIFI_SSID", "wifi", '{"wifi": {"state": "connected"}, "wifis": 2}'),
        ("WIFI_SSID", "Home", "Homer goes to HomeAssistant"),
        ("CAR_1", "98ed5c*; name=car", "cars, scared"),
    ],
)
def test_words_of_the_report_itself_stay_whatever_the_secrets_are(key, value, text):
    settings = read(f'{key} = "{value}"\n')
    assert settings.errors == []
    assert Mask(settings, SimpleNamespace(made_up="abcdefgh"))(text) == text


@pytest.mark.parametrize("secret", ["correcthorse", "sunshine", "horse", "zx", "q"])
def test_a_secret_of_small_letters_is_left_out_when_it_is_no_word_of_the_report(secret):
    settings = read(f'MQTT_PASSWORD = "{secret}"\n')
    assert settings.errors == []
    mask = Mask(settings, SimpleNamespace(made_up=None))
    assert mask(f'is {secret}, "{secret}" {secret}s') == f'is (secret), "(secret)" {secret}s'


def test_where_the_list_of_the_reports_words_is_missing_short_plain_ones_stay(monkeypatch):
    monkeypatch.setattr(diagnostics, "_OWN_WORDS", "/nowhere/report_words.txt")
    mask = Mask(read('MQTT_PASSWORD = "modem"\nWEB_PASSWORD = "sunshine9"\n'), SimpleNamespace(made_up=None))
    assert mask("modem sunshine9") == "modem (secret)"


def test_the_list_has_words_of_the_length_that_is_looked_for():
    assert names.LONGEST_WORD == diagnostics.MOST_PLAIN


def test_a_secret_between_signs_is_left_out(settings):
    mask = Mask(settings, SimpleNamespace(made_up="abcd-efgh"))
    told = mask('"hunter22x","ssid": "Casa Nostra" (correct horse) abcdefgh, abcd-efgh.')
    assert told == '"(secret)","ssid": "(network)" ((secret)) (secret), (secret).'


def test_the_settings_in_the_report_have_neither_name_nor_address(settings):
    lines = "".join(diagnostics._setting_line(row, settings) for row in SCHEMA)
    for word in ("001122", "Grandma", "Ioniq", "Casa", "hunter", "horse"):
        assert word not in lines
    assert "marker" not in lines and "LISTENER_1 = http://192.168.1.70:8123/(cut)" in lines
    assert "CAR_1 = 98ed5c...; name=(name); full_soc=80" in lines
