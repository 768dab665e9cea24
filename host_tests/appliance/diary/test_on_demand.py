# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The diary is loaded late, a file a step, or when somebody asks; never where none is wanted."""

import pytest
from appliance.base.parts import Parts
from appliance.diary.on_demand import AFTER_A_CAR_S, LOOK_AFTER_S, OnDemand
from appliance.state.log import Uptime
from appliance.state.status import Status


class Piece:
    ran = left = 0

    def due(self, _now):
        return True

    def run(self, _now):
        self.ran += 1

    def leave(self):
        self.left += 1

    def mean_db(self):
        return 24


@pytest.fixture
def status():
    return Status(Uptime(0), str)


def new(status, wanted=True, parts=("json", "struct")):
    told = []
    one = OnDemand(wanted, status, Piece, told.append)
    one._parts = Parts(parts)
    one.told = told
    return one


def test_nothing_is_loaded_before_a_car_came_or_the_look_is_due(status):
    one = new(status)
    assert not one.due(0) and one.mean_db() is None
    one.leave()
    status.car_plugged(b"\0\1\2\3\4\5")
    status.uptime.seconds = LOOK_AFTER_S
    assert not one.due(0), "it is being read"
    status.session_ended("ok")
    assert not one.due(0), "its reading is being delivered"
    status.uptime.seconds += AFTER_A_CAR_S
    assert one.due(0)


def test_before_a_restart_it_is_loaded_for_a_car_that_just_left(status):
    one = new(status)
    status.car_plugged(b"\0\1\2\3\4\5")
    status.session_ended("ok")
    one.leave()
    assert one.piece.left == 1


def test_the_look_comes_late(status):
    one = new(status)
    status.uptime.seconds = LOOK_AFTER_S
    assert one.due(0)


def test_each_step_loads_one_file_then_the_diary_takes_its_steps(status):
    one = new(status)
    one.run(0)
    one.run(0)
    assert one.piece is None
    one.run(0)
    assert one.piece.ran == 0
    one.run(0)
    one.leave()
    assert (one.piece.ran, one.piece.left, one.mean_db()) == (1, 1, 24)


def test_an_owner_who_wants_none_has_none_loaded_until_a_page_asks(status):
    one = new(status, wanted=False)
    status.uptime.seconds = 10**6
    status.car_plugged(b"\0\1\2\3\4\5")
    assert not one.due(0)
    assert one.get() is one.get()


def test_what_cannot_be_loaded_is_told_once_and_left(status):
    one = new(status, parts=("no_such_module",))
    status.uptime.seconds = LOOK_AFTER_S
    one.run(0)
    assert len(one.told) == 1 and not one.due(0)
