# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SLAC as a wire script: the car sends, the box answers, time is stepped by hand."""

import pytest
from plc import mme, mme_slac
from plc.slac import C_EVSE_MATCH_PARALLEL, MESSAGES, TIMEOUTS, TIMERS_MS, Slac
from plc.ticks import ticks_add

from host_tests.support.slac_wire import (
    BOX,
    CAR,
    MODEM,
    NEIGHBOUR,
    RUN,
    amp_map_req,
    atten_rsp,
    from_air,
    host_action,
    link_status,
    match_req,
    parm_req,
    profile,
    set_key_cnf,
    sound,
    start_atten,
    validate_req,
)


class Wire:
    """The box's SLAC with a clock and a modem that accepts every key."""

    def __init__(self, now=1000):
        self.now = now
        counter = iter(range(1, 1 << 20))
        self.slac = Slac(BOX, lambda n: bytes((next(counter) * 7 + i) & 0xFF for i in range(n)))
        self.slac.set_key(self.now)
        self.key = self.sent()[0]
        self.car_sends(set_key_cnf(self.key[20:24]))
        self.sent()
        self.events()

    def car_sends(self, *frames):
        for frame in frames:
            self.slac.receive(memoryview(frame), self.now)

    def wait(self, ms):
        self.now = ticks_add(self.now, ms)
        self.slac.poll(self.now)

    def sent(self):
        frames = [bytes(frame) for frame in self.slac.frames]
        self.slac.frames.clear()
        return frames

    def kinds(self):
        return [mme.mmtype(frame) for frame in self.sent()]

    def events(self):
        events = list(self.slac.events)
        self.slac.events.clear()
        return events

    def to_characteristics(self, car=CAR, run=RUN):
        self.car_sends(parm_req(car, run), start_atten(car, run))
        for countdown in range(9, -1, -1):
            self.wait(20)
            self.car_sends(sound(car, run, countdown), profile(car))

    def to_match(self, car=CAR, run=RUN):
        self.to_characteristics(car, run)
        self.car_sends(atten_rsp(car, run))

    def to_link(self):
        self.to_match()
        self.car_sends(match_req(), link_status(True))
        self.events()
        return self


def test_slac_parm_cnf_carries_every_constant_strict_cars_compare():
    wire = Wire()
    wire.car_sends(parm_req())
    (answer,) = wire.sent()
    assert answer[0:6] == CAR and answer[6:12] == BOX and len(answer) == 60
    assert answer[19:28] == b"\xff" * 6 + b"\x0a\x06\x01"
    assert answer[28:34] == CAR and answer[34:36] == b"\0\0" and answer[36:44] == RUN


@pytest.mark.parametrize("run", [b"TESLA EV", CAR + b"\0\0", bytes(range(8))])
def test_run_id_is_echoed_untouched(run):
    wire = Wire()
    wire.car_sends(parm_req(run=run))
    assert wire.sent()[0][36:44] == run


@pytest.mark.parametrize("real, damaged", [(RUN, b"DAMAGED1"), (b"DAMAGED1", RUN)])
def test_a_repeated_request_with_another_run_id_does_not_cost_the_first(real, damaged):
    """A car that sends each request twice, one of the two with a wrong bit: it goes on with the right one."""
    wire = Wire()
    wire.car_sends(parm_req(run=RUN))
    wire.wait(8)
    wire.car_sends(parm_req(run=b"DAMAGED1"))
    wire.wait(100)
    wire.car_sends(start_atten(run=real))
    wire.sent()
    for _ in range(10):
        wire.wait(40)
        wire.car_sends(sound(run=real), profile(level=20))
    (report,) = wire.sent()
    assert report[27:35] == real and report[69] == 10 and report[71] == 20
    assert [event for event in wire.events() if event[0] == "failed"] == []
    wire.car_sends(atten_rsp(run=real), match_req(run=damaged))
    assert wire.sent() == []
    wire.car_sends(match_req(run=real))
    assert len(wire.sent()) == 1


