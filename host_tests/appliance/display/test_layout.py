# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where things stand on the glass: parts in order, inside, and left out from the outside in."""

from types import SimpleNamespace

import pytest
from appliance.display import layout
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("colour", (True, False))
@pytest.mark.parametrize("size", [(1, 1), (128, 32), (128, 64), (160, 80), (240, 135), (320, 170), (1000, 1000)])
def test_every_display_has_fonts_that_are_meant_for_its_size(size, colour):
    names = layout.font_names(*size, colour)
    rows = layout.COLOUR_FONTS if colour else layout.MONO_FONTS
    fitting = [row[2:] for row in rows if row[0] <= size[0] and row[1] <= size[1]]
    assert names == fitting[0], "the largest that fit"
    assert all(("mono" in name) != colour for name in names)


@given(
    st.integers(30, 480),
    st.lists(st.integers(1, 60), min_size=1, max_size=6),
    st.integers(1, 6),
)
@settings(max_examples=200, deadline=None)
def test_parts_are_spread_in_order_without_overlap(room, heights, gap):
    tops = layout.spread(heights, room, gap)
    for at in range(1, len(tops)):
        assert tops[at] >= tops[at - 1] + heights[at - 1]
    if sum(heights) <= room:
        assert tops[0] >= 0 and tops[-1] + heights[-1] <= room


def fonts(digits=40, text=12):
    return SimpleNamespace(digits=SimpleNamespace(height=digits), text=SimpleNamespace(height=text), gap=2)


def test_where_height_is_short_the_outer_lines_go_first_and_the_number_never():
    seen = []
    for height in range(200, 39, -1):
        name, _digits, bar, _bar_height, below = layout.charge_layout(height, fonts())
        parts = (len(below), bar is not None, name is not None)
        if not seen or seen[-1] != parts:
            seen.append(parts)
    assert seen[-1] == (0, False, False), "at last there is the number alone"
    assert seen == sorted(seen, reverse=True) and len(seen) > 3
    assert all(any(parts) or parts == seen[-1] for parts in seen)
