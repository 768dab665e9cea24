# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""v2g.release: words for how a car left."""

from types import SimpleNamespace

import pytest
from v2g import din, iso2, release


@pytest.mark.parametrize("standard", [din, iso2])
def test_every_rung_has_its_words(standard):
    assert [row[0] for row in standard.LADDER] == list(range(1, len(release.RUNGS)))


@pytest.mark.parametrize(
    ("how", "rung", "words"),
    [
        ("the car stopped the session", 2, "rung 2, when asked to"),
        ("the car closed the connection", 0, "rung 0, before any charging parameters"),
        ("the car was refused 3 times", 5, "rung 5, when refused power"),
        ("link lost", 4, "rung 4"),
        ("the car did not leave in time", 3, "rung 3"),
        (None, 1, "rung 1"),
    ],
)
def test_the_rung_is_named_where_the_car_took_it(how, rung, words):
    assert release.departure(how, SimpleNamespace(rung=rung)) == words


def test_a_car_that_never_spoke_left_before_it_told_anything():
    assert release.departure("link lost", None) == "before any charging parameters"