def test_a_car_that_goes_on_with_neither_run_id_fails_once():
    wire = Wire()
    wire.car_sends(parm_req())
    wire.wait(8)
    wire.car_sends(parm_req(run=b"DAMAGED1"))
    for _ in range(5):
        wire.wait(100)
    assert [event for event in wire.events() if event[0] == "failed"] == [("failed", "match_timeout", CAR)]
    assert not wire.slac.matching


def test_ten_sounds_give_the_average_of_ten_profiles():
    wire = Wire()
    wire.car_sends(parm_req(), start_atten(), start_atten(), start_atten())
    wire.sent()
    for level in range(10, 20):
        wire.wait(20)
        wire.car_sends(sound(), profile(level=level))
    (report,) = wire.sent()
    assert mme.mmtype(report) == 0x606E and len(report) == 129
    assert report[21:27] == CAR and report[27:35] == RUN
    assert report[69] == 10 and report[70] == 58
    assert report[71:129] == bytes([sum(range(10, 20)) // 10] * 58)


def test_lost_sounds_are_averaged_over_the_profiles_received():
    wire = Wire()
    wire.car_sends(parm_req(), start_atten())
    wire.sent()
    for level in (30, 31, 34):
        wire.wait(20)
        wire.car_sends(sound(), profile(level=level))
    wire.wait(539)
    assert wire.kinds() == []
    wire.wait(2)  # 600 ms after START_ATTEN the window ends, late profiles get 45 ms more
    wire.car_sends(profile(level=33))
    wire.wait(45)
    (report,) = wire.sent()
    assert report[69] == 4 and report[71] == (30 + 31 + 34 + 33) // 4


def test_another_cars_profiles_do_not_enter_the_average():
    wire = Wire()
    wire.car_sends(parm_req(), start_atten())
    for _ in range(10):
        wire.wait(20)
        wire.car_sends(profile(NEIGHBOUR, 90), sound(), profile(level=20))
    assert wire.sent()[-1][71] == 20


def test_two_cars_at_once_are_both_measured_and_only_match_req_decides():
    wire = Wire()
    wire.car_sends(
        parm_req(), parm_req(NEIGHBOUR, b"NEIGHBOR"), start_atten(), start_atten(NEIGHBOUR, b"NEIGHBOR")
    )
    wire.sent()
    for _ in range(10):
        wire.wait(20)
        wire.car_sends(profile(level=20), profile(NEIGHBOUR, 45))
    near, far = wire.sent()
    assert (near[0:6], near[71]) == (CAR, 20) and (far[0:6], far[71]) == (NEIGHBOUR, 45)
    wire.car_sends(atten_rsp(), atten_rsp(NEIGHBOUR, b"NEIGHBOR"), match_req())
    assert [frame[0:6] for frame in wire.sent()] == [CAR]
    assert wire.slac.joined.ev_mac == CAR


def test_no_profile_at_all_is_told_apart_from_no_sound():
    wire = Wire()
    wire.car_sends(parm_req(), start_atten())
    for _ in range(10):
        wire.wait(20)
        wire.car_sends(sound())
    wire.wait(500)
    wire.wait(50)
    assert ("failed", "no_profiles", CAR) in wire.events()
    assert wire.kinds() == [0x6065]


def test_profiles_without_groups_are_no_measurement():
    wire = Wire()
    wire.car_sends(parm_req(), start_atten())
    wire.sent()
    for _ in range(10):
        wire.car_sends(sound(), from_air(MODEM, b"\xff" * 6, 0x6086, CAR + b"\0\0", 85))
    wire.wait(601)
    wire.wait(46)
    assert wire.kinds() == [] and not wire.slac.matching


def test_atten_char_ind_is_sent_three_times_200_ms_apart_and_a_second_later_matching_fails():
    wire = Wire()
    wire.car_sends(parm_req(), start_atten(sounds=1), profile())
    assert wire.kinds() == [0x6065, 0x606E]
    for expected in ([], [0x606E], [], [0x606E], [], []):
        wire.wait(100)
        assert wire.kinds() == expected
    wire.events()
    wire.wait(999)
    assert wire.events() == [] and wire.slac.matching
    wire.wait(1)
    assert wire.events() == [("failed", "match_timeout", CAR)] and not wire.slac.matching


@pytest.mark.parametrize("wrong", [atten_rsp(result=1), atten_rsp(run=b"OTHER RU"), atten_rsp(NEIGHBOUR)])
def test_a_wrong_atten_char_rsp_is_no_answer_and_ends_nothing(wrong):
    wire = Wire()
    wire.car_sends(parm_req(), start_atten(sounds=1), profile(), wrong)
    wire.sent()
    wire.wait(200)
    assert wire.kinds() == [0x606E]
    wire.car_sends(atten_rsp(), match_req())
    assert wire.kinds() == [0x607D]


def test_match_cnf_hands_over_the_key_that_set_key_gave_the_modem():
    wire = Wire()
    wire.to_match()
    wire.sent()
    wire.car_sends(match_req())
    (answer,) = wire.sent()
    assert len(answer) == 109 and answer[21:23] == b"\x56\0"
    assert answer[40:46] == CAR and answer[63:69] == BOX and answer[69:77] == RUN
    assert answer[85:92] == wire.key[33:40] and answer[93:109] == wire.key[41:57]
    assert answer[91] < 0x10  # security level 0 in the upper nibble [V2G3-A09-93]


@pytest.mark.parametrize("message", [match_req(), validate_req()], ids=["CM_SLAC_MATCH.REQ", "CM_VALIDATE.REQ"])
def test_a_car_whose_atten_char_rsp_was_lost_may_go_on(message):
    """It has our CM_ATTEN_CHAR.IND, or it would not go on; an Audi does so 3 ms after its response."""
    wire = Wire()
    wire.to_characteristics()
    wire.sent()
    wire.car_sends(message)
    assert wire.kinds() == [0x607D if message == match_req() else 0x6079]
    wire.car_sends(match_req())
    assert 0x607D in wire.kinds() and wire.slac.joined is not None


@pytest.mark.parametrize("response", [None, atten_rsp(result=1), atten_rsp(NEIGHBOUR), atten_rsp()])
@pytest.mark.parametrize("message", [match_req(), validate_req()], ids=["CM_SLAC_MATCH.REQ", "CM_VALIDATE.REQ"])
def test_a_car_that_chooses_when_three_reports_had_no_response_may_go_on(response, message):
    """It does so 1.2 s after its first CM_START_ATTEN_CHAR.IND, and the last report waits 200 ms for its response."""
    wire = Wire()
    wire.to_characteristics()
    for _ in range(3):
        wire.wait(200)
    wire.wait(600)
    wire.sent()
    wire.car_sends(*([response] if response else []), message)
    assert wire.kinds() == [0x607D if message == match_req() else 0x6079]
    wire.car_sends(match_req())
    assert 0x607D in wire.kinds() and wire.slac.joined is not None


@pytest.mark.parametrize("joined", [False, True])
def test_a_cars_amplitude_map_is_answered_with_success(joined):
    wire = Wire()
    wire.to_match()
    if joined:
        wire.car_sends(match_req(), link_status(True))
    wire.sent()
    wire.car_sends(amp_map_req(), amp_map_req(NEIGHBOUR))
    (answer,) = wire.sent()
    assert answer[0:6] == CAR and answer[6:12] == BOX and len(answer) == 60
    assert answer[14:17] == b"\x01\x1d\x60" and answer[19] == 0


def test_an_amplitude_map_before_the_sounds_or_cut_short_is_not_answered():
    wire = Wire()
    wire.car_sends(parm_req())
    wire.sent()
    wire.car_sends(amp_map_req(), amp_map_req()[:20])
    assert wire.sent() == [] and wire.slac.ignored == 2


def test_a_link_over_which_the_car_talks_is_not_lost_whatever_the_modem_says():
    wire = Wire().to_link()
    for _ in range(20):
        wire.wait(1000)
        wire.slac.peer_heard(wire.now)
        wire.car_sends(link_status(False))
    assert wire.events() == []
    for _ in range(2):
        wire.wait(1000)
        wire.car_sends(link_status(False))
    assert wire.events() == [("link_lost",)]


def test_a_firmware_that_does_not_know_the_question_has_said_nothing_about_the_link():
    wire = Wire().to_link()
    for _ in range(20):
        wire.wait(1000)
        wire.car_sends(link_status(False, status=1))
    assert wire.events() == []


def test_a_repeated_match_req_gets_the_same_match_cnf():
    wire = Wire()
    wire.to_match()
    wire.sent()
    wire.car_sends(match_req(), match_req())
    first, second = wire.sent()
    assert first == second


@pytest.mark.parametrize(
    "wrong", [match_req(evse=MODEM), match_req(length=0x56), match_req(run=b"OTHER RU"), match_req(NEIGHBOUR)]
)
def test_a_match_req_that_is_not_ours_is_ignored(wrong):
    wire = Wire()
    wire.to_match()
    wire.sent()
    wire.car_sends(wrong)
    assert wire.sent() == [] and wire.slac.joined is None


def test_match_req_waits_for_the_modems_confirmation_of_the_key():
    wire = Wire()
    wire.slac.set_key(wire.now)
    (key,) = wire.sent()
    wire.to_match()
    wire.sent()
    wire.car_sends(match_req())
    assert wire.sent() == []
    wire.car_sends(set_key_cnf(key[20:24]), match_req())
    assert wire.kinds() == [0x607D]


def test_validate_is_answered_not_required():
    wire = Wire()
    wire.to_match()
    wire.sent()
    wire.car_sends(from_air(CAR, BOX, 0x6078, b"\0\x05\x01"))
    (answer,) = wire.sent()
    assert mme.mmtype(answer) == 0x6079 and answer[21] == 4
    wire.car_sends(match_req())
    assert wire.kinds() == [0x607D]


@pytest.mark.parametrize("progress", range(5))
def test_a_car_may_start_over_at_any_moment(progress):
    wire = Wire()
    steps = (
        [parm_req()],
        [start_atten()],
        [frame for _ in range(10) for frame in (sound(), profile())],
        [atten_rsp()],
        [match_req()],
    )
    for step in steps[: progress + 1]:
        wire.car_sends(*step)
    wire.sent()
    wire.car_sends(parm_req(run=b"SECOND  "))
    assert wire.kinds() == [0x6065]
    wire.to_match(run=b"SECOND  ")
    wire.sent()
    wire.car_sends(match_req(run=b"SECOND  "))
    assert wire.kinds()[-1] == 0x607D


def test_while_a_car_is_joined_a_neighbours_car_is_left_to_its_own_station():
    wire = Wire()
    wire.to_match()
    wire.car_sends(match_req())
    wire.sent()
    wire.car_sends(parm_req(NEIGHBOUR))
    assert wire.sent() == [] and wire.slac.joined.ev_mac == CAR


@pytest.mark.parametrize("heard", [False, True])
def test_beside_a_joined_car_that_is_silent_another_is_measured_and_takes_its_place_when_it_chooses_us(heard):
    wire = Wire()
    wire.to_match()
    wire.car_sends(match_req())
    wire.slac.silent = True
    wire.slac.attenuation = told = bytes(range(58))
    wire.to_match(NEIGHBOUR)
    assert wire.slac.joined.ev_mac == CAR and wire.slac.attenuation == told
    if heard:
        wire.slac.peer_heard(wire.now)  # it was there all the time: who else it may be is not on this cable
    wire.sent()
    wire.car_sends(match_req(NEIGHBOUR))
    assert wire.slac.joined.ev_mac == (CAR if heard else NEIGHBOUR)
    assert len(wire.sent()) == (0 if heard else 1) and not wire.slac.silent


def test_a_silent_car_that_never_joins_is_given_up_in_time_however_many_search_beside_it():
    wire = Wire()
    wire.to_match()
    wire.car_sends(match_req())
    wire.slac.silent = True
    for number in range(C_EVSE_MATCH_PARALLEL + 1):
        wire.car_sends(parm_req(NEIGHBOUR[:5] + bytes((number,))))
    wire.car_sends(match_req())
    assert wire.kinds().count(mme_slac.CM_SLAC_MATCH_CNF) == 2
    for _ in range(8):
        wire.wait(TIMERS_MS["TT_match_join"] // 7)
    assert ("failed", "no_join", CAR) in wire.events() and wire.slac.joined is None


@pytest.mark.parametrize("progress", [Wire.to_match, Wire.to_link, lambda wire: None])
def test_whoever_is_not_admitted_changes_nothing_and_a_request_for_something_else_is_not_asked_about(progress):
    wire = Wire()
    progress(wire)
    wire.sent(), wire.events()
    asked, joined, ignored = [], wire.slac.joined, wire.slac.ignored
    wire.slac.admits = lambda ev_mac, now: asked.append((ev_mac, now))
    secured = bytearray(parm_req(NEIGHBOUR))
    secured[20] = 1
    wire.car_sends(parm_req(CAR), secured, parm_req(NEIGHBOUR)[:28], parm_req(NEIGHBOUR))
    assert asked == [(CAR, wire.now), (NEIGHBOUR, wire.now)]
    assert (wire.sent(), wire.events(), wire.slac.joined, wire.slac.ignored) == ([], [], joined, ignored + 2)


def test_start_atten_char_later_than_tt_match_sequence_is_too_late():
    wire = Wire()
    wire.car_sends(parm_req())
    wire.wait(400)
    wire.car_sends(start_atten())
    assert not wire.slac.matching
    assert ("failed", "match_timeout", CAR) in wire.events()


def test_link_is_polled_each_100_ms_then_each_second_and_three_zeroes_mean_lost():
    wire = Wire()
    wire.to_match()
    wire.car_sends(match_req())
    wire.sent()
    wire.events()
    wire.wait(0)
    assert wire.kinds() == [0xA0B8]
    wire.car_sends(link_status(False))
    wire.wait(100)
    assert wire.kinds() == [0xA0B8]
    wire.car_sends(link_status(True))
    assert wire.events() == [("link_up",)]
    for answer in (False, True, False, False):
        wire.wait(1000)
        assert wire.kinds() == [0xA0B8]
        wire.car_sends(link_status(answer))
    assert wire.events() == []
    wire.wait(1000)
    wire.car_sends(link_status(False))
    assert wire.events() == [("link_lost",)]
    wire.sent()
    wire.wait(5000)
    assert wire.sent() == [] and wire.events() == []


def test_the_aged_out_link_of_a_first_try_does_not_end_the_second():
    """The modem counts a vanished station for seconds: the link that a car left behind is not its new one."""
    wire = Wire()
    wire.to_match()
    wire.car_sends(match_req())
    wire.wait(100)
    wire.car_sends(link_status(True))
    wire.car_sends(parm_req())
    wire.wait(210)
    wire.to_match()
    wire.car_sends(match_req())
    wire.wait(100)
    wire.car_sends(link_status(True))  # still the old one
    wire.sent()
    wire.events()
    for _ in range(5):
        wire.wait(1000)
        assert wire.kinds()[0] == 0xA0B8
        wire.car_sends(link_status(False))
    assert wire.events() == []
    wire.wait(100)
    wire.car_sends(link_status(True))
    assert wire.events() == [("link_up",)]
    for _ in range(3):
        wire.wait(1000)
        wire.car_sends(link_status(False))
    assert wire.events() == [("link_lost",)]


def matched_twice():
    """Our Wire: its car joined, began anew and was matched once more; what is heard may still be of its first link."""
    wire = Wire()
    wire.to_match()
    wire.car_sends(match_req(), link_status(True), parm_req())
    wire.to_match()
    wire.car_sends(match_req())
    wire.events()
    return wire


def test_a_frame_over_the_link_of_the_first_try_is_no_proof_of_the_second():
    """Tinkerforge f6227cc37: IPv6 of the old link comes right behind the second SLAC_MATCH.CNF."""
    wire = matched_twice()
    wire.slac.peer_heard(wire.now)
    assert wire.events() == [] and wire.slac.joined.state == "JOINING"
    wire.wait(11999)
    assert wire.events() == []
    wire.wait(1)
    assert wire.events() == [("failed", "no_join", CAR)]


def test_a_connection_after_the_second_match_proves_the_link_without_link_status():
    wire = matched_twice()
    wire.slac.peer_heard(wire.now, connected=True)
    assert wire.events() == [("link_up",)]
    wire.wait(12000)
    assert wire.events() == []


@pytest.mark.parametrize("action", range(6))
def test_every_action_of_the_modem_is_answered_and_0_means_that_it_restarted(action):
    wire = Wire()
    wire.car_sends(host_action(action))
    (answer,) = wire.sent()
    assert answer[0:12] == MODEM + BOX and answer[14:21] == b"\0\x63\xa0\x00\xb0\x52\0"
    assert wire.events() == ([("restarted",)] if action == 0 else [])


def test_a_modem_that_tells_of_its_restart_again_and_again_is_believed_every_ten_seconds():
    wire = Wire()
    for second in range(31):
        wire.car_sends(host_action(0))
        assert wire.kinds() == [0xA063]
        assert wire.events() == ([("restarted",)] if second % 10 == 0 else [])
        wire.wait(1000)


def test_a_restart_told_while_the_key_is_under_way_changes_nothing():
    wire = Wire()
    wire.slac.set_key(wire.now)
    wire.sent()
    wire.car_sends(host_action(0))
    assert wire.kinds() == [0xA063] and wire.events() == []


def test_a_restart_told_by_another_modem_is_ignored():
    wire = Wire()
    wire.car_sends(host_action(0, modem=NEIGHBOUR))
    assert wire.sent() == [] and wire.events() == [] and wire.slac.ignored == 1


def test_a_second_try_that_never_joins_fails_at_tt_match_join():
    wire = Wire()
    wire.to_match()
    wire.car_sends(match_req(), link_status(True), parm_req())
    wire.to_match()
    wire.car_sends(match_req(), link_status(True))
    wire.events()
    wire.wait(6000)
    wire.car_sends(link_status(False))
    wire.wait(5999)
    assert wire.events() == []
    wire.wait(1)
    assert wire.events() == [("failed", "no_join", CAR)]


def test_no_link_within_tt_match_join_means_a_fresh_key():
    wire = Wire()
    wire.to_match()
    wire.car_sends(match_req())
    wire.wait(11999)
    wire.sent()
    wire.wait(1)
    assert ("failed", "no_join", CAR) in wire.events()
    keys = [frame for frame in wire.sent() if mme.mmtype(frame) == 0x6008]
    assert keys and keys[0][41:57] != wire.key[41:57]


def test_set_key_is_repeated_each_second_and_a_silent_modem_is_reported_after_five():
    wire = Wire()
    wire.slac.set_key(wire.now)
    assert wire.kinds() == [0x6008]
    for _ in range(4):
        wire.wait(1000)
        assert wire.kinds() == [0x6008]
    assert wire.events() == []
    wire.wait(1000)
    assert wire.events() == [("failed", "modem_silent", None)]
    assert wire.kinds() == [0x6008]


def test_a_refused_key_is_reported_and_tried_again():
    wire = Wire()
    wire.slac.set_key(wire.now)
    nonce = wire.sent()[0][20:24]
    wire.car_sends(set_key_cnf(nonce, result=0))
    assert wire.events() == [("failed", "key_refused", None)]
    wire.wait(1000)
    assert wire.kinds() == [0x6008]


def test_a_confirmation_of_an_older_key_does_not_count():
    wire = Wire()
    wire.slac.set_key(wire.now)
    wire.sent()
    wire.car_sends(set_key_cnf(wire.key[20:24]))
    assert not wire.slac.key_confirmed


def test_attenuation_offset_saturates_at_zero_and_never_reports_only_zeroes():
    wire = Wire()
    wire.slac.offset_db = 40
    wire.car_sends(parm_req(), start_atten(sounds=1), profile(level=20))
    report = wire.sent()[-1]
    assert any(report[71:129]) and max(report[71:129]) <= 1


def test_more_than_five_cars_push_out_the_oldest():
    wire = Wire()
    cars = [bytes((2, 0, 0, 0, 0, i)) for i in range(7)]
    for car in cars:
        wire.car_sends(parm_req(car))
    assert len(wire.sent()) == 7
    wire.car_sends(start_atten(cars[0]), start_atten(cars[6]))
    assert wire.events()[-1] == ("sounding", cars[6])


@pytest.mark.parametrize("cut", [18, 19, 25, 30, 40, 59, 70, 84])
def test_short_frames_are_counted_and_change_nothing(cut):
    wire = Wire()
    for frame in (
        parm_req(),
        start_atten(),
        sound(),
        profile(),
        atten_rsp(),
        match_req(),
        set_key_cnf(b"abcd"),
    ):
        if len(frame) > cut and mme.is_mme(frame[:cut]):
            wire.car_sends(frame[:cut])
    assert wire.slac.joined is None


def test_a_car_that_asks_nobody_holds_nothing_up_for_more_than_2500_ms_and_is_answered_for_10_s():
    wire = Wire()
    wire.to_match()
    wire.sent()
    wire.wait(2499)
    assert wire.slac.matching
    wire.wait(1)
    assert not wire.slac.matching
    wire.wait(7490)
    wire.car_sends(match_req())
    assert wire.kinds() == [0x607D] and wire.slac.joined.ev_mac == CAR


def test_a_car_that_asks_nobody_is_given_up_10_s_after_its_response():
    wire = Wire()
    wire.to_match()
    wire.sent()
    wire.events()
    for ms in (2500, 7499):
        wire.wait(ms)
        assert wire.events() == []
    wire.wait(1)
    assert wire.events() == [("failed", "not_chosen", CAR)]
    wire.car_sends(match_req())
    assert wire.sent() == []


def test_the_attenuation_that_is_kept_is_that_of_the_car_that_was_matched():
    wire = Wire()
    wire.to_match()
    wire.car_sends(
        parm_req(NEIGHBOUR, b"NEIGHBOR"), start_atten(NEIGHBOUR, b"NEIGHBOR", sounds=1), profile(NEIGHBOUR, 48)
    )
    assert set(wire.slac.attenuation) == {48}
    wire.car_sends(match_req())
    assert set(wire.slac.attenuation) == {20}


def test_every_state_but_joined_has_its_timer():
    states = {row[2] for row in MESSAGES.values() if row[2]} | {"WAIT_START", "SETTLING"}
    assert states <= set(TIMEOUTS) and "JOINED" not in TIMEOUTS
    assert {timer for timer, _ in TIMEOUTS.values()} <= set(TIMERS_MS)


def test_matching_works_across_the_wrap_of_the_ticks():
    wire = Wire(now=(1 << 29) - 150)
    wire.to_match()
    wire.sent()
    wire.car_sends(match_req())
    assert wire.kinds() == [0x607D]
