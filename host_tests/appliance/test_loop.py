# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The loop: what comes first, what waits for what, and that nothing a part does ends it."""

import pytest
from appliance.jobs import Collector
from appliance.loop import (
    ALONE_S,
    IDLE_S,
    LONG_PROTOCOL_MS,
    MATCHING_MS,
    MOST_BUSY_PASSES,
    MOST_FAILURES,
    MOST_UNSENT,
    QUIET_PASSES,
    Loop,
)
from appliance.state.frame_ring import FrameRing
from appliance.state.log import Log, Uptime
from appliance.story import Story


class Modem:
    def __init__(self):
        self.ready = True
        self.generation = 1
        self.status = "READY"
        self.setting_text = "mode 3, 8 MHz"
        self.was_reset = False
        self.incoming = []
        self.sent = []
        self.room = 100
        self.restarts = 0

    def poll(self, now):
        pass

    def receive(self):
        return self.incoming.pop(0) if self.incoming else None

    def restart(self, now):
        self.restarts += 1

    def send(self, frame):
        if self.room == 0:
            return False
        self.room -= 1
        self.sent.append(frame)
        return True


class Secc:
    """Echoes every frame; `fail` makes it raise."""

    def __init__(self):
        self.active = False
        self.matching = False
        self.stage = "WAITING"
        self.frames = []
        self.events = []
        self.ready_calls = 0
        self.lost = []
        self.fail = False
        self.took = lambda: None

    def modem_ready(self, now):
        self.ready_calls += 1

    def modem_lost(self, now, cause):
        self.lost.append(cause)

    def receive(self, frame, now):
        if self.fail:
            raise ValueError("planted")
        self.took()
        self.frames.append(b"answer to " + frame)

    def poll(self, now):
        pass

    def take_frames(self):
        frames, self.frames = self.frames, []
        return frames

    def take_events(self):
        events, self.events = self.events, []
        return events


class Piece:
    def __init__(self, work=0, error=None):
        self.work = work
        self.error = error
        self.polls = 0

    def poll(self, now):
        self.polls += 1
        if self.error:
            raise self.error
        if self.work:
            self.work -= 1
            return True
        return False


class Slow:
    def __init__(self):
        self.wanted = True
        self.runs = 0

    def due(self, now):
        return self.wanted

    def run(self, now):
        self.runs += 1


class Bench:
    def __init__(self):
        self.now = (1 << 29) - 500
        self.uptime = Uptime(self.now)
        self.lines = []
        self.log = Log(self.uptime, write=self.lines.append)
        self.story = Story(self.log, self.uptime)
        self.status = self.story.status
        self.modem = Modem()
        self.seccs = []
        self.events = []
        self.story.follow(lambda event, now: self.events.append(event))
        self.fed = 0
        self.loop = Loop(
            self.modem, self.new_secc, self.story, FrameRing(), lambda: self.now, self.feed
        )

    def new_secc(self):
        self.seccs.append(Secc())
        return self.seccs[-1]

    def feed(self):
        self.fed += 1

    def turn(self, times=1):
        for _ in range(times):
            busy = self.loop.turn()
            self.now = (self.now + 3) & ((1 << 29) - 1)
        return busy


@pytest.fixture
def bench():
    return Bench()


def test_a_frame_is_answered_in_its_own_pass(bench):
    bench.modem.incoming.append(b"question")
    assert bench.turn() is True
    assert bench.modem.sent == [b"answer to question"]
    assert bench.turn(2) is False


def test_a_modem_that_came_gets_its_key_once(bench):
    bench.turn(5)
    assert bench.seccs[0].ready_calls == 1
    bench.modem.generation = 2
    bench.turn(5)
    assert bench.seccs[0].ready_calls == 2
    assert [event[2] for event in bench.events if event[0] == "modem"] == [None, "modem_rebooted"]


def test_a_modem_that_is_lost_is_told_once(bench):
    bench.turn(3)
    bench.modem.ready = False
    bench.turn(3)
    assert bench.seccs[0].lost == ["modem_rebooted"]
    bench.modem.ready = True
    bench.modem.generation = 2
    bench.turn(3)
    assert (bench.seccs[0].ready_calls, len(bench.seccs[0].lost)) == (2, 1)


def test_a_modem_that_its_driver_reset_did_not_restart_by_itself(bench):
    bench.turn(3)
    bench.modem.ready, bench.modem.status = False, "RESETTING"
    bench.turn(3)
    assert bench.seccs[0].lost == ["modem_reset"]
    bench.modem.ready, bench.modem.status = True, "READY"
    bench.modem.generation, bench.modem.was_reset = 2, True
    bench.turn(3)
    assert bench.status.causes() == ["modem_reset"]


