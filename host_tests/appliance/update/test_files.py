# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A version that was copied to the drive only in part is noticed, a file at a time."""

from types import SimpleNamespace

import pytest
from appliance.update.files import MOST_NAMED, START_S, Files, check_sum_of, text_of

from host_tests.tools import bundle

VERSION = b'PRODUCT = "socbox"\nVERSION = "0.1.0"\n'
DRIVE = {"lib/appliance/base/version.py": VERSION, "code.py": b"print(1)", "www/index.html": b"x" * 9000, "empty.txt": b""}


@pytest.fixture
def drive(tmp_path):
    for name, data in DRIVE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "files.json").write_bytes(bundle.listing(DRIVE))
    return tmp_path


def checked(drive):
    """What a whole check comes to: [(names, text)], and how many steps it took."""
    told = []
    files = Files(str(drive), SimpleNamespace(seconds=START_S), lambda names, text: told.append((names, text)))
    steps = 0
    while files.due(0):
        files.run(0)
        steps += 1
    return told, steps


def test_a_whole_drive_says_nothing_and_takes_a_step_for_each_file(drive):
    told, steps = checked(drive)
    assert told == [] and steps >= len(DRIVE)


@pytest.mark.parametrize(
    ("name", "spoil"),
    (
        ("code.py", lambda path: path.unlink()),
        ("www/index.html", lambda path: path.write_bytes(b"x" * 8999)),
        ("www/index.html", lambda path: path.write_bytes(b"x" * 8999 + b"y")),
        ("empty.txt", lambda path: path.write_bytes(b"not empty")),
    ),
)
def test_a_file_that_is_missing_cut_or_changed_is_named(drive, name, spoil):
    spoil(drive / name)
    ((names, text),) = checked(drive)[0]
    assert names == [name] and name in text


def test_a_drive_without_the_list_is_not_judged(drive):
    (drive / "files.json").unlink()
    (drive / "code.py").unlink()
    assert checked(drive)[0] == []


def test_the_check_waits_until_the_start_is_over(drive):
    uptime = SimpleNamespace(seconds=START_S - 1)
    files = Files(str(drive), uptime, print)
    assert not files.due(0)
    uptime.seconds = START_S
    assert files.due(0)


def test_the_check_sum_is_that_of_the_list(drive):
    import binascii

    assert check_sum_of(str(drive / "www/index.html")) == binascii.crc32(b"x" * 9000)


def test_many_names_are_counted():
    names = ["lib/%d.py" % number for number in range(MOST_NAMED + 3)]
    text = text_of(names)
    assert names[MOST_NAMED - 1] in text and names[MOST_NAMED] not in text and "and 3 more" in text
