# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A month in a minute: nothing grows, every wrap of the ticks is in a session, every car without faults is read."""

import pytest
from appliance.state import status
from v2g import admission

from host_tests.endurance import month


def test_thirty_days(figures):
    one = month.run(30)
    assert one.wrong == []
    assert one.wraps >= 4
    assert not one.grows, one.days
    figures("a month: " + one.line())


@pytest.mark.soak
@pytest.mark.parametrize(
    "owner, name", [(status, "MOST_SESSIONS"), (admission, "_REMEMBERED")], ids=["sessions", "cars"]
)
def test_a_table_without_a_bound_is_noticed(owner, name, monkeypatch):
    monkeypatch.setattr(owner, name, 10**6)
    assert month.run(14).grows
