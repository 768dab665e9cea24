# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The diary keeps its order through wraps, restarts, damage and lost times, and waits while somebody is there."""

import pytest
from appliance.diary import ring as rings
from appliance.diary.diary import MOST_WAITING, REST_MS
from appliance.diary.ring import ROOM
from appliance.storage.records import PC_HAS_THE_DRIVE

from host_tests.support.diaries import Rig

NOW_S = 1790000000


def keep(folder, charges, **options):
    """A run of a box that reads so many cars."""
    rig = Rig(folder, **options)
    for charge in charges:
        rig.plug_in(charge)
        rig.settle()
    return rig


def spoil(folder, copy, start, data):
    with open(folder / "diary" / copy / "diary.bin", "r+b") as file:
        file.seek(start)
        file.write(data)


def test_nothing_is_made_before_there_is_an_entry(tmp_path):
    rig = Rig(tmp_path)
    rig.settle()
    assert rig.entries() == [] and rig.diary.fault == "" and list(tmp_path.iterdir()) == []


def test_readings_survive_restarts_in_their_order(tmp_path):
    keep(tmp_path, [10, 20])
    rig = keep(tmp_path, [30])
    assert rig.charges() == [30, 20, 10]
    after = Rig(tmp_path)
    after.settle()
    assert after.charges() == [30, 20, 10] and after.status.earlier.soc_percent == 30


def test_more_readings_than_there_is_room_for_leave_the_newest_in_order(tmp_path):
    keep(tmp_path, [number % 101 for number in range(ROOM + 10)])
    after = Rig(tmp_path)
    after.settle()
    numbers = [number for number, _ in after.entries()]
    assert numbers == list(range(ROOM + 10, 10, -1))
    assert after.charges() == [(number - 1) % 101 for number in numbers]
    assert after.diary.count == ROOM and after.diary.fault == ""


def test_a_plug_in_that_waits_is_in_the_list_and_written_when_nobody_is_there(tmp_path):
    rig = keep(tmp_path, [10])
    rig.may_write = False
    rig.plug_in(20)
    rig.plug_in(30)
    assert rig.settle() == 0
    assert rig.charges() == [30, 20, 10] and [number for number, _ in rig.entries()] == [3, 2, 1]
    rig.may_write = True
    assert rig.settle() == 4, "two entries, each into two files"
    after = Rig(tmp_path)
    after.settle()
    assert after.charges() == [30, 20, 10]


def test_what_waits_has_a_bound_and_the_newest_stay(tmp_path):
    rig = Rig(tmp_path)
    rig.settle()
    rig.may_write = False
    for charge in range(MOST_WAITING + 5):
        rig.plug_in(charge)
        rig.diary.due(0)
    assert rig.charges() == list(range(MOST_WAITING + 4, 4, -1))


def test_before_a_restart_on_purpose_what_waits_is_written(tmp_path):
    rig = Rig(tmp_path)
    rig.may_write = False
    rig.plug_in(20)
    rig.diary.leave()
    after = Rig(tmp_path)
    after.settle()
    assert after.charges() == [20]


def test_a_car_that_is_not_read_again_and_again_is_one_entry_an_hour(tmp_path):
    rig = Rig(tmp_path)
    for _ in range(6):
        rig.plug_in(None, "no_soc")
        rig.status.uptime.seconds -= 2400
    rig.plug_in(None, None)
    rig.settle()
    assert [entry.cause for _, entry in rig.entries()] == ["no_soc"] * 2


def test_no_diary_is_kept_where_none_is_wanted(tmp_path):
    rig = keep(tmp_path, [10, 20], recording=False)
    assert rig.charges() == [] and list(tmp_path.iterdir()) == []


# ---- the time


def test_a_time_that_is_learnt_later_dates_the_entries_of_this_run_and_no_other(tmp_path):
    keep(tmp_path, [10])
    rig = keep(tmp_path, [20, 30])
    assert [entry.unix_s for _, entry in rig.entries()] == [None] * 3
    rig.status.uptime.tell_time(NOW_S, "browser")
    dated = [NOW_S, NOW_S - 3600, None]
    assert [entry.unix_s for _, entry in rig.entries()] == dated
    assert rig.settle() == 2, "the newest entry alone is written anew"
    after = Rig(tmp_path)
    after.settle()
    assert [entry.unix_s for _, entry in after.entries()] == dated


def test_a_wrong_clock_is_mended_by_the_next_one_of_the_same_run(tmp_path):
    rig = Rig(tmp_path)
    rig.status.uptime.tell_time(NOW_S + 10**8, "browser")
    rig.plug_in(20)
    rig.settle()
    rig.status.uptime.tell_time(NOW_S, "browser")
    rig.plug_in(30)
    rig.settle()
    after = Rig(tmp_path)
    after.settle()
    assert [entry.unix_s for _, entry in after.entries()] == [NOW_S + 3600, NOW_S]


def test_a_clock_that_is_told_every_day_costs_no_write(tmp_path):
    rig = keep(tmp_path, [20])
    rig.status.uptime.tell_time(NOW_S, "browser")
    rig.settle()
    rig.status.uptime.seconds += 86400
    rig.status.uptime.tell_time(NOW_S + 86400 + 30, "browser")
    assert rig.settle() == 0


# ---- damage


