# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes for the display: small ones only, right to the last module, made in pieces, and passwords that need no escape."""

import sys

from appliance.display import qr, qr_encoder
from appliance.network.access_point import qr_text
from appliance.storage.secrets import ALPHABET, letters_of
from hypothesis import given
from hypothesis import strategies as st

from host_tests.support.qr_codes import modules

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
    while codes.due(0):
        codes.run(0)
    while codes.poll(0):
        pieces += 1
    return pieces


def test_codes_are_made_once_each_in_many_pieces_and_the_last_ones_kept():
    counter = Counter()
    codes = qr.Codes(counter.count, counter.told.append)
    assert not codes.due(0) and not codes.poll(0)
    texts = [f"http://192.168.1.{number}" for number in range(5)]
    assert [codes.get(text) for text in texts] == [None] * 5
    assert codes.get(texts[0]) is None
    pieces = finished(codes)
    # One more for the module that draws them, which counts as well.
    assert counter.made == 1 + 5 and pieces > 5 * 15
    made = codes.get(texts[4])
    assert made == modules(texts[4])
    assert codes.get(texts[4]) is made and not codes.poll(0)
    assert codes.get(texts[0]) is None, "only the last ones are kept"


def test_a_file_that_is_missing_on_the_drive_leaves_the_words(monkeypatch):
    counter = Counter()
    codes = qr.Codes(counter.count, counter.told.append)
    monkeypatch.setitem(sys.modules, "appliance.display.qr_encoder", None)
    monkeypatch.delattr("appliance.display.qr_encoder", raising=False)
    codes.get("x")
    finished(codes)
    assert len(counter.told) == 1 and counter.told[0].startswith("no QR code: ")
    assert codes.ready() and counter.made == 1, "the words are shown"
    assert codes.get("x") is None and not codes.due(0)
