# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The power modulo 2048 bits: as Python's own, a multiplication a step."""

import random

import pytest
from appliance.update.rsa import power_65537

from host_tests.support.steps import to_the_end

TOP = 1 << 2048


def in_steps(base, modulus):
    """(value, number of steps)"""
    return to_the_end(power_65537(base, modulus))


@pytest.mark.parametrize("seed", range(20))
def test_it_is_what_python_says(seed):
    numbers = random.Random(seed)
    modulus = numbers.randrange(TOP // 2, TOP) | 1
    base = numbers.randrange(modulus)
    assert in_steps(base, modulus) == (pow(base, 65537, modulus), 17)


@pytest.mark.parametrize("base", [0, 1, 2, TOP - 3])
def test_at_the_edges_too(base):
    modulus = TOP - 1
    assert in_steps(base, modulus)[0] == pow(base, 65537, modulus)
