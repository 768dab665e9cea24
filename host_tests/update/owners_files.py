# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What an owner has on the drive beside the box's files, before and after power cuts; runs on MicroPython."""

import binascii
import os

FOLDER = 0x4000


def make_holes(root, count):
    """What an editor on a computer leaves: small files between others, half of them gone."""
    for number in range(count):
        with open("%s/note%d.txt" % (root, number), "wb") as file:
            file.write(bytes([number]) * (700 + number * 41))
    for number in range(0, count, 2):
        os.remove("%s/note%d.txt" % (root, number))


def check_sums(root, ours, folder=""):
    """{path below `root`: CRC-32} of every file that is in none of the folders `ours`."""
    found = {}
    for entry in os.ilistdir(root + folder):
        path = folder + "/" + entry[0]
        if path in ours:
            continue
        if entry[1] == FOLDER:
            found.update(check_sums(root, ours, path))
        else:
            found[path] = _check_sum(root + path)
    return found


def all_there(root, expected):
    """True when every file of `expected`, as check_sums gives it, can be read below `root` as it was."""
    try:
        for path in expected:
            if _check_sum(root + path) != expected[path]:
                return False
    except OSError:
        return False
    return True


def _check_sum(path):
    with open(path, "rb") as file:
        return binascii.crc32(file.read())
