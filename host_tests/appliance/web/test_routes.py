# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of addresses: one row each, every page has a file, and names that are loaded later exist."""

import re
from pathlib import Path
from types import SimpleNamespace

from appliance.web import routes
from appliance.web.diagnostics import Diagnostics
from appliance.web.modem import ModemPages
from appliance.web.router import EVERYONE, OWNER, VIEWER
from appliance.web.update import UpdateActions

WWW = Path(__file__).resolve().parents[3] / "CIRCUITPY" / "www"


class Anything:
    """A handler of any name."""

    def __getattr__(self, name):
        return lambda request: name


class Named:
    """In place of OnDemand: remembers which names are asked for."""

    def __init__(self):
        self.names = []

    def handler(self, name):
        self.names.append(name)
        return lambda request: name


def table():
    """(rows, report, updates, modem) with the box's own handlers replaced."""
    import inspect

    source = inspect.getsource(routes.rows)
    unpacked = source[source.index("    ", source.index('"""', source.index('"""') + 3)) :].split(" = handlers")[0]
    names = [name.strip() for name in unpacked.strip().split(",")]
    handlers = SimpleNamespace(**{name: Anything() for name in names})
    later = {name: Named() for name in ("report", "updates", "modem")}
    for name, named in later.items():
        setattr(handlers, name, named)
    files = [routes.file_rows(str(WWW), path)[0] for _right, paths in routes.FILES for path in paths.split()]
    return files + list(routes.rows(tuple(getattr(handlers, name) for name in names))), later


def test_every_address_has_one_row_and_a_right():
    rows, _ = table()
    addresses = [(method, path) for method, path, _, _ in rows]
    assert len(addresses) == len(set(addresses))
    assert {right for _, _, right, _ in rows} <= {EVERYONE, VIEWER, OWNER}


def test_nothing_is_changed_by_a_get_and_every_change_is_the_owners():
    for method, path, right, _ in table()[0]:
        assert method in ("GET", "POST")
        if method == "POST" and path != "/api/login":
            assert right == OWNER, path


def test_handlers_that_are_loaded_later_have_the_names_of_their_rows():
    _, later = table()
    for name, kind in (("report", Diagnostics), ("updates", UpdateActions), ("modem", ModemPages)):
        assert later[name].names
        for handler in later[name].names:
            assert callable(getattr(kind, handler, None)), f"{kind.__name__}.{handler}"


def test_every_part_of_a_page_has_an_address_and_every_page_says_that_it_needs_scripts():
    there = {path for _right, paths in routes.FILES for path in paths.split()} | {"/setup.js", "/setup.css"}
    pages = {path.name: path.read_text() for path in WWW.glob("*.html")}
    parts = {part for page in pages.values() for part in re.findall(r'<(?:script src|link rel="\w+" href)="([^"]+)"', page)}
    assert parts <= there and {"/tools.css", "/common.js", "/icon.svg"} <= parts
    assert [name for name, page in pages.items() if "<noscript>" not in page] == []
