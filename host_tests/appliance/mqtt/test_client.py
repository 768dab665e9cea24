# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A connection through the library: what its end means, and that hanging up never fails."""

from types import SimpleNamespace

import pytest
from appliance.mqtt import client, line


@pytest.mark.parametrize(
    ("answer", "code"),
    [(1, "mqtt_denied"), (2, "mqtt_denied"), (3, "mqtt_denied"), (4, "mqtt_login"), (5, "mqtt_login")],
)
def test_the_brokers_own_answer_says_more_than_how_the_connection_ended(answer, code):
    assert client.cause_of(SimpleNamespace(answer=answer, fault=line.CLOSED)) == code


def test_an_end_that_nobody_has_a_name_for_is_a_strange_one():
    assert client.cause_of(SimpleNamespace(answer=0, fault=None)) == "mqtt_strange"


@pytest.mark.parametrize(("host", "numeric"), [("192.168.1.40", True), ("broker.local", False), ("1.2.3", False)])
def test_only_a_name_has_to_be_looked_up(host, numeric):
    assert client.Account(host, 1883, "", "", "socbox-1").numeric() is numeric


def test_a_connection_that_never_came_up_can_be_dropped():
    class Line:
        closed = 0

        def close(self):
            self.closed += 1

    line = Line()
    client.drop(line)
    assert line.closed == 1
