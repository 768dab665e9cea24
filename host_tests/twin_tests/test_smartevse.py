# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The virtual SmartEVSE: its states and times, its pilot, what a POST does, and when it answers."""

import json

import pytest

from host_tests.twin import smartevse
from host_tests.twin.clock import Clock

FIVE = (
    "POST /ev_state?current_soc=42&full_soc=94&energy_capacity=28000&energy_request=-1&evccid=0123456789ab"
    " HTTP/1.1\r\nHost: 192.168.1.60\r\nContent-Length: 0\r\n\r\n"
)


class Car:
    """A car at the plug: it shows what is set, and notes what the pilot did."""

    def __init__(self):
        self.cp_state = "B"
        self.pilots = []

    def pilot(self, duty, now_ms):
        self.pilots.append((now_ms, duty))


class Bench:
    def __init__(self, **options):
        self.clock = Clock()
        self.evse = smartevse.SmartEvse(self.clock, **options)
        self.car = Car()
        self.connection = None

    def run(self, seconds):
        self.clock.advance(round(seconds * 1_000_000))

    def run_until(self, state, limit_s=200):
        for _ in range(round(limit_s * 100)):
            if self.evse.state == state:
                return self.clock.now_us / 1e6
            self.run(0.01)
        raise AssertionError(f"state {state} not reached, still {self.evse.state}")

    def send(self, text):
        self.connection = self.evse.http_connection()
        self.connection.receive(text.encode())
        return self.connection.take().decode()

    def post(self, query):
        return self.send(f"POST /ev_state?{query} HTTP/1.1\r\nContent-Length: 0\r\n\r\n")


def waiting(**options):
    bench = Bench(**options)
    bench.evse.plug(bench.car)
    bench.run_until(smartevse.STATE_MODEM_WAIT, 3)
    return bench


def dechunk(answer):
    head, _, body = answer.partition("\r\n\r\n")
    assert "Transfer-Encoding: chunked" in head
    text = ""
    while True:
        size, _, body = body.partition("\r\n")
        if int(size, 16) == 0:
            return json.loads(text)
        text += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]


def test_states_pilots_and_times_without_a_post():
    bench = Bench()
    bench.run(0.35)
    bench.evse.plug(bench.car)
    assert bench.run_until(smartevse.STATE_MODEM_REQUEST) < 0.40
    wait = bench.run_until(smartevse.STATE_MODEM_WAIT)
    assert wait == pytest.approx(1.0, abs=0.011)
    done = bench.run_until(smartevse.STATE_MODEM_DONE)
    assert done - wait == pytest.approx(60, abs=0.011)
    ac = bench.run_until(smartevse.STATE_B)
    assert ac - done == pytest.approx(5, abs=0.011)
    assert [duty for _, duty in bench.car.pilots] == [1000, None, 50, None, 533]
    bench.car.cp_state = "C"
    assert 0.4 < bench.run_until(smartevse.STATE_C) - ac < 0.7
    bench.run(300)
    assert bench.evse.state == smartevse.STATE_C, "no second modem phase until the plug was out"


def test_a_state_that_only_its_time_ends_is_not_looked_at_in_between_but_where_naps_end_with_each_tick():
    for looked_at, longest_us in ((False, 1_000_000), (True, smartevse.TICK_US)):
        bench = Bench()
        bench.evse.ticks_end_naps = looked_at
        bench.evse.plug(bench.car)
        bench.run_until(smartevse.STATE_MODEM_REQUEST)
        bench.clock.advance(1)
        pauses = []
        while bench.evse.state in smartevse.MODEM_STATES and len(pauses) < 150:
            pauses.append(bench.clock.next_us - bench.clock.now_us)
            bench.clock.advance_to(bench.clock.next_us)
        assert max(pauses) == longest_us


def test_without_sun_there_is_no_modem_phase_until_there_is_sun_for_a_minute():
    bench = Bench()
    bench.evse.set_mode("SOLAR")
    bench.evse.has_current = False
    bench.evse.plug(bench.car)
    bench.run_until(smartevse.STATE_B1, 2)
    bench.run(600)
    assert (bench.evse.state, bench.evse.state_name) == (smartevse.STATE_B1, "Charging Stopped - No Power Available")
    assert [duty for _, duty in bench.car.pilots] == [1000]
    bench.evse.has_current = True
    sun = bench.clock.now_us / 1e6
    assert 60 <= bench.run_until(smartevse.STATE_MODEM_REQUEST) - sun <= 62
    bench.run_until(smartevse.STATE_MODEM_WAIT)
    assert bench.car.pilots[-1][1] == 50


