# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""When a car is answered: a car that charges on AC is never disturbed, a new plug-in is never missed."""

from itertools import pairwise

import pytest
from plc.ticks import ticks_add
from v2g.plugin import PlugIn

CAR = b"\x02\xab\x34\xcd\x56\xef"
OTHER = b"\x02\xab\x34\xcd\x00\x02"
CHARGING = 2


class Clock:
    def __init__(self, gate, now=5000):
        self.gate, self.now = gate, now

    def wait(self, seconds):
        for _ in range(int(seconds)):
            self.now = ticks_add(self.now, 1000)
            self.gate.poll(self.now)

    def parm_req(self, car=CAR):
        admitted = self.gate.may_answer(car, self.now)
        self.gate.frame_from(car, self.now)
        return admitted

    def served(self, car=CAR):
        self.gate.served(car, self.now)

    def told(self, state):
        self.gate.evse_state(state, self.now)

    @property
    def asks(self):
        return self.gate.wants_evse_state(self.now)


def running(now=5000, **options):
    """A box past its start: the first question was answered with state 0."""
    clock = Clock(PlugIn(**options), now)
    clock.told(0)
    return clock


def test_the_first_car_is_answered_at_once():
    assert Clock(PlugIn()).parm_req()


def test_after_a_reading_nobody_is_answered_for_ten_seconds():
    box = running(can_ask=True)
    box.served()
    box.wait(9)
    assert not box.parm_req() and not box.parm_req(OTHER)
    box.wait(2)
    assert box.parm_req(OTHER)


@pytest.mark.parametrize("state", [0, 11, 12])
def test_the_same_car_returns_when_the_smartevse_says_that_nothing_charges(state):
    box = running(can_ask=True)
    box.served()
    box.wait(11)
    assert not box.asks and not box.parm_req()
    assert box.asks
    box.told(state)
    assert box.parm_req()


@pytest.mark.parametrize("state", [1, 2, 13, 14])
def test_a_charging_car_is_left_in_peace_however_often_it_tries(state):
    box = running(can_ask=True)
    box.served()
    box.wait(11)
    box.told(state)
    for _ in range(600):
        box.wait(5)
        assert not box.parm_req()
        if box.asks:
            box.told(state)


def test_the_smartevse_is_asked_once_after_the_quiet_time_and_then_at_most_once_a_minute():
    box = running(can_ask=True)
    box.served()
    asked = []
    for second in range(900):
        box.parm_req()
        if box.asks:
            asked.append(second)
            box.told(CHARGING)
        box.wait(1)
    assert asked[0] in (10, 11)
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert min(gaps) >= 60 and len(asked) >= 10


def test_a_car_plugged_in_again_at_once_is_answered_within_a_second():
    box = running(can_ask=True)
    box.served()
    box.wait(20)
    assert not box.parm_req() and box.asks
    box.told(12)
    box.wait(1)
    assert box.parm_req()


def test_the_smartevse_s_modem_phase_opens_the_gate_for_its_minute_only():
    """It may end without a reading that arrived, and then the car charges."""
    box = running(can_ask=True)
    box.served()
    box.wait(20)
    assert not box.parm_req()
    box.told(12)
    for _ in range(5):
        box.wait(11)
        assert box.parm_req()
    box.wait(10)
    assert not box.parm_req() and box.asks
    box.told(CHARGING)
    assert not box.parm_req()


def test_a_car_that_does_not_try_is_asked_about_a_minute_after_the_quiet_time():
    box = running(can_ask=True)
    box.served()
    box.wait(69)
    assert not box.asks
    box.wait(2)
    assert box.asks


def test_nothing_is_asked_while_nobody_is_shut_out():
    box = running(can_ask=True)
    box.wait(2000)
    assert not box.asks


def test_without_a_smartevse_a_minute_of_silence_is_a_new_plug_in():
    box = running(can_ask=False)
    box.served()
    box.wait(59)
    assert not box.parm_req()  # and this frame starts the minute again
    box.wait(59)
    assert not box.parm_req()
    box.wait(75)
    assert box.parm_req()


def test_a_car_answered_after_its_silence_is_answered_when_it_repeats():
    """The first answer may have been lost: the repeats of one plug-in are not the noise of a charging car."""
    box = running(can_ask=False)
    box.served()
    box.wait(62)
    assert box.parm_req()
    box.wait(1)
    assert box.parm_req()
    box.wait(12)
    assert box.parm_req()
    box.served()
    box.wait(11)
    assert not box.parm_req()


def test_repeats_are_answered_no_longer_than_a_plug_in_lasts():
    box = running(can_ask=False)
    box.served()
    box.wait(62)
    for _ in range(8):
        assert box.parm_req()
        box.wait(7)
    box.wait(15)
    assert not box.parm_req()


def test_without_a_smartevse_a_car_is_read_three_times_an_hour_at_most():
    box = running(can_ask=False)
    for _ in range(3):
        box.served()
        box.wait(90)
    assert not box.parm_req()
    box.wait(3600)
    assert box.parm_req()


def test_a_smartevse_that_does_not_answer_counts_as_none():
    box = running(can_ask=True)
    box.served()
    box.wait(11)
    box.told(None)
    assert not box.parm_req()
    box.wait(75)
    assert box.parm_req()


def test_a_box_that_starts_while_a_car_charges_asks_before_it_answers():
    box = Clock(PlugIn(can_ask=True))
    assert box.asks and not box.parm_req()
    box.told(CHARGING)
    assert not box.parm_req()
    box.wait(61)
    assert box.asks
    box.told(0)
    assert box.parm_req()


def test_a_box_that_starts_and_finds_the_modem_phase_answers():
    box = Clock(PlugIn(can_ask=True))
    box.told(12)
    assert box.parm_req()


def test_a_box_whose_smartevse_stays_silent_at_start_answers_after_half_a_minute():
    box = Clock(PlugIn(can_ask=True))
    box.wait(31)
    assert box.parm_req()


def test_never_means_never_and_always_keeps_the_quiet_time():
    assert not Clock(PlugIn(answer="never")).parm_req()
    box = running(answer="always")
    box.served()
    assert not box.parm_req()
    box.wait(11)
    assert box.parm_req()


def test_modem_phase_only_answers_within_a_minute_of_seeing_it():
    box = Clock(PlugIn(answer="modem_phase", can_ask=True))
    assert not box.parm_req() and box.asks
    box.told(12)
    assert box.parm_req()
    box.wait(61)
    assert not box.parm_req() and box.asks
    box.told(2)
    assert not box.parm_req()


@pytest.mark.parametrize("can_ask", [False, True])
def test_a_week_of_silence_does_not_confuse_the_wrapping_ticks(can_ask):
    box = running(can_ask=can_ask, now=(1 << 29) - 20000)
    box.served()
    box.wait(11)
    box.told(0 if can_ask else None)
    for _ in range(7 * 24 * 60):
        box.now = ticks_add(box.now, 60000)
        box.gate.poll(box.now)
    assert box.parm_req()
    box.served()
    assert not box.parm_req()


def test_only_the_last_eight_cars_are_remembered():
    box = running(can_ask=True)
    for number in range(12):
        box.served(bytes((2, 0, 0, 0, 0, number)))
    assert len(box.gate._served) == 8
