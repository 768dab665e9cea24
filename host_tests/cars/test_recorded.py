# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The data of the recorded cars: complete, kept apart, and equal to the recordings where those are at hand."""

import re

import pytest

from host_tests.cars.recordings import ABSENT, CAPTURES, NOT_DC, Recording, present
from host_tests.twin.car.habits import CARS, DEFAULTS
from host_tests.twin.car.recorded import RECORDED, VALUES
from host_tests.twin.car.session import LEAVING

# Told of every car, also where it does what the default does.
TOLD_OF_ALL = {"mac", "soc_percent", "leave", "run_id", "parm_intervals_ms", "parm_sends"}
TOLD_OF_SESSIONS = {
    "start_delay_ms",
    "batch_interval_ms",
    "first_sound_gap_ms",
    "rsp_delay_ms",
    "match_delay_ms",
    "ip_after_link",
    "sdp_delay_ms",
    "sdp_security",
    "hop_limit",
    "resolve_delay_ms",
    "tcp_delay_ms",
    "mss",
    "window",
    "window_style",
    "ack_delay_ms",
    "first_request_ms",
    "think_ms",
    "cpd_think_ms",
    "app_protocols",
    "session_id_length",
    "max_current",
    "max_voltage",
}
ONCE = {"parm_sends", "parm_intervals_ms"}  # answered at once, no recording of these shows a repeat
# What a row shows but no measurement yields: an absence, a reaction, or one figure made of two sessions.
WITNESSED = {
    "ip_before_slac",
    "cpd_strict",
    "probe_ms",
    "ip_after_link",
    "believes_voltage",
    "again_after_ms",
    "again_when_orderly",
    "mac_rotates",
    "later_sessions",
}
_needs_recordings = pytest.mark.skipif(not present(), reason=ABSENT)


def is_session(name):
    return name not in ("taycan_left", "taycan_right")


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_and_assumed_are_apart_and_complete(name):
    car = RECORDED[name]
    values, habits = CARS[name]
    told = set(car["recorded"]) | set(car["assumed"])
    assert not set(car["recorded"]) & set(car["assumed"])
    assert told <= set(DEFAULTS) | set(VALUES)
    assert {habit for habit in habits if habits[habit] != DEFAULTS[habit]} | set(values) <= told
    assert set(habits) | set(values) == told
    wanted = TOLD_OF_ALL - (ONCE if is_session(name) else set())
    assert wanted | (TOLD_OF_SESSIONS if is_session(name) else set()) <= told
    for entry in car["recorded"].values():
        assert entry[1] >= 0 and (len(entry) == 2 or entry[2].endswith(".jsonl"))
    for _, reason in car["assumed"].values():
        assert len(reason) > 20


@pytest.mark.parametrize("name", RECORDED)
def test_no_recording_says_how_a_car_leaves_when_told_to(name):
    car = RECORDED[name]
    assert "leave" in car["assumed"] and "mac" in car["assumed"]
    assert set(car["endings"]) <= set(LEAVING)


@_needs_recordings
def test_every_recording_of_a_car_is_a_car_or_is_replayed():
    cars = {car["file"] for car in RECORDED.values()}
    assert {path.name for path in CAPTURES.glob("car_*.jsonl")} == cars | set(NOT_DC)
    assert not cars & set(NOT_DC)


@_needs_recordings
def test_the_soc_is_the_one_of_the_index():
    """The later table of the index has fewer columns, and two sessions or two numbers in one cell."""
    lines = (CAPTURES / "index.md").read_text().splitlines()
    for car in RECORDED.values():
        line = next(line for line in lines if line.startswith("|") and car["file"] in line)
        cells = [cell.strip() for cell in line.split("|")]
        told = str(car["recorded"].get("soc_percent", ("",))[0])
        assert cells[7 if len(cells) > 8 else 4] == told or told in re.findall(r"\d+", cells[4])


_SESSIONS = {}


def session_at(file, t_s):
    """The measured figures of the recorded session of `file` that holds `t_s`."""
    for car in RECORDED.values():
        start_s, end_s = car["span_s"]
        if car["file"] == file and start_s <= t_s <= end_s:
            if (file, start_s) not in _SESSIONS:
                recording = Recording(file, start_s, end_s)
                _SESSIONS[file, start_s] = (recording, recording.measured())
            return _SESSIONS[file, start_s]
    return Recording(file), {}


@_needs_recordings
@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_figure_is_in_the_recording(name):
    car = RECORDED[name]
    for habit, entry in car["recorded"].items():
        file = entry[2] if len(entry) > 2 else car["file"]
        recording, measured = session_at(file, entry[1])
        if habit in measured or habit not in WITNESSED:
            value, t_s = measured[habit]
            assert (value, round(t_s, 3)) == entry[:2], habit
        else:
            assert round(entry[1], 3) in recording.times, habit
    for t_s, _ in car["endings"].values():
        assert t_s in session_at(car["file"], t_s)[0].times


@_needs_recordings
@pytest.mark.parametrize("name", RECORDED)
def test_the_figures_of_the_recorded_station(name):
    car = RECORDED[name]
    recording, _ = session_at(car["file"], sum(car["span_s"]) / 2)
    station = car["station"]
    assert station["times"] == recording.station()
    assert station["parm_requests"] == len(recording.of(0x6064))
    answered = station["times"].get("sdp_res", 0)
    assert station["sdp_requests"] == len([row for row in recording.of("sdp") if row.t <= answered + 0.001])
