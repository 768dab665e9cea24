# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Settings from file and page together: saved, restored, written out, and never with anybody locked out."""

import json
import shutil
import sys

import pytest
from appliance.settings import copies, settings
from appliance.settings.checks import check_changes, file_value
from appliance.settings.schema import SCHEMA, SECRET, row_of
from appliance.settings.service import Keeper
from appliance.storage import writing
from appliance.storage.records import Store, StoreError

from host_tests.twin.settings_toml import read_setting

FILE = """# my box
WIFI_SSID = "home"   # upstairs
WIFI_PASSWORD = "12345678"

HOSTNAME = "garage"
HTTP_PORT = 80
nonsense
"""
HARD = ' q" b\\ Ünïcode 😀'


class Bench:
    def __init__(self, folder, text=FILE):
        self.folder = folder
        self.path = folder / "settings.toml"
        if text is not None:
            self.path.write_text(text, encoding="utf-8")
        self.applied = []
        self.restart()

    def restart(self, without_saved=False):
        store = Store(str(self.folder), None, lambda text: None)
        self.keeper = Keeper(str(self.path), store, self.applied.append, without_saved)

    def save(self, **changes):
        texts, faults = check_changes(self.keeper.after, changes)
        assert faults == {}
        self.keeper.save(texts)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_what_is_saved_counts_after_a_restart_and_the_file_stays_as_it_is(bench):
    before = bench.path.read_bytes()
    bench.save(WIFI_PASSWORD=HARD, HOSTNAME="carport")
    keeper = bench.keeper
    assert keeper.settings["HOSTNAME"] == "garage" and keeper.after["HOSTNAME"] == "carport"
    assert keeper.needs_restart()
    bench.restart()
    assert bench.keeper.settings["HOSTNAME"] == "carport" and bench.keeper.settings["WIFI_PASSWORD"] == HARD
    assert not bench.keeper.needs_restart()
    assert bench.path.read_bytes() == before


@pytest.mark.parametrize("name", (*settings.PARTS, "appliance.storage.writing"))
def test_a_drive_that_was_copied_in_part_refuses_to_save_and_says_why(bench, monkeypatch, name):
    room, _, short = name.rpartition(".")
    with monkeypatch.context() as missing:
        missing.setitem(sys.modules, name, None)
        missing.delattr(sys.modules[room], short)
        with pytest.raises(StoreError, match=rf"^The part that saves cannot be loaded: .*{short}"):
            bench.keeper.save({"HOSTNAME": "carport"})
    assert not (bench.folder / "saved").exists() and bench.keeper.after["HOSTNAME"] == "garage"
    bench.save(HOSTNAME="carport")
    assert bench.keeper.after["HOSTNAME"] == "carport"


def test_where_what_was_saved_cannot_be_read_the_file_counts_and_nothing_can_be_saved(bench):
    """What was saved may be whole, and is there again when whatever was wrong is gone."""
    bench.save(HOSTNAME="carport")
    bench.keeper = Keeper(str(bench.path), None, bench.applied.append)
    assert bench.keeper.settings["HOSTNAME"] == "garage" and bench.keeper.entries == []
    with pytest.raises(StoreError, match="cannot be read; the log says why"):
        bench.save(HOSTNAME="barn")
    assert bench.keeper.after["HOSTNAME"] == "garage" and not bench.keeper.has_records
    bench.restart()
    assert bench.keeper.settings["HOSTNAME"] == "carport"


def test_a_save_stops_every_few_lines_and_changes_nothing_before_its_last_step(bench):
    bench.path.write_text(FILE + "# a comment\n" * 200, encoding="utf-8")
    steps = bench.keeper.saving({"HOSTNAME": "carport"})
    count = 0
    for _ in steps:
        count += 1
        assert bench.keeper.after["HOSTNAME"] == "garage" and not bench.keeper.has_records
    assert count > 10 and bench.keeper.after["HOSTNAME"] == "carport"
    bench.restart()
    assert bench.keeper.settings["HOSTNAME"] == "carport"


def test_what_settings_toml_alone_gets_wrong_a_save_may_put_right(bench):
    # Cleared together, because one of three is missing: what the page adds has to meet them as the file has them.
    bench.path.write_text('WIFI_STATIC_ADDRESS = "192.168.1.5"\nWIFI_NETMASK = "255.255.255.0"\n', encoding="utf-8")
    bench.restart()
    assert bench.keeper.settings["WIFI_STATIC_ADDRESS"] == ""
    bench.keeper.save({"WIFI_GATEWAY": "192.168.1.1"})
    assert bench.keeper.after["WIFI_STATIC_ADDRESS"] == "192.168.1.5" and bench.keeper.after.errors == []


def test_keys_that_need_no_restart_count_at_once(bench):
    bench.save(LOG_LEVEL="W", WEB_PASSWORD="a good password")
    assert bench.keeper.settings["LOG_LEVEL"] == "W"
    assert bench.applied[-1]["WEB_PASSWORD"] == "a good password"
    assert not bench.keeper.needs_restart()


