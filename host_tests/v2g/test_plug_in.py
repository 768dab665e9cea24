# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.plug_in: when a plug-in must be over, what its owner hears of it, and why there is no reading."""

from types import SimpleNamespace

import pytest
from plc.ticks import ticks_add
from v2g import din, iso2
from v2g.plug_in import LIMITS_MS, RUNGS, PlugIn, departure
from v2g.reading import Reading

from host_tests.tools import leaving

CAR = b"\x98\xed\x5c\x01\x02\x03"
BEGAN = (1 << 29) - 1000  # the ticks wrap meanwhile


def session(**facts):
    """What a plug-in looks at of a ``v2g.session.Session``."""
    known = {
        "reading": None,
        "evccid": None,
        "renewed": False,
        "events": [],
        "stopped": False,
        "refused": False,
        "refusals": 0,
        "wants_ac": False,
    }
    return SimpleNamespace(rung=0, **{**known, **facts})


def reading(soc=42, doubtful=None):
    one = Reading("DIN 70121", None, CAR)
    one.soc_percent, one.soc_doubtful_percent = soc, doubtful
    return one


def plug_in(talk_ms=0, matched_ms=0, in_phase=False, **facts):
    events = []
    station = SimpleNamespace(talk_ms=talk_ms)
    one = PlugIn(CAR, BEGAN, at(matched_ms), station, events, in_phase)
    if facts:
        one.session = session(**facts)
    return one, events


def at(ms):
    return ticks_add(BEGAN, ms)


def first_overdue_ms(one, step=100):
    for ms in range(0, 120_000, step):
        how = one.overdue(at(ms))
        if how:
            return ms, how
    return None


def test_a_plug_in_ends_45_seconds_after_its_first_request_the_second_to_linger_included():
    one, _ = plug_in()
    assert first_overdue_ms(one) == (44_000, "the car did not leave in time")


@pytest.mark.parametrize(("stepped_ms", "ms"), [(33_999, 44_000), (34_000, 44_000), (34_001, 57_000), (43_999, 57_000)])
def test_a_car_that_came_a_step_further_in_the_last_ten_seconds_is_given_the_phase(stepped_ms, ms):
    one, _ = plug_in()
    one.stepped(at(stepped_ms))
    assert first_overdue_ms(one) == (ms, "the car did not leave in time")


@pytest.mark.parametrize("facts", [{"stopped": True}, {"reading": reading(), "renewed": True}])
def test_a_step_gives_no_time_to_a_car_that_stopped_or_was_read(facts):
    one, _ = plug_in(**facts)
    one.follow(one.session, at(43_000))
    one.stepped(at(43_500))
    assert first_overdue_ms(one)[0] == 44_000


def test_a_slow_car_that_is_read_late_leaves_within_the_phase():
    one, _ = plug_in()
    one.stepped(at(43_000))
    assert one.overdue(at(44_000)) is None
    one.session = session(reading=reading(), renewed=True)
    one.follow(one.session, at(50_000))
    assert first_overdue_ms(one)[0] == 57_000


@pytest.mark.parametrize(
    ("matched_ms", "in_phase", "ms"),
    [(24_000, True, 44_000), (30_000, True, 49_000), (44_000, True, 57_000), (44_000, False, 63_000)],
)
def test_a_car_that_is_matched_late_has_twenty_seconds_but_not_after_the_smartevses_phase(matched_ms, in_phase, ms):
    one, _ = plug_in(matched_ms=matched_ms, in_phase=in_phase)
    assert first_overdue_ms(one)[0] == ms


def test_a_reading_of_a_car_that_was_matched_late_leaves_it_no_more_than_the_phase():
    one, _ = plug_in(matched_ms=44_000, in_phase=True, reading=reading(), renewed=True)
    one.follow(one.session, at(50_000))
    assert first_overdue_ms(one)[0] == 57_000


@pytest.mark.parametrize(("matching", "ms"), [(False, 44_000), (True, 58_000)])
def test_a_car_that_began_anew_is_waited_for_as_long_as_it_may_be_in_the_middle_of_it(matching, ms):
    one, _ = plug_in()
    assert not one.restart_is_over(matching, at(ms - 1)) and one.restart_is_over(matching, at(ms))


def test_a_long_conversation_moves_that_end():
    one, _ = plug_in(talk_ms=40_000)
    assert first_overdue_ms(one)[0] == 40_000 + LIMITS_MS["release"] - LIMITS_MS["linger"]


def test_a_reading_leaves_the_car_twenty_seconds():
    one, events = plug_in(reading=reading(), renewed=True)
    one.follow(one.session, at(5000))
    assert [event[0] for event in events] == ["checkpoint", "reading"]
    assert first_overdue_ms(one)[0] == 5000 + LIMITS_MS["release"] - LIMITS_MS["linger"]


def test_a_later_number_is_told_as_such_once():
    told = reading()
    one, events = plug_in(reading=told, renewed=True)
    one.follow(one.session, at(1000))
    told.soc_percent = 43
    one.session.renewed = True
    one.follow(one.session, at(2000))
    one.follow(one.session, at(3000))
    assert [event for event in events if event[0] == "soc"] == [("soc", 43)]


def test_a_stopped_session_leaves_the_car_five_seconds_to_close():
    one, _ = plug_in(stopped=True)
    one.follow(one.session, at(1000))
    assert first_overdue_ms(one)[0] == 1000 + LIMITS_MS["after_stop"]


