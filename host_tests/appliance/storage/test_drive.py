# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Who may write the drive: it is given back when the last writer is done, not before."""

import pytest
from appliance.storage.drive import Drive


class Storage:
    def __init__(self):
        self.calls = []
        self.pc_has_it = False

    def remount(self, path, readonly):
        if self.pc_has_it and not readonly:
            raise RuntimeError("Cannot remount path when visible via USB.")
        self.calls.append((path, readonly))


@pytest.fixture
def storage():
    return Storage()


def test_one_writer_takes_the_drive_and_gives_it_back(storage):
    drive = Drive(storage.remount)
    drive.remount("/", False)
    drive.remount("/", True)
    assert storage.calls == [("/", False), ("/", True)]


def test_a_save_in_the_middle_of_an_update_does_not_give_the_drive_away(storage):
    drive = Drive(storage.remount)
    drive.remount("/", False)
    drive.remount("/", False)
    drive.remount("/", True)
    assert storage.calls == [("/", False)]
    drive.remount("/", True)
    assert storage.calls == [("/", False), ("/", True)]


def test_a_computer_that_has_the_drive_leaves_no_writer_behind(storage):
    drive = Drive(storage.remount)
    storage.pc_has_it = True
    with pytest.raises(RuntimeError):
        drive.remount("/", False)
    storage.pc_has_it = False
    drive.remount("/", False)
    drive.remount("/", True)
    assert storage.calls == [("/", False), ("/", True)]


def test_giving_back_once_too_often_does_no_harm(storage):
    drive = Drive(storage.remount)
    drive.remount("/", True)
    drive.remount("/", False)
    drive.remount("/", True)
    assert storage.calls[-2:] == [("/", False), ("/", True)]


def test_a_drive_that_can_be_written_as_it_is_needs_nobody():
    drive = Drive(None)
    drive.remount("/", False)
    drive.remount("/", True)


def test_it_is_busy_while_somebody_writes(storage):
    drive = Drive(storage.remount)
    assert not drive.busy
    drive.remount("/", False)
    assert drive.busy
    drive.remount("/", True)
    assert not drive.busy
