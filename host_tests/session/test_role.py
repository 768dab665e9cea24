# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whose modem is it: told by the whole box, long before a car is there."""

import json

import pytest

from host_tests.support.starts import started
from host_tests.support.whole_box import console, read_one_car, status
from host_tests.twin import parameters
from host_tests.twin.world import SETTINGS_IN_USE, World

PASSWORD = "correct horse"
OWNER = {"Authorization": "Bearer " + PASSWORD}
MATCH_CNF = b"\x7d\x60"


def fetch(world, path):
    answer = world.network.http("GET", path, headers=OWNER)
    assert answer.status == 200
    return answer.body


@pytest.mark.parametrize(
    ("role", "word", "cause"),
    [
        (parameters.CHARGER, "charger", None),
        (parameters.CAR, "car", "modem_of_car"),
        (parameters.NOBODY, "neither", "modem_of_nobody"),
    ],
)
def test_the_modems_role_is_told_before_any_car_comes(role, word, cause):
    with World(seed=1) as world:
        world.modem.modem.parameters.role = role
        started(world)
        document = status(world)
        assert document["modem"]["role"] == word
        assert (document["cause"] or {}).get("code") == cause
        assert (cause is None) or f"({cause})" in console(world)
        assert world.modem.violations == []


def test_a_role_that_a_measured_car_disproves_is_no_fault_any_more():
    """Firmware whose byte lies elsewhere must not be called a car's for ever."""
    with World(seed=2) as world:
        world.run(2)
        ours = world.modem.modem.parameters
        ours.memory = parameters.changed(ours.memory, {parameters.ROLE_AT: b"\x01"})
        started(world)
        assert status(world)["cause"]["code"] == "modem_of_car"
        assert read_one_car(world)
        assert status(world)["cause"] is None


def test_the_parameters_reach_neither_log_nor_report_nor_the_recorded_frames():
    with World(seed=3, settings=dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)) as world:
        world.modem.modem.parameters.any_piece = False
        started(world, 10)
        assert status(world)["modem"]["role"] == "charger"
        keys = [world.modem.modem.parameters.field(at, 16) for at in (parameters.DAK_AT, parameters.NMK_AT)]
        report = fetch(world, "/diagnostics.txt")
        assert b"[modem]" in report
        told = (
            report
            + fetch(world, "/capture.pcap")
            + console(world).encode()
            + json.dumps(status(world)).encode()
        )
        assert keys[0] not in told and keys[0].hex().encode() not in told
        assert b"\xb1\xa0\x00\xb0\x52" not in told


def test_the_recorded_frames_of_a_session_hold_its_messages_but_not_its_key():
    """What an owner sends to whoever helps him must not open his powerline network."""
    with World(seed=4, settings=dict(SETTINGS_IN_USE, WEB_PASSWORD=PASSWORD)) as world:
        keys = []
        world.powerline.pcap.append(lambda _, frame: frame[15:17] == MATCH_CNF and keys.append(bytes(frame[93:109])))
        started(world, 10)
        assert read_one_car(world)
        capture = fetch(world, "/capture.pcap")
        assert keys and any(keys[0]), "the car itself got a key"
        assert capture.count(b"\x88\xe1\x01" + MATCH_CNF) == len(keys)
        assert all(key not in capture for key in [*keys, world.modem.modem.nmk])
