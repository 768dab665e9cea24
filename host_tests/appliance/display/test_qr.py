# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes for the display: small ones only, right to the last module, made in pieces, and passwords that need no escape."""

import sys

import pytest
from appliance.display import qr, qr_encoder, setup_views, views
from appliance.display.panel import CodesOnDemand
from appliance.network.access_point import qr_text
from appliance.storage.secrets import ALPHABET, letters_of
from hypothesis import given
from hypothesis import strategies as st

from host_tests.support.qr_codes import modules
from host_tests.tools import contact_sheet, glass

NAME = "socbox-4AFE"


def test_every_network_of_ours_fits_64_pixels_at_two_a_module():
    text = qr_text(NAME, ALPHABET[:10])
    assert qr_encoder.version_for(text) == 3
    assert 2 * len(modules(text)) + 2 * 3 <= 64


@given(st.lists(st.integers(0, 255), min_size=10, max_size=30))
def test_passwords_need_no_escape_and_no_guess(numbers):
    noise = bytes(numbers) + bytes(20)
    password = letters_of(lambda _count: noise, 10, ALPHABET)
    assert len(password) == 10
    assert not set(password) & set('\\;,:"0O1lI')
    assert qr_text(NAME, password) == f"WIFI:T:WPA;S:{NAME};P:{password};;"


class Counter:
    def __init__(self):
        self.made = 0
        self.told = []

    def count(self):
        self.made += 1


def finished(codes):
    """Every piece there is to do; gives how many."""
    pieces = 0
    while codes.poll(0):
        pieces += 1
    return pieces


def test_codes_are_made_once_each_in_many_pieces_and_the_last_ones_kept():
    counter = Counter()
    codes = qr.Codes(counter.count, counter.told.append)
    assert not codes.poll(0)
    texts = [f"http://192.168.1.{number}" for number in range(5)]
    assert [codes.get(text) for text in texts] == [None] * 5
    assert codes.get(texts[0]) is None
    pieces = finished(codes)
    assert counter.made == 5 and pieces > 5 * 15
    made = codes.get(texts[4])
    assert made == modules(texts[4])
    assert codes.get(texts[4]) is made and not codes.poll(0)
    assert codes.get(texts[0]) is None, "only the last ones are kept"


def test_a_file_that_is_missing_on_the_drive_leaves_the_words(monkeypatch):
    counter = Counter()
    monkeypatch.setitem(sys.modules, "appliance.display.qr_encoder", None)
    monkeypatch.delattr("appliance.display.qr_encoder", raising=False)
    with glass.fitted():
        screen = contact_sheet.new_panel("320x170")
        screen.codes = None
        loaded = CodesOnDemand(screen, lambda: qr.Codes(counter.count, counter.told.append), counter.told.append)
        assert not loaded.due(0) and not screen.has_codes() and loaded.due(0)
        loaded.run(0)
        assert screen.has_codes() and not loaded.due(0)
        picture = contact_sheet.draw(screen, setup_views.CodeView(["Set up WiFi", "password"], "x", views.BLUE))
    assert len(counter.told) == 1 and counter.told[0].startswith("no QR code: ")
    left = screen.code_layout.text_left
    assert picture.getbbox()[0] >= left and picture.getbbox()[2] > left + 40, "the words are shown"
    assert screen.codes.get("x") is None and not screen.codes.poll(0)


@pytest.mark.parametrize("file", ["setup_views", "code_panel"])
def test_without_a_file_that_shows_them_the_usual_screens_go_on(monkeypatch, file):
    counter = Counter()
    with glass.fitted(), monkeypatch.context() as patch:
        patch.setitem(sys.modules, "appliance.display." + file, None)
        screen = contact_sheet.new_panel("320x170")
        screen.codes = None
        loaded = CodesOnDemand(screen, lambda: qr.Codes(counter.count, counter.told.append), counter.told.append)
        screen.has_codes()
        loaded.run(0)
    assert len(counter.told) == 1 and counter.told[0].startswith("no QR code: ")
    assert not screen.has_codes() and not loaded.due(0)