def test_a_cloud_stops_the_car_and_the_sun_lets_it_charge_without_asking_it_again():
    bench = waiting()
    bench.evse.set_mode("SOLAR")
    bench.post("current_soc=42&full_soc=-1&energy_capacity=-1&energy_request=-1&evccid=aa")
    bench.run_until(smartevse.STATE_B)
    bench.car.cp_state = "C"
    bench.run_until(smartevse.STATE_C)
    bench.evse.has_current = False
    bench.run_until(smartevse.STATE_C1, 2)
    assert bench.car.pilots[-1][1] == 1000 and bench.evse.contactor_closed, "the car is asked first"
    bench.car.cp_state = "B"
    bench.run_until(smartevse.STATE_B1, 2)
    assert not bench.evse.contactor_closed
    bench.evse.has_current = True
    bench.run_until(smartevse.STATE_B)
    bench.car.cp_state = "C"
    bench.run_until(smartevse.STATE_C, 5)
    assert len(bench.evse.posts) == 1


def test_a_car_that_does_not_stop_loses_its_power_after_six_seconds():
    bench = waiting()
    bench.post("current_soc=42")
    bench.run_until(smartevse.STATE_B)
    bench.car.cp_state = "C"
    bench.run_until(smartevse.STATE_C)
    bench.evse.has_current = False
    told = bench.run_until(smartevse.STATE_C1)
    assert 5 <= bench.run_until(smartevse.STATE_B1) - told <= 6.01


@pytest.mark.parametrize("mode,mode_id", [("OFF", 0), ("PAUSE", 4)])
def test_switched_off_or_paused_no_car_is_asked(mode, mode_id):
    bench = Bench()
    bench.evse.set_mode(mode)
    bench.evse.plug(bench.car)
    bench.run(300)
    settings = bench.evse.settings_json()
    assert (settings["mode"], settings["mode_id"], settings["car_connected"]) == (mode, mode_id, True)
    assert (settings["evse"]["state_id"], settings["evse"]["access"]) == (smartevse.STATE_A, 0)
    bench.evse.set_mode("NORMAL")
    bench.run_until(smartevse.STATE_MODEM_WAIT, 3)


def test_pausing_stops_a_car_that_charges():
    bench = waiting()
    bench.post("current_soc=42")
    bench.run_until(smartevse.STATE_B)
    bench.car.cp_state = "C"
    bench.run_until(smartevse.STATE_C)
    bench.evse.set_mode("PAUSE")
    assert bench.evse.state == smartevse.STATE_C1
    bench.run_until(smartevse.STATE_B1, 7)
    bench.run(120)
    assert bench.evse.state == smartevse.STATE_B1


def test_a_post_ends_the_wait_at_once_and_each_further_one_restarts_the_five_seconds():
    bench = waiting()
    bench.run(2.3)
    assert dechunk(bench.send(FIVE))["current_soc"] == 42
    assert bench.evse.state == smartevse.STATE_MODEM_DONE
    assert bench.car.pilots[-1][1] is None
    bench.run(4)
    bench.post("current_soc=42&full_soc=94&energy_capacity=28000&energy_request=-1&evccid=0123456789ab")
    second = bench.clock.now_us / 1e6
    assert 5.0 <= bench.run_until(smartevse.STATE_B) - second <= 6.01
    assert [post["acted"] for post in bench.evse.posts] == [True, True]


def test_the_modem_phase_comes_again_only_after_the_plug_was_out():
    bench = waiting()
    bench.send(FIVE)
    bench.run_until(smartevse.STATE_B)
    bench.evse.unplug()
    bench.run_until(smartevse.STATE_A)
    bench.run(1)
    bench.evse.plug(bench.car)
    bench.run_until(smartevse.STATE_MODEM_WAIT)


def test_pulling_the_plug_while_waiting_is_noticed_late():
    bench = waiting()
    bench.run(1)
    bench.evse.unplug()
    assert bench.car.pilots[-1][1] is None
    bench.run(50)
    assert bench.evse.state == smartevse.STATE_MODEM_WAIT
    bench.run(20)
    assert bench.evse.state == smartevse.STATE_A