@pytest.mark.parametrize("copy", rings.COPIES)
@pytest.mark.parametrize("start", range(0, rings.SIZE, 4096 * 3))
def test_a_page_that_one_file_lost_is_mended_and_nothing_is_missing(tmp_path, copy, start):
    keep(tmp_path, range(80))
    spoil(tmp_path, copy, start, b"\xff" * min(4096, rings.SIZE - start))
    rig = Rig(tmp_path)
    rig.settle()
    assert rig.charges() == list(range(79, -1, -1)) and rig.diary.fault == ""
    other = next(name for name in rings.COPIES if name != copy)
    spoil(tmp_path, other, 0, b"\xff" * rings.SIZE)
    after = Rig(tmp_path)
    after.settle()
    assert after.charges() == list(range(79, -1, -1)), "the mended file alone has all of them"


@pytest.mark.parametrize("copy", rings.COPIES)
def test_a_file_that_is_gone_is_made_again(tmp_path, copy):
    keep(tmp_path, range(9))
    (tmp_path / "diary" / copy / "diary.bin").unlink()
    rig = Rig(tmp_path)
    rig.settle()
    assert rig.charges() == list(range(8, -1, -1))
    assert (tmp_path / "diary" / copy / "diary.bin").stat().st_size == rings.SIZE
    assert not rig.ring.sector(0)[1] and not rig.ring.sector(1)[1]


def test_what_both_files_lost_is_told_and_the_rest_is_there(tmp_path):
    keep(tmp_path, range(40))
    for copy in rings.COPIES:
        spoil(tmp_path, copy, rings.PAGE + 2 * rings.SECTOR, b"\xff" * rings.SECTOR)
    rig = Rig(tmp_path)
    rig.settle()
    assert rig.charges() == [charge for charge in range(39, -1, -1) if not 4 <= charge < 8]
    assert rig.diary.fault == "4 entries of the diary are damaged and left out."
    rig.plug_in(50)
    rig.settle()
    assert rig.charges()[0] == 50


@pytest.mark.parametrize("junk", [b"\xff" * rings.SIZE, b"[]" * (rings.SIZE // 2), b"SBD1" * (rings.SIZE // 4)])
def test_files_of_junk_are_an_empty_diary_and_a_sentence(tmp_path, junk):
    keep(tmp_path, range(9))
    for copy in rings.COPIES:
        spoil(tmp_path, copy, 0, junk)
    rig = Rig(tmp_path)
    rig.settle()
    assert rig.charges() == [] and "begins anew" in rig.diary.fault
    rig.plug_in(50)
    rig.settle()
    assert rig.charges() == [50] and rig.diary.fault == ""


@pytest.mark.parametrize("size", [0, 100, rings.PAGE + 10, rings.SIZE - 1])
def test_files_that_were_cut_short_are_made_anew(tmp_path, size):
    keep(tmp_path, range(9))
    for copy in rings.COPIES:
        with open(tmp_path / "diary" / copy / "diary.bin", "r+b") as file:
            file.truncate(size)
    rig = Rig(tmp_path)
    rig.settle()
    rig.plug_in(50)
    rig.settle()
    assert rig.charges()[0] == 50


# ---- a drive that cannot be written


def test_a_pc_that_has_the_drive_is_told_and_tried_again_later(tmp_path):
    has_it = [True]

    def remount(path, readonly):
        if has_it[0]:
            raise RuntimeError("Cannot remount path when visible via USB.")

    rig = Rig(tmp_path, remount=remount)
    rig.plug_in(20)
    rig.settle()
    assert rig.diary.fault == PC_HAS_THE_DRIVE.replace(" and save again", "") and rig.told[-1] == rig.diary.fault
    has_it[0] = False
    assert rig.settle(REST_MS - 1) == 0
    rig.settle(REST_MS)
    assert rig.charges() == [20] and rig.diary.fault == ""


def test_a_full_drive_is_told_in_kilobytes(tmp_path, monkeypatch):
    monkeypatch.setattr(rings.preallocate.os, "statvfs", lambda _path: (512, 512, 8192, 10, 10))
    rig = Rig(tmp_path)
    rig.plug_in(20)
    rig.settle()
    assert "too full" in rig.diary.fault and rig.charges() == [20]


# ---- deleting, means


def test_deleting_leaves_nothing_in_the_list_nor_in_the_bytes(tmp_path):
    rig = keep(tmp_path, [10, 20])
    rig.may_write = False
    rig.plug_in(30)
    rig.diary.delete()
    assert rig.charges() == []
    rig.may_write = True
    rig.settle()
    for copy in rings.COPIES:
        data = (tmp_path / "diary" / copy / "diary.bin").read_bytes()
        assert not any(data[rings.PAGE + rings.SECTOR : -rings.PAGE])
    rig.plug_in(40)
    rig.settle()
    assert [number for number, _ in rig.entries()] == [1] and rig.charges() == [40]


def test_a_deletion_that_a_power_cut_ended_goes_on_after_the_start(tmp_path):
    rig = keep(tmp_path, range(40))
    rig.diary.delete()
    for _ in range(70):
        rig.diary.due(0)
        rig.diary.run(0)
    after = Rig(tmp_path, recording=False)
    after.settle()
    assert after.charges() == [] and after.status.earlier is None
    for copy in rings.COPIES:
        assert not any((tmp_path / "diary" / copy / "diary.bin").read_bytes()[rings.PAGE + rings.SECTOR : -rings.PAGE])


def test_the_mean_attenuation_is_that_of_what_is_kept(tmp_path):
    rig = Rig(tmp_path)
    rig.settle()
    assert rig.diary.mean_db() is None
    for number in range(ROOM + 2):
        rig.plug_in(50, db=[99, 99, 20, 30, None][number] if number < 5 else None)
        rig.settle()
    after = Rig(tmp_path)
    after.settle()
    assert rig.diary.mean_db() == after.diary.mean_db() == 25
