# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The page Diary: a list and a table in pieces, and a deletion that is done when no car is read, or not at all."""

import json
from types import SimpleNamespace

import pytest
from appliance.diary import listing
from appliance.jobs import Jobs
from appliance.web.actions import BUSY, TRY_LATER
from appliance.web.diary import DiaryPages

from host_tests.support.diaries import Rig
from host_tests.support.requests import request, told


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.plug_in(42)
    rig.settle()
    return rig


@pytest.fixture
def jobs():
    return Jobs()


@pytest.fixture
def pages(rig, jobs):
    return DiaryPages(rig.diary, listing, rig.status.uptime, jobs)


def test_the_list_is_json_and_the_table_a_file(pages):
    content = json.loads("".join(pages.list(request({}))._body))
    assert len(content["entries"]) == 1
    answer = pages.table(request({}))
    assert "42" in "".join(answer._body)
    assert answer._headers["Content-Disposition"] == 'attachment; filename="socbox-diary.csv"'


def test_it_is_deleted_by_a_job_and_the_answer_comes_when_it_is_done(pages, jobs, rig):
    later = pages.delete(request({}))
    assert later.poll() is None and rig.charges() == [42]
    jobs.run(0)
    assert told(later.poll()) == (200, {"ok": True}) and rig.charges() == []


def test_a_computer_that_has_the_drive_is_told_and_nothing_is_deleted(pages, jobs, rig):
    def held(path, readonly):
        raise RuntimeError("Cannot remount path when visible via USB.")

    rig.ring._remount = held
    later = pages.delete(request({}))
    jobs.run(0)
    status, content = told(later.poll())
    assert status == 409 and "Eject it there and delete again" in content["error"]
    assert rig.charges() == [42]


def test_a_car_goes_first_and_a_deletion_that_nobody_waits_for_is_not_done(pages, jobs, rig):
    later = pages.delete(request({}))
    assert told(later.too_late()) == (503, {"error": TRY_LATER, "code": "car"})
    assert not jobs.due(0) and rig.charges() == [42]


def test_a_busy_box_says_so(pages, jobs):
    jobs.start(lambda argument: None, SimpleNamespace())
    assert told(pages.delete(request({}))) == (409, {"error": BUSY})
