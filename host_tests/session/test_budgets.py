# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Virtual device time: passes and answers within their budgets, and the check itself can fail."""

import pytest

from host_tests.bench import device_time


@pytest.fixture(scope="module")
def figures():
    return device_time.one_plug_in()


def test_a_plug_in_with_display_and_a_browser_keeps_every_budget(figures):
    assert figures.over_budget() == []
    assert figures.delivered == [42] and figures.charging and figures.complaints == []


@pytest.mark.parametrize("defect", device_time.PLANTED)
def test_a_planted_defect_is_noticed(defect):
    with device_time.with_defect(*device_time.PLANTED[defect]) as drive:
        assert device_time.one_plug_in(drive).over_budget() != []


def test_a_garbage_collection_of_100_ms_costs_no_answer():
    figures = device_time.one_plug_in(gc_pause_us=100_000)
    assert figures.answers.worst_us["SLAC"] <= device_time.TT_MATCH_RESPONSE_US
    assert figures.delivered == [42]


@pytest.mark.parametrize("checkpoint", [100, 104, 120, 155, 303, 403])
def test_a_garbage_collection_of_220_ms_does_not_cost_the_reading(checkpoint):
    figures = device_time.one_plug_in(gc_pause_us=220_000, gc_checkpoint=checkpoint)
    assert figures.delivered == [42] and figures.charging