def test_the_file_edited_over_usb_wins_over_an_older_save(bench):
    bench.save(HOSTNAME="carport", EVSE_ID="E1")
    bench.path.write_text(FILE.replace('"garage"', '"shed"'), encoding="utf-8")
    bench.restart()
    assert bench.keeper.settings["HOSTNAME"] == "shed" and bench.keeper.settings["EVSE_ID"] == "E1"
    bench.save(HOSTNAME="carport")
    bench.restart()
    assert bench.keeper.settings["HOSTNAME"] == "carport"


def test_the_file_edited_while_the_box_runs_is_seen_when_saving(bench):
    bench.path.write_text(FILE.replace('"garage"', '"shed"'), encoding="utf-8")
    bench.save(HOSTNAME="carport")
    bench.restart()
    assert bench.keeper.settings["HOSTNAME"] == "carport", "the page's edit was the last one"


def test_back_to_what_the_file_says(bench):
    bench.save(HOSTNAME="carport")
    bench.save(HOSTNAME=None)
    bench.restart()
    assert bench.keeper.settings["HOSTNAME"] == "garage"
    assert bench.keeper.settings.source("HOSTNAME") == "settings.toml"


def test_a_save_that_fails_changes_nothing(bench, monkeypatch):
    def refuse(_store, _entries):
        raise StoreError("no")

    monkeypatch.setattr(writing, "write", refuse)
    with pytest.raises(StoreError):
        bench.save(HOSTNAME="carport")
    assert bench.keeper.after["HOSTNAME"] == "garage"


def test_the_merged_file_keeps_comments_and_says_what_counts(bench):
    bench.save(WIFI_PASSWORD=HARD, HOSTNAME="carport", EVSE_ID="E1")
    lines = list(copies.toml_lines(bench.keeper, True))
    text = "\n".join(lines)
    assert lines[0] == "# my box" and 'WIFI_SSID = "home"   # upstairs' in lines and "HTTP_PORT = 80" in lines
    for key, value in (("WIFI_PASSWORD", HARD), ("HOSTNAME", "carport"), ("EVSE_ID", "E1")):
        assert read_setting(text, key) == (value, True)
    bench.path.write_text(text, encoding="utf-8")
    shutil.rmtree(bench.folder / "saved")
    bench.restart()
    assert bench.keeper.settings["WIFI_PASSWORD"] == HARD


def test_the_merged_file_without_secrets_has_none(bench):
    for text in ("\n".join(copies.toml_lines(bench.keeper, False)), json.dumps(copies.backup(bench.keeper, False))):
        assert "12345678" not in text
    bench.save(WIFI_PASSWORD="another secret")
    assert "another" not in "\n".join(copies.toml_lines(bench.keeper, False))
    assert "another" in "\n".join(copies.toml_lines(bench.keeper, True))


@pytest.mark.parametrize(
    "line",
    [
        'CIRCUITPY_WIFI_PASSWORD = "marker"',
        "CIRCUITPY_WEB_API_PASSWORD='marker'",
        '# WIFI_PASSWORD = "marker"',
        "#web_password=marker",
        'HTTP_PORT = 80  # WIFI_PASSWORD = "marker"',
        '"WIFI_PASSWORD" = "marker"',
        'WIFI_PASSWORD = "marker',
        'WIFI_PASSWORD "marker"',
        'WIFI_PASSWORD: "marker"',
        "# old password : marker",
    ],
)
def test_the_merged_file_without_secrets_has_no_password_of_another_line_either(tmp_path, line):
    bench = Bench(tmp_path, '# a password has 8 letters\nHOSTNAME = "garage"\n' + line + "\n")
    without = list(copies.toml_lines(bench.keeper, False))
    assert "marker" not in "\n".join(without)
    assert without[:2] == ["# a password has 8 letters", 'HOSTNAME = "garage"']
    assert "marker" in "\n".join(copies.toml_lines(bench.keeper, True))


@pytest.mark.parametrize(
    ("wrong", "right", "key", "value"),
    [
        ("HTTP_PORT = 8O", "HTTP_PORT = 8080", "HTTP_PORT", 8080),
        ("HOSTNAME = garage", 'HOSTNAME = "garage"', "HOSTNAME", "garage"),
        ('EVSE_ID = "DE*1', 'EVSE_ID = "DE*1"', "EVSE_ID", "DE*1"),
    ],
)
def test_a_line_that_was_put_right_in_another_one_is_right_in_the_merged_file_too(tmp_path, wrong, right, key, value):
    bench = Bench(tmp_path, wrong + "\n" + right + "\n")
    assert bench.keeper.settings[key] == value
    bench.path.write_text("\n".join(copies.toml_lines(bench.keeper, True)), encoding="utf-8")
    bench.restart()
    assert bench.keeper.settings[key] == value


def test_a_saved_value_takes_the_place_of_every_line_of_its_key_in_the_merged_file(tmp_path):
    bench = Bench(tmp_path, "HTTP_PORT = 8O\nHTTP_PORT = 8080\n")
    bench.save(HTTP_PORT="81")
    assert list(copies.toml_lines(bench.keeper, True)) == ["HTTP_PORT = 81"]


