# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Loads the tables that ``v2g.exi`` runs on: ``schemas/<name>.bin``, one file for each schema.

They are data because the board would take more than half a second to compile Python source of that size, and the result
would take three times the memory. ``load`` returns ``(root_bits, roots, states, elements, names, numbers, full_lists)``:

    root_bits   number of bits of a root's code
    roots       ((code, element), ...): the elements that a document may be
    states      the grammars; a state is its number of code bits, followed by 1 << code bits events, indexed by their codes
    event       element << 12 | index in ``states`` of the first event of the next state;
                0 end of the element, 1 content that no table describes, 2 escape
    elements    by element number: kind | bits of the value << 4 | ``at`` << 8 | 1 << 20 for a list, 3 << 20 for a
                bounded list that is written as a loop
                The kinds are those of ``v2g.exi``. ``at`` is, for a complex type, the index in ``states`` of its first
                state's events; for a simple one, the index in ``numbers`` of its least and most, None for no limit
    names       the names of the elements by number, then those of the enumerations, whose least and most are indices here
    full_lists  1 if there are bounded loops, see ``v2g.exi.decode``; after the events of one comes, in the form of an
                event, its bound << 12 | the state after the full list

In a file all numbers are little-endian; host_tests/generators/exi_tables/make_tables.py writes it:

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

# Names that several schemas share; may be emptied when all are loaded. Not interned: MicroPython searches its table of
# names from end to end for each new text and doubles it when it is full. It still uses the interned string where the
# program has the same one.
NAMES = {}


def load(name, folder=None):
    """The schema in ``schemas/<name>.bin``; ImportError, with its path, if the file is missing or damaged."""
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
    """A tuple of the names; a name that several schemas have is kept in memory once."""
    return tuple([NAMES.setdefault(name, name) for name in text.split(" ")])
