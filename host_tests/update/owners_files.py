# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What an owner has on the drive beside the box's files, before and after power cuts; runs on MicroPython."""

import os

FOLDER = 0x4000
# A cut is judged by reading the whole drive, thousands of times: into one buffer, and compared, not summed up.
_buffer = bytearray(1 << 18)


def make_holes(root, count):
    """What an editor on a computer leaves: small files between others, half of them gone."""
    for number in range(count):
        with open("%s/note%d.txt" % (root, number), "wb") as file:
            file.write(bytes([number]) * (700 + number * 41))
    for number in range(0, count, 2):
        os.remove("%s/note%d.txt" % (root, number))


def contents(root, ours, folder=""):
    """{path below `root`: bytes} of every file that is in none of the folders `ours`."""
    found = {}
    for entry in os.ilistdir(root + folder):
        path = folder + "/" + entry[0]
        if path in ours:
            continue
        if entry[1] == FOLDER:
            found.update(contents(root, ours, path))
        else:
            with open(root + path, "rb") as file:
                found[path] = file.read()
            assert len(found[path]) < len(_buffer)
    return found


def all_there(root, expected):
    """True when every file of `expected`, as contents gives it, can be read below `root` as it was."""
    view = memoryview(_buffer)
    try:
        for path, data in expected.items():
            with open(root + path, "rb") as file:
                # One octet more than the file had is read, when there is one.
                if view[: file.readinto(view)] != data:
                    return False
    except OSError:
        return False
    return True