def test_back_to_the_file_is_back_to_its_line_that_counts(tmp_path):
    bench = Bench(tmp_path, "HTTP_PORT = 8O\nHTTP_PORT = 8080\n")
    bench.save(HTTP_PORT="81")
    assert file_value(bench.keeper.after, row_of("HTTP_PORT")) == 8080


def test_a_byte_order_mark_hides_the_first_line_from_nobody(tmp_path):
    bench = Bench(tmp_path, '\ufeffHOSTNAME = "garage"\n')
    bench.save(HOSTNAME="carport")
    assert list(copies.toml_lines(bench.keeper, True)) == ['HOSTNAME = "carport"']


def test_a_merged_file_where_there_was_none(tmp_path):
    bench = Bench(tmp_path, None)
    bench.save(HOSTNAME="carport")
    assert list(copies.toml_lines(bench.keeper, True)) == ['HOSTNAME = "carport"']


def restored(bench, backup):
    changes, left_out = copies.changes_of_backup(bench.keeper, backup)
    bench.save(**changes)
    bench.restart()
    return bench.keeper.settings, left_out


def test_backup_and_restore_on_another_box(bench, tmp_path_factory):
    bench.save(WIFI_PASSWORD=HARD, HOSTNAME="carport", EVSE_ID="E1", ATTENUATION_OFFSET_DB="-3")
    backup = json.loads(json.dumps(copies.backup(bench.keeper, True)))
    other = Bench(tmp_path_factory.mktemp("other"), 'LOG_LEVEL = "D"\n')
    settings, left_out = restored(other, backup)
    assert left_out == []
    for row in SCHEMA:
        if row[0] != "LOG_LEVEL":
            assert settings[row[0]] == bench.keeper.after[row[0]]


def test_a_backup_without_secrets_keeps_those_of_the_box(bench):
    settings, left_out = restored(bench, copies.backup(bench.keeper, False))
    assert left_out == [] and settings["WIFI_PASSWORD"] == "12345678"
    assert any(row[SECRET] for row in SCHEMA)


def test_restoring_locks_nobody_out(bench):
    bench.save(WEB_PASSWORD="the password I know")
    foreign = {"WIFI_SSID": "elsewhere", "WEB_PASSWORD": "one from long ago", "GONE": 1, "EVSE_ID": "E2"}
    settings, left_out = restored(bench, foreign)
    assert settings["WEB_PASSWORD"] == "the password I know"
    assert (settings["WIFI_SSID"], settings["WIFI_PASSWORD"]) == ("home", "12345678")
    assert settings["EVSE_ID"] == "E2"
    assert len(left_out) == 3
    settings, _ = restored(bench, {"EVSE_ID": "E3"})
    assert settings["WIFI_SSID"] == "home"


def test_a_run_without_what_was_saved_keeps_the_way_in_and_the_page_shows_the_rest(bench):
    bench.save(HOSTNAME="carport", EVSE_ID="E1", WIFI_PASSWORD=HARD, WEB_PASSWORD="correct horse")
    bench.restart(without_saved=True)
    settings, after = bench.keeper.settings, bench.keeper.after
    assert (settings["HOSTNAME"], settings["EVSE_ID"]) == ("garage", "")
    assert (settings["WIFI_PASSWORD"], settings["WEB_PASSWORD"]) == (HARD, "correct horse")
    assert (after["HOSTNAME"], after["EVSE_ID"], after.source("EVSE_ID")) == ("carport", "E1", "page")
    assert bench.keeper.needs_restart()
    bench.restart()
    assert bench.keeper.settings["EVSE_ID"] == "E1", "nothing is lost"


def test_what_is_corrected_in_such_a_run_counts_after_the_next_restart_with_all_the_rest(bench):
    bench.save(HOSTNAME="carport", EVSE_ID="E1", LOG_LEVEL="W")
    bench.restart(without_saved=True)
    bench.save(EVSE_ID=None)
    bench.restart()
    settings = bench.keeper.settings
    assert (settings["HOSTNAME"], settings["EVSE_ID"], settings["LOG_LEVEL"]) == ("carport", "", "W")


def test_a_run_without_what_was_saved_where_nothing_was(bench):
    bench.restart(without_saved=True)
    assert bench.keeper.after is bench.keeper.settings and not bench.keeper.needs_restart()


def test_a_network_that_was_joined_is_in_force_at_once_without_the_fixed_address_of_another(tmp_path):
    bench = Bench(tmp_path, FILE + 'WIFI_STATIC_ADDRESS = "192.168.1.9"\nWIFI_NETMASK = "255.255.255.0"\n')
    bench.keeper.save_network("cabin", "another one")
    settings = bench.keeper.settings
    assert (settings["WIFI_SSID"], settings["WIFI_PASSWORD"]) == ("cabin", "another one")
    assert (settings["WIFI_STATIC_ADDRESS"], bench.keeper.after["WIFI_STATIC_ADDRESS"]) == ("", "")
    assert bench.keeper.after["WIFI_SSID"] == "cabin"
