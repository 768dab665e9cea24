# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Loads the tables that ``v2g.exi`` runs on: ``schemas/<name>.bin``, one file for each schema.

They are data because the board takes more than half a second to compile Python source of that size, and because what it
compiles takes three times the memory. ``load`` gives ``(root_bits, roots, states, elements, names, numbers, full_lists)``:

    roots       ((code, element), ...): the elements a document may be
    states      grammars, each state its code bits, then 1 << code bits events, whose places are their codes
    event       element << 12 | where the events of the next state start in ``states``;
                0 end of the element, 1 what no table describes, 2 escape
    elements    by the numbers that stand for them above: kind | bits of the value << 4 | ``at`` << 8 | 1 << 20 for
                a list, 3 << 20 for a bounded one that is written as a loop
                the kinds are those of ``v2g.exi``; the events of a complex type's first state start at ``at``,
                least and most of a simple one stand at ``at`` in ``numbers``, None when anything goes
    names       of the elements, then those of the enumerations, whose least and most are places in here
    full_lists  1 when there are bounded loops, see ``v2g.exi.decode``; behind the events of one stands, as in an
                event, its bound << 12 | what follows the full list

A file has all numbers with their low octet first; host_tests/generators/exi_tables/make_tables.py writes it:

    "EXI1" | CRC-32 of what follows, 4 octets | length of states, 2 | of elements, 2 | root_bits, 1 | full_lists, 1
    0, 2 | states, 4 each | elements, 4 each | three lines of text: names; code and element of each root; numbers
"""

import binascii
import struct
from array import array

_FOLDER = "/schemas/"
_HEAD = "<4sIHHBBH"
_HEAD_SIZE = 16
_MAGIC = b"EXI1"

# What schemas share that are loaded one after the other; may be emptied afterwards. MicroPython gives the name that the
# program has for a text that is the same. Names that only a schema has stay out of its table of names: that is searched
# from end to end for each new text, and doubles when it is full.
NAMES = {}


def load(name, folder=None):
    """The schema in ``schemas/<name>.bin``. ImportError names a file that is missing or damaged."""
    if folder is None:
        folder = __file__.rsplit("/", 1)[0] + _FOLDER
    path = folder + name + ".bin"
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        raise ImportError(path + " is missing: copy all files of this version again")
    if (
        len(data) < _HEAD_SIZE
        or data[:4] != _MAGIC
        or _check_sum(data) != int.from_bytes(data[4:8], "little")
    ):
        raise ImportError(path + " is damaged: copy all files of this version again")
    _, _, states, elements, root_bits, full_lists, _ = struct.unpack_from(_HEAD, data)
    elements_at = _HEAD_SIZE + states * 4
    names_at = elements_at + elements * 4
    names, roots, numbers = str(data[names_at:], "ascii").split("\n")
    return (
        root_bits,
        _pairs(roots.split(" ")),
        array("I", data[_HEAD_SIZE:elements_at]),
        array("I", data[elements_at:names_at]),
        _shared(names),
        tuple([None if number == "-" else int(number) for number in numbers.split(" ")]),
        full_lists,
    )


def _check_sum(data):
    return binascii.crc32(memoryview(data)[8:]) & 0xFFFFFFFF


def _pairs(words):
    return tuple([(int(words[i]), int(words[i + 1])) for i in range(0, len(words), 2)])


def _shared(text):
    """The names in one tuple; a name that several schemas have is there once."""
    return tuple([NAMES.setdefault(name, name) for name in text.split(" ")])
