# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.release: words for how a car left."""

from types import SimpleNamespace

import pytest
from v2g import din, iso2, release
from v2g.reading import Reading

from host_tests.tools import leaving


@pytest.mark.parametrize("standard", [din, iso2])
def test_every_rung_has_its_words(standard):
    assert [row[0] for row in standard.LADDER] == list(range(1, len(release.RUNGS)))
    assert len(release.RUNGS) == len(leaving.LEAVE_THERE)


@pytest.mark.parametrize(
    ("how", "rung", "was_read", "words"),
    [
        ("the car stopped the session", 2, True, "rung 2, when asked to"),
        ("the car closed the connection", 0, False, "rung 0, before any charging parameters"),
        ("the car was refused 3 times", 0, True, "rung 0"),
        ("the car was refused 3 times", 5, True, "rung 5, when refused power"),
        ("link lost", 4, True, "rung 4"),
        ("the car did not leave in time", 3, True, "rung 3"),
        (None, 1, True, "rung 1"),
    ],
)
def test_the_rung_is_named_where_the_car_took_it(how, rung, was_read, words):
    session = SimpleNamespace(rung=rung, reading=Reading("DIN 70121") if was_read else None)
    assert release.departure(how, session) == words


def test_a_car_that_never_spoke_left_before_it_told_anything():
    assert release.departure("link lost", None) == "before any charging parameters"
