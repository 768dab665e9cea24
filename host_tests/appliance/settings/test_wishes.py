# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the settings want of the protocol stack is known before they are read, and only while they are as they were."""

from types import SimpleNamespace

import pytest
from appliance import hardware
from appliance.base import version
from appliance.settings import wishes
from appliance.settings.schema import CHOICES, DEFAULT, HIGH, KEY, LOW, row_of
from appliance.settings.settings import Settings
from appliance.storage import writing
from appliance.storage.forgetful import Forgetful
from appliance.storage.records import DIRECTORY, NAME, PLACES, Store

MARK = 7


def config_of(can_ask=False, **changes):
    wanted = Settings()
    for key, value in changes.items():
        wanted.use(key, value)
    return wishes.secc_config(wanted, can_ask)


def edges():
    """{key: value} at the ends of what the settings may be."""
    for column in (LOW, HIGH):
        yield {
            key: row_of(key)[column]
            for key in (
                "ATTENUATION_OFFSET_DB",
                "EVSE_MAX_CURRENT_A",
                "EVSE_MAX_VOLTAGE_V",
                "EVSE_MAX_POWER_KW",
                "CONVERSATION_S",
            )
        }
    for key in ("ANSWER_CARS", "PROTOCOL", "CONVERSATION", "CONVERSATION_UNTIL"):
        for choice in row_of(key)[CHOICES]:
            yield {key: choice}


@pytest.mark.parametrize("can_ask", (False, True))
def test_what_was_kept_is_what_the_settings_want_whatever_they_say(can_ask):
    for changes in edges():
        memory = Forgetful()
        config = config_of(can_ask, **changes)
        wishes.keep(memory, MARK, config)
        assert wishes.kept_config(memory, MARK) == config, changes


def test_the_choices_are_those_of_the_settings():
    with_choices = [(key, choices) for _, key, choices in wishes.KEPT if not isinstance(choices, int)]
    assert [key for key, _ in with_choices] == ["ANSWER_CARS", "PROTOCOL", "CONVERSATION", "CONVERSATION_UNTIL"]
    for key, choices in with_choices:
        assert row_of(key)[CHOICES] == choices, row_of(key)[KEY]
    assert row_of("EVSE_ID")[DEFAULT] == ""


def test_nothing_is_known_before_something_was_kept_and_with_another_mark():
    memory = Forgetful()
    assert wishes.kept_config(memory, 0) is None
    wishes.keep(memory, MARK, config_of())
    assert wishes.kept_config(memory, MARK) is not None
    assert wishes.kept_config(memory, MARK + 1) is None
    assert wishes.kept_config(memory, None) is None


@pytest.mark.parametrize("config", (None, config_of(EVSE_ID="DE*ABC*E1")))
def test_what_does_not_fit_is_forgotten(config):
    memory = Forgetful()
    wishes.keep(memory, MARK, config_of())
    wishes.keep(memory, MARK, config)
    assert wishes.kept_config(memory, MARK) is None


def test_the_same_is_not_written_again():
    writes = []

    class Counting(Forgetful):
        def save(self):
            writes.append(1)

    memory = Counting()
    for _ in range(3):
        wishes.keep(memory, MARK, config_of())
    assert len(writes) == 1


def test_the_mark_changes_with_the_versions_the_file_and_what_is_saved(tmp_path, monkeypatch):
    file = tmp_path / "settings.toml"
    file.write_text('ANSWER_CARS = "auto"\n')
    paths = [str(file)] + [f"{tmp_path}{DIRECTORY}/{place}/{NAME}" for place in PLACES]
    marks = [wishes.mark_of(paths)]
    monkeypatch.setattr(version, "VERSION", "99.0.0")
    marks.append(wishes.mark_of(paths))
    monkeypatch.setattr(wishes, "sys", SimpleNamespace(implementation=SimpleNamespace(version=(10, 2, 1))))
    marks.append(wishes.mark_of(paths))
    store = Store(str(tmp_path), None, lambda _text: None)
    for answer in ("never", "auto", "never"):
        writing.write(store, [("ANSWER_CARS", answer, "auto")])
        marks.append(wishes.mark_of(paths))
    file.write_text('ANSWER_CARS = "never"\n')
    marks.append(wishes.mark_of(paths))
    assert len(set(marks)) == len(marks)
    assert wishes.mark_of(paths) == marks[-1]


def test_without_settings_toml_there_is_no_mark(tmp_path):
    assert wishes.mark_of([str(tmp_path / "settings.toml")]) is None


def test_the_files_are_those_that_settings_come_from():
    saved = [f"{DIRECTORY}/{place}/{NAME}" for place in PLACES]
    files = hardware.settings_files(None)
    assert files[0].endswith("settings.toml") and [path[-len(saved[0]) :] for path in files[1:]] == saved
