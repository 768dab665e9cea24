# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Offsets of management frames: named, and in the files of the messages alone."""

import ast
from pathlib import Path

import pytest
from plc import mme, mme_slac

DEVICE = Path(__file__).parents[2] / "CIRCUITPY" / "lib"
BOX = b"\x02\x00\x00\x00\x00\x01"


def numbers_as_offsets(path):
    """(line, source) of each subscript of a frame that has a number of two digits in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "frame":
            for part in ast.walk(node.slice):
                if isinstance(part, ast.Constant) and isinstance(part.value, int) and part.value > 9:
                    found.append((node.lineno, ast.unparse(node)))
    return found


def test_no_offset_of_a_frame_is_a_bare_number():
    found = [(path.name, *found) for path in DEVICE.rglob("*.py") for found in numbers_as_offsets(path)]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "shortest"),
    [
        (mme.CM_SET_KEY_CNF, 28),
        (mme.VS_SW_VER_CNF, 23),
        (mme.VS_HOST_ACTION_IND, 21),
        (mme.VS_PL_LINK_STATUS_CNF, 22),
    ],
)
def test_a_modems_answer_may_end_behind_the_last_field_that_is_read(kind, shortest):
    assert mme.LAYOUT[kind] == shortest


def test_a_header_alone_is_a_management_frame_and_less_is_none():
    frame = bytes(12) + b"\x88\xe1\x01\x64\x60" + bytes(2)
    assert mme.is_mme(frame) and mme.mmtype(frame) == mme_slac.CM_SLAC_PARM_REQ
    assert not mme.is_mme(frame[:-1]) and not mme.is_mme(bytes(60))


def test_the_network_identifier_of_a_key():
    """The pair that open-plc-utils gives for the password HomePlugAV0123."""
    nmk = bytes.fromhex("b59319d7e8157ba001b018669ccee30d")
    assert mme.nid_from_nmk(nmk) == bytes.fromhex("026bcba5354e08")


def test_the_key_goes_to_the_attached_modem_and_its_answer_carries_the_nonce():
    frame = mme.set_key_req(BOX, b"\x01\x02\x03\x04", bytes(range(16)), bytes(range(100, 107)))
    assert frame[:6] == mme.LOCAL_MODEM and mme.mmtype(frame) == mme.CM_SET_KEY_REQ and len(frame) == 60
    assert frame[33:40] == bytes(range(100, 107)) and frame[41:57] == bytes(range(16))
    answer = bytearray(60)
    answer[19] = 1
    answer[24:28] = b"\x01\x02\x03\x04"
    assert mme.set_key_result(answer) == (True, b"\x01\x02\x03\x04")
    answer[19] = 0
    assert mme.set_key_result(answer) == (False, b"\x01\x02\x03\x04")


@pytest.mark.parametrize(
    ("status", "text", "told"),
    [
        (0, b"MAC-QCA7005-1.1.0.730-04\0rest", "MAC-QCA7005-1.1.0.730-04"),
        (0, b"odd \xff\x07 octets", "odd ?? octets"),
        (1, b"MAC-QCA7005", ""),
        (0, b"", ""),
    ],
)
def test_a_firmwares_name_is_printable_and_ends_at_a_zero(status, text, told):
    frame = bytes(20) + bytes((status, 0, len(text))) + text
    assert mme.firmware_version(memoryview(frame)) == told
