# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Frames of the virtual car: offsets of ISO 15118-3 annex A, and what its checkers let pass."""

import pytest

from host_tests.twin.car import frames
from host_tests.twin.car.scripted_station import NID, NMK, ScriptedStation

CAR = bytes.fromhex("02ab34cd56ef")
EVSE = bytes.fromhex("021122334455")
RUN_ID = bytes.fromhex("a1b2c3d4e5f60718")
LOCAL = bytes.fromhex("00b052000001")


def fields(frame, *spans):
    return [frame[start:end].hex() for start, end in spans]


def test_slac_parm_req():
    frame = frames.slac_parm_req(CAR, RUN_ID)
    assert len(frame) == 60
    assert fields(frame, (0, 6), (6, 12), (12, 19), (19, 21), (21, 29)) == [
        "ff" * 6, CAR.hex(), "88e10164600000", "0000", RUN_ID.hex(),
    ]  # fmt: skip
    assert not any(frame[29:])


def test_start_atten_char_ind():
    frame = frames.start_atten_char_ind(CAR, RUN_ID)
    assert len(frame) == 60
    assert fields(frame, (14, 19), (19, 24), (24, 30), (30, 38)) == [
        "016a600000", "00000a0601", CAR.hex(), RUN_ID.hex(),
    ]  # fmt: skip


def test_mnbc_sound_ind():
    frame = frames.mnbc_sound_ind(CAR, RUN_ID, 9, bytes(range(16)))
    assert len(frame) == 71
    assert frame[38] == 9
    assert fields(frame, (14, 19), (19, 38), (39, 47), (47, 55), (55, 71)) == [
        "0176600000", "00" * 19, RUN_ID.hex(), "00" * 8, bytes(range(16)).hex(),
    ]  # fmt: skip


def test_atten_char_rsp():
    frame = frames.atten_char_rsp(CAR, EVSE, RUN_ID)
    assert len(frame) == 70
    assert fields(frame, (0, 6), (14, 19), (21, 27), (27, 35), (35, 70)) == [
        EVSE.hex(), "016f600000", CAR.hex(), RUN_ID.hex(), "00" * 35,
    ]  # fmt: skip


def test_slac_match_req():
    frame = frames.slac_match_req(CAR, EVSE, RUN_ID)
    assert len(frame) == 85
    assert fields(frame, (14, 23), (23, 40), (40, 46), (46, 63), (63, 69), (69, 77), (77, 85)) == [
        "017c60000000003e00", "00" * 17, CAR.hex(), "00" * 17, EVSE.hex(), RUN_ID.hex(), "00" * 8,
    ]  # fmt: skip


def test_set_key_req_goes_to_the_own_modem():
    frame = frames.set_key_req(CAR, NID, NMK)
    assert len(frame) == 60
    assert fields(frame, (0, 6), (14, 20), (20, 28), (28, 33), (33, 40), (40, 41), (41, 57)) == [
        LOCAL.hex(), "010860000001", "00" * 8, "0400000000", NID.hex(), "01", NMK.hex(),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("nmk", "nid"),
    [
        ("50D3E4933F855B7040784DF815AA8DB7", "B0F2E695666B03"),
        ("B59319D7E8157BA001B018669CCEE30D", "026BCBA5354E08"),
        ("A39D255B5770C42F3837471F5B39823A", "4EE9194D581702"),
    ],
)
def test_nid_of_known_keys(nmk, nid):
    assert frames.nid_of(bytes.fromhex(nmk)) == bytes.fromhex(nid)


def station_frame(request):
    return ScriptedStation(EVSE).receive(request, 0)[0][1]


def atten_char_ind():
    station = ScriptedStation(EVSE)
    sound = frames.mnbc_sound_ind(CAR, RUN_ID, 0, bytes(16))
    return station.receive(sound, 0)[0][1]


CHECKED = {
    "parm": (
        lambda: station_frame(frames.slac_parm_req(CAR, RUN_ID)),
        lambda f: frames.check_slac_parm_cnf(f, CAR, RUN_ID),
        # the sender, and the type that dispatch has looked at
        [*range(6, 14), 15, 16],
    ),
    "atten": (
        atten_char_ind,
        lambda f: frames.check_atten_char_ind(f, CAR, RUN_ID, 1),
        [*range(6, 14), 15, 16, *range(71, 129)],
    ),
    "validate": (
        lambda: station_frame(frames.validate_req(CAR, EVSE)),
        lambda f: frames.check_validate_cnf(f, CAR),
        [*range(6, 14), 15, 16, 20, *range(22, 60)],
    ),
    "match": (
        lambda: station_frame(frames.slac_match_req(CAR, EVSE, RUN_ID)),
        lambda f: frames.check_slac_match_cnf(f, CAR, EVSE, RUN_ID),
        [*range(12, 14), 15, 16, *range(85, 91), *range(93, 109)],
    ),
}


@pytest.mark.parametrize("name", CHECKED)
def test_every_constant_is_insisted_on(name):
    build, check, free = CHECKED[name]
    good = build()
    assert check(good) == []
    for offset in range(len(good)):
        bad = bytearray(good)
        bad[offset] ^= 0xFF
        if offset not in free:
            assert check(bytes(bad)), f"byte {offset} may be anything"
    assert check(good + b"\x00")
    assert check(good[:-1])


def test_all_zero_attenuation_is_refused():
    frame = bytearray(atten_char_ind())
    frame[71:129] = bytes(58)
    assert frames.check_atten_char_ind(bytes(frame), CAR, RUN_ID, 10) == ["@71 every group says 0 dB"]


def test_mean_attenuation_is_exact():
    frame = bytearray(atten_char_ind())
    frame[71:129] = bytes([23]) * 57 + bytes([24])
    assert frames.mean_attenuation_db(frame) == (57 * 23 + 24) * 100 // 58


def test_own_modem_must_confirm_the_key():
    payload = b"\x01" + bytes(8) + b"\x04\x00\x00\xff\x00"
    good = frames.mme(CAR, LOCAL, frames.SET_KEY_CNF, payload)
    assert frames.check_set_key_cnf(good, CAR) == []
    refused = bytearray(good)
    refused[19] = 0
    assert frames.check_set_key_cnf(bytes(refused), CAR) == ["@19 result is 00, must be 01"]
