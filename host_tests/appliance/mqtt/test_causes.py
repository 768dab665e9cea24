# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What can be wrong with the broker: every code that the connection gives has words for display and page."""

from types import SimpleNamespace

import pytest
from appliance.mqtt import causes, client, line
from appliance.state import faults


def codes_of_the_connection():
    """Every code that client.cause_of gives, and the one of a name that is not found."""
    ends = [line.OFF, line.REFUSED, line.SILENT, line.CLOSED, line.STRANGE, None]
    found = {client.cause_of(SimpleNamespace(answer=None, fault=end)) for end in ends}
    return found | {client.cause_of(SimpleNamespace(answer=code, fault=None)) for code in range(1, 6)} | {"mqtt_name"}


def test_every_code_of_the_connection_has_a_row_and_no_row_is_idle():
    assert codes_of_the_connection() == set(causes.ROWS)


@pytest.mark.parametrize("code", sorted(causes.ROWS))
def test_every_row_has_a_sentence_and_something_to_do(code, monkeypatch):
    monkeypatch.setattr(faults, "TABLE", dict(faults.TABLE, **causes.ROWS))
    assert faults.text(code).endswith(".") and faults.action(code).endswith(".")
    assert len(faults.short(code)) <= 22, "it must fit a small display"