def test_unsent_frames_keep_their_order_and_stay_bounded(bench):
    bench.modem.room = 0
    bench.modem.incoming = [b"%d" % number for number in range(MOST_UNSENT + 8)]
    bench.turn(20)
    assert bench.loop.frames_lost == 8
    bench.modem.room = 1000
    bench.turn()
    assert bench.modem.sent == [b"answer to %d" % number for number in range(MOST_UNSENT)]


def test_frames_for_the_network_before_a_restart_are_forgotten(bench):
    bench.turn()
    bench.modem.room = 0
    bench.modem.incoming.append(b"old")
    bench.turn()
    bench.modem.generation = 2
    bench.modem.room = 10
    bench.turn()
    assert bench.modem.sent == []


def test_one_piece_a_pass_in_turn(bench):
    first, second = Piece(work=10), Piece(work=10)
    bench.loop.add_piece("first", first)
    bench.loop.add_piece("second", second)
    bench.turn(6)
    assert (first.work, second.work) == (7, 7)


def test_a_long_answer_and_a_piece_are_not_made_in_one_pass_but_both_go_on(bench):
    def takes_long():
        bench.now += LONG_PROTOCOL_MS + 1

    piece = Piece(work=10)
    bench.loop.add_piece("piece", piece)
    bench.seccs[0].active = True
    bench.seccs[0].took = takes_long
    worked = []
    for _ in range(4):
        bench.modem.incoming.append(b"question")
        bench.turn()
        worked.append(10 - piece.work)
    assert worked == [0, 1, 1, 2]
    bench.turn(2)
    assert piece.work == 6


def test_no_piece_while_a_car_is_matched(bench):
    piece, slow = Piece(work=10), Slow()
    bench.loop.add_piece("piece", piece)
    bench.loop.add_slow_piece("slow", slow)
    bench.seccs[0].matching = bench.seccs[0].active = True
    bench.turn(10)
    assert piece.polls == slow.runs == 0


