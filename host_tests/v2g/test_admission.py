# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Who is answered: a car that charges on AC is never disturbed, a new plug-in is never missed."""

from itertools import pairwise

import pytest
from plc.ticks import ticks_add
from v2g.admission import CHARGING, FREE, PLUGGED, Admission, maker_of

CAR = b"\x04\x65\x65\xcd\x56\xef"
SAME_MAKER = b"\x04\x65\x65\x00\x00\x02"
OTHER = b"\x98\xed\x5c\x00\x00\x02"
MEB = b"\x00\x7d\xfa"


class Clock:
    def __init__(self, gate, now=5000):
        self.gate, self.now = gate, now

    def wait(self, seconds):
        for _ in range(int(seconds)):
            self.now = ticks_add(self.now, 1000)
            self.gate.poll(self.now)

    def parm_req(self, car=CAR):
        return self.gate.admits(car, self.now)

    def served(self, car=CAR, **told):
        self.gate.served(car, self.now, **told)
        return self

    def told(self, seen):
        self.gate.evse_state(seen, self.now)

    def asked_and_told(self, seen):
        """True when there was a question; it was answered."""
        if not self.asks:
            return False
        self.told(seen)
        return True

    @property
    def asks(self):
        return self.gate.wants_evse_state(self.now)


def running(now=5000, **options):
    """A box past its start: the first question was answered."""
    clock = Clock(Admission(**options), now)
    clock.told(FREE if options.get("can_ask") else None)
    return clock


def test_the_first_car_is_answered_at_once():
    assert Clock(Admission()).parm_req()


def test_after_a_reading_nobody_is_answered_for_ten_seconds():
    box = running().served()
    box.wait(9)
    assert not box.parm_req() and not box.parm_req(OTHER)
    box.wait(2)
    assert box.parm_req(OTHER)


# ---- one cable, one car: the SmartEVSE can be asked


def test_behind_a_car_that_nobody_heard_leave_another_makers_is_answered_at_once_in_the_phase():
    """Swapped in the modem phase, which goes on: the number of the first one waits for the second one to speak. One of the
    same maker is a VW that fell silent, and searches on with another MAC."""
    box = running(can_ask=True).served(unheard=True)
    assert not box.parm_req(OTHER)  # it may charge
    assert box.asked_and_told(PLUGGED)
    box.wait(1)
    assert box.parm_req(OTHER) and not box.parm_req(CAR) and not box.parm_req(SAME_MAKER)


@pytest.mark.parametrize("seen", [CHARGING, None])
def test_behind_a_car_that_nobody_heard_leave_nobody_is_answered_outside_the_phase(seen):
    box = running(can_ask=True).served(unheard=True)
    assert box.asked_and_told(seen)
    box.wait(1)
    assert not box.parm_req(SAME_MAKER) and not box.parm_req(OTHER)


def test_once_its_number_was_taken_it_does_not_matter_that_nobody_heard_a_car_leave():
    box = running(can_ask=True).served(unheard=True)
    box.asked_and_told(PLUGGED)
    box.gate.delivered()
    box.wait(1)
    assert not box.parm_req(SAME_MAKER) and not box.parm_req(OTHER)


@pytest.mark.parametrize("car", [CAR, SAME_MAKER, OTHER])
def test_nobody_is_answered_while_the_smartevse_is_busy_whatever_the_mac(car):
    box = running(can_ask=True).served()
    box.wait(30)
    assert not box.parm_req(car)
    for _ in range(600):
        box.asked_and_told(CHARGING)
        assert not box.parm_req(car)
        box.wait(5)


@pytest.mark.parametrize("seen", [FREE, PLUGGED])
@pytest.mark.parametrize("car", [CAR, SAME_MAKER, OTHER])
def test_a_first_search_is_asked_about_at_once_and_answered_when_nothing_charges(seen, car):
    box = running(can_ask=True).served()
    box.wait(20)
    assert not box.asks and not box.parm_req(car)
    assert box.asked_and_told(seen)
    assert box.parm_req(car)


def test_a_search_that_begins_in_the_quiet_time_is_asked_about_when_it_is_over():
    box = running(can_ask=True).served()
    box.wait(5)
    assert not box.parm_req(OTHER) and not box.asks
    box.wait(5)
    assert box.asked_and_told(PLUGGED)
    assert box.parm_req(OTHER)


