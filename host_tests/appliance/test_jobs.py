# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What may block is done one at a time, and what a page asked for is kept for it or forgotten with it."""

from types import SimpleNamespace

import pytest
from appliance import jobs
from appliance.jobs import Jobs, Later, RecordSecrets, Restart, SelfTest, StateQuestion
from appliance.storage.records import StoreError


def test_a_job_keeps_its_result_for_whoever_asked():
    work = Jobs()
    job = work.start(lambda argument: argument + 1, 41)
    assert work.due(0) and not job.done
    work.run(0)
    assert (job.done, job.result, job.error) == (True, 42, None) and not work.due(0)


def test_a_job_that_raises_keeps_its_error():
    work = Jobs()
    job = work.start(lambda _argument: {}["nothing"], None)
    work.run(0)
    assert job.done and isinstance(job.error, KeyError)


def steps(argument):
    for number in range(3):
        argument.append(number)
        yield
    return "whole"


def test_a_job_in_steps_makes_one_a_pass_and_keeps_the_last_ones_value():
    work, made = Jobs(), []
    job = work.start(steps, made, True)
    for count in range(1, 4):
        assert work.due(0) and not job.done
        work.run(0)
        assert len(made) == count
    work.run(0)
    assert (job.done, job.result, job.error) == (True, "whole", None) and not work.due(0)


def test_a_job_in_steps_that_raises_keeps_its_error_and_makes_room():
    def failing(_argument):
        yield
        raise KeyError("nothing")

    work = Jobs()
    job = work.start(failing, None, True)
    work.run(0)
    assert not job.done and work.start(print, None) is None
    work.run(0)
    assert job.done and isinstance(job.error, KeyError) and not work.due(0)


def test_a_job_in_steps_can_be_taken_back_between_two_of_them():
    work, made = Jobs(), []
    job = work.start(steps, made, True)
    work.run(0)
    work.cancel(job)
    assert not work.due(0) and made == [0]


def test_one_job_at_a_time_and_a_cancelled_one_makes_room():
    work = Jobs()
    first = work.start(print, None)
    assert work.start(print, None) is None
    work.cancel(object())
    assert work.due(0), "only whoever asked can cancel it"
    work.cancel(first)
    assert not work.due(0) and work.start(print, None) is not None


def test_the_self_test_comes_once_after_the_start_and_whenever_it_is_asked_for():
    uptime, looks = SimpleNamespace(seconds=0), []
    test = SelfTest(uptime, lambda asked, now: looks.append(asked) or "report")
    assert not test.due(0)
    uptime.seconds = jobs.TEST_AFTER_S
    assert test.due(0)
    test.run(0)
    assert looks == [False] and test.report == "report" and not test.due(0)
    test.asked = True
    assert test.due(0)
    test.run(0)
    assert looks == [False, True] and not test.due(0)


class Questions:
    """A StateQuestion with everything around it."""

    def __init__(self):
        self.wanted = False
        self.answers = []
        self.told = []
        self.uptime = SimpleNamespace(seconds=0)
        self.wifi = SimpleNamespace(connected=True, state="connected")
        self.state = None
        admission = SimpleNamespace(
            wants_evse_state=lambda now: self.wanted, evse_state=lambda *seen: self.answers.append(seen)
        )
        self.status = SimpleNamespace(uptime=self.uptime, current=False, reading=None)
        self.estimates = []
        self.can_go_on = True
        self.followed = []
        self.failed = []
        self.fault = None
        smartevse = SimpleNamespace(
            can_ask=True,
            cause="smartevse_off",
            query_state=lambda now: self.state,
            last_delivery="ok",
        )
        story = SimpleNamespace(
            status=self.status,
            asked=lambda state, cause: self.told.append((state, cause)),
            part_failed=lambda *what: self.failed.append(what),
        )
        loop = SimpleNamespace(secc=SimpleNamespace(admission=admission))
        self.piece = StateQuestion(loop, self.wifi, smartevse, story, lambda: 77, self._new_estimate)

    def read(self, soc_percent=42):
        self.status.current, self.status.reading = True, SimpleNamespace(soc_percent=soc_percent)

    def _new_estimate(self):
        if self.fault is not None:
            raise self.fault
        self.estimates.append(self)
        return self

    def asked(self, state, delivered):
        self.followed.append((state, delivered))


@pytest.mark.parametrize("fault", [ImportError("no module"), SyntaxError("half a file"), MemoryError()])
def test_without_what_follows_a_charge_the_answer_lets_the_car_in(fault):
    bench = Questions()
    bench.wanted, bench.fault, bench.state = True, fault, SimpleNamespace(seen="plugged")
    bench.read()
    bench.piece.run(0)
    assert bench.failed == [("smartevse_missing", fault)] and bench.answers == [("plugged", 77)]


def test_the_smartevse_is_asked_when_the_rules_of_a_plug_in_want_it():
    bench = Questions()
    assert not bench.piece.due(0)
    bench.wanted = True
    assert bench.piece.due(0)
    bench.state = SimpleNamespace(seen="free")
    bench.piece.run(0)
    assert bench.answers == [("free", 77)] and bench.told == [(bench.state, "smartevse_off")]


def test_no_answer_is_passed_on_as_unknown():
    bench = Questions()
    bench.wanted = True
    bench.piece.run(0)
    assert bench.answers == [(None, 77)]


