# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""settings.toml and what was saved: what counts, and that a mistake costs one line and no more."""

import sys

import pytest
from appliance.settings import reading, schema, settings, typos
from appliance.settings.reading import load
from appliance.settings.schema import SCHEMA

from host_tests.support.settings_text import read, taken


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ('WIFI_SSID = "My net"', "WIFI_SSID", "My net"),
        ('  WIFI_SSID="x"  # comment', "WIFI_SSID", "x"),
        ('WIFI_SSID = "a # b"', "WIFI_SSID", "a # b"),
        (r'WIFI_SSID = "q\" b\\ u\u00e9 \U0001F600"', "WIFI_SSID", 'q" b\\ ué 😀'),
        ('WIFI_SSID = "Ünïcode 😀"', "WIFI_SSID", "Ünïcode 😀"),
        ('WIFI_SSID = " leading"', "WIFI_SSID", " leading"),
        ("WIFI_SSID = 'single'", "WIFI_SSID", "single"),
        ("HTTP_PORT = 8080", "HTTP_PORT", 8080),
        ('HTTP_PORT = "8080"', "HTTP_PORT", 8080),
        ("DISPLAY_ADDRESS = 0x3D", "DISPLAY_ADDRESS", 61),
        ("ATTENUATION_OFFSET_DB = -5", "ATTENUATION_OFFSET_DB", -5),
        ("MODEM_CS = 10", "MODEM_CS", "10"),
        ('WIFI_PASSWORD = "12345678"', "WIFI_PASSWORD", "12345678"),
        ("WIFI_PASSWORD = 12345678", "WIFI_PASSWORD", "12345678"),
        ('DISPLAY = "SSD1306"', "DISPLAY", "ssd1306"),
        ('LOG_LEVEL = "d"', "LOG_LEVEL", "D"),
        ('HOSTNAME = "My-Box"', "HOSTNAME", "my-box"),
        ('MODEM_INT = ""', "MODEM_INT", ""),
        ('SMARTEVSE_URL = "192.168.1.60"', "SMARTEVSE_URL", "192.168.1.60"),
    ],
)
def test_values_that_are_understood(line, key, value):
    result = read(line)
    assert result.errors == []
    assert result[key] == value
    assert result.source(key) == "settings.toml"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('WIFI_SSID "x"', "the = is missing"),
        ('WIFI_SSID = "x', "closing"),
        ("WIFI_SSID = net", "double quotes"),
        ("WIFI_SSID =", "no value"),
        ("= 5", "name before"),
        ('WIFI_SSID = "x" y', "after the closing quote"),
        (r'WIFI_SSID = "\u12"', "hexadecimal"),
        (r'WIFI_PASSWORD = "pass\word1"', "written twice"),
        ('WIFI_SSID = "' + 33 * "x" + '"', "too long"),
        ('WIFI_PASSWORD = "short"', "at least 8"),
        ('HTTP_PORT = "http"', "whole number"),
        ("HTTP_PORT = 70000", "between 1 and 65535"),
        ("HTTP_PORT = 80.5", "whole number"),
        ("HTTP_PORT = 99999999999999999999", "whole number"),
        ("DISPLAY_ROTATION = 45", "one of 0, 90, 180, 270"),
        ('DISPLAY = "oled"', "one of auto, none"),
        ('HOSTNAME = "my box"', "letters, digits"),
        ('HOSTNAME = ""', "too short"),
        ('SMARTEVSE_URL = "https://x"', "https is not supported"),
        ('SMARTEVSE_URL = "ftp://x"', "must start with http://"),
        ('WIFI_STATIC_ADDRESS = "192.168.1"', "must look like"),
        ("WIFI_SSDI = 5", "did you mean WIFI_SSID?"),
        ('smartevse_url = "x"', "did you mean SMARTEVSE_URL?"),
        ("TOTALLY_DIFFERENT_THING = 5", "there is no setting"),
    ],
)
def test_mistakes_name_line_and_reason_and_keep_the_default(line, reason):
    result = read("# a comment\n\n" + line + '\nLOG_LEVEL = "W"\n')
    assert len(result.errors) == 1
    number, text = result.errors[0]
    assert number == 3
    assert reason in text
    assert result["LOG_LEVEL"] == "W"
    for row in SCHEMA:
        if row[schema.KEY] != "LOG_LEVEL":
            assert result[row[schema.KEY]] == row[schema.DEFAULT]


