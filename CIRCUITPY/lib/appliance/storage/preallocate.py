# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes room on the drive for files that never change their length, once: the only time that FAT and root directory
are written.

Flash is erased in pages of 4 kB, clusters are 2 kB and lie anywhere: a page that is being written when the power
fails takes whatever else is in it. So the files stand in one run behind each other, with pads between them:

    ballast | pad | directory | file: pad ... pad | directory | file: pad ... pad | a little that stays free

On a drive from which files were deleted, free clusters lie between other files. The ballast takes all of them
for as long as this lasts, so that the run begins at the end of the drive, where nothing else lies.
"""

import os

_PAGE = 4096
_SECTOR = 512
# A directory's cluster and what rounding to clusters costs, for each file.
_EXTRA = 16384
_MARGIN = 65536
# More than any board has; where the tests run there may be terabytes.
_MOST_BALLAST = 32 * 1024 * 1024


class NoRoom(Exception):
    """The drive is too full; the text tells the owner."""


def is_there(path, size):
    """True when a file has its full length."""
    try:
        return os.stat(path)[6] == size
    except OSError:
        return False


def reserve(parent, rows):
    """Make what is missing of ``rows``: (directory, name, size, offsets that must not hold an old record).

    ``parent`` is the directory they share. Takes 8 s with a usual flash. Raises NoRoom and OSError.
    """
    missing = [row for row in rows if not is_there("%s/%s/%s" % (parent, row[0], row[1]), row[2])]
    ballast = parent + "/ballast.bin"
    _remove(ballast)
    for row in missing:
        _remove("%s/%s/%s" % (parent, row[0], row[1]))
    facts = os.statvfs(parent.rsplit("/", 1)[0] or "/")
    free = facts[0] * facts[3]
    wanted = sum([row[2] + _EXTRA for row in missing]) + _MARGIN
    if free < wanted:
        raise NoRoom("The drive is too full: %d kB more are needed." % ((wanted - free) // 1024 + 1))
    _make_directory(parent)
    _grow(ballast, min(free - wanted, _MOST_BALLAST), ())
    try:
        _grow(parent + "/pad.bin", _PAGE, ())
        for directory, name, size, blanks in missing:
            _make_directory(parent + "/" + directory)
            _grow("%s/%s/%s" % (parent, directory, name), size, blanks)
    finally:
        _remove(ballast)


def _make_directory(path):
    try:
        os.mkdir(path)
    except OSError:
        # It is there; if not, what is made inside fails and tells.
        return


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        # It was not there.
        return


def _grow(path, size, blanks):
    """A file of ``size`` with whatever the flash holds in it: clusters are taken, and only its last byte is written."""
    if size <= 0:
        return
    with open(path, "wb") as file:
        file.seek(size - 1)
        file.write(b"\0")
        for offset in blanks:
            file.seek(offset)
            file.write(bytes(_SECTOR))