def test_another_evccid_than_the_required_one_is_denied_for_a_minute_and_asked_again():
    bench = waiting(required_evccid="ffffffffffff")
    bench.send(FIVE)
    denied = bench.run_until(smartevse.STATE_MODEM_DENIED)
    assert bench.evse.pilot_permille is None
    again = bench.run_until(smartevse.STATE_MODEM_REQUEST)
    assert again - denied == pytest.approx(60, abs=0.05)
    bench.run_until(smartevse.STATE_MODEM_WAIT)
    bench.post("current_soc=42&full_soc=-1&energy_capacity=-1&energy_request=-1&evccid=ffffffffffff")
    bench.run_until(smartevse.STATE_B)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", 42),
        ("75.0", 75),
        ("-1", -1),
        ("", 0),
        ("soc", 0),
        (" 7x", 7),
        ("+3", 3),
        ("-", 0),
        ("65535", 65535),
    ],
)
def test_numbers_are_read_as_the_firmware_reads_them(text, number):
    assert smartevse.to_int(text) == number


def test_a_missing_soc_counts_as_zero_and_ends_the_phase():
    bench = waiting()
    bench.post("evccid=0123456789ab")
    assert bench.evse.initial_soc == 0
    assert bench.evse.state == smartevse.STATE_MODEM_DONE


@pytest.mark.parametrize("soc", ["-1", "101", "65535"])
def test_a_soc_out_of_range_is_echoed_and_does_nothing(soc):
    bench = waiting()
    answer = dechunk(bench.post(f"current_soc={soc}&full_soc=-1&energy_capacity=-1&energy_request=-1"))
    assert answer["current_soc"] == int(soc)
    assert bench.evse.state == smartevse.STATE_MODEM_WAIT
    assert bench.evse.initial_soc == -1
    assert not bench.evse.posts[0]["acted"]


def test_stored_values_only_grow_until_a_restart():
    bench = waiting()
    bench.post("current_soc=42&full_soc=94&energy_capacity=60000&energy_request=30000&evccid=aa")
    bench.post("current_soc=30&full_soc=80&energy_capacity=40000&energy_request=-1&evccid=")
    evse = bench.evse
    assert (evse.full_soc, evse.energy_capacity, evse.energy_request) == (94, 60000, 30000)
    assert (evse.initial_soc, evse.evccid) == (30, "")
    evse.restart()
    assert (evse.full_soc, evse.energy_capacity, evse.energy_request, evse.initial_soc) == (-1, -1, -1, -1)