def test_a_mistyped_key_costs_nothing_else_on_a_drive_that_was_copied_in_part(monkeypatch):
    monkeypatch.setitem(sys.modules, "appliance.settings.typos", None)
    result = read('WIFI_SSDI = "x"\nHTTP_PORT = 81\n')
    assert result.errors == [(1, "there is no setting WIFI_SSDI")] and result["HTTP_PORT"] == 81


def test_a_mistyped_key_costs_nothing_else_where_copying_left_half_a_file(monkeypatch):
    class Damaged:
        @staticmethod
        def find_spec(name, *_):
            if name == "appliance.settings.typos":
                raise SyntaxError("invalid syntax")

    monkeypatch.delitem(sys.modules, "appliance.settings.typos")
    monkeypatch.setattr(sys, "meta_path", [Damaged, *sys.meta_path])
    result = read('WIFI_SSDI = "x"\nHTTP_PORT = 81\n')
    assert result.errors == [(1, "there is no setting WIFI_SSDI")] and result["HTTP_PORT"] == 81


def test_the_first_of_two_equal_keys_counts_as_in_circuitpython():
    result = read("HTTP_PORT = 81\nHTTP_PORT = 82\n")
    assert result["HTTP_PORT"] == 81
    assert "set twice" in result.errors[0][1]


def test_a_section_ends_what_is_read():
    result = read('[wifi]\nWIFI_SSID = "x"\n')
    assert result["WIFI_SSID"] == ""
    assert "[section]" in result.errors[0][1]


def test_a_fixed_address_needs_all_three():
    result = read('WIFI_STATIC_ADDRESS = "192.168.1.5"\n')
    assert result["WIFI_STATIC_ADDRESS"] == ""
    assert "WIFI_NETMASK" in result.errors[0][1]


def test_foreign_line_ends_byte_order_mark_and_broken_utf8():
    result = read(b'\xef\xbb\xbfWIFI_SSID = "x"\r\nHOSTNAME = "b\xff"\r\nHTTP_PORT = 81\r\n')
    assert result["WIFI_SSID"] == "x"
    assert result["HTTP_PORT"] == 81
    assert [number for number, _text in result.errors] == [2]


def test_keys_of_circuitpython_are_left_alone():
    assert read('CIRCUITPY_WIFI_PASSWORD = "x"\nCIRCUITPY_PYSTACK_SIZE = 4096\n').errors == []


@pytest.mark.parametrize("key", ["CIRCUITPY_WIFI_SSID", "CIRCUITPY_WEB_API_PASSWORD"])
def test_a_line_that_lets_circuitpython_join_or_serve_pages_by_itself_is_told(key):
    result = read(f'WIFI_SSID = "x"\n{key} = "y"\n')
    assert [(line, text.split()[0]) for line, text in result.errors] == [(2, key)]
    assert result["WIFI_SSID"] == "x"


def test_a_missing_file_is_told(tmp_path):
    assert "missing" in load(str(tmp_path / "none.toml")).errors[0][1]


def test_a_file_full_of_mistakes_stays_bounded():
    result = read("nonsense\n" * 1000)
    assert len(result.errors) <= 20
    assert settings.error_texts(result)[-1] == "980 more mistakes"


def test_error_texts_carry_the_line():
    assert settings.error_texts(read("HTTP_PORT = x"))[0].startswith("settings.toml line 1: ")


