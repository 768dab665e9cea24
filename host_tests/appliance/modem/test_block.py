# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The parameter block: judged, and a charger's made of it, byte for byte as Qualcomm's own ``setpib`` makes it."""

import shutil
import subprocess

import pytest
from appliance.modem.block import CAR, CHARGER, Block, checksum

from host_tests.twin import parameters

MAC = bytes.fromhex("02b052000101")
ROLES = (parameters.NOBODY, parameters.CAR, parameters.CHARGER)


def module(role=parameters.CAR, form="chain"):
    return parameters.module_of(parameters.new_block(MAC, role), form)


@pytest.mark.parametrize("form", parameters.FORMS)
@pytest.mark.parametrize("role", ROLES)
def test_a_whole_block_is_judged(form, role):
    block = Block(module(role, form), MAC)
    assert (block.fault, block.role, block.mac) == (None, role, MAC)
    assert len(block.block) == parameters.BLOCK_BYTES
    fields = dict(block.fields())
    assert fields["User's text"] == ("", "PEV", "EVSE")[role]
    assert fields["Link speeds"] == "10240 and 102400 kbit/s"


@pytest.mark.parametrize("size", [4, 5, 12, 1400, 8080, 8176])
def test_the_checksum_is_that_of_the_twin(size):
    data = bytes((at * 31 + 7) & 0xFF for at in range(size))
    assert checksum(data) == parameters.checksum(data)


@pytest.mark.parametrize("form", parameters.FORMS)
def test_no_key_is_among_what_is_shown(form):
    block = Block(module(form=form), MAC)
    told = repr(block.fields()) + repr(block)
    at = parameters.block_at(block.module)[0]
    for start in (parameters.DAK_AT, parameters.NMK_AT):
        key = block.module[at + start : at + start + 16]
        assert key.hex() not in told and key.decode("latin-1") not in told


@pytest.mark.parametrize("form", parameters.FORMS)
@pytest.mark.parametrize("place", [0, 40, 200, 4000, 8000])
def test_one_wrong_bit_is_a_fault(form, place):
    damaged = bytearray(module(form=form))
    damaged[place] ^= 4
    assert Block(damaged, MAC).fault is not None


@pytest.mark.parametrize("cut", [0, 4, 95, 96, 1000, 8000])
def test_a_part_of_it_is_a_fault(cut):
    assert Block(module()[:cut], MAC).fault is not None


def test_another_address_than_the_modems_is_a_fault():
    assert "address" in Block(module(), bytes(6)).fault


@pytest.mark.parametrize("changes", [{parameters.ROLE_AT: b"\x07"}, {parameters.CCO_AT: b"\x09"}])
def test_values_that_nobody_knows_are_a_fault(changes):
    block = Block(parameters.changed(module(), changes), MAC)
    assert block.fault is not None and block.role is None


def test_a_block_that_is_too_short_is_a_fault():
    short = parameters.module_of(parameters.new_block(MAC, parameters.CAR, 0x1C98))
    assert "too short" in Block(short, MAC).fault


@pytest.mark.parametrize("form", parameters.FORMS)
@pytest.mark.parametrize("role", (parameters.NOBODY, parameters.CAR))
def test_a_chargers_block_is_byte_for_byte_what_setpib_makes(form, role, tmp_path):
    if not shutil.which("setpib") or not shutil.which("chkpib"):
        pytest.skip("not tested: setpib's opinion (Debian package plc-utils-extra is not installed)")
    file = tmp_path / "modem.pib"
    file.write_bytes(module(role, form))
    for at in ("F4", "1653"):
        subprocess.run(("setpib", str(file), at, "byte", "2"), check=True)
    made = Block(module(role, form), MAC).for_charger()
    assert made == file.read_bytes()
    file.write_bytes(made)
    assert (
        "looks good"
        in subprocess.run(("chkpib", str(file)), capture_output=True, text=True, check=True).stdout
    )
    assert Block(made, MAC).role == CHARGER


@pytest.mark.parametrize(("form", "checksums"), [("chain", 8), ("manifest", 8), ("flat", 4)])
def test_every_byte_that_changes_is_named(form, checksums):
    block = Block(module(form=form), MAC)
    rows = block.differences(block.for_charger())
    named = {row[0]: row for row in rows if row[3] != "Checksum"}
    assert {at: (row[1], row[2]) for at, row in named.items()} == {0xF4: (1, 2), 0x1653: (1, 2)}
    assert len(rows) <= 2 + checksums
    assert all(row[3] for row in rows)


@pytest.mark.parametrize("form", parameters.FORMS)
def test_a_key_that_the_box_set_since_is_no_difference(form):
    block = Block(module(form=form), MAC)
    new_key = {parameters.NMK_AT: bytes(range(16)), parameters.NID_AT: bytes(range(7))}
    assert block.same_but_keys(parameters.changed(block.module, new_key))
    assert not block.same_but_keys(parameters.changed(block.module, {0x1700: b"\x00\x00"}))
    assert not block.same_but_keys(block.for_charger())
    assert not block.same_but_keys(block.module[:-4])
    assert block.role == CAR
