# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The display in every language: nothing is cut on any display, and English costs nothing."""

import zlib

import pytest
from appliance.display import layout, typeset, views, words
from appliance.display import panel as panels
from appliance.mqtt import causes
from appliance.smartevse import listeners
from appliance.state import faults

from host_tests.tools import contact_sheet, glass

LANGUAGES = ("en", "de", "nl", "fr")


@pytest.fixture(autouse=True)
def english_afterwards(monkeypatch):
    for rows in (causes.ROWS, listeners.ROWS):
        for code, row in rows.items():
            monkeypatch.setitem(faults.TABLE, code, row)
    yield
    words.choose("en")


@pytest.fixture
def cuts(monkeypatch):
    """What did not fit: lines that were shortened, and words that were broken in the middle."""
    found = []
    shortened, break_at = typeset.Font.shortened, typeset.Font._break_at

    def short(self, text, width):
        result = shortened(self, text, width)
        if result != text:
            found.append(text)
        return result

    def broken(self, word, width):
        at = break_at(self, word, width)
        if word[at - 1] not in "./-":
            found.append(word)
        return at

    monkeypatch.setattr(typeset.Font, "shortened", short)
    monkeypatch.setattr(typeset.Font, "_break_at", broken)
    return found


def arrange(panel, view, cuts):
    """Arrange ``view`` as it would be drawn; gives what was cut of it."""
    panel.show(view)
    panel._plan()
    heading = getattr(view, "heading", "")
    if len(panel.fonts.head.wrapped(heading, panel._width)) > layout.MOST_HEADING_LINES:
        cuts.append(heading)
    found = list(cuts)
    cuts.clear()
    return found


@pytest.mark.parametrize("name", contact_sheet.DISPLAYS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_any_screen_is_cut(name, language, cuts):
    words.choose(language)
    with glass.fitted():
        panel = contact_sheet.new_panel(name)
        found = {
            screen: arrange(panel, contact_sheet.view_of(screen, panel), cuts) for screen in contact_sheet.SCREENS
        }
    assert {screen: texts for screen, texts in found.items() if texts} == {}


@pytest.mark.parametrize("name", contact_sheet.DISPLAYS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_fault_is_cut(name, language, cuts):
    words.choose(language)
    found = []
    with glass.fitted():
        panel = contact_sheet.new_panel(name)
        for code in faults.TABLE:
            told = views.View(views.FAULT, list(words.sentences(code)), words.short(code), views.WARNING)
            below = views.View(views.DONE, [words.short(code)])
            below.big = "81%"
            found += arrange(panel, told, cuts) + arrange(panel, below, cuts)
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_short_text_of_a_fault_has_at_most_21_letters(language):
    words.choose(language)
    assert [words.short(code) for code in faults.TABLE if len(words.short(code)) > 21] == []


def test_english_reads_nothing_and_keeps_nothing():
    assert words.choose("auto") is False and words.choose("en") is False
    assert words._words is None
    assert words.say("Ready for a car") == "Ready for a car"
    assert words.sentences("no_sdp") == faults.sentences("no_sdp")


def test_another_language_is_told_once_and_english_comes_back():
    assert words.choose("de") is True
    assert words.choose("de") is False
    assert words.say("%d h ago") % 3 == "vor 3 h"
    assert words.sentences("wifi_down")[0] == "Das WLAN ist nicht verbunden."
    assert words.choose("auto") is True
    assert words.say("%d h ago") % 3 == "3 h ago"


def test_a_drive_without_the_files_of_a_language_shows_english(monkeypatch, tmp_path):
    monkeypatch.setattr(words, "_FOLDER", str(tmp_path) + "/")
    words.choose("fr")
    assert words.say("Ready for a car") == "Ready for a car"
    (tmp_path / "nl.bin").write_bytes(zlib.compress(b"Ready for a car\tKlaar"))
    words.choose("nl")
    assert words.say("Ready for a car") == "Klaar" and words.say("full") == "full"
    assert words.sentences("no_sdp") == faults.sentences("no_sdp"), "whatever was copied"


def test_the_display_speaks_another_language_at_once():
    with glass.fitted():
        display = panels.Display(
            contact_sheet.new_panel("320x170"),
            (contact_sheet.new_status(), contact_sheet.Evse(), contact_sheet.Net(), contact_sheet.Access()),
        )
        for now in range(0, 3000, 10):
            display.poll(now)
        seen = []
        display.panel.show = lambda view, turn=0: seen.append(view.heading)
        display.rest(100, 0, 0, "de")
        for now in range(3000, 4000, 10):
            display.poll(now)
    assert seen == ["Bereit fürs Auto"]
