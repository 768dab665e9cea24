# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How a join's failures are named, and which of them less power may cure."""

import pytest
from appliance.network.join_errors import REASONS, cause_of, may_be_power
from appliance.state import faults


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Unknown failure 2", True),
        ("Unknown failure 205", True),
        ("Authentication failure", True),
        ("Unknown failure 17", False),
        ("No network with that ssid", False),
        ("Нет сети с этим ssid", False),
        ("Houve um falha na autenticação", True),
    ],
)
def test_which_failures_less_power_may_cure(text, expected):
    assert may_be_power(ConnectionError(text)) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Authentication failure", "wifi_auth"),
        ("No network with that ssid", "wifi_no_ssid"),
        ("Unknown failure 15", "wifi_auth"),
        ("Unknown failure 2", "wifi_auth"),
        ("Unknown failure 201", "wifi_no_ssid"),
        ("Unknown failure 211", "wifi_security"),
        ("Unknown failure 200", "wifi_down"),
        ("Houve um falha na autenticação", "wifi_auth"),
        ("Authentifizierungsfehler", "wifi_auth"),
        ("Нет сети с этим ssid", "wifi_no_ssid"),
        ("Kein Netzwerk mit dieser SSID", "wifi_no_ssid"),
        ("Falha desconhecida 15", "wifi_auth"),
        ("Неизвестный сбой 211", "wifi_security"),
        ("17 is unknown", "wifi_down"),
    ],
)
def test_what_a_failed_join_is_called_in_any_language_of_the_firmware(text, code):
    assert cause_of(ConnectionError(text)) == code
    assert code in faults.TABLE


@pytest.mark.parametrize(
    "error", [RuntimeError("WiFi is not enabled"), MemoryError(), OSError(2), ValueError("Invalid BSSID")]
)
def test_what_is_no_answer_of_the_network_blames_neither_name_nor_password(error):
    assert cause_of(error) == "wifi_down" and not may_be_power(error)


def test_every_reason_has_its_words():
    assert set(REASONS.values()) <= set(faults.TABLE)
