# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which moments of a box's life take a fault away."""

import pytest
from appliance.state import status as status_module
from appliance.state import summary
from appliance.state.log import Uptime
from appliance.state.status import NO_ANSWER, PASSING_S, Status
from v2g.reading import Reading

from host_tests.twin.circuitpython import json

CAR = bytes(6)


@pytest.fixture
def status():
    status = Status(Uptime(0), str)
    status.watch("READY", "WAITING")
    return status


def read(status):
    reading = Reading("DIN 70121", b"\x02\xab\x34\xcd\x00\x01", b"\x02\xab\x34\xcd\x00\x01")
    reading.soc_percent = 42
    status.read(reading)


def test_a_modem_that_is_back_takes_its_own_faults_and_no_others(status):
    status.watch("ABSENT_LOW", "NO_KEY")
    for code in ("modem_rebooted", "settings_error", "wifi_auth"):
        status.set_cause(code)
    assert status.causes() == ["modem_absent_low", "wifi_auth", "settings_error", "modem_rebooted"]
    status.watch("READY", "NO_KEY")
    assert status.causes() == ["wifi_auth", "settings_error", "modem_rebooted"]


def test_causes_that_were_taken_stay_as_they_were_and_nobody_changes_those_of_the_box(status):
    for code in ("settings_error", "wifi_auth"):
        status.set_cause(code)
    taken = status.causes()
    status.faults.drop("wifi_auth")
    assert taken == ["wifi_auth", "settings_error"] and status.causes() == ["settings_error"]
    status.causes().clear()
    assert status.cause() == "settings_error"


def test_a_car_that_was_not_read_is_told_for_ten_minutes(status):
    status.car_plugged(CAR)
    status.session_ended("no_soc")
    assert (status.stage(), status.cause()) == (NO_ANSWER, "no_soc")
    status.uptime.seconds += PASSING_S
    status.watch("READY", "WAITING")
    assert status.cause() == "no_soc"
    status.uptime.seconds += 1
    status.watch("READY", "WAITING")
    assert status.causes() == []


@pytest.mark.parametrize("repeated", [(100, "car asks for matching"), (202, "station's address sent")])
def test_a_step_that_a_car_repeats_leaves_room_in_the_timeline_for_the_others(status, repeated):
    steps = [(100, "car asks for matching"), (155, "matched"), (202, "station's address sent"), (540, "read")]
    for step in steps:
        for _ in range(50 if step == repeated else 1):
            status.checkpoint(*step)
        if step[0] == 155:
            status.car_plugged(CAR)
    assert [step[2:] for step in status.timeline] == steps


def test_the_steps_of_a_box_that_has_run_for_weeks_keep_their_milliseconds_on_the_board(status):
    status.uptime.seconds, status.uptime.millis = 2_000_000, 123
    status.checkpoint(202, "station's address sent")
    status.uptime.seconds, status.uptime.millis = 2_000_003, 456
    status.checkpoint(540, "read")
    rows = json.loads(json.dumps(status_module.timeline_document(status.timeline)))
    assert [row["t_ms"] for row in rows] == [2_000_000_123, 2_000_003_456]


def test_the_next_car_takes_the_fault_of_the_last_one(status):
    status.car_plugged(CAR)
    status.session_ended("no_soc")
    status.set_cause("crash")
    status.car_plugged(CAR)
    assert status.causes() == ["crash"]


def test_the_number_of_the_last_car_is_not_that_of_the_one_that_is_being_read(status):
    read(status)
    status.session_ended("ok")
    assert summary.document(status, "ok", None)["soc_percent"] == 42
    status.car_plugged(status.reading.ev_mac)
    assert summary.document(status, "ok", None)["soc_percent"] == 42
    status.car_plugged(CAR)
    told = summary.document(status, "ok", None)
    assert (told["soc_percent"], told["age_s"], told["car_present"]) == (None, None, True)


def test_a_reading_takes_what_it_refutes(status):
    for code in ("no_profiles", "modem_rebooted", "smartevse_off", "rolled_back"):
        status.set_cause(code)
    read(status)
    assert status.causes() == ["smartevse_off", "rolled_back"]


def test_a_harmless_restart_of_the_modem_does_not_hide_why_a_car_was_not_read(status):
    status.set_cause("modem_rebooted")
    status.car_plugged(CAR)
    status.session_ended("no_sdp")
    assert status.causes() == ["no_sdp", "modem_rebooted"]
    assert status.headline() == "Car stays silent"
