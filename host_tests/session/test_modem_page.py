# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem's parameters through the box's page: read, kept, changed, written back, and never beside a car."""

import json
import shutil
import subprocess

import pytest

from host_tests.support.starts import started
from host_tests.support.whole_box import console, read_one_car, status
from host_tests.twin import parameters
from host_tests.twin.world import SETTINGS_IN_USE, World

PASSWORD = "correct horse"
OWNER = {"Authorization": "Bearer " + PASSWORD, "Content-Type": "application/json"}
SETTINGS = dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)
LIMIT_S = 60


class Owner:
    """What the page does, without the page."""

    def __init__(self, world):
        self.world = world
        self.parameters = world.modem.modem.parameters

    def get(self, path="/api/modem"):
        answer = self.world.network.http("GET", path, headers=OWNER)
        assert answer.status == 200, answer.body
        return answer.body

    def state(self):
        return json.loads(self.get())

    def post(self, path, fields=None, body=None, status=200):
        body = json.dumps(fields or {}).encode() if body is None else body
        answer = self.world.network.http("POST", path, body=body, headers=OWNER)
        assert answer.status == status, answer.body
        return json.loads(answer.body)

    def wait(self):
        for _ in range(LIMIT_S):
            state = self.state()
            if state["state"] == "idle":
                return state
            self.world.run(1)
        raise AssertionError(state)

    def read(self):
        self.state()
        self.post("/api/modem/read")
        return self.wait()

    def read_and_keep(self):
        self.read()
        return self.get("/modem.pib")

    def check(self):
        return {"check": self.state()["block"]["check"]}

    def upload(self, data):
        for offset in range(0, len(data), 4096):
            self.post(f"/api/modem/file?offset={offset}", body=data[offset : offset + 4096])


@pytest.fixture
def owner():
    with World(seed=7, settings=SETTINGS) as world:
        world.modem.modem.parameters.role = parameters.CAR
        started(world)
        yield Owner(world)


def test_a_car_s_modem_is_made_a_charger_s_and_reads_a_car(owner, tmp_path):
    state = owner.read()
    assert state["role"] == "car" and not state["failed"]
    assert [row[:3] for row in state["block"]["changes"] if row[3] != "Checksum"] == [
        [0xF4, 1, 2],
        [0x1653, 1, 2],
    ]
    kept = owner.get("/modem.pib")
    assert kept == owner.parameters.memory
    owner.post("/api/modem/change", owner.check())
    state = owner.wait()
    assert state["text"] == "The modem is now set up for a charger."
    assert owner.parameters.commits == 1
    owner.world.run(5)
    assert status(owner.world)["modem"]["role"] == "charger"
    assert status(owner.world)["cause"] is None
    assert read_one_car(owner.world)
    assert owner.world.modem.violations == []
    if shutil.which("setpib"):
        file = tmp_path / "kept.pib"
        file.write_bytes(kept)
        for at in ("F4", "1653"):
            subprocess.run(("setpib", str(file), at, "byte", "2"), check=True)
        ours = [parameters.changed(data, {parameters.NMK_AT: bytes(16), parameters.NID_AT: bytes(7)})
                for data in (owner.parameters.flash, file.read_bytes())]  # fmt: skip
        assert ours[0] == ours[1]


def test_nothing_is_written_before_the_file_was_kept(owner):
    state = owner.read()
    check = {"check": state["block"]["check"]}
    assert owner.post("/api/modem/change", check, status=409)["code"] == "not_kept"
    assert owner.post("/api/modem/change", status=409)["code"] == "not_kept"
    owner.get("/modem.pib")
    assert owner.post("/api/modem/change", {"check": "00000000"}, status=409)["code"] == "changed"
    assert owner.parameters.commits == 0


def test_nothing_is_done_before_the_parameters_were_read(owner):
    owner.state()
    assert owner.post("/api/modem/change", status=409)["code"] == "not_read"
    assert owner.world.network.http("GET", "/modem.pib", headers=OWNER).status == 404


def test_a_guest_gets_nothing(owner):
    for method, path in (("GET", "/api/modem"), ("GET", "/modem.pib"), ("POST", "/api/modem/change")):
        answer = owner.world.network.http(method, path, body=b"{}" if method == "POST" else b"")
        assert answer.status in (302, 303, 401, 403), path


def test_a_kept_file_is_written_back(owner):
    kept = owner.read_and_keep()
    owner.post("/api/modem/change", owner.check())
    owner.wait()
    owner.get("/modem.pib")
    owner.upload(kept)
    owner.post("/api/modem/restore", owner.check())
    assert owner.wait()["text"] == "The kept parameters are back in the modem."
    assert owner.parameters.role == parameters.CAR