@pytest.mark.parametrize(
    ("facts", "ms"),
    [({}, 10_000), ({"wants_ac": True}, 3000), ({"reading": reading()}, 3000), ({"reading": reading(None)}, 3000)],
)
def test_a_refused_car_that_says_no_more_is_closed_after_a_time_and_one_that_leaves_is_not(facts, ms):
    """Three seconds behind what it told, ten before that: it may be slow."""
    one, _ = plug_in(refusals=1, **facts)
    one.follow(one.session, at(1000))
    assert first_overdue_ms(one) == (1000 + ms, "the car was refused and said no more")
    one.session.refusals = 0
    one.follow(one.session, at(2000))
    assert first_overdue_ms(one)[0] == (20_000 if one.reading else 44_000)


@pytest.mark.parametrize(("is_at_0", "most"), [(False, 3), (True, 6)])
def test_so_many_refusals_in_a_row_are_enough(is_at_0, most):
    one, _ = plug_in(is_at_0=is_at_0)
    for refusals in range(8):
        one.session.refusals = refusals
        assert one.refused_enough == (refusals >= most)
    one.session = None
    assert not one.refused_enough, "between two connections nobody is refused"


def test_the_network_is_kept_a_second_and_up_to_three_for_the_fin():
    one, _ = plug_in()
    one.leave("the car closed the connection", at(0))
    one.leave("another reason", at(900))
    assert one.how == "the car closed the connection"
    assert not one.may_leave(False, at(999)) and one.may_leave(False, at(1000))
    assert not one.may_leave(True, at(2999)) and one.may_leave(True, at(3000))


@pytest.mark.parametrize(
    ("read_ms", "closed_ms", "ms"),
    [
        (5000, 10_000, 13_000),  # time enough
        (5000, 23_000, 25_000),
        (5000, 24_000, 25_000),  # as late as can be
        (43_000, 44_000, 45_000),  # the plug-in is over before the twenty seconds are
    ],
)
def test_a_fin_that_is_not_acknowledged_does_not_keep_a_number_back_beyond_its_limit(read_ms, closed_ms, ms):
    """A car whose modem stays and whose computer sleeps: the number was delivered 22 s after it was told."""
    one, _ = plug_in(reading=reading(), renewed=True)
    one.follow(one.session, at(read_ms))
    one.leave("the car did not leave in time", at(closed_ms))
    assert not one.may_leave(True, at(ms - 1)) and one.may_leave(True, at(ms))


def test_a_doubtful_number_is_told_with_the_end():
    one, events = plug_in(reading=reading(None, 0))
    one.follow(one.session, at(0))
    assert [event[:2] for event in events] == [("checkpoint", 541)]
    one.tell_end()
    assert [event[0] for event in events[1:]] == ["checkpoint", "reading", "released", "session_end"]
    assert events[-1] == ("session_end", "soc_doubtful")


@pytest.mark.parametrize(
    ("facts", "changes", "cause"),
    [
        ({}, {}, "no_sdp"),
        ({}, {"progress": 1}, "no_tcp"),
        ({}, {"progress": 2}, "car_silent"),
        ({}, {"progress": 2, "ended": "answer_refused"}, "answer_refused"),
        ({}, {"progress": 2, "ended": "car_ended", "cause": "link_lost"}, "link_lost"),
        ({"wants_ac": True, "refusals": 1}, {"progress": 2}, "ac_charging"),
        ({"stopped": True}, {"progress": 2}, "car_ended"),
        ({"refusals": 2}, {"progress": 2}, "not_offered"),
        ({"stopped": True, "refused": True}, {"progress": 2}, "not_offered"),
        ({"stopped": True, "refusals": 1}, {"progress": 2}, "car_ended"),
        ({"refusals": 2}, {"progress": 2, "cause": "no_soc"}, "no_soc"),
    ],
)
def test_why_there_is_no_reading(facts, changes, cause):
    one, events = plug_in(**facts)
    for name, value in changes.items():
        setattr(one, name, value)
    one.tell_end()
    assert events == [("session_end", cause)]


@pytest.mark.parametrize("standard", [din, iso2])
def test_every_rung_has_its_words(standard):
    assert [row[0] for row in standard.LADDER] == list(range(1, len(RUNGS)))
    assert len(RUNGS) == len(leaving.LEAVE_THERE)


@pytest.mark.parametrize(
    ("how", "rung", "was_read", "words"),
    [
        ("the car stopped the session", 2, True, "rung 2, when asked to"),
        ("the car closed the connection", 0, False, "rung 0, before any charging parameters"),
        ("the car was refused 3 times", 0, True, "rung 0"),
        ("the car was refused 3 times", 5, True, "rung 5, when refused power"),
        ("link lost", 4, True, "rung 4"),
        ("the car did not leave in time", 3, True, "rung 3"),
        (None, 1, True, "rung 1"),
    ],
)
def test_the_rung_is_named_where_the_car_took_it(how, rung, was_read, words):
    one = SimpleNamespace(rung=rung, reading=Reading("DIN 70121") if was_read else None)
    assert departure(how, one) == words


def test_a_car_that_never_spoke_left_before_it_told_anything():
    assert departure("link lost", None) == "before any charging parameters"
