# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Random bytes that nobody can guess although the chip's generator is weak while its radio is off."""

import pytest
from appliance.base.entropy import Entropy


def weak(count):
    """A generator that gives the same bytes at every start."""
    return b"\x5a" * count


def entropy(uid=b"box 1", moments=(1, 2, 3, 4, 5, 6, 7, 8)):
    ticks = iter(moments)
    return Entropy(uid, lambda: next(ticks), weak)


@pytest.mark.parametrize("count", (0, 1, 16, 32, 33, 100))
def test_it_gives_as_many_bytes_as_asked_for(count):
    assert len(entropy().random_bytes(count)) == count


def test_two_calls_never_give_the_same_although_the_generator_does():
    source = entropy()
    assert source.random_bytes(16) != source.random_bytes(16)


def test_two_boxes_and_two_moments_differ_although_the_generator_gives_the_same():
    given = {
        entropy().random_bytes(16),
        entropy(uid=b"box 2").random_bytes(16),
        entropy(moments=(9, 9)).random_bytes(16),
    }
    assert len(given) == 3


def test_the_generators_own_bytes_never_leave():
    assert weak(8) not in entropy().random_bytes(64)
