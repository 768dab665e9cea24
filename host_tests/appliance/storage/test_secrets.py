# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the box makes up stays the same, whichever of its two places is lost."""

import random

import pytest
from appliance.storage import memory, secrets
from appliance.storage.forgetful import Forgetful
from appliance.storage.secrets import Secrets


class Kept(Forgetful):
    """A Survival in a chip's NVM; counts what is written."""

    writes = 0

    def save(self):
        self.writes += 1


def random_bytes(count):
    return random.randbytes(count)


def texts(one):
    return one.access_point, one.pages, one.cookie_key


def test_before_anything_was_saved_nvm_keeps_them_and_is_written_once():
    kept = Kept()
    first = Secrets([], kept, random_bytes)
    assert not first.recorded and kept.writes == 1
    for _ in range(20):
        again = Secrets([], kept, random_bytes)
        assert texts(again) == texts(first)
    assert kept.writes == 1


def test_records_count_and_mend_what_nvm_lost():
    kept = Kept()
    first = Secrets([], kept, random_bytes)
    for _ in range(3):
        lost = Kept()
        again = Secrets(first.entries(), lost, random_bytes)
        assert again.recorded and texts(again) == texts(first) and lost.writes == 1
        assert texts(Secrets([], lost, random_bytes)) == texts(first)


def test_another_password_in_nvm_than_in_the_records_is_put_right():
    kept = Kept()
    Secrets([], kept, random_bytes)
    first = Secrets([], Kept(), random_bytes)
    assert texts(Secrets(first.entries(), kept, random_bytes)) == texts(first)
    assert texts(Secrets([], kept, random_bytes)) == texts(first)


@pytest.mark.parametrize("text", ["", "short", "0123456789", "abcdefghjkm", "abcdefghj\0", "abcdefghjü"])
def test_a_record_with_something_else_in_it_is_no_password(text):
    made = Secrets([(".access_point", text, None)], Kept(), random_bytes)
    assert len(made.access_point) == 10 and set(made.access_point) <= set(secrets.ALPHABET)
    assert not made.recorded


@pytest.mark.parametrize("filling", [b"\xff", b"\x00", b"a\x00", b"\x7f", b"1"])
def test_nvm_with_anything_in_it_is_made_anew(filling):
    kept = Kept()
    kept.set_part(memory.SECRETS, (filling * memory.SECRETS_SIZE)[: memory.SECRETS_SIZE])
    made = Secrets([], kept, random_bytes)
    assert len(made.access_point) == 10 and len(made.pages) == 8 and len(made.cookie_key) == 16
    assert set(made.access_point + made.pages) <= set(secrets.ALPHABET)


def test_a_new_key_for_the_cookies_leaves_the_passwords():
    kept = Kept()
    made = Secrets([], kept, random_bytes)
    made.recorded = True
    before = texts(made)
    made.renew_cookie_key()
    assert texts(made)[:2] == before[:2] and made.cookie_key != before[2] and not made.recorded
    assert texts(Secrets([], kept, random_bytes)) == texts(made)


def test_who_was_logged_out_stays_so_when_the_box_restarts_before_the_records_have_the_new_key():
    kept = Kept()
    made = Secrets([], kept, random_bytes)
    recorded = made.entries()
    made.renew_cookie_key()
    restarted = Secrets(recorded, kept, random_bytes)
    assert texts(restarted) == texts(made)
    assert not restarted.recorded
    assert Secrets(restarted.entries(), kept, random_bytes).recorded
