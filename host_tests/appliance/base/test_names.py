# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""names.txt has what it should have, and a drive without it starts as well."""

from appliance.base.names import know

from host_tests.tools import names


def test_the_file_has_every_text_that_stands_in_more_than_one_place():
    assert names.FILE.read_text() == names.content(), "make docs, or python -m host_tests.tools.names"
    assert names.WORDS.read_text() == names.report_words(), "as above"


def test_texts_are_found_and_docstrings_are_none():
    source = '"""of the module"""\ndef one():\n    """of a function"""\n    return {"first": f"{one} second"}["third"]\n'
    assert sorted(names.texts_of(source)) == [" second", "first", "third"]


def test_a_drive_without_the_file_starts_as_well():
    know("/nowhere/names.txt")
