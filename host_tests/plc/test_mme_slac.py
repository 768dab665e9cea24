# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""plc.mme_slac: the messages of SLAC as bytes."""

from array import array

import pytest
from plc import mme, mme_slac

CAR = b"\x98\xed\x5c\x01\x02\x03"
BOX = b"\x02\x00\x00\x00\x00\x01"
RUN = b"TESLA EV"


@pytest.mark.parametrize(
    ("kind", "shortest"),
    [
        (mme_slac.CM_SLAC_PARM_REQ, 29),
        (mme_slac.CM_START_ATTEN_CHAR_IND, 38),
        (mme_slac.CM_MNBC_SOUND_IND, 47),
        (mme_slac.CM_ATTEN_PROFILE_IND, 85),
        (mme_slac.CM_ATTEN_CHAR_RSP, 70),
        (mme_slac.CM_VALIDATE_REQ, 22),
        (mme_slac.CM_SLAC_MATCH_REQ, 77),
    ],
)
def test_a_frame_may_end_behind_the_last_field_that_is_read(kind, shortest):
    assert mme_slac.LAYOUT[kind][0] == shortest


def profile(groups=mme_slac.GROUPS):
    head = mme.BROADCAST + BOX + b"\x88\xe1\x01\x86\x60" + bytes(2)
    return head + CAR + bytes((groups, 0)) + bytes(range(58))


def test_a_profile_is_of_the_car_named_inside_it_not_of_the_modem_that_sent_it():
    assert mme_slac.is_from(profile(), mme_slac.LAYOUT[mme_slac.CM_ATTEN_PROFILE_IND], CAR, RUN)
    assert not mme_slac.is_from(profile(), mme_slac.LAYOUT[mme_slac.CM_ATTEN_PROFILE_IND], BOX, RUN)


def test_profiles_add_up_group_by_group():
    sums = array("H", bytes(2 * mme_slac.GROUPS))
    assert mme_slac.add_profile(profile(), sums)
    assert mme_slac.add_profile(memoryview(profile()), sums)
    assert list(sums) == [2 * group for group in range(58)]


def test_a_profile_of_no_groups_adds_nothing():
    sums = array("H", bytes(2 * mme_slac.GROUPS))
    assert not mme_slac.add_profile(profile(groups=0), sums)
    assert not any(sums)


KEY = bytes(range(0xA0, 0xB0))


@pytest.mark.parametrize(
    "frame",
    [
        mme_slac.slac_match_cnf(BOX, CAR, RUN, bytes(7), KEY),
        mme.set_key_req(BOX, b"nonc", KEY, bytes(7)),
        # CM_GET_KEY.CNF as a modem gives it: result, type, two nonces, NID, EKS, PID, PRN, PMN, key.
        mme.new(BOX, CAR, mme.CM_GET_KEY_CNF)[:19] + b"\0\1" + bytes(20) + KEY + bytes(3),
    ],
    ids=["MATCH.CNF", "SET_KEY.REQ", "GET_KEY.CNF"],
)
def test_a_frame_leaves_the_box_without_the_networks_key_and_is_the_same_otherwise(frame):
    frame = bytes(frame)
    assert frame.count(KEY) == 1
    assert mme_slac.without_key(frame) == frame.replace(KEY, bytes(16))


@pytest.mark.parametrize("length", (0, 18, 19, 92, 93, 100, 108))
def test_a_frame_that_is_cut_off_in_its_key_keeps_its_length_and_loses_the_key(length):
    frame = bytes(mme_slac.slac_match_cnf(BOX, CAR, RUN, bytes(7), KEY))[:length]
    masked = mme_slac.without_key(frame)
    assert len(masked) == length and masked[:93] == frame[:93] and not any(masked[93:])


def test_a_frame_without_a_key_is_left_alone():
    for frame in (profile(), bytes(mme.vendor_req(BOX, mme.VS_SW_VER_REQ)), CAR + BOX + b"\x86\xdd" + KEY * 8):
        assert mme_slac.without_key(frame) == frame