def test_a_form_body_is_not_read():
    bench = waiting()
    body = "current_soc=42&full_soc=94"
    bench.send(f"POST /ev_state?current_soc=-1 HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    assert bench.evse.initial_soc == -1
    assert bench.evse.full_soc == 0, "missing in the query: 0, and 0 is more than -1"


def test_a_post_without_content_length_waits_until_the_client_closes_and_is_never_answered():
    bench = waiting()
    assert bench.send("POST /ev_state?current_soc=42 HTTP/1.1\r\nHost: x\r\n\r\n") == ""
    bench.run(30)
    assert (bench.connection.take(), bench.evse.posts) == (b"", [])
    bench.connection.receive_end()
    assert bench.connection.take() == b""
    assert bench.connection.closed
    assert (bench.evse.initial_soc, bench.evse.posts[0]["answered"]) == (42, False)


def test_the_head_may_come_in_pieces_and_a_body_is_waited_for():
    bench = waiting()
    connection = bench.evse.http_connection()
    for piece in ("POST /ev_state?curr", "ent_soc=5 HTTP/1.1\r\nContent-Le", "ngth: 4\r\n\r", "\nab"):
        connection.receive(piece.encode())
        assert connection.take() == b""
    connection.receive(b"cd")
    assert connection.take().startswith(b"HTTP/1.1 200 OK")
    assert bench.evse.initial_soc == 5


def test_a_slow_answer_acts_at_once_and_is_not_counted_as_answered_when_nobody_waits():
    bench = waiting()
    bench.evse.faults.answer_delay_us = 3_000_000
    assert bench.send(FIVE) == ""
    assert bench.evse.state == smartevse.STATE_MODEM_DONE
    bench.run(2.9)
    assert bench.connection.take() == b""
    bench.run(0.2)
    assert b"200 OK" in bench.connection.take()
    assert bench.evse.posts[0]["answered"]

    bench.send(FIVE)
    bench.run(1)
    bench.connection.close()
    bench.run(3)
    assert not bench.evse.posts[1]["answered"]
    assert bench.evse.posts[1]["acted"]


@pytest.mark.parametrize("status", [404, 500])
def test_an_error_status_does_not_act(status):
    bench = waiting()
    bench.evse.faults.status = status
    assert f"HTTP/1.1 {status}" in bench.send(FIVE)
    assert bench.evse.state == smartevse.STATE_MODEM_WAIT
    assert (bench.evse.posts[0]["acted"], bench.evse.posts[0]["status"]) == (False, status)


def test_firmware_without_modem_support_has_no_endpoint_and_never_five_percent():
    bench = Bench()
    bench.evse.faults.no_modem_support = True
    bench.evse.plug(bench.car)
    bench.run_until(smartevse.STATE_B, 1)
    assert [duty for _, duty in bench.car.pilots] == [1000, 533]
    assert "HTTP/1.1 404" in bench.send(FIVE)
    document = dechunk(bench.send("GET /settings HTTP/1.1\r\n\r\n"))
    assert "ev_state" not in document
    assert "modem" not in document["settings"]


def test_a_charger_in_another_mode_offers_ac_at_once():
    bench = Bench()
    bench.evse.modem_phase = False
    bench.evse.plug(bench.car)
    bench.run_until(smartevse.STATE_B, 1)
    assert 50 not in [duty for _, duty in bench.car.pilots]


def test_settings_tell_the_state_and_the_car():
    bench = waiting()
    bench.send(FIVE)
    document = dechunk(bench.send("GET /settings HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert document["evse"]["state_id"] == 13
    assert document["settings"]["modem"] == "Experiment"
    assert document["settings"]["required_evccid"] == ""
    assert document["ev_state"]["evccid"] == "0123456789ab"
    assert document["ev_state"]["initial_soc"] == 42


def test_get_ev_state_and_nonsense():
    bench = waiting()
    assert "HTTP/1.1 404" in bench.send("GET /ev_state HTTP/1.1\r\n\r\n")
    assert "HTTP/1.1 400" in bench.send("hello\r\n\r\n")
    assert bench.evse.posts == []


def test_required_evccid_and_manual_pilot_through_settings():
    bench = Bench()
    bench.send("POST /settings?required_evccid=abc&override_pwm=51 HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    bench.evse.plug(bench.car)
    assert bench.evse.required_evccid == "abc"
    assert bench.car.pilots == [(0, 50)]


def test_a_charger_that_rests_sees_at_once_that_the_pilot_was_taken_by_hand():
    bench = waiting()
    bench.send(FIVE)
    bench.car.cp_state = "C"
    bench.run_until(smartevse.STATE_C)
    bench.car.is_steady = True
    bench.run(5.033)
    bench.send("POST /settings?override_pwm=0 HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    bench.run(0.01)
    assert bench.evse.state == smartevse.STATE_A


@pytest.mark.slow
def test_the_estimate_moves_while_the_car_charges_and_stands_without_capacity():
    bench = waiting()
    bench.send(FIVE)
    bench.car.cp_state = "C"
    bench.run_until(smartevse.STATE_C)
    bench.run(1800)
    wh = bench.evse.energy_charged_wh
    assert wh == pytest.approx(7360 / 2, rel=0.01)
    assert bench.evse.computed_soc == pytest.approx(42 + wh * 100 / 28000, abs=1.5)
    assert bench.evse.time_until_full > 0

    poor = waiting()
    poor.post("current_soc=42&full_soc=-1&energy_capacity=-1&energy_request=-1&evccid=00")
    poor.car.cp_state = "C"
    poor.run_until(smartevse.STATE_C)
    poor.run(1800)
    assert poor.evse.computed_soc == 42


def test_keep_alive_and_close():
    bench = waiting()
    connection = bench.evse.http_connection()
    connection.receive(b"GET /settings HTTP/1.1\r\n\r\nGET /settings HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert connection.take().count(b"HTTP/1.1 200 OK") == 2
    assert connection.closed