def test_cars_that_are_matched_without_a_pause_stop_the_pieces_for_a_while_only(bench):
    piece, slow = Piece(), Slow()
    bench.loop.add_piece("piece", piece)
    bench.loop.add_slow_piece("slow", slow)
    bench.seccs[0].matching = bench.seccs[0].active = True
    bench.turn(MATCHING_MS // 3 - 1)
    assert piece.polls == slow.runs == 0 and bench.loop.has_car()
    bench.turn(5)
    assert piece.polls and slow.runs and not bench.loop.has_car()
    # One of them has come to us.
    bench.seccs[0].matching = False
    runs = slow.runs
    bench.turn(5)
    assert slow.runs == runs and bench.loop.has_car()


def test_a_matching_after_a_pause_stops_the_pieces_anew(bench):
    piece = Piece()
    bench.loop.add_piece("piece", piece)
    for _ in range(4):
        bench.seccs[0].matching = bench.seccs[0].active = True
        polls = piece.polls
        bench.turn(MATCHING_MS // 6)
        assert piece.polls == polls
        bench.seccs[0].matching = bench.seccs[0].active = False
        bench.turn()


def test_slow_pieces_only_while_no_session_is_active_and_nothing_else_is_to_do(bench):
    piece, slow = Piece(work=3), Slow()
    bench.loop.add_piece("piece", piece)
    bench.loop.add_slow_piece("slow", slow)
    bench.seccs[0].active = True
    bench.turn(10)
    assert piece.work == 0
    assert slow.runs == 0
    bench.seccs[0].active = False
    bench.turn()
    assert slow.runs == 1


def test_a_web_client_that_never_stops_does_not_starve_slow_pieces(bench):
    slow = Slow()
    bench.loop.add_piece("web", Piece(work=1000))
    bench.loop.add_slow_piece("smartevse", slow)
    bench.turn(10 * MOST_BUSY_PASSES)
    assert 5 <= slow.runs <= 10
    bench.loop.secc.active = True
    runs = slow.runs
    bench.turn(10 * MOST_BUSY_PASSES)
    assert slow.runs == runs


def test_slow_pieces_take_turns(bench):
    slows = [Slow(), Slow(), Slow()]
    for slow in slows:
        bench.loop.add_slow_piece("slow", slow)
    bench.turn(7)
    assert sorted(slow.runs for slow in slows) == [2, 2, 2] or bench.seccs[0].ready_calls
    assert max(slow.runs for slow in slows) - min(slow.runs for slow in slows) <= 1


def test_a_piece_that_fails_rests_and_the_others_go_on(bench):
    bad, good = Piece(error=OSError(5, "planted")), Piece(work=1000)
    bench.loop.add_piece("bad", bad)
    bench.loop.add_piece("good", good)
    bench.turn(1000)
    assert bad.polls == 1
    assert good.work < 10
    assert bench.status.cause() == "crash"
    assert any("bad failed" in line for line in bench.lines)
    assert any("planted" in line for line in bench.lines)
    bench.turn(3000)
    assert bad.polls == 2


def test_a_session_that_fails_is_replaced_and_the_modem_told(bench):
    bench.turn()
    bench.seccs[0].fail = True
    bench.modem.incoming.append(b"poison")
    bench.turn()
    assert len(bench.seccs) == 2
    assert bench.seccs[1].ready_calls == 1
    bench.modem.incoming.append(b"question")
    bench.turn()
    assert bench.modem.sent == [b"answer to question"]
    assert bench.loop.failures == 1


def test_a_session_that_fails_again_and_again_ends_in_a_restart(bench):
    def poisoned():
        secc = Secc()
        secc.fail = True
        return secc

    bench.loop.secc = poisoned()
    bench.loop._new_secc = poisoned
    with pytest.raises(ValueError, match="planted"):
        for _ in range(MOST_FAILURES + 2):
            bench.modem.incoming.append(b"poison")
            bench.turn()


def test_the_watchdog_is_fed_every_pass(bench):
    bench.turn(50)
    assert bench.fed == 50


class Slept(BaseException):
    """Ends the loop's endless run."""


def slept_by(bench, passes):
    """How long the loop sleeps after each of so many passes in which nothing happens."""

    def sleep(length):
        slept.append(length)
        if len(slept) == passes:
            raise Slept

    slept = []
    with pytest.raises(Slept):
        bench.loop.run(sleep)
    return slept


def test_without_a_car_the_loop_sleeps_longer_once_nothing_happened_for_a_second(bench):
    assert slept_by(bench, QUIET_PASSES + 3) == [IDLE_S] * QUIET_PASSES + [ALONE_S] * 3
    assert IDLE_S < ALONE_S <= 0.01
    bench.modem.incoming.append(b"frame")
    assert slept_by(bench, 1) == [IDLE_S], "something happened"


def test_with_a_car_it_never_does(bench):
    bench.seccs[-1].active = True
    assert set(slept_by(bench, QUIET_PASSES + 3)) == {IDLE_S}


def test_the_histogram_counts_every_pass_that_is_not_slow(bench):
    bench.loop.add_slow_piece("slow", Slow())
    bench.turn(50)
    assert sum(bench.loop.passes.counts) + sum(bench.loop.slow.counts) == 50


def test_the_collector_runs_after_work_and_not_in_idle(bench):
    collected = []
    collector = Collector(bench.loop, lambda: collected.append(bench.now))
    bench.loop.add_slow_piece("collect", collector)
    bench.turn(4000)
    assert len(collected) == 1
    bench.modem.incoming.append(b"question")
    bench.turn(4000)
    assert len(collected) == 2


def test_the_collector_runs_after_days_in_which_nothing_happened(bench):
    """A tick can be compared for three days."""
    collected = []
    collector = Collector(bench.loop, lambda: collected.append(bench.now))
    collector.run(bench.now)
    bench.loop.work += 1  # its own
    hour_ms = 3_600_000
    for _ in range(4 * 24):
        bench.now = (bench.now + hour_ms) & ((1 << 29) - 1)
        assert not collector.due(bench.now)
    bench.loop.work += 5
    assert collector.due(bench.now)


def test_a_modem_that_takes_keys_and_answers_none_is_restarted(bench):
    bench.turn(3)
    bench.seccs[0].events.append(("failed", "key_refused"))
    bench.turn()
    assert bench.modem.restarts == 0
    bench.seccs[0].events.append(("failed", "modem_silent"))
    bench.turn()
    assert bench.modem.restarts == 1


def test_a_failing_session_event_does_not_end_the_loop(bench):
    def handle(event, now):
        raise KeyError(event[0])

    bench.story.follow(handle)
    bench.turn()
    bench.seccs[-1].events.append(("reading", None))
    bench.turn(5)
    assert bench.loop.failures >= 1


def test_the_self_test_is_made_once_after_the_start_and_when_asked_for():
    from appliance.jobs import TEST_AFTER_S, SelfTest

    uptime = Uptime(0)
    looks = []
    piece = SelfTest(uptime, lambda asked, now: looks.append(asked) or "report")
    uptime.seconds = TEST_AFTER_S - 1
    assert not piece.due(0)
    piece.asked = True
    assert piece.due(0)
    piece.asked = False
    uptime.seconds = TEST_AFTER_S
    assert piece.due(0)
    piece.run(0)
    assert not piece.due(0)
    piece.asked = True
    piece.run(0)
    assert (looks, piece.report, piece.asked) == ([False, True], "report", False)
