# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Each cure, taken out, is missed by the scene that is there for it; with all of them no scene says anything."""

import pytest

from host_tests.endurance import start_cures as cures

pytestmark = pytest.mark.slow


def _marked(name):
    return pytest.param(name, marks=pytest.mark.soak) if name in cures.LONG else name


@pytest.mark.parametrize("name", [_marked(name) for name in cures.CURES])
def test_a_cure_that_is_taken_out_is_missed(name):
    assert cures.noticed(name) is not None


# Several cures share a scene; one of them names it, if possible one that is played in every run.
SCENES = {cures.CURES[name][3]: name for name in sorted(cures.CURES, key=lambda name: name not in cures.LONG)}


@pytest.mark.parametrize("name", [_marked(name) for name in SCENES.values()])
def test_with_the_cure_nothing_is_said(name):
    assert cures.CURES[name][3](None) is None
