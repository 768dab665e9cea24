# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of addresses: one line each, every page has a file, and every handler exists."""

import re
from pathlib import Path
from types import SimpleNamespace

from appliance.jobs import Jobs
from appliance.web import routes
from appliance.web.access import OWNER
from appliance.web.actions import Actions, Login
from appliance.web.diagnostics import Diagnostics
from appliance.web.diary import DiaryPages
from appliance.web.documents import Reads
from appliance.web.downloads import Downloads
from appliance.web.modem import ModemPages
from appliance.web.on_demand import OnDemand
from appliance.web.router import EVERYONE, VIEWER
from appliance.web.settings import SettingsPages
from appliance.web.trials import Trials
from appliance.web.update import UpdateActions

WWW = Path(__file__).resolve().parents[3] / "CIRCUITPY" / "www"


# What answers, by the name that the table has for it.
HANDLERS = {
    "reads": Reads,
    "settings": SettingsPages,
    "files": Downloads,
    "login": Login,
    "trials": Trials,
    "actions": Actions,
    "report": Diagnostics,
    "update": UpdateActions,
    "modem": ModemPages,
    "diary": DiaryPages,
}
LINES = [line.split() for line in routes.ADDRESSES.split("\n") if line]
PATHS = [line[0] for line in LINES] + [path for _right, paths in routes.FILES for path in paths.split()]


def test_every_address_stands_there_once_and_has_a_right():
    assert len(PATHS) == len(set(PATHS))
    assert {routes.found(HANDLERS, str(WWW), path)[0] for path in PATHS} == {EVERYONE, VIEWER, OWNER}


def test_nothing_is_changed_by_a_get_and_every_change_is_the_owners():
    for path in PATHS:
        right, handlers = routes.found(HANDLERS, str(WWW), path)
        assert handlers and set(handlers) <= {"GET", "POST"}
        if "POST" in handlers and path != "/api/login":
            assert right == OWNER, path


def test_each_method_of_each_address_has_the_handler_of_its_own():
    found = [(path, routes.found(HANDLERS, str(WWW), path)[1]) for path, *_ in LINES]
    told = [(path, dict(answer.split("=") for answer in answers)) for path, _right, *answers in LINES]
    assert told == [(path, {m: f"{name_of(h)}.{h.__name__}" for m, h in handlers.items()}) for path, handlers in found]
    all_handlers = [place for _path, answers in told for place in answers.values()]
    assert len(all_handlers) == len(set(all_handlers)) and {place.split(".")[0] for place in all_handlers} == set(HANDLERS)


def name_of(handler):
    return next(name for name, kind in HANDLERS.items() if getattr(kind, handler.__name__, None) is handler)


def test_only_a_whole_address_leads_anywhere():
    for path in ("", "GET", "owner", "reads.status", "api/status", "/api/stat", "/api/status ", "/nothing", "status"):
        assert routes.found(HANDLERS, str(WWW), path)[1] == {}, path


def test_what_is_loaded_when_it_is_asked_for_is_asked_for_the_handler_of_its_address():
    report = OnDemand(Jobs(), lambda: False, lambda: SimpleNamespace(report=lambda request: ("report", request)))
    list(report._job(None))
    handlers = routes.found({"report": report}, str(WWW), "/diagnostics.txt")[1]
    assert handlers["GET"]("asked") == ("report", "asked")


def test_every_part_of_a_page_has_an_address_and_every_page_says_that_it_needs_scripts():
    there = {path for _right, paths in routes.FILES for path in paths.split()} | {"/setup.js", "/setup.css"}
    pages = {path.name: path.read_text() for path in WWW.glob("*.html")}
    parts = {part for page in pages.values() for part in re.findall(r'<(?:script src|link rel="\w+" href)="([^"]+)"', page)}
    assert parts <= there and {"/tools.css", "/common.js", "/icon.svg"} <= parts
    assert [name for name, page in pages.items() if "<noscript>" not in page] == []
