# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of causes: complete, short enough for the smallest display, known wherever a cause is made."""

import re
from pathlib import Path

import pytest
from appliance import causes

LIBRARY = Path(__file__).resolve().parents[2] / "CIRCUITPY" / "lib"

NEEDED = [
    "modem_absent_low",
    "modem_absent_high",
    "modem_bad_signature",
    "modem_rebooted",
    "modem_silent",
    "key_refused",
    "no_profiles",
    "match_timeout",
    "no_join",
    "no_sdp",
    "no_tcp",
    "no_din",
    "no_soc",
    "car_silent",
    "smartevse_off",
    "smartevse_slow",
    "smartevse_404",
    "smartevse_500",
    "smartevse_no_modem",
    "wifi_no_ssid",
    "wifi_auth",
    "wifi_down",
    "settings_error",
    "crash",
]


@pytest.mark.parametrize("code", NEEDED)
def test_every_needed_cause_is_there(code):
    assert code in causes.TABLE


@pytest.mark.parametrize("code", sorted(causes.TABLE))
def test_rows_are_complete_and_plain(code):
    area, short, text, action = causes.TABLE[code]
    assert area in (causes.MODEM, causes.CAR, causes.SMARTEVSE, causes.WIFI, causes.BOX)
    assert 0 < len(short) <= 21
    assert text.endswith(".")
    assert action[-1] in ".?"
    for jargon in ("SLAC", "TCP", "SDP", "EXI", "NMK"):
        assert jargon not in short + text + action


def test_every_cause_the_code_can_set_has_a_row():
    pattern = re.compile(r'"((?:modem|smartevse|wifi|no|car|match|key|link)_[a-z0-9_]+)"')
    wanted = set()
    for path in [
        LIBRARY / "plc" / "slac.py",
        LIBRARY / "v2g" / "secc.py",
        *(LIBRARY / "appliance").glob("*.py"),
    ]:
        for line in path.read_text().splitlines():
            if re.search(r"cause|failed|_postpone|_finish|_unreachable|_CAUSES", line):
                wanted |= set(pattern.findall(line))
    foreign = {"modem_phase", "car_plugged", "link_up"}
    assert wanted - foreign - set(causes.TABLE) == set()
    assert len(wanted) > 15


def test_an_unknown_code_is_shown_as_it_is():
    assert causes.short("something_new_and_very_long_indeed") == "something_new_and_ver"
    assert "something_new" in causes.text("something_new")
    assert causes.action("something_new")
    assert causes.area("something_new") == causes.CAR
