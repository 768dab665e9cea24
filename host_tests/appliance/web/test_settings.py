# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The settings over the web: what leaves the box, what is refused, what waits, and what a save answers."""

import json
from types import SimpleNamespace

import pytest
from appliance.jobs import Jobs
from appliance.settings.schema import KEY, SCHEMA, SECRET
from appliance.settings.settings import STATIC_KEYS, Settings
from appliance.storage.records import StoreError
from appliance.web import settings
from appliance.web.actions import BUSY
from appliance.web.responses import BadBody, Later
from appliance.web.settings import SettingsPages, settings_pieces

from host_tests.support.requests import request, told


class Keeper:
    """In place of settings.service.Keeper."""

    def __init__(self):
        self.after = Settings()
        self.saved = []
        self.error = None

    def saving(self, texts):
        yield
        if self.error is not None:
            raise self.error
        self.saved.append(texts)

    def changes_of_backup(self, backup):
        """In place of settings.copies.changes_of_backup."""
        return backup, ["WiFi: unchanged"]


class Bench:
    def __init__(self):
        self.keeper = Keeper()
        self.jobs = Jobs()
        self.restarts = []
        self.lines = []
        self.cautions = []
        self.status = SimpleNamespace(restart_needed=True, notes=["one of another part"])
        self.pages = SettingsPages(
            self.keeper,
            self.jobs,
            self.status,
            SimpleNamespace(ask=lambda: self.restarts.append(1)),
            SimpleNamespace(new_cookie=lambda: "socbox=new"),
            SimpleNamespace(
                trace=lambda *parts: self.lines.append(parts), caution=lambda *parts: self.cautions.append(parts)
            ),
        )

    def work(self):
        while self.jobs.due(0):
            self.jobs.run(0)

    def done(self, later):
        later = checked(later)
        assert later.poll() is None
        self.work()
        return later.poll()


def checked(later):
    """What comes of an answer that is made in pieces."""
    while isinstance(later, Later) and later.works:
        later = later.poll() or later
    return later


@pytest.fixture
def bench():
    return Bench()


def test_every_setting_is_there_once_and_no_secret_leaves_the_box(bench):
    text = "".join([piece or "" for piece in settings_pieces(bench.keeper, False)])
    rows = [row for group in json.loads(text)["groups"] for row in group["rows"]]
    assert [row["key"] for row in rows] == [row[KEY] for row in SCHEMA]
    secrets = [row for row in rows if row["secret"]]
    assert len(secrets) == len([row for row in SCHEMA if row[SECRET]])
    assert all(row["value"] is None and row["file"] is None for row in secrets)


def test_nothing_about_all_settings_is_done_in_one_piece(bench):
    assert list(settings_pieces(bench.keeper, False)).count(None) >= 4
    values = {row[KEY]: "192.168.1.1" for row in SCHEMA}
    later = bench.pages.save_json(request({"values": values}))
    assert later.works and [later.poll() for _ in range(8)] == [None] * 8
    assert told(later.poll())[0] == 422


def test_of_two_pages_that_save_at_the_same_time_one_is_told_to_try_again(bench):
    later = bench.pages.save_json(request({"values": {row[KEY]: None for row in SCHEMA}}))
    assert later.poll() is None
    bench.keeper.after = Settings()
    status, document = told(checked(later))
    assert (status, document) == (409, {"error": BUSY}) and not bench.jobs.due(0)


def test_a_save_is_a_job_and_says_what_follows(bench):
    later = bench.pages.save_json(request({"values": {"LOG_LEVEL": "D"}}))
    assert bench.keeper.saved == []
    assert told(bench.done(later)) == (
        200,
        {"ok": True, "restart_needed": True, "restarting": False, "left_out": []},
    )
    assert bench.keeper.saved == [{"LOG_LEVEL": "D"}]


