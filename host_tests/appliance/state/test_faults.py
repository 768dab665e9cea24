# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of causes: complete, short enough for the smallest display, known wherever a cause is made."""

import re
from pathlib import Path

import pytest
from appliance.mqtt.causes import ROWS
from appliance.smartevse import listeners
from appliance.state import faults

LIBRARY = Path(__file__).resolve().parents[3] / "CIRCUITPY" / "lib"

# Those of parts that are loaded only when they are used join the table then.
EVERY = faults.TABLE | ROWS | listeners.ROWS
NEEDED = [
    "modem_absent_low",
    "modem_absent_high",
    "modem_bad_signature",
    "modem_rebooted",
    "modem_reset",
    "modem_silent",
    "key_refused",
    "no_profiles",
    "match_timeout",
    "no_join",
    "no_sdp",
    "no_tcp",
    "no_din",
    "no_soc",
    "soc_doubtful",
    "ac_charging",
    "not_offered",
    "answer_refused",
    "not_understood",
    "car_ended",
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
    assert code in faults.TABLE


@pytest.mark.parametrize("code", ["no_sdp", "no_tcp", "no_soc", "answer_refused", "car_ended", "car_silent"])
def test_a_car_that_was_on_the_cable_is_not_asked_for(code):
    """All of these end the session of a car that was matched: it is there, and the modem's wires are right."""
    assert "plugged in" not in "".join(faults.sentences(code)) and "wired" not in faults.action(code)


@pytest.mark.parametrize("code", sorted(EVERY))
def test_rows_are_complete_and_plain(code):
    area, short = EVERY[code]
    text, action = faults.sentences(code)
    assert area in faults.AREAS
    assert 0 < len(short) <= 21
    assert text.endswith(".")
    assert action[-1] in ".?"
    for jargon in ("SLAC", "TCP", "SDP", "EXI", "NMK"):
        assert jargon not in short + text + action


def test_every_cause_the_code_can_set_has_a_row():
    pattern = re.compile(r'"((?:modem|smartevse|wifi|mqtt|listener|no|not|car|match|key|link|answer|soc)_[a-z0-9_]+)"')
    wanted = set()
    for path in LIBRARY.rglob("*.py"):
        for line in path.read_text().splitlines():
            if re.search(r"cause|fail|ended|session_end|_postpone|_finish|_unreachable|_CAUSES", line):
                wanted |= set(pattern.findall(line))
    why = (LIBRARY / "v2g" / "plug_in.py").read_text().split("def why")[1]
    wanted |= set(re.findall(r'return "(\w+)"', why))
    assert {"ac_charging", "not_offered", "answer_refused", "soc_doubtful", "no_sdp", "match_timeout"} <= wanted
    foreign = {"modem_phase", "car_plugged", "link_up", "key_set"}
    assert wanted - foreign - set(EVERY) == set()
    assert len(wanted) > 15


def test_the_file_of_sentences_has_one_line_for_each_row_and_no_more():
    lines = (LIBRARY / "appliance" / "state" / "faults.txt").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == list(EVERY)
    assert {len(line.split("\t")) for line in lines} == {3}


def test_a_drive_without_the_file_of_sentences_says_the_short_text(monkeypatch):
    monkeypatch.setattr(faults, "__file__", "/nowhere/faults.py")
    monkeypatch.setattr(faults, "_read", ("", "", ""))
    assert faults.text("no_sdp") == faults.short("no_sdp") + "."
    assert faults.action("no_sdp")


def test_an_unknown_code_is_shown_as_it_is():
    assert faults.short("something_new_and_very_long_indeed") == "something_new_and_ver"
    assert "something_new" in faults.text("something_new")
    assert faults.action("something_new")
    assert faults.area("something_new") == faults.CAR


# ---- what is wrong now


class Bench:
    def __init__(self):
        self.told = []
        self.changes = 0
        self.faults = faults.Faults(self.told.append, self.changed)

    def changed(self):
        self.changes += 1


@pytest.fixture
def bench():
    return Bench()


def test_no_fault_of_the_box_hides_another(bench):
    for code in ("settings_error", "rolled_back", "crash"):
        bench.faults.add(code)
    assert set(bench.faults.codes) == {"settings_error", "rolled_back", "crash"}
    assert bench.faults.codes[0] == bench.faults.of(faults.BOX) == "crash", "the newest comes first"
    assert bench.told == ["settings_error", "rolled_back", "crash"]


def test_a_fault_that_is_there_already_is_not_told_again(bench):
    for _ in range(3):
        bench.faults.add("crash")
    assert (bench.told, bench.changes) == (["crash"], 1)
    bench.faults.drop("crash")
    bench.faults.drop("crash")
    assert (bench.faults.codes, bench.changes) == ([], 2)


def test_what_keeps_the_next_car_from_being_read_comes_first_and_what_is_harmless_last(bench):
    for code in ("settings_error", "wifi_auth", "smartevse_off", "no_sdp", "no_profiles", "modem_rebooted"):
        bench.faults.add(code)
    assert bench.faults.codes == [
        "no_profiles", "no_sdp", "smartevse_off", "wifi_auth", "settings_error", "modem_rebooted"
    ]  # fmt: skip
    assert bench.faults.of(faults.MODEM) == "no_profiles"
    assert not bench.faults.stop_reading()
    bench.faults.add("key_refused")
    assert bench.faults.stop_reading()


def test_a_part_says_itself_what_it_has(bench):
    bench.faults.put(faults.WIFI, "wifi_auth")
    bench.faults.put(faults.WIFI, "wifi_dhcp")
    assert bench.faults.codes == ["wifi_dhcp"]
    bench.faults.put(faults.SMARTEVSE, "smartevse_off")
    bench.faults.put(faults.WIFI, None)
    assert bench.faults.codes == ["smartevse_off"]


def test_of_a_car_there_is_one_fault_at_a_time_its_last(bench):
    bench.faults.add("match_timeout")
    bench.faults.add("no_soc")
    assert bench.faults.codes == ["no_soc"]


@pytest.mark.parametrize("code", ["web_missing", "wifi_missing"])
def test_who_cannot_open_the_page_is_not_sent_to_its_log(code):
    assert "USB console" in faults.action(code) and "in the log" not in faults.action(code)


def test_who_is_sent_to_the_drive_for_a_fault_that_stays_until_a_restart_is_told_to_restart():
    """Nothing goes away when the files are repaired, but for the page, which is tried again."""
    for code in EVERY:
        text, action = faults.text(code), faults.action(code)
        if code.endswith("_missing") or code == "files_differ":
            assert "the drive" not in action or "press RESET" in action or "tries again" in text, code


@pytest.mark.parametrize("code", ["smartevse_off", "smartevse_404", "smartevse_refused", "smartevse_name"])
def test_what_a_set_up_page_may_say_names_no_setting(code):
    assert "SMARTEVSE_URL" not in faults.advice(code)


def test_a_setting_that_was_saved_on_the_page_is_not_blamed_on_the_file():
    """The fault is that of saved settings as well, and of those that cannot be read; the log has the reason of these."""
    meaning, cure = faults.sentences("settings_error")
    assert "settings.toml" not in meaning and "page Settings" in cure and "in the log" in cure


MOMENTS = ("MODEM_CHANGED", "KEY_SET", "MEASURED", "READ", "NEXT_CAR", "PASSED")
GO_AT = {
    "modem_absent_low": {"MODEM_CHANGED"},
    "modem_pins": {"MODEM_CHANGED"},
    "modem_silent": {"KEY_SET"},
    "key_refused": {"KEY_SET"},
    "no_profiles": {"MODEM_CHANGED", "READ"},
    "modem_of_car": {"MODEM_CHANGED", "MEASURED"},
    "modem_rebooted": {"READ", "PASSED"},
    "modem_reset": {"READ", "PASSED"},
    "no_soc": {"NEXT_CAR", "READ", "PASSED"},
    "smartevse_off": set(),
    "wifi_auth": set(),
    "crash": set(),
    "rolled_back": set(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_takes_the_faults_whose_rule_names_it_and_no_other(bench, moment):
    for code in GO_AT:
        bench.faults.add(code)
    bench.faults.happened(getattr(faults, moment))
    gone = {code for code, moments in GO_AT.items() if moment in moments}
    assert set(bench.faults.codes) == set(GO_AT) - gone
