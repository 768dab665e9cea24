# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Passes of the loop are counted in classes."""

from appliance.state.histogram import LIMITS_MS, Histogram


def test_each_limit_belongs_to_its_class_and_the_last_class_is_open():
    histogram = Histogram()
    for limit in LIMITS_MS:
        histogram.add(limit)
    histogram.add(LIMITS_MS[-1] + 1)
    histogram.add(0)
    assert histogram.counts == [2] + [1] * len(LIMITS_MS)
    assert histogram.worst_ms == LIMITS_MS[-1] + 1