def test_what_is_wrong_is_told_by_key_and_nothing_is_saved(bench):
    values = {"LOG_LEVEL": "X", "HTTP_PORT": "0", "HOSTNAME": "ok"}
    status, document = told(checked(bench.pages.save_json(request({"values": values}))))
    assert status == 422 and set(document["faults"]) == {"LOG_LEVEL", "HTTP_PORT"} and not bench.jobs.due(0)


def test_a_computer_that_has_the_drive_is_the_answer_and_no_defect(bench):
    bench.keeper.error = StoreError("A computer has the CIRCUITPY drive.")
    status, document = told(bench.done(bench.pages.save_json(request({"values": {"LOG_LEVEL": "D"}, "restart": True}))))
    assert (status, document["error"]) == (409, "A computer has the CIRCUITPY drive.")
    assert bench.lines == [] and bench.restarts == []


def test_a_defect_while_saving_is_in_the_log(bench):
    bench.keeper.error = KeyError("nothing")
    assert told(bench.done(bench.pages.save_json(request({"values": {"LOG_LEVEL": "D"}}))))[0] == 409
    assert len(bench.lines) == 1


def test_whoever_changes_the_password_stays_logged_in(bench):
    answer = bench.done(bench.pages.save_json(request({"values": {"WEB_PASSWORD": "a new password"}})))
    assert answer._headers["Set-Cookie"] == "socbox=new"
    other = bench.done(bench.pages.save_json(request({"values": {"LOG_LEVEL": "D"}})))
    assert other._headers.get("Set-Cookie") is None


def test_a_save_that_waits_for_a_car_is_made_all_the_same(bench):
    later = checked(bench.pages.save_json(request({"values": {"LOG_LEVEL": "D"}, "restart": True})))
    status, document = told(later.too_late())
    assert (status, document["pending"]) == (200, True)
    assert bench.jobs.due(0) and bench.restarts == [], "it would restart without what was to be saved"
    bench.work()
    assert bench.keeper.saved == [{"LOG_LEVEL": "D"}] and bench.restarts == [1]


def test_a_save_that_was_put_off_and_fails_is_told_in_the_log_and_among_the_notes_until_one_is_made(bench):
    bench.keeper.error = StoreError("A computer has the CIRCUITPY drive.")
    checked(bench.pages.save_json(request({"values": {"LOG_LEVEL": "D"}, "restart": True}))).too_late()
    bench.work()
    assert bench.cautions == [("settings", "not saved: A computer has the CIRCUITPY drive.")]
    assert bench.status.notes == ["one of another part", "A computer has the CIRCUITPY drive."]
    assert bench.restarts == []
    bench.keeper.error = None
    bench.done(bench.pages.save_json(request({"values": {"LOG_LEVEL": "D"}})))
    assert bench.status.notes == ["one of another part"]


def test_a_save_that_was_made_at_the_last_moment_is_answered(bench):
    later = checked(bench.pages.save_json(request({"values": {"LOG_LEVEL": "D"}, "restart": True})))
    bench.work()
    assert told(later.too_late())[1]["ok"] and bench.restarts == [1]


def test_a_secret_that_is_left_empty_in_a_form_stays_as_it_is(bench):
    form = request({"WIFI_PASSWORD": "", "HOSTNAME": "garage"})
    bench.done(bench.pages.save_form(form))
    assert bench.keeper.saved == [{"HOSTNAME": "garage"}]


def test_forgetting_the_network_forgets_its_fixed_address_and_restarts(bench):
    bench.done(bench.pages.reset_wifi(request({})))
    assert set(bench.keeper.saved[0]) == {"WIFI_SSID", "WIFI_PASSWORD", *STATIC_KEYS} and bench.restarts == [1]


def test_a_backup_tells_what_was_left_out_and_another_file_is_refused(bench, monkeypatch):
    monkeypatch.setattr(settings, "changes_of_backup", Keeper.changes_of_backup)
    later = bench.pages.restore(request({"kind": "socbox settings", "settings": {"LOG_LEVEL": "D"}}))
    assert told(bench.done(later))[1]["left_out"] == ["WiFi: unchanged"]
    with pytest.raises(BadBody):
        bench.pages.restore(request({"kind": "something else"}))
