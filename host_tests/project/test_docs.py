# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The tables in docs/ are those of the code, and links between pages lead somewhere."""

import re
from pathlib import Path

import pytest

from host_tests.tools import print_tables

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_no_printed_table_is_stale():
    assert [str(path) for path, _ in print_tables.stale_pages()] == []


def test_a_stale_table_is_noticed():
    text = "<!-- table session-limits -->\nold\n<!-- end -->"
    assert "old" not in print_tables.printed(text) and "release" in print_tables.printed(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_exist(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), target
