# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Room on the drive, made once: full length, old records wiped, nothing left behind when there is too little."""

import os

import pytest
from appliance.storage import preallocate
from appliance.storage.preallocate import NoRoom, is_there, reserve

PAGE = 4096
ROWS = (("1", "a.bin", 5 * PAGE, ()), ("2", "b.bin", 3 * PAGE, (PAGE,)))


@pytest.fixture
def parent(tmp_path, monkeypatch):
    """A directory on a drive with two megabytes left."""
    monkeypatch.setattr(preallocate.os, "statvfs", lambda _path: (512, 512, 8192, 4096, 4096))
    return str(tmp_path / "saved")


def test_every_file_has_its_full_length_in_a_directory_of_its_own(parent):
    reserve(parent, ROWS)
    assert is_there(parent + "/1/a.bin", 5 * PAGE) and is_there(parent + "/2/b.bin", 3 * PAGE)


def test_the_ballast_that_holds_free_clusters_is_gone_afterwards(parent):
    reserve(parent, ROWS)
    assert not os.path.exists(parent + "/ballast.bin")


def test_what_is_there_in_full_length_is_not_touched(parent):
    reserve(parent, ROWS)
    with open(parent + "/1/a.bin", "r+b") as file:
        file.write(b"a record")
    os.remove(parent + "/2/b.bin")
    reserve(parent, ROWS)
    with open(parent + "/1/a.bin", "rb") as file:
        assert file.read(8) == b"a record"
    assert is_there(parent + "/2/b.bin", 3 * PAGE)


def test_a_file_of_another_length_is_made_anew(parent):
    reserve(parent, ROWS)
    with open(parent + "/1/a.bin", "wb") as file:
        file.write(b"cut short")
    reserve(parent, ROWS)
    assert is_there(parent + "/1/a.bin", 5 * PAGE)


def test_a_full_drive_is_told_in_kilobytes_before_anything_is_made(parent, monkeypatch):
    monkeypatch.setattr(preallocate.os, "statvfs", lambda _path: (512, 512, 8192, 10, 10))
    with pytest.raises(NoRoom, match=r"too full: \d+ kB more are needed"):
        reserve(parent, ROWS)
    assert not os.path.exists(parent)


def test_an_error_while_room_is_made_leaves_no_ballast(parent, monkeypatch):
    real = preallocate._grow

    def grow(path, size, blanks):
        if path.endswith("b.bin"):
            raise OSError(28)
        real(path, size, blanks)

    monkeypatch.setattr(preallocate, "_grow", grow)
    with pytest.raises(OSError):
        reserve(parent, ROWS)
    assert not os.path.exists(parent + "/ballast.bin")


def test_a_file_that_is_not_there_is_not_there():
    assert not is_there("/no/such/file", 1)
