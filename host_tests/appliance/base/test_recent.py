# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A moment that counts for a while, on ticks that come round every 6.2 days."""

from appliance.base.recent import Recent
from plc.ticks import ticks_add

HOUR_MS = 3_600_000


def test_it_counts_for_its_span_and_not_longer():
    recent = Recent(1000)
    assert not recent.holds(0)
    recent.mark((1 << 29) - 500)
    assert recent.holds((1 << 29) - 500) and recent.holds(499)
    assert not recent.holds(500)


def test_it_does_not_come_back_when_the_ticks_come_round():
    recent = Recent(1000)
    recent.mark(0)
    now = 0
    for _ in range(14 * 24):
        now = ticks_add(now, HOUR_MS)
        assert not recent.holds(now)


def test_it_can_be_forgotten_and_marked_again():
    recent = Recent(1000)
    recent.mark(0)
    recent.forget()
    assert not recent.holds(1)
    recent.mark(2)
    assert recent.holds(3)
