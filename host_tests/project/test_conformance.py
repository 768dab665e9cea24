# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A name of the firmware that device code uses cannot stay without its row, nor a row without its name and test."""

import pytest

from host_tests.checks import conformance

ROW = dict.fromkeys(conformance.FIELDS, "text") | {"name": "wifi.Radio.connect", "test": "test_join_times"}
TESTS = {"test_join_times": "test_fakes.py"}


def names_in(text):
    classes, members = conformance.holders()
    found = conformance.Uses(text, classes, members)
    return set(found.names), found.unknown


def test_every_name_has_its_row_and_every_row_its_name():
    names, complaints = conformance.uses()
    complaints += conformance.complaints_of(names, conformance.read_rows(), conformance.test_names())
    assert complaints == []
    assert len(names) > 100


@pytest.mark.parametrize(
    "text,name",
    [
        ("import wifi\nwifi.radio.connect('x')", "wifi.Radio.connect"),
        ("class A:\n  def f(self):\n    self._radio.start_ap('x')", "wifi.Radio.start_ap"),
        ("import microcontroller as mc\nmc.reset()", "microcontroller.reset"),
        ("from watchdog import WatchDogMode", "watchdog.WatchDogMode"),
        ("import microcontroller\na = getattr(microcontroller, 'nvm', None)", "microcontroller.nvm"),
        ("import digitalio\na = digitalio.Pull.UP", "digitalio.Pull.UP"),
        ("def f():\n  import os\n  os.statvfs('/')", "os.statvfs"),
        ("def f(name):\n  __import__(name)", "__import__"),
    ],
)
def test_a_use_is_found_in_any_form(text, name):
    assert names_in(text)[0] == {name}


@pytest.mark.parametrize(
    "text",
    [
        "import microcontroller\na = hasattr(microcontroller, 'nvm')",
        "import os\nos.path.join('a', 'b')",
        "import json\njson.dumps(1)",
        "self.log.append('x')",
    ],
)
def test_what_is_no_use_is_none(text):
    assert names_in(text) == (set(), [])


def test_a_member_of_the_firmware_on_an_unknown_variable_is_reported():
    assert names_in("antenna.start_scanning_networks()")[1] == [(1, "antenna", "start_scanning_networks")]


@pytest.mark.parametrize(
    "names,row,complaint",
    [
        ({"wifi.Radio.connect": "a.py:1"}, ROW, None),
        ({"wifi.Radio.connect": "a.py:1", "wifi.radio": "a.py:2"}, ROW, "a.py:2: wifi.radio has no row"),
        ({}, ROW, "wifi.Radio.connect: has a row, but device code uses it no more"),
        ({"wifi.Radio.connect": "a.py:1"}, ROW | {"test": "test_gone"}, "there is no test_gone"),
        ({"wifi.Radio.connect": "a.py:1"}, ROW | {"blocks": ""}, "its row lacks blocks"),
        ({"wifi.Radio.connect": "a.py:1"}, ROW | {"test": ""}, "its row lacks test"),
    ],
)
def test_what_is_missing_or_stale_is_told(names, row, complaint):
    told = conformance.complaints_of(names, [("WiFi", [row])], TESTS)
    assert len(told) == (complaint is not None)
    assert complaint is None or complaint in told[0]


def test_two_rows_for_one_name_are_told():
    told = conformance.complaints_of({"wifi.Radio.connect": "a.py:1"}, [("WiFi", [ROW, ROW])], TESTS)
    assert told == ["wifi.Radio.connect: has two rows"]


def test_the_page_tells_what_was_not_found_without_a_commit():
    page = conformance.printed()
    assert "shared-module/board/__init__.c |" in page and "@not found" not in page
