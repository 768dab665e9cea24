# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.ticks: milliseconds that wrap at 2**29."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plc.ticks import expired, ticks_add, ticks_diff

PERIOD = 1 << 29
TICKS = st.integers(0, PERIOD - 1)
DELTAS = st.integers(-(PERIOD // 2), PERIOD // 2 - 1)


@given(TICKS, DELTAS)
def test_a_difference_is_what_was_added_wherever_the_ticks_wrap(now, delta):
    later = ticks_add(now, delta)
    assert 0 <= later < PERIOD
    assert ticks_diff(later, now) == delta


@given(TICKS, DELTAS)
def test_a_deadline_has_come_from_its_tick_on(deadline, delta):
    assert expired(deadline, ticks_add(deadline, delta)) == (delta >= 0)


@pytest.mark.parametrize("now", [0, 1, PERIOD - 1])
def test_no_deadline_never_comes(now):
    assert not expired(None, now)
