# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""docs/api.md names every address of the box and every key of its JSON, and the answers keep its promises."""

import ipaddress
import json
import re
from pathlib import Path

import pytest
from appliance.web import routes

from host_tests.session.inside import box_of
from host_tests.support.starts import started
from host_tests.twin.world import SETTINGS_IN_USE, World

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
SECTIONS = {part.split("\n", 1)[0]: part for part in re.split(r"^## ", PAGE, flags=re.M)}
PASSWORD = "correct horse"
OWNER = {"Authorization": "Bearer " + PASSWORD}


def rows_of(section):
    return dict(re.findall(r"^\| (`[^|]+) \| (.+) \|$", SECTIONS[section], re.M))


def names_of(section):
    return {name for row in rows_of(section) for name in re.findall(r"`(\w+)`", row)}


def documented(section, key):
    """Keys inside ``key`` that its row names."""
    for names, text in rows_of(section).items():
        if f"`{key}`" in names:
            return set(re.findall(r"`(\w+)`", names + text))
    return set()


@pytest.fixture(scope="module")
def twin():
    """A box before a car came and after it was read: the documents in ``before`` and ``after``."""
    with World(seed=1, settings=dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)) as world:
        started(world)
        world.before = json.loads(world.network.http("GET", "/api/status").body)
        world.plug(world.new_car("virtual", soc_percent=42))
        world.run_until(lambda: world.charging, 60)
        world.run(1)
        world.after = json.loads(world.network.http("GET", "/api/status").body)
        yield world


def test_every_key_is_documented_and_every_documented_key_is_there(twin):
    assert set(twin.after) == names_of("GET /api/status")


@pytest.mark.parametrize("key", ["reading", "modem", "smartevse", "wifi", "loop", "system", "access"])
def test_every_inner_key_is_documented(twin, key):
    assert set(twin.after[key]) <= documented("GET /api/status", key)


def test_what_the_car_did_not_tell_is_null(twin):
    assert twin.before["reading"] is None and twin.before["ev_mac"] is None and twin.before["sessions"] == []
    assert twin.after["reading"]["soc_percent"] == 42 and twin.after["reading"]["energy_request_wh"] is None


def test_the_timeline_is_in_order(twin):
    times = [entry["t_ms"] for entry in twin.after["timeline"]]
    assert times == sorted(times) and len(times) > 10


def test_the_address_of_the_car_is_told(twin):
    assert twin.before["car_address"] is None
    own = ipaddress.IPv6Address(twin.after["car_address"])
    assert own.is_link_local and str(own) == twin.after["car_address"]


def test_the_last_session_is_listed(twin):
    (session,) = twin.after["sessions"]
    assert set(session) <= documented("GET /api/status", "sessions")
    assert (session["soc_percent"], session["delivery"], session["cause"]) == (42, "ok", None)
    assert session["ev_mac"] == twin.car.mac.hex() and session["duration_s"] >= 1


@pytest.mark.parametrize(("path", "inner"), [("/api/log", {}), ("/api/settings", {"groups": "rows"})])
def test_the_other_documents(twin, path, inner):
    section = "GET " + path
    document = twin.network.http("GET", path, OWNER).json()
    assert set(document) == names_of(section)
    for key, below in inner.items():
        for group in document[key]:
            for row in group[below]:
                assert set(row) <= documented(section, key)


def test_the_answer_to_a_save(twin):
    body = json.dumps({"values": {"EVSE_ID": "DE*1"}})
    answer = twin.network.http("POST", "/api/settings", OWNER, body)
    assert answer.status == 200 and set(answer.json()) == names_of("POST /api/settings")


def all_rows(twin):
    """[(method, path, right)] of every address."""
    files = [path for _right, paths in routes.FILES for path in paths.split()]
    rows = []
    for path in [line.split()[0] for line in routes.ADDRESSES.split("\n") if line] + files:
        right, handlers = box_of(twin).site._find(path)
        rows += [(method, path, right) for method in handlers]
    return rows


def test_every_address_is_documented_with_its_right(twin):
    parts = {".css", ".js", ".svg"}
    rows = all_rows(twin)
    real = {f"{row[0]} {row[1]}": row[2] for row in rows if not any(row[1].endswith(part) for part in parts)}
    told = {key.strip("`"): text.split(" | ")[0] for key, text in rows_of("Addresses").items()}
    assert told == real


def test_every_address_answers_as_its_row_says(twin):
    for row in all_rows(twin):
        if row[0] == "GET":
            status = twin.network.http("GET", row[1]).status
            assert status == (200 if row[2] in ("everyone", "viewer") else 401), row[1]
            # The modem's parameters are there once they were read.
            told = 404 if row[1] == "/modem.pib" else 200
            assert twin.network.http("GET", row[1], OWNER).status == told, row[1]
        elif row[2] == "owner":
            assert twin.network.http("POST", row[1], body="{}").status == 401, row[1]
