# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The twin must not agree with the box by kinship: it shares no code with it, and its car none with the rest."""

import ast
from pathlib import Path

import pytest

TWIN = Path(__file__).parents[1] / "twin"
FILES = sorted(TWIN.rglob("*.py"))


def imported(path):
    """Names of all modules a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TWIN)))
def test_nothing_of_the_box_is_imported(path):
    for name in imported(path):
        assert name.lstrip(".").split(".")[0] not in ("plc", "v2g", "appliance"), name


@pytest.mark.parametrize("path", sorted((TWIN / "car").glob("*.py")), ids=lambda path: path.name)
def test_the_car_knows_only_itself(path):
    for name in imported(path):
        if name.startswith("host_tests"):
            assert name.startswith("host_tests.twin.car"), name
