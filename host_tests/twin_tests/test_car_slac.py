# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The car's half of SLAC: timing, repeats, choice of the station, strictness."""

import pytest

from host_tests.twin.car import frames
from host_tests.twin.car.car import VirtualCar
from host_tests.twin.car.scripted_station import NID, NMK, ScriptedStation, run

CAR = bytes.fromhex("02ab34cd56ef")
EVSE = bytes.fromhex("021122334455")
NEIGHBOUR = bytes.fromhex("021122334466")


def random_bytes(count):
    return bytes(range(1, count + 1))


def car_with(**habits):
    car = VirtualCar(CAR, random_bytes, soc_percent=50, habits=habits)
    car.pilot(50, 0)
    return car


def watch(car, stations, until_ms):
    seen = []
    events = run(
        car, stations, until_ms, tap=lambda now, direction, frame: seen.append((now, direction, frame))
    )
    return seen, events


def times(seen, kind):
    return [now for now, direction, frame in seen if direction == "ev" and frames.mmtype_of(frame) == kind]


def test_three_requests_a_pause_and_a_new_run_id():
    drawn = iter([bytes([n]) * 8 for n in range(1, 9)])
    car = VirtualCar(CAR, lambda count: next(drawn), soc_percent=50)
    car.pilot(50, 0)
    seen, _ = watch(car, [], 11000)
    assert times(seen, frames.SLAC_PARM_REQ) == [300, 505, 725, 9930, 10135, 10355]
    assert [f[21:29] for _, _, f in seen] == [b"\x01" * 8] * 3 + [b"\x02" * 8] * 3


def test_ioniq_sends_each_request_twice():
    car = car_with(parm_twice_ms=8, parm_sends=10, parm_intervals_ms=(210,))
    seen, _ = watch(car, [], 1000)
    assert times(seen, frames.SLAC_PARM_REQ)[:4] == [300, 308, 510, 518]


def test_rounds_can_end():
    car = car_with(slac_rounds=2, slac_pauses_ms=(400,))
    watch(car, [], 5000)
    assert (car.slac.state, car.slac.rounds) == ("FAILED", 2)


def test_whole_matching_in_time():
    car = car_with()
    station = ScriptedStation(EVSE)
    seen, events = watch(car, [station], 2500)
    start = times(seen, frames.START_ATTEN_CHAR_IND)
    sounds = times(seen, frames.MNBC_SOUND_IND)
    assert start == [412, 452, 492]
    assert sounds == [532 + 40 * n for n in range(10)]
    assert [f[38] for _, d, f in seen if frames.mmtype_of(f) == frames.MNBC_SOUND_IND] == list(
        range(9, -1, -1)
    )
    assert times(seen, frames.ATTEN_CHAR_RSP) == [892 + 20 + 7]
    assert times(seen, frames.SLAC_MATCH_REQ) == [412 + 1200 + 5]
    key = next(f for _, d, f in seen if frames.mmtype_of(f) == frames.SET_KEY_REQ)
    assert (key[0:6], key[33:40], key[41:57]) == (frames.LOCAL_MODEM, NID, NMK)
    assert ("slac_matched", EVSE) in [event[1:] for event in events]
    assert car.complaints == []


def test_audi_does_not_wait_for_the_end_of_the_window():
    car = car_with(match_at_once=True, match_delay_ms=6)
    seen, _ = watch(car, [ScriptedStation(EVSE)], 2500)
    assert times(seen, frames.SLAC_MATCH_REQ) == [892 + 20 + 7 + 6]


@pytest.mark.parametrize("order", [(23, 41), (41, 23)])
def test_the_nearest_station_is_chosen(order):
    car = car_with()
    stations = [
        ScriptedStation(EVSE, attenuation_db=order[0]),
        ScriptedStation(NEIGHBOUR, attenuation_db=order[1]),
    ]
    seen, _ = watch(car, stations, 2500)
    asked = [f[0:6] for _, d, f in seen if d == "ev" and frames.mmtype_of(f) == frames.SLAC_MATCH_REQ]
    assert asked == [EVSE if order[0] < order[1] else NEIGHBOUR]
    assert len(times(seen, frames.ATTEN_CHAR_RSP)) == 2


def test_all_audi_stations_are_waited_for():
    car = car_with(match_at_once=True)
    stations = [ScriptedStation(EVSE, attenuation_db=41), ScriptedStation(NEIGHBOUR, attenuation_db=23)]
    watch(car, stations, 2500)
    assert car.slac.evse_mac == NEIGHBOUR