def test_a_file_of_another_modem_needs_a_second_question(owner):
    owner.read_and_keep()
    other = parameters.module_of(parameters.new_block(bytes.fromhex("02b0520000aa"), parameters.CHARGER))
    owner.upload(other)
    refused = owner.post("/api/modem/restore", owner.check(), status=409)
    assert refused["code"] == "other" and "02:b0:52:00:00:aa" in refused["error"]
    assert owner.parameters.commits == 0
    owner.post("/api/modem/restore", {**owner.check(), "other": True})
    owner.wait()
    assert owner.parameters.commits == 1


@pytest.mark.parametrize("what", ["cut", "bit", "text"])
def test_a_file_that_is_none_is_never_written(owner, what):
    kept = bytearray(owner.read_and_keep())
    if what == "cut":
        kept = kept[:-100]
    elif what == "bit":
        kept[4000] ^= 1
    else:
        kept = bytearray(b"WIFI_SSID = 'home'\n" * 400)
    owner.upload(bytes(kept))
    assert owner.post("/api/modem/restore", {**owner.check(), "other": True}, status=409)["code"] == "file"
    assert owner.parameters.commits == 0


def test_a_block_that_does_not_fit_is_shown_and_kept_but_not_changed(owner):
    mine = owner.parameters
    mine.memory = parameters.changed(mine.memory, {parameters.ROLE_AT: b"\x07"})
    state = owner.read()
    assert state["failed"] and state["block"]["fault"] and state["block"]["changes"] == []
    assert owner.get("/modem.pib") == mine.memory
    assert owner.post("/api/modem/change", {"check": state["block"]["check"]}, status=409)["code"] == "fault"


def test_no_car_is_answered_while_the_modem_is_written_and_the_next_one_is_read(owner):
    owner.read_and_keep()
    owner.post("/api/modem/change", owner.check())
    owner.world.plug(owner.world.new_car(soc_percent=42))
    assert owner.world.run_until(lambda: owner.parameters.commits == 1, 30)
    assert 100 not in owner.world.checkpoints
    assert owner.world.run_until(lambda: owner.world.charging, 120)
    assert owner.world.smartevse.posts[0]["values"]["current_soc"] == 42


def test_nothing_begins_while_a_car_is_in_a_session():
    with World(seed=8, settings=SETTINGS) as world:
        started(world)
        owner = Owner(world)
        owner.read_and_keep()
        world.plug(world.new_car(soc_percent=42))
        assert world.run_until(lambda: 303 in world.checkpoints, 30)
        assert owner.post("/api/modem/read", status=409)["code"] == "car"
        assert owner.post("/api/modem/restore", owner.check(), status=409)["code"] == "car"
        assert world.run_until(lambda: world.charging, 60)


def test_the_box_restarts_in_the_middle_and_the_modem_works_as_before(owner):
    owner.read_and_keep()
    owner.post("/api/modem/change", owner.check())
    owner.world.run(0.6)
    owner.world.device.power_cycle()
    owner.world.run(40)
    assert owner.parameters.commits == 0 and owner.parameters.role == parameters.CAR
    assert status(owner.world)["modem"]["role"] == "car"
    owner.read_and_keep()
    owner.post("/api/modem/change", owner.check())
    owner.wait()
    assert owner.parameters.role == parameters.CHARGER


def test_the_keys_leave_the_box_in_the_kept_file_alone(owner):
    kept = owner.read_and_keep()
    owner.post("/api/modem/change", owner.check())
    owner.wait()
    begin, _ = parameters.block_at(kept)
    keys = [kept[begin + at : begin + at + 16] for at in (parameters.DAK_AT, parameters.NMK_AT)]
    told = (
        owner.get("/diagnostics.txt")
        + owner.get("/capture.pcap")
        + owner.get("/api/modem")
        + owner.get("/api/log")
    )
    told += console(owner.world).encode()
    for key in keys:
        assert key not in told and key.hex().encode() not in told.lower()
    assert b"\xb0\xa0\x00\xb0\x52" not in told and b"\xb1\xa0\x00\xb0\x52" not in told


def test_how_the_last_car_was_heard_is_told_in_58_groups_and_in_words():
    with World(seed=9, settings=SETTINGS) as world:
        started(world)
        owner = Owner(world)
        assert owner.state()["attenuation"] is None
        assert read_one_car(world)
        world.run(2)
        heard = owner.state()["attenuation"]
        assert len(heard["groups_db"]) == 58
        assert heard["mean_db"] == sum(heard["groups_db"]) // 58
        assert heard["word"] == "good"
        assert owner.state()["last_db"] == [heard["mean_db"]]