def test_no_text_of_an_error_repeats_a_secret():
    result = read(
        'WIFI_PASSWORD = "secret"\nWIFI_PASSWORD = "' + "secret" * 20 + '"\nWIFI_PASSWORD = secret word'
    )
    assert len(result.errors) == 3
    assert all("secret" not in text for _number, text in result.errors)


def with_entries(text, entries):
    result = read(text)
    return result, reading.lay_over(result, entries)


@pytest.mark.parametrize(
    ("file", "entry", "value", "source"),
    [
        # saved on the page after the file was written
        ('HOSTNAME = "garage"\n', ("HOSTNAME", "carport", "garage"), "carport", "page"),
        ("", ("HOSTNAME", "carport", None), "carport", "page"),
        # the file was edited afterwards: a new value, a new line, the line taken out
        ('HOSTNAME = "house"\n', ("HOSTNAME", "carport", "garage"), "house", "settings.toml"),
        ('HOSTNAME = "house"\n', ("HOSTNAME", "carport", None), "house", "settings.toml"),
        ("", ("HOSTNAME", "carport", "garage"), "socbox", "default"),
        # a line that cannot be used is a text like any other
        ('HOSTNAME = "-"\n', ("HOSTNAME", "carport", "-"), "carport", "page"),
    ],
)
def test_the_last_edit_wins_wherever_it_was_made(file, entry, value, source):
    result, counting = with_entries(file, [entry])
    assert (result["HOSTNAME"], result.source("HOSTNAME")) == (value, source)
    assert counting == ([entry] if source == "page" else [])


def test_entries_of_another_version_do_no_harm():
    result, counting = with_entries("", [("GONE", "x", None), ("HTTP_PORT", "many", None)])
    assert counting == []
    assert result["HTTP_PORT"] == 80 and "saved on the page" in result.errors[0][1]


def test_a_fixed_address_may_come_from_file_and_page_together():
    entries = [("WIFI_NETMASK", "255.255.255.0", None), ("WIFI_GATEWAY", "192.168.1.1", None)]
    result = taken([b'WIFI_STATIC_ADDRESS = "192.168.1.5"\n'], entries)
    assert result.errors == [] and result["WIFI_STATIC_ADDRESS"] == "192.168.1.5"


def test_an_entry_is_kept_only_where_it_differs_from_the_file():
    base = read('HOSTNAME = "garage"\nHTTP_PORT = 81\n')
    before = [("HOSTNAME", "old", "x"), ("EVSE_ID", "E1", None)]
    after = reading.merged_entries(
        base, before, {"HOSTNAME": "carport", "HTTP_PORT": "81", "LOG_LEVEL": "D"}
    )
    assert sorted(after, key=lambda entry: entry[0]) == [
        ("EVSE_ID", "E1", None), ("HOSTNAME", "carport", "garage"), ("LOG_LEVEL", "D", None),
    ]  # fmt: skip
    assert reading.merged_entries(base, after, {"EVSE_ID": None, "HOSTNAME": None, "LOG_LEVEL": None}) == []


def test_a_text_that_reads_like_nothing_is_kept_where_the_file_says_nothing():
    for lines in ("", 'SMARTEVSE_URL = "no address"\n'):
        base = read(lines)
        (entry,) = reading.merged_entries(base, [], {"WIFI_SSID": "None"})
        assert entry == ("WIFI_SSID", "None", None)


def test_a_file_full_of_foreign_keys_is_read_in_time(monkeypatch):
    """Each hint takes 0.2 s of the device's time; four hundred of them once outlasted the watchdog at every start."""
    asked = []
    hint_for = typos.hint_for
    monkeypatch.setattr(typos, "hint_for", lambda key: asked.append(key) or hint_for(key))
    result = taken([b"KEY_%d = 5\n" % number for number in range(400)])
    assert 0 < len(asked) <= 20
    assert len(result.errors) == 20 and result.errors_dropped == 380
