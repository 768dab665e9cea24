# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""500 odd values for every setting through file, page and restore: each is refused in a sentence, or usable.

Whole boxes with such settings are in `host_tests/session/test_odd_settings.py`.
"""

import functools
import json

import pytest
from appliance.settings import checks, copies
from appliance.settings.copies import BACKUP_KIND
from appliance.settings.schema import DEFAULT, KEY, SCHEMA, Mistake
from appliance.settings.service import Keeper
from appliance.settings.settings import error_texts
from appliance.storage.records import Store, StoreError
from appliance.web import bodies, downloads
from appliance.web.responses import BadBody

from host_tests.support.odd_values import file_lines, odd_values
from host_tests.support.settings_text import read

COUNT = 500
KEYS = [row[KEY] for row in SCHEMA]
# Values of the earliest boxes that fell over: they passed every check and ended the program at each start.
ONCE_FATAL = ("192.168.1.60:8O", "http://admin:pw@192.168.1.60/ev_state", "[fe80::1]")


@pytest.fixture(scope="module")
def values():
    return {key: odd_values(key, COUNT) for key in KEYS}


def is_usable(row, value):
    """True for a value that its own check takes, whichever way it came in."""
    return checks.checked(row, str(value)) == value


# What is refused is refused in few different sentences, hundreds of thousands of times.
@functools.cache
def is_sentence(text):
    return 10 < len(text) < 200 and all(checks.is_shown(letter) for letter in text)


def wrong_in(settings):
    """Settings in force that are not usable, and rules that they break although they were mended."""
    wrong = [row[KEY] for row in SCHEMA if not is_usable(row, settings[row[KEY]])]
    together = [rule[1] for rule in checks.TOGETHER[:3] if rule[1](settings.values)]
    return wrong + together


def test_there_are_as_many_odd_values_as_are_promised(values):
    assert {len(set(texts)) for texts in values.values()} == {COUNT}
    assert values == {key: odd_values(key, COUNT) for key in KEYS}, "the same every time"


def test_each_value_alone_is_refused_in_a_sentence_or_kept_in_a_form_that_reads_back_the_same(values, figures):
    taken = refused = 0
    for row in SCHEMA:
        for text in values[row[KEY]]:
            try:
                value = checks.checked(row, text)
            except Mistake as mistake:
                refused += 1
                assert is_sentence(str(mistake)), (row[KEY], text)
            else:
                taken += 1
                assert type(value) is type(row[DEFAULT]) and is_usable(row, value), (row[KEY], text)
    assert taken > 50 * len(SCHEMA) / 2 and refused > 200 * len(SCHEMA)
    figures(f"odd values of settings: {taken + refused}, {taken} of them taken, {refused} refused in a sentence")


@pytest.mark.parametrize("text", ONCE_FATAL)
def test_addresses_that_once_ended_the_program_are_refused(text):
    with pytest.raises(Mistake):
        checks.checked(next(row for row in SCHEMA if row[KEY] == "SMARTEVSE_URL"), text)


def test_through_the_file(values):
    for number in range(COUNT):
        texts = {key: values[key][number] for key in KEYS}
        settings = read(file_lines(texts, number))
        assert wrong_in(settings) == [], number
        assert all(is_sentence(text) for text in error_texts(settings)), number


class Box:
    """What is behind the pages: settings on a drive, and the page's way to them."""

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "settings.toml"
        self.path.write_text('HOSTNAME = "garage"\n')
        self.saved = 0
        self.start()

    def start(self):
        self.keeper = Keeper(str(self.path), Store(str(self.folder), None, lambda text: None), lambda settings: None)
        assert wrong_in(self.keeper.settings) == []

    def save(self, changes):
        """As the page does it: what is right is saved; gives what is wrong."""
        texts, faults = checks.check_changes(self.keeper.after, changes)
        assert all(is_sentence(text) for text in faults.values()), faults
        if not faults:
            try:
                self.keeper.save(texts)
                self.saved += 1
            except StoreError as error:
                assert is_sentence(str(error))
            self.start()
        return faults


def through_json(texts):
    """What the box makes of a page's JSON; None when it refuses the request."""
    try:
        return bodies.texts_of(json.loads(json.dumps(texts)))
    except BadBody as bad:
        assert is_sentence(str(bad))
        return None


def without_faults(box, changes):
    faults = checks.check_changes(box.keeper.after, changes)[1]
    return {key: text for key, text in changes.items() if key not in faults}


@pytest.mark.slow
def test_through_the_page(values, tmp_path):
    box = Box(tmp_path)
    for number in range(COUNT):
        for key in KEYS:
            texts, faults = checks.check_changes(box.keeper.after, through_json({key: values[key][number]}))
            assert set(faults) <= set(KEYS) and (faults or list(texts) == [key])
            assert all(is_sentence(text) for text in faults.values())
        whole = {key: values[key][number] for key in KEYS}
        # What is right is saved together, without what does not go together.
        box.save(without_faults(box, without_faults(box, whole)))
    assert box.saved > COUNT / 2


def test_through_a_restored_file(values, tmp_path):
    box = Box(tmp_path)
    for number in range(COUNT):
        backup = {key: values[key][number] for key in KEYS}
        if number % 2 == 0:
            wrong = checks.check_changes(box.keeper.after, backup)[1]
            backup = {key: text for key, text in backup.items() if key not in wrong}
        changes, left_out = copies.changes_of_backup(box.keeper, through_json(backup))
        assert all(is_sentence(text) for text in left_out)
        for key in box.save(changes):
            changes.pop(key, None)
        box.save(changes)
    assert box.saved > COUNT / 4


ODD_JSON = (
    True, False, 1.5, 1e400, float("nan"), -(10**30), 10**10, [], [1], {}, {"a": "b"}, [["x"]], 0, -5, 81,
    "\ud83d\ude00", "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("value", ODD_JSON, ids=repr)
def test_values_of_other_kinds_in_a_backup_or_from_a_script(value, tmp_path):
    box = Box(tmp_path)
    for key in KEYS:
        texts = through_json({key: value})
        if texts is not None:
            box.save(copies.changes_of_backup(box.keeper, texts)[0])
            box.save(texts)


def test_a_backup_of_odd_settings_brings_the_same_ones_back(values, tmp_path):
    box = Box(tmp_path)
    for number in range(0, COUNT, 25):
        whole = {key: values[key][number] for key in KEYS if not key.startswith("WIFI")}
        box.save(without_faults(box, without_faults(box, whole)))
        before = {key: box.keeper.after[key] for key in KEYS}
        backup = json.loads("".join(downloads.backup_pieces(box.keeper, True)))
        assert backup["kind"] == BACKUP_KIND
        lines = "".join(downloads.toml_pieces(box.keeper, True))
        settings = read(lines)
        assert {key: settings[key] for key in KEYS} == before, "the settings.toml that it offers says the same"
        box.save(dict.fromkeys(KEYS))
        box.save(copies.changes_of_backup(box.keeper, through_json(backup["settings"]))[0])
        assert {key: box.keeper.after[key] for key in KEYS if key != "WEB_PASSWORD"} == {
            key: before[key] for key in KEYS if key != "WEB_PASSWORD"
        }