def test_after_a_start_a_question_waits_for_wifi_but_not_for_ever():
    bench = Questions()
    bench.wanted, bench.wifi.connected, bench.wifi.state = True, False, "joining"
    assert not bench.piece.due(0)
    bench.uptime.seconds = jobs.FIRST_WIFI_S
    assert bench.piece.due(0)
    bench.uptime.seconds, bench.wifi.state = 0, "off"
    assert bench.piece.due(0), "there is no WiFi to wait for"


def test_when_nobody_asks_the_state_is_looked_at_every_five_minutes():
    bench = Questions()
    bench.uptime.seconds = jobs.IDLE_QUESTION_S
    assert bench.piece.due(0)
    bench.piece.run(0)
    assert not bench.piece.due(0)
    bench.uptime.seconds += jobs.IDLE_QUESTION_S
    assert bench.piece.due(0)
    bench.wifi.connected = False
    assert not bench.piece.due(0)


def test_while_a_charge_is_followed_the_smartevse_is_asked_more_often_and_the_answer_goes_there_too():
    bench = Questions()
    bench.uptime.seconds = jobs.CHARGE_QUESTION_S
    assert not bench.piece.due(0) and jobs.CHARGE_QUESTION_S < jobs.IDLE_QUESTION_S
    bench.read()
    assert bench.piece.due(0)
    for count, state in enumerate((SimpleNamespace(seen="charging"), None)):
        bench.state = state
        bench.piece.run(0)
        assert bench.followed[count:] == [(state, True)] and len(bench.estimates) == 1
    bench.uptime.seconds += jobs.CHARGE_QUESTION_S
    assert bench.piece.due(0)
    bench.can_go_on = False
    assert not bench.piece.due(0)


def test_what_is_needed_to_follow_a_charge_is_made_with_the_first_number():
    bench = Questions()
    bench.wanted, bench.state = True, SimpleNamespace(seen="plugged")
    bench.piece.run(0)
    assert bench.estimates == []
    bench.read(soc_percent=None)
    bench.uptime.seconds = jobs.CHARGE_QUESTION_S
    bench.wanted = False
    assert not bench.piece.due(0), "a doubtful number is no charge to go on from"


def test_what_a_start_need_not_wait_for_is_done_a_step_a_time_after_the_first_try_to_join():
    done, failed = [], []

    def steps():
        for number in range(3):
            done.append(number)
            yield

    wifi, uptime = SimpleNamespace(reachable=False, state="joining"), SimpleNamespace(seconds=0)
    later = Later(steps(), failed.append, wifi, uptime)
    assert not later.due(0)
    wifi.reachable = True
    while later.due(0):
        later.run(0)
    assert done == [0, 1, 2] and failed == []


def test_a_step_that_fails_is_told_and_ends_the_rest():
    def steps():
        yield
        raise ImportError("no module named 'appliance.display'")

    failed = []
    later = Later(steps(), failed.append, SimpleNamespace(reachable=False, state="off"), SimpleNamespace(seconds=0))
    later.run(0)
    later.run(0)
    assert [str(error) for error in failed] == ["no module named 'appliance.display'"] and not later.due(0)


@pytest.mark.parametrize(
    ("recorded", "has_records", "due"), ((True, True, False), (False, False, False), (False, True, True))
)
def test_secrets_are_put_into_the_records_where_there_are_records_without_them(recorded, has_records, due):
    keeper = SimpleNamespace(has_records=has_records)
    piece = RecordSecrets(keeper, SimpleNamespace(recorded=recorded), SimpleNamespace(seconds=jobs.RECORD_AFTER_S))
    assert piece.due(0) == due


def test_secrets_wait_while_a_computer_has_the_drive():
    def saving(_values):
        yield
        raise StoreError("A computer has the drive.")

    uptime = SimpleNamespace(seconds=jobs.RECORD_AFTER_S)
    piece = RecordSecrets(SimpleNamespace(has_records=True, saving=saving), SimpleNamespace(recorded=False), uptime)
    piece.run(0)
    assert piece.due(0), "the first step loads a file, and a car may come behind it"
    piece.run(0)
    assert not piece.due(0)
    uptime.seconds += jobs.RECORD_AGAIN_S
    assert piece.due(0)


def test_secrets_are_recorded_a_step_a_time():
    done = []

    def saving(values):
        for number in range(2):
            done.append(number)
            yield
        secrets.recorded = True
        done.append(values)

    secrets = SimpleNamespace(recorded=False)
    keeper = SimpleNamespace(has_records=True, saving=saving)
    piece = RecordSecrets(keeper, secrets, SimpleNamespace(seconds=jobs.RECORD_AFTER_S))
    for number in range(3):
        assert piece.due(0) and len(done) == number
        piece.run(0)
    assert done == [0, 1, {}] and not piece.due(0)


def test_a_restart_leaves_its_answer_time_to_leave():
    resets, told = [], []
    restart = Restart(lambda: resets.append(1), told.append)
    assert not restart.due(0)
    restart.ask()
    assert not restart.due(1000) and not restart.due(1000 + jobs.RESTART_AFTER_MS - 1)
    assert restart.due(1000 + jobs.RESTART_AFTER_MS)
    restart.run(0)
    assert resets == [1] and told == ["restart, as asked for on the page"] and not restart.wanted
