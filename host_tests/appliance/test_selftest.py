# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The self-test: what a part needs is looked at first, and every part gets one line."""

from types import SimpleNamespace

import pytest
from appliance import selftest
from appliance.selftest import Check, Report, run


class Log:
    def __init__(self):
        self.lines = []

    def note(self, tag, text):
        self.lines.append(("I", tag, text))

    def caution(self, tag, text):
        self.lines.append(("W", tag, text))


def passes(name):
    return lambda *parts: Check(name, True, "fine")


def fails(name, cause="crash"):
    return lambda *parts: Check(name, False, "broken", cause)


def test_a_check_that_needs_another_one_is_left_out_when_that_failed():
    rows = (
        (None, fails(selftest.MODEM)),
        (selftest.MODEM, passes("firmware")),
        (None, passes("drive")),
        ("drive", passes("nvm")),
    )
    report = run(rows, Log(), 40)
    assert [check.name for check in report.checks] == ["modem", "drive", "nvm"]
    assert report.failed == ["modem"]


def test_every_part_is_told_in_a_line_and_what_failed_as_a_warning():
    log = Log()
    run(((None, passes("wifi")), (None, fails("write_space"))), log, 40)
    assert log.lines == [
        ("I", "box", "bring-up: wifi: fine"),
        ("W", "box", "bring-up: write space: broken"),
        ("I", "box", "self-test: write_space"),
    ]


def test_when_nothing_failed_the_log_says_so():
    log = Log()
    run(((None, passes("wifi")),), log, 40)
    assert log.lines[-1] == ("I", "box", "self-test: all parts work")


def test_a_part_that_is_not_there_on_purpose_is_no_failure():
    report = run(((None, lambda: Check("display", None, "none", "display_missing")),), Log(), 40)
    assert report.failed == [] and report.checks[0].cause is None


def test_the_document_tells_how_long_ago_and_why():
    checks = [Check("wifi", False, "gone", "wifi_down"), Check("drive", True, "1 kB free")]
    document = Report(checks, 40).document(100)
    assert (document["ago_s"], document["ok"]) == (60, False)
    assert [row["ok"] for row in document["checks"]] == [False, True]
    assert document["checks"][0]["cause"]["code"] == "wifi_down" and document["checks"][1]["cause"] is None


def test_parts_get_what_their_row_names():
    seen = []
    run(((None, lambda *parts: seen.append(parts) or Check("wifi", True, ""), "modem", "status"),), Log(), 0)
    assert seen == [("modem", "status")]


@pytest.mark.parametrize(
    ("told", "ok"),
    (("charger", True), ("car", False), (None, None)),
)
def test_the_modems_role_is_a_failure_only_when_it_is_known_to_be_wrong(told, ok):
    check = selftest.check_role(SimpleNamespace(modem_role=told))
    assert check.ok is ok and check.text


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (20, "seconds after the reset: key 4.9, program 20.0, page 28.0"),
        (200, "seconds after program start: page 8.0"),
    ],
    ids=["switched on", "started by hand"],
)
def test_the_times_of_the_start_are_told_from_the_reset_or_from_the_program_that_somebody_started(seconds, told):
    status = SimpleNamespace(marks={"page": 8000, "key": -15100})
    started = (selftest.TICKS_AT_RESET + seconds * 1000) & ((1 << 29) - 1)
    assert selftest.check_boot(started, status).text == told
