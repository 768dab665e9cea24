# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The few settings that are known before all of them are read: they say the same, or are not used."""

import sys

import pytest
from appliance.settings import ahead, reading, schema, settings
from appliance.storage import writing
from appliance.storage.records import Store


def test_the_defaults_are_those_of_the_table():
    assert {key: schema.row_of(key)[schema.DEFAULT] for key in ahead.DEFAULTS} == ahead.DEFAULTS
    few = ahead.FewSettings({key: key for key in settings.CAR_KEYS}.get, [])
    assert few.car_profiles() == list(settings.CAR_KEYS)


@pytest.mark.parametrize(
    ("file", "entries", "key", "value"),
    [
        ({}, [], "HOSTNAME", "socbox"),
        ({"HTTP_PORT": "8080"}, [], "HTTP_PORT", 8080),
        # CircuitPython up to 10.1 tells a number as one.
        ({"HTTP_PORT": 8080}, [("HTTP_PORT", "81", "8080")], "HTTP_PORT", 81),
        ({"WIFI_SSID": "edited since"}, [("WIFI_SSID", "of the page", "file")], "WIFI_SSID", "edited since"),
        ({}, [("WIFI_SSID", "of the page", None)], "WIFI_SSID", "of the page"),
    ],
)
def test_what_was_saved_on_the_page_counts_while_the_file_says_what_it_said_then(file, entries, key, value):
    assert ahead.FewSettings(file.get, entries)[key] == value


@pytest.mark.parametrize(
    ("line", "told", "same"),
    [
        ('WIFI_PASSWORD = "01234567"', "01234567", True),
        # Only in double quotes does os.getenv take a text as one (shared-module/os/getenv.c).
        ("WIFI_PASSWORD = '01234567'", "'01234567'", False),
        ("WIFI_PASSWORD = 01234567", 1234567, False),
    ],
)
def test_settings_that_circuitpython_reads_in_another_way_are_not_the_same(tmp_path, line, told, same):
    path = tmp_path / "settings.toml"
    path.write_text(line)
    assert ahead.says_the_same(reading.load(str(path)), {"WIFI_PASSWORD": told}.get, []) is same


def test_a_value_that_cannot_be_used_is_not_the_same():
    def cannot(_key):
        raise ValueError

    assert not ahead.says_the_same(settings.Settings(), cannot, [])
    assert not ahead.says_the_same(settings.Settings(), {"HTTP_PORT": "eighty"}.get, [])


def test_what_was_saved_is_read_and_before_something_was_its_reader_is_not_even_loaded(tmp_path, monkeypatch):
    root, entries = str(tmp_path), [("WIFI_SSID", "Cellar", None)]
    with monkeypatch.context() as missing:
        missing.setitem(sys.modules, "appliance.storage.records", None)
        assert ahead.saved(root) == []
    writing.write(Store(root, None, lambda _text: None), entries)
    assert ahead.saved(root) == entries
