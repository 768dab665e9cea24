# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Source without comments and docstrings is the same program, line for line."""

import ast
from pathlib import Path

import pytest

from host_tests.tools.bare import bare

LIB = Path(__file__).resolve().parents[2] / "CIRCUITPY" / "lib"

FULL = b'''# SPDX-License-Identifier: MIT
"""What it is."""

import os  # for the path

# Why 4.
LIMIT = 4


class Empty(Exception):
    """All there is of it."""


class Box:
    """A box.

    Two paragraphs.
    """

    def open(self):
        """Opens."""
        return "# no comment", os.sep
'''
BARE = b'''# SPDX-License-Identifier: MIT


import os


LIMIT = 4


class Empty(Exception):
    """All there is of it."""


class Box:





    def open(self):

        return "# no comment", os.sep
'''


def test_what_only_people_read_becomes_empty_lines_and_the_licence_stays():
    assert bare(FULL) == BARE


@pytest.mark.parametrize("source", (b'def f():\n    "one"; return 1\n', b'def f(): "one"; return 1\n'))
def test_what_shares_a_line_with_a_docstring_is_not_lost_in_silence(source):
    with pytest.raises((ValueError, SyntaxError)):
        bare(source)


def test_every_module_of_the_drive_can_be_had_bare_with_its_licence():
    for path in LIB.rglob("*.py"):
        source = path.read_bytes()
        result = bare(source)
        assert result.count(b"\n") == source.count(b"\n"), path
        assert result.startswith(b"# SPDX-FileCopyrightText"), path
        assert bare(result) == result, path
        assert ast.parse(result), path
