# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The log: what it keeps, what it forgets, and that it knows how much."""

from appliance.state import log as logs
from appliance.state.log import ERROR, INFO, Log, Uptime


def make(size=5, level="D"):
    uptime = Uptime(0)
    lines = []
    return uptime, lines, Log(uptime, size, level, lines.append)


def test_console_lines_have_their_form():
    uptime, lines, log = make()
    uptime.advance(12_345)
    log.note("car", "session ended: released")
    log.caution("wifi", "connection lost")
    assert lines == [
        "12.345 I car session ended: released",
        "12.345 W wifi connection lost",
    ]


def test_uptime_goes_on_across_the_wrap_of_the_ticks():
    uptime = Uptime((1 << 29) - 500)
    uptime.advance((1 << 29) - 100)
    uptime.advance(700)
    assert (uptime.seconds, uptime.millis) == (1, 200)
    uptime.advance(600)
    assert (uptime.seconds, uptime.millis) == (1, 200)


def test_the_ring_forgets_the_oldest_and_counts():
    _uptime, _lines, log = make(3)
    for number in range(5):
        log.note("box", f"line {number}")
    assert log.dropped == 2
    assert [record[5] for record in log.records()] == ["line 2", "line 3", "line 4"]
    assert [record[0] for record in log.records(4)] == [4]
    assert list(log.records(99)) == []


def test_the_level_keeps_details_out():
    _uptime, lines, log = make(level=INFO)
    log.detail("box", "detail")
    log.fail("box", "bad")
    assert len(lines) == 1
    assert log.errors == 1


def test_an_exception_becomes_lines_with_its_traceback():
    _uptime, lines, log = make(50)
    try:
        raise KeyError("planted")
    except KeyError as error:
        log.trace("box", error, "piece failed\n")
    assert lines[0].endswith("E box piece failed")
    assert any("planted" in line for line in lines)
    assert all(record[3] == ERROR for record in log.records())


def test_a_time_that_cannot_be_is_not_learnt_and_a_time_server_s_word_stands():
    uptime = Uptime(0)
    uptime.seconds = 100
    for wrong in (0, 10**9, 2**32):
        assert not uptime.tell_time(wrong, logs.NTP)
    assert uptime.unix_zero_s is None and uptime.time_wanted
    assert uptime.tell_time(1790000000, logs.BROWSER) and uptime.unix_zero_s == 1789999900 and not uptime.time_wanted
    uptime.seconds += 86401
    assert uptime.time_wanted, "a browser's word is a day old"
    assert uptime.tell_time(1790000000, logs.NTP)
    assert not uptime.tell_time(1800000000, logs.BROWSER)
    uptime.seconds += 10**6
    assert not uptime.time_wanted