def test_wrong_run_id_is_dropped_and_the_car_goes_quiet():
    """Taycan against an EVSE that built its own RunID (captures slacfail)."""

    def mangle(kind, frame):
        return frame[0:36] + bytes(8) + frame[44:] if kind == "parm_cnf" else frame

    car = car_with()
    seen, events = watch(car, [ScriptedStation(EVSE, {"mangle": mangle})], 3000)
    assert times(seen, frames.SLAC_PARM_REQ) == [300, 505, 725]
    assert len(car.complaints) == 3
    assert "RunID" in car.complaints[0]
    assert ("slac_failed", "no CM_SLAC_PARM.CNF") in [event[1:] for event in events]


@pytest.mark.parametrize(
    ("kind", "offset", "reason"),
    [
        ("atten_char_ind", 70, "no CM_ATTEN_CHAR.IND within TT_EV_atten_results"),
        ("atten_char_ind", 27, "no CM_ATTEN_CHAR.IND within TT_EV_atten_results"),
        ("match_cnf", 21, "no CM_SLAC_MATCH.CNF"),
        ("match_cnf", 69, "no CM_SLAC_MATCH.CNF"),
    ],
)
def test_wrong_bytes_end_the_round(kind, offset, reason):
    def mangle(sort, frame):
        if sort != kind:
            return frame
        bad = bytearray(frame)
        bad[offset] ^= 0x55
        return bytes(bad)

    car = car_with()
    _, events = watch(car, [ScriptedStation(EVSE, {"mangle": mangle})], 4000)
    assert ("slac_failed", reason) in [event[1:] for event in events]
    assert car.complaints


def test_match_request_is_repeated():
    car = car_with(match_cnfs_missed=2)
    seen, _ = watch(car, [ScriptedStation(EVSE)], 3000)
    assert times(seen, frames.SLAC_MATCH_REQ) == [1617, 1817, 2017]
    assert car.linked


def test_repeated_answer_with_another_key_is_noticed():
    answers = []

    def mangle(kind, frame):
        if kind == "match_cnf":
            answers.append(1)
            if len(answers) == 2:
                return frame[:-1] + b"\xee"
        return frame

    car = car_with(match_cnfs_missed=0, key_delay_ms=500)
    station = ScriptedStation(EVSE, {"mangle": mangle})
    watch(car, [station], 1700)
    again = frames.slac_match_req(CAR, EVSE, car.slac.run_id)
    for _, frame in station.receive(again, 1700):
        car.receive(frame, 1700)
    assert car.complaints == ["SLAC: a repeated CM_SLAC_MATCH.CNF carries another key"]


def test_foreign_nid_is_remarked():
    def mangle(kind, frame):
        return frame[0:85] + b"\x01\x02\x03\x04\x05\x06\x07" + frame[92:] if kind == "match_cnf" else frame

    car = car_with()
    watch(car, [ScriptedStation(EVSE, {"mangle": mangle})], 2500)
    assert car.complaints == ["SLAC: NID 01020304050607 is not the one of the NMK"]


def test_validation_is_asked_and_answered():
    car = car_with(validate=True)
    seen, _ = watch(car, [ScriptedStation(EVSE)], 2500)
    assert len(times(seen, frames.VALIDATE_REQ)) == 1
    assert car.linked
    assert car.complaints == []


def test_late_and_lost_sounds():
    car = car_with(sounds_late=((9, 300),), sounds_lost=(3, 4))
    seen, _ = watch(car, [ScriptedStation(EVSE)], 2500)
    sounds = times(seen, frames.MNBC_SOUND_IND)
    assert len(sounds) == 8
    assert sounds[-1] - sounds[-2] == 340


def test_no_link_after_the_key_starts_over():
    car = car_with(slac_pauses_ms=(400,))
    station = ScriptedStation(EVSE)
    seen = []
    now = 0
    while now < 16000:
        car.poll(now)
        for frame in car.take_frames():
            seen.append((now, "ev", frame))
            for _, answer in station.receive(frame, now):
                car.receive(answer, now)
        now += 1
    assert ("slac_failed", "no link within TT_match_join") in car.take_events()
    assert len(times(seen, frames.SLAC_PARM_REQ)) == 2


def test_messages_for_other_cars_are_passed_over():
    car = car_with()
    car.poll(300)
    other = ScriptedStation(EVSE).receive(frames.slac_parm_req(NEIGHBOUR, bytes(8)), 300)[0][1]
    car.receive(other, 302)
    assert (car.slac.state, car.complaints) == ("PARM", [])
