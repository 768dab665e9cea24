# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes room on the drive, once, for files that never change their length: the only time that FAT and root directory
are written.

Flash is erased in pages of 4 kB, and clusters have 2 kB and may be anywhere: if the power fails while a page is written,
everything in it is lost. So the files lie one after the other, with pads in between:

    ballast | pad | directory | file: pad ... pad | directory | file: pad ... pad | a little that stays free

After files were deleted from a drive, free clusters lie between other files. The ballast takes all of those meanwhile,
so that the new files come to lie at the end of the drive, where nothing else is.
"""

import os

_PAGE = 4096
_SECTOR = 512
# For each file: a directory's cluster, and what rounding up to clusters takes.
_EXTRA = 16384
_MARGIN = 65536
# More than any board has. A limit, because where tests run there may be terabytes.
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
    """Make the missing files of ``rows``: (directory, name, size, offsets where no old record may be found).

    ``parent``: the directory above theirs. Takes 8 s with a usual flash. Raises NoRoom and OSError.
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
        # It exists; otherwise making the file in it will fail.
        return


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        # It was not there.
        return


def _grow(path, size, blanks):
    """Make a file of ``size`` bytes by writing only its last one; its content is what the flash held there."""
    if size <= 0:
        return
    with open(path, "wb") as file:
        file.seek(size - 1)
        file.write(b"\0")
        for offset in blanks:
            file.seek(offset)
            file.write(bytes(_SECTOR))
