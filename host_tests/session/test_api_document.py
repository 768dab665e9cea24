# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""docs/api.md names every key of /api/status, and the answer keeps its promises."""

import json
import re
from pathlib import Path

import pytest

from host_tests.twin.world import World

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
ROWS = dict(re.findall(r"^\| (`[^|]+) \| (.+) \|$", PAGE, re.M))


def documented(key):
    """Keys inside ``key`` that its row names."""
    for names, text in ROWS.items():
        if f"`{key}`" in names:
            return set(re.findall(r"`(\w+)`", names + text))
    return set()


@pytest.fixture(scope="module")
def documents():
    """The document before a car came and after it was read."""
    with World(seed=1) as world:
        world.run(12)
        before = json.loads(world.network.http("GET", "/api/status").body)
        world.plug(world.new_car("virtual", soc_percent=42))
        world.run_until(lambda: world.charging, 60)
        yield before, json.loads(world.network.http("GET", "/api/status").body)


def test_every_key_is_documented_and_every_documented_key_is_there(documents):
    names = {name for row in ROWS for name in re.findall(r"`(\w+)`", row)}
    assert set(documents[1]) == names


@pytest.mark.parametrize("key", ["reading", "modem", "smartevse", "wifi", "loop"])
def test_every_inner_key_is_documented(documents, key):
    assert set(documents[1][key]) <= documented(key)


def test_what_the_car_did_not_tell_is_null(documents):
    before, after = documents
    assert before["reading"] is None and before["ev_mac"] is None
    assert after["reading"]["soc_percent"] == 42 and after["reading"]["energy_request_wh"] is None


def test_the_timeline_is_in_order(documents):
    times = [entry["t_s"] for entry in documents[1]["timeline"]]
    assert times == sorted(times) and len(times) > 10
