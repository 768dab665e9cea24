# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The table of settings: complete, its defaults allowed, and the shipped file says the same."""

from pathlib import Path

from appliance.settings import schema
from appliance.settings.checks import checked
from appliance.settings.reading import load
from appliance.settings.schema import SCHEMA

from host_tests.support.steps import to_the_end

SHIPPED = Path(__file__).resolve().parents[3] / "CIRCUITPY" / "settings.toml"


def test_the_shipped_file_is_right_and_says_the_defaults():
    result = load(str(SHIPPED))
    assert result.errors == []
    for row in SCHEMA:
        assert result[row[schema.KEY]] == row[schema.DEFAULT]


def test_the_shipped_file_names_every_setting():
    text = SHIPPED.read_text()
    for row in SCHEMA:
        assert row[schema.KEY] + " = " in text
    assert "CIRCUITPY_PYSTACK_SIZE = 4096" in text
    assert "CIRCUITPY_SAFE_MODE_DELAY = 0.0" in text, "the box starts a second sooner; in quotes it would not"
    assert "CIRCUITPY_HEAP_START_SIZE" not in text, "a board without PSRAM would not even start"


def test_every_row_is_complete_and_its_default_allowed():
    for row in SCHEMA:
        assert len(row) == 9
        assert checked(row, str(row[schema.DEFAULT])) == row[schema.DEFAULT]


def test_the_file_of_words_has_one_line_for_each_row_and_no_more():
    lines = (SHIPPED.parent / "lib" / "appliance" / "settings" / "schema.txt").read_text().splitlines()
    assert [line for line in lines if "docs/" in line] == [], "a page's reader has no such file"
    assert [line.split("\t")[0] for line in lines] == [row[schema.KEY] for row in SCHEMA]
    for label, meaning in to_the_end(schema.words())[0].values():
        assert label and meaning.endswith(".")


def test_a_drive_without_the_file_of_words_calls_a_setting_by_its_key(monkeypatch):
    monkeypatch.setattr(schema, "__file__", "/nowhere/schema.py")
    assert to_the_end(schema.words())[0]["WIFI_SSID"] == ("WIFI_SSID", "")
