# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Lines of settings.toml: what is read, what is refused, and that a written line reads back whole."""

import io
from types import SimpleNamespace

import pytest
from appliance.settings import toml
from appliance.settings.schema import Mistake

from host_tests.twin.settings_toml import read_setting


@pytest.mark.parametrize(
    "value", ['q" b\\ t\t n\n', "Ünïcode 😀", " leading and trailing ", "\x01\x7f", "", "#=[]"]
)
def test_a_written_line_reads_back_whole(value):
    line = toml.toml_line("WIFI_PASSWORD", value)
    assert "\n" not in line
    assert toml.parse_line(line) == ("WIFI_PASSWORD", value, True)
    assert read_setting(line, "WIFI_PASSWORD") == (value, True)
    assert toml.parse_line(toml.toml_line("HTTP_PORT", 81)) == ("HTTP_PORT", "81", False)


def told(data):
    """({key: value}, [(line, mistake)]) of a file."""
    found, mistakes = {}, []
    settings = SimpleNamespace(complain=lambda *one: mistakes.append(one))
    lines = toml.lines_of(io.BytesIO(data))
    for _ in toml.read(lines, lambda _settings, key, text, quoted: found.update({key: text}), settings):
        pass
    return found, mistakes


def test_a_very_long_line_costs_that_line_only():
    found, mistakes = told(b"A = 1\nB = " + b"x" * 5000 + b"\nC = 3\n")
    assert found == {"A": "1", "C": "3"} and mistakes == [(2, "the line is too long")]


def test_a_file_without_an_end_is_read_as_far_as_memory_and_time_allow():
    class Endless:
        taken = 0

        def readline(self, size):
            self.taken += size
            return b"x" * size

    endless = Endless()
    found, mistakes = {}, []
    for _ in toml.read(toml.lines_of(endless), None, SimpleNamespace(complain=lambda *one: mistakes.append(one))):
        pass
    assert found == {} and endless.taken < 40000
    assert mistakes[-1][0] == 0 and "first 32 kB" in mistakes[-1][1]


def test_a_file_that_ends_in_the_middle_of_a_line_is_read_whole():
    assert told(b"A = 1\nB = 2")[0] == {"A": "1", "B": "2"}


@pytest.mark.parametrize("line", [b"A = \"\xed\xa0\x80\"", b"A = \"\xff\"", b"A = \"\xc3\"", b"A = \"\xf5\x80\x80\x80\""])
def test_what_is_no_text_is_refused_on_every_interpreter(line):
    assert told(line) == ({}, [(1, "the line is not UTF-8 text; save the file as UTF-8")])


@pytest.mark.parametrize("code", [r"\u12", r"\u+123", r"\u1_23", r"\ud83d", r"\U00110000", r"\U0000dfff", r"\u"])
def test_an_escape_that_means_no_character_is_refused(code):
    with pytest.raises(Mistake):
        toml.parse_line('A = "%s"' % code)


def test_a_mistake_shows_nothing_of_a_key_that_a_terminal_would_act_on():
    for line in (b"\x1b[31mKEY =\n", b"\x1b[31mKEY = \"x\" y\n"):
        assert "\x1b" not in told(line)[1][0][1]