def test_questions_for_first_searches_are_twenty_seconds_apart():
    """Each from another maker, as in a garage full of cars."""
    box = running(can_ask=True).served()
    asked = []
    for second in range(300):
        box.parm_req(bytes((0, second // 7, 1, 0, 0, 0)))
        if box.asked_and_told(CHARGING):
            asked.append(second)
        box.wait(1)
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert asked[0] == 10 and min(gaps) == 20 and len(asked) >= 14


def test_a_car_that_keeps_searching_is_asked_about_once_a_minute():
    box = running(can_ask=True).served()
    asked = []
    for second in range(900):
        if second % 10 == 9:
            box.parm_req()
        if box.asked_and_told(CHARGING):
            asked.append(second)
        box.wait(1)
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert asked[0] == 10 and min(gaps) >= 60 and len(asked) >= 12


def test_a_question_for_a_car_that_keeps_searching_does_not_delay_the_one_for_a_first_search():
    box = running(can_ask=True).served()
    box.wait(11)
    box.parm_req()
    assert box.asked_and_told(CHARGING)
    box.wait(3)
    assert not box.parm_req(OTHER) and box.asked_and_told(PLUGGED)
    assert box.parm_req(OTHER)


def test_a_car_that_was_answered_and_did_not_come_to_us_is_asked_about():
    """Whether it was ours only the SmartEVSE knows."""
    box = running(can_ask=True)
    assert box.parm_req() and not box.asks
    box.wait(11)
    box.gate.search_ended(box.now)
    assert box.asks


def test_a_car_that_does_not_try_is_asked_about_a_minute_after_the_quiet_time():
    box = running(can_ask=True).served()
    box.wait(69)
    assert not box.asks
    box.wait(2)
    assert box.asks


def test_nothing_is_asked_while_the_charger_is_free():
    box = running(can_ask=True)
    for _ in range(200):
        box.wait(10)
        assert not box.asks


def test_a_modem_phase_lasts_its_minute_only():
    """It may end without a reading that arrived, and then the car charges."""
    box = running(can_ask=True).served()
    box.wait(20)
    assert not box.parm_req()
    box.told(PLUGGED)
    for _ in range(5):
        assert box.parm_req()
        box.wait(11)
    box.wait(5)
    assert box.asks and not box.parm_req()
    box.told(CHARGING)
    assert not box.parm_req()


def test_a_car_that_was_answered_and_not_read_is_left_in_peace_when_its_minute_is_over():
    box = running(can_ask=True)
    assert box.parm_req()
    box.wait(59)
    assert box.parm_req() and not box.asks
    box.wait(2)
    assert not box.parm_req() and box.asked_and_told(CHARGING)
    box.wait(5)
    assert not box.parm_req()


def test_a_charger_that_once_said_charging_and_then_died_does_not_shut_the_box_for_ever():
    box = running(can_ask=True).served()
    box.wait(80)
    assert box.asked_and_told(CHARGING)
    box.wait(1000)
    assert not box.parm_req() and box.asked_and_told(None)
    box.wait(1)
    assert box.parm_req()


@pytest.mark.parametrize("seconds", [62, 240])
def test_one_question_without_an_answer_does_not_let_a_car_in_that_charges(seconds):
    """A router that restarts takes a minute, and the car tries SLAC after it."""
    box = running(can_ask=True).served()
    box.wait(80)
    assert box.asked_and_told(CHARGING)
    box.told(None)
    box.wait(seconds)
    assert not box.parm_req() and box.asked_and_told(CHARGING)
    assert not box.parm_req()


def test_a_car_is_let_in_at_its_next_try_when_the_charger_still_does_not_answer():
    box = running(can_ask=True).served()
    box.wait(80)
    box.told(None)
    box.wait(62)
    assert not box.parm_req() and box.asked_and_told(None)
    assert box.parm_req()
    box.wait(10)
    assert box.parm_req()


def test_a_car_that_asks_seldom_is_let_in_where_the_charger_answered_neither_of_two_questions():
    """A Taycan pauses for up to 78 s between two rounds, after which no question is lately asked."""
    box = Clock(Admission(can_ask=True))
    box.told(None)
    box.wait(60)
    assert not box.parm_req() and box.asked_and_told(None)
    box.wait(78)
    assert box.parm_req()


@pytest.mark.parametrize("seen", [CHARGING, None])
def test_a_box_whose_smartevse_was_silent_at_its_start_asks_it_again_before_the_first_car(seen):
    """After a restart of its own it does not know which maker's car charges."""
    box = Clock(Admission(can_ask=True))
    box.told(None)
    box.wait(60)
    assert not box.parm_req() and box.asked_and_told(seen)
    assert box.parm_req() == (seen is None)


def test_another_makers_car_is_answered_when_the_charger_died():
    box = running(can_ask=True).served()
    box.wait(20)
    assert not box.parm_req(OTHER) and box.asked_and_told(None)
    assert box.parm_req(OTHER)


def test_a_car_that_waited_for_the_sun_is_answered_when_its_modem_phase_comes():
    box = running(can_ask=True).served()
    box.wait(80)
    for _ in range(60):
        box.asked_and_told(CHARGING)  # states 9 and 10: no power from the roof
        box.wait(60)
    assert not box.parm_req() and box.asked_and_told(PLUGGED)
    box.wait(1)
    assert box.parm_req()


def test_a_reading_without_a_number_leaves_the_phase_open_and_its_car_is_not_read_again_in_it():
    box = running(can_ask=True)
    box.parm_req()
    began = box.now
    box.wait(6)
    box.served(began=began, told=False)
    box.wait(20)
    assert not box.parm_req() and box.asked_and_told(PLUGGED)
    assert not box.parm_req()
    assert box.parm_req(OTHER)  # and another one is another one
    box.wait(30)  # the phase is over
    box.asked_and_told(CHARGING)
    box.wait(200)
    assert not box.parm_req() and box.asked_and_told(PLUGGED)
    assert box.parm_req()


def meb_answers(box, seen, seconds=600):
    """How often a car is answered and read that takes another MAC for each search, 9.8 s apart."""
    answered = 0
    for number in range(int(seconds / 9.8)):
        if box.parm_req(MEB + number.to_bytes(3, "big")):
            answered += 1
            box.wait(5)
            box.served(MEB + number.to_bytes(3, "big"))
        for _ in range(98):
            box.now = ticks_add(box.now, 100)
            box.gate.poll(box.now)
            box.asked_and_told(seen)
    return answered


@pytest.mark.parametrize("seen", [FREE, PLUGGED, CHARGING, None])
def test_a_meb_with_a_new_mac_at_each_matching_is_read_once_in_a_plug_in(seen):
    assert meb_answers(running(can_ask=True), seen) == 1


def test_a_meb_is_read_once_in_a_plug_in_where_there_is_no_smartevse():
    assert meb_answers(running(), None) == 1


def test_a_meb_plugged_in_again_within_fifteen_seconds_is_answered_once_the_smartevse_tells_of_it():
    box = running(can_ask=True)
    box.parm_req(MEB + b"\0\0\1")
    box.served(MEB + b"\0\0\1")
    answered = None
    for second in range(300):
        seen = PLUGGED if 150 <= second < 210 else CHARGING
        box.asked_and_told(seen)
        if second % 10 == 9 and box.parm_req(MEB + bytes((0, 1, second & 255))):
            answered = second
            break
        box.wait(1)
    assert answered is not None and answered < 210


def delivered(box, seen):
    """The SmartEVSE took the number, and is asked at once whether that ended its phase."""
    box.served()
    box.gate.delivered()
    box.wait(1)
    assert box.asked_and_told(seen) and not box.asks


@pytest.mark.parametrize("seconds", [10, 12, 19])
def test_a_phase_after_the_number_ended_one_is_another_plug_ins_however_soon_the_car_searches(seconds):
    """Plugged in again 4 s after the reading: no 15 s of silence, and nobody saw the charger free."""
    box = running(can_ask=True)
    assert box.parm_req()
    delivered(box, CHARGING)
    box.wait(5)
    assert not box.parm_req() and not box.asks  # the quiet time
    box.wait(seconds - 6)
    box.parm_req()
    assert box.asked_and_told(PLUGGED)
    assert box.parm_req()


def test_a_phase_that_the_number_ended_is_no_phase_for_a_car_that_searches():
    """The number was taken late, after the charger was asked: from then on the car charges."""
    box = running(can_ask=True)
    assert box.parm_req()
    box.served()
    box.wait(10)
    assert not box.parm_req() and box.asked_and_told(PLUGGED)
    box.gate.delivered()
    assert box.asked_and_told(CHARGING)
    box.wait(20)
    assert not box.parm_req() and not box.parm_req(OTHER)


def test_a_charger_that_takes_the_number_and_stays_in_its_phase_has_the_car_read_once():
    box = running(can_ask=True)
    assert box.parm_req()
    delivered(box, PLUGGED)
    for _ in range(60):
        box.wait(10)
        assert not box.parm_req()
        box.asked_and_told(PLUGGED)


def test_a_charger_that_says_nothing_after_it_took_the_number_is_asked_again_by_the_usual_rules():
    box = running(can_ask=True)
    assert box.parm_req()
    delivered(box, None)
    box.wait(15)
    assert not box.parm_req(OTHER) and box.asked_and_told(CHARGING)
    assert not box.parm_req(OTHER)


# ---- nothing can be asked


# ---- nothing can be asked


def test_without_a_smartevse_a_minute_of_silence_of_the_maker_is_a_new_plug_in():
    box = running().served()
    box.wait(59)
    assert not box.parm_req()  # and this frame starts the minute again
    box.wait(59)
    assert not box.parm_req(SAME_MAKER)
    box.wait(75)
    assert box.parm_req(SAME_MAKER)


def test_a_neighbours_searching_meb_does_not_keep_ours_out():
    box = running().served()
    for number in range(7):
        box.wait(10)
        box.parm_req(MEB + bytes((0, 0, number)))
    assert box.parm_req()


def test_a_car_answered_after_its_silence_is_answered_when_it_repeats():
    """The first answer may have been lost: the repeats of one plug-in are not the noise of a charging car."""
    box = running().served()
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
    box = running().served()
    box.wait(62)
    for _ in range(8):
        assert box.parm_req()
        box.wait(7)
    box.wait(15)
    assert not box.parm_req()


def three_readings():
    box = running()
    for number in range(3):
        assert box.gate.next_reading_ms(box.now) is None
        assert box.parm_req(MEB + bytes((0, 0, number)))
        box.served(MEB + bytes((0, 0, number)))
        box.wait(90)
    return box


def test_without_a_smartevse_a_makers_cars_are_read_three_times_an_hour():
    box = three_readings()
    assert not box.parm_req(MEB + b"\0\0\x99")
    assert box.gate.next_reading_ms(box.now) == 3600000 - 270000
    assert box.parm_req(OTHER)
    box.wait(3600)
    assert box.gate.next_reading_ms(box.now) is None
    assert box.parm_req(MEB + b"\0\0\x98")


def declines(box, seconds=600):
    """How often a car is answered that ends each session without a reading and searches 10 s later with a new MAC."""
    answered = 0
    for number in range(seconds // 10):
        mac = MEB + number.to_bytes(3, "big")
        if box.parm_req(mac):
            answered += 1
            box.gate.declined(mac, box.now)
        box.wait(10)
        box.asked_and_told(None)
    return answered


@pytest.mark.parametrize("can_ask", [False, True])
def test_a_car_that_is_never_read_is_answered_twice_where_nothing_is_known(can_ask):
    """It charges on AC, perhaps, and each answer would stop it."""
    box = running(can_ask=can_ask)
    box.told(None)
    assert declines(box) == 2
    assert box.parm_req(OTHER)


def test_a_car_that_is_never_read_is_answered_four_times_an_hour_however_often_it_is_plugged_in():
    box = running()
    answered = 0
    for _ in range(10):
        answered += declines(box, 60)
        box.wait(61)
    assert answered == 4


def test_a_car_that_ended_its_session_once_is_answered_when_it_comes_back():
    box = running()
    assert box.parm_req()
    box.gate.declined(CAR, box.now)
    box.wait(10)
    assert box.parm_req(SAME_MAKER)
    box.served(SAME_MAKER)
    box.wait(70)
    assert box.parm_req()


def test_a_car_that_ended_its_session_once_an_hour_is_always_answered():
    box = running()
    for _ in range(5):
        assert declines(box, 20) == 2
        box.wait(3700)


def test_the_owner_may_have_a_reading_now():
    box = three_readings()
    assert not box.parm_req(MEB + b"\0\0\x99")
    box.gate.read_now(box.now)
    box.wait(60)
    assert box.parm_req(MEB + b"\0\0\x98")
    box.wait(5)
    box.served(MEB + b"\0\0\x98")
    box.wait(70)
    assert not box.parm_req(MEB + b"\0\0\x97")
    box.gate.read_now(box.now)
    box.wait(121)
    assert not box.parm_req(MEB + b"\0\0\x96")


def test_the_limit_an_hour_is_no_matter_where_the_smartevse_answers():
    box = running(can_ask=True)
    for _ in range(5):
        box.told(PLUGGED)
        assert box.parm_req()
        box.served()
        box.wait(75)
        box.told(CHARGING)
    assert box.gate.next_reading_ms(box.now) is None


# ---- start, settings, the clock


def test_a_box_that_starts_while_a_car_charges_asks_before_it_answers():
    box = Clock(Admission(can_ask=True))
    assert box.asks and not box.parm_req()
    box.told(CHARGING)
    assert not box.parm_req()
    box.wait(61)
    assert box.asks
    box.told(FREE)
    assert box.parm_req()


def test_a_box_that_starts_and_finds_the_modem_phase_answers():
    box = Clock(Admission(can_ask=True))
    box.told(PLUGGED)
    assert box.parm_req()


def test_a_box_whose_smartevse_stays_silent_at_start_answers_after_half_a_minute():
    box = Clock(Admission(can_ask=True))
    box.wait(31)
    assert box.parm_req()


def test_never_means_never_and_always_keeps_the_quiet_time_only():
    assert not Clock(Admission(answer="never")).parm_req()
    box = running(answer="always", can_ask=True).served()
    assert not box.parm_req()
    box.wait(11)
    box.told(CHARGING)
    assert box.parm_req()


def test_modem_phase_only_answers_within_a_minute_of_seeing_it():
    box = Clock(Admission(answer="modem_phase", can_ask=True))
    assert not box.parm_req() and box.asks
    box.told(PLUGGED)
    assert box.parm_req()
    box.wait(61)
    assert not box.parm_req() and box.asks
    for seen in (CHARGING, FREE, None):
        box.told(seen)
        assert not box.parm_req()


@pytest.mark.parametrize("can_ask", [False, True])
def test_a_week_of_silence_does_not_confuse_the_wrapping_ticks(can_ask):
    box = running(can_ask=can_ask, now=(1 << 29) - 20000).served()
    box.wait(11)
    box.told(FREE if can_ask else None)
    for _ in range(7 * 24 * 60):
        box.now = ticks_add(box.now, 60000)
        box.gate.poll(box.now)
    assert box.parm_req()
    box.served()
    assert not box.parm_req()


def test_only_the_last_eight_makers_are_remembered_and_that_of_the_car_read_last_always():
    box = running().served()
    for number in range(12):
        box.parm_req(bytes((0, 1, number, 0, 0, 0)))
    assert len(box.gate._makers) == 8
    assert box.gate._find(maker_of(CAR)) is box.gate._last


def test_an_address_that_is_removed_while_the_box_starts_keeps_nobody_waiting():
    box = Clock(Admission(can_ask=True))
    assert not box.parm_req()
    box.gate.ask_from_now_on(False)
    assert box.parm_req() and not box.asks


def test_what_another_smartevse_said_does_not_count_for_the_one_that_is_set_now():
    box = running(can_ask=True)
    box.told(CHARGING)
    box.gate.ask_from_now_on(True)  # the same one, saved again
    assert box.gate.seen == CHARGING
    box.gate.ask_from_now_on(False)
    assert box.gate.seen is None
    box.gate.ask_from_now_on(True)
    assert box.gate.seen is None and box.gate.can_ask
