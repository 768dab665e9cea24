# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The SLAC messages of ISO 15118-3 between a car and a charger: bytes and offsets, see ``plc.mme``.

Of CM_AMP_MAP only the answer to a car's request: no recorded car sends one, and the box has no use for a map.
"""

from struct import pack_into

from plc.const import const
from plc.mme import BROADCAST, KEYS, is_mme, mmtype, new

CM_AMP_MAP_REQ = 0x601C
CM_AMP_MAP_CNF = 0x601D
CM_SLAC_PARM_REQ = 0x6064
CM_SLAC_PARM_CNF = 0x6065
CM_START_ATTEN_CHAR_IND = 0x606A
CM_ATTEN_CHAR_IND = 0x606E
CM_ATTEN_CHAR_RSP = 0x606F
CM_MNBC_SOUND_IND = 0x6076
CM_VALIDATE_REQ = 0x6078
CM_VALIDATE_CNF = 0x6079
CM_SLAC_MATCH_REQ = 0x607C
CM_SLAC_MATCH_CNF = 0x607D
CM_ATTEN_PROFILE_IND = 0x6086

GROUPS = const(58)  # carrier groups of one attenuation profile

_SOURCE = const(6)  # as in every frame
_MAC = const(6)
_RUN_ID = const(8)
_NMK = const(16)

# ---- offsets; names begin with the message that has the field there

_APPLICATION = const(19)  # of every SLAC message; the security type follows, both are 0
_SECURITY = const(20)
_PARM_TARGET = const(19)  # CNF
_PARM_EV_MAC = const(28)  # followed by application, security type and RunID
_START_SOUNDS = const(21)
_PROFILE_GROUPS = const(25)
_PROFILE_VALUES = const(27)
_ATTEN_EV_MAC = const(21)
_ATTEN_RESULT = const(69)  # RSP
_VALIDATE_RESULT = const(21)
_MATCH_LENGTH = const(21)  # 2 bytes, little-endian: number of bytes that follow
_MATCH_EV_MAC = const(40)
_MATCH_EVSE_MAC = const(63)
_MATCH_RUN_ID = const(69)
_MATCH_NMK = const(93)  # CNF, after the NID (7 bytes) and a reserved byte

_SOUNDS = const(10)  # C_EV_match_MNBC
# CM_SLAC_PARM.CNF: target of the sounds, their number, TT_EVSE_match_MNBC in units of 100 ms, and 1: the attenuation goes
# to the EV that asked, not to a third station.
_TOLD = BROADCAST + bytes((_SOUNDS, 6, 1))

# message -> (shortest frame that carries every field we read, offset of the RunID or None, offset of the EV MAC)
# A shorter frame is malformed. Beyond the length only MACs and RunID are checked, not the ids and reserved bytes, because
# some EV stacks fill those (open-plc-utils issue 157).
LAYOUT = {
    CM_AMP_MAP_REQ: (21, None, _SOURCE),
    CM_SLAC_PARM_REQ: (_SECURITY + 1 + _RUN_ID, _SECURITY + 1, _SOURCE),
    CM_START_ATTEN_CHAR_IND: (30 + _RUN_ID, 30, _SOURCE),
    CM_MNBC_SOUND_IND: (39 + _RUN_ID, 39, _SOURCE),
    CM_ATTEN_CHAR_RSP: (_ATTEN_RESULT + 1, _ATTEN_EV_MAC + _MAC, _SOURCE),
    CM_VALIDATE_REQ: (_VALIDATE_RESULT + 1, None, _SOURCE),
    CM_SLAC_MATCH_REQ: (_MATCH_RUN_ID + _RUN_ID, _MATCH_RUN_ID, _SOURCE),
    CM_ATTEN_PROFILE_IND: (_PROFILE_VALUES + GROUPS, None, 19),  # the modem sends it; the car is named inside
}


def run_id(frame):
    """The RunID (8 bytes) of CM_SLAC_PARM.REQ: any bytes (a Tesla sends "TESLA EV"), to be echoed unchanged."""
    return bytes(frame[_SECURITY + 1 : _SECURITY + 1 + _RUN_ID])


def is_from(frame, layout, ev_mac, run):
    """True if the message, laid out as this row of LAYOUT, is from ``ev_mac`` and its RunID, if it has one, is ``run``.

    Compares views instead of copies: this runs three times per sound, and copies would be garbage to collect.
    """
    _, run_at, mac_at = layout
    if frame[mac_at : mac_at + _MAC] != ev_mac:
        return False
    return run_at is None or frame[run_at : run_at + _RUN_ID] == run


def is_parm_req(frame):
    """True for a CM_SLAC_PARM.REQ of application 0 (PEV-EVSE matching) with security type 0 (none), the only ones for us."""
    return frame[_APPLICATION] == 0 and frame[_SECURITY] == 0


def amp_map_cnf(source_mac, ev_mac):
    """CM_AMP_MAP.CNF with result 0: the map was received. The box ignores it: the modem's transmit power stays as it is."""
    return new(ev_mac, source_mac, CM_AMP_MAP_CNF)


def slac_parm_cnf(source_mac, ev_mac, run):
    """Strict cars compare every constant here: 10 sounds, 600 ms, answer to this EV (open-plc-utils issue 30)."""
    frame = new(ev_mac, source_mac, CM_SLAC_PARM_CNF)
    frame[_PARM_TARGET:_PARM_EV_MAC] = _TOLD
    frame[_PARM_EV_MAC : _PARM_EV_MAC + _MAC] = ev_mac
    frame[_PARM_EV_MAC + 8 : _PARM_EV_MAC + 8 + _RUN_ID] = run
    return frame


def announced_sounds(frame):
    """Number of sounds that CM_START_ATTEN_CHAR.IND announces; the standard's number if it says 0."""
    return frame[_START_SOUNDS] or _SOUNDS


def add_profile(frame, sums):
    """Add the dB values of CM_ATTEN_PROFILE.IND to the 58 ``sums``. False if it contains no measurement: an AR7420 modem
    reports 0 groups."""
    if frame[_PROFILE_GROUPS] != GROUPS:
        return False
    for group in range(GROUPS):
        sums[group] += frame[_PROFILE_VALUES + group]
    return True


def atten_char_ind(source_mac, ev_mac, run, sounds, averages):
    """``averages``: attenuation of the 58 groups, one byte in dB each; ``sounds``: number of profiles averaged."""
    frame = new(ev_mac, source_mac, CM_ATTEN_CHAR_IND, _ATTEN_RESULT + 2 + GROUPS)
    # EV MAC, RunID, (ids of the source and of who answers), sounds, groups, their values
    pack_into("6s8s34xBB58s", frame, _ATTEN_EV_MAC, ev_mac, run, sounds, GROUPS, averages)
    return frame


def atten_char_accepted(frame, ev_mac):
    """True if the result of CM_ATTEN_CHAR.RSP is 0 and the EV MAC inside it is ``ev_mac`` as well."""
    return frame[_ATTEN_RESULT] == 0 and frame[_ATTEN_EV_MAC : _ATTEN_EV_MAC + _MAC] == ev_mac


def validate_cnf(source_mac, ev_mac):
    """CM_VALIDATE.CNF "not required" (4), always: validation needs the control pilot, which the box lacks [V2G3-A09-72]."""
    frame = new(ev_mac, source_mac, CM_VALIDATE_CNF)
    frame[_VALIDATE_RESULT] = 4
    return frame


def match_is_for(frame, own_mac, ev_mac):
    """True if CM_SLAC_MATCH.REQ names this EVSE and, inside as well, this EV, and its length field is the standard's 62."""
    if frame[_MATCH_LENGTH] != 62 or frame[_MATCH_LENGTH + 1] != 0:
        return False
    names_us = frame[_MATCH_EVSE_MAC : _MATCH_EVSE_MAC + _MAC] == own_mac
    return names_us and frame[_MATCH_EV_MAC : _MATCH_EV_MAC + _MAC] == ev_mac


def slac_match_cnf(source_mac, ev_mac, run, nid, nmk):
    """Hands the car the key of our network. The length field is 86."""
    frame = new(ev_mac, source_mac, CM_SLAC_MATCH_CNF, _MATCH_NMK + _NMK)
    frame[_MATCH_LENGTH] = 86
    frame[_MATCH_EV_MAC : _MATCH_EV_MAC + _MAC] = ev_mac
    frame[_MATCH_EVSE_MAC:_MATCH_RUN_ID] = source_mac
    frame[_MATCH_RUN_ID : _MATCH_RUN_ID + _RUN_ID] = run
    frame[_MATCH_NMK - 8 : _MATCH_NMK - 1] = nid
    frame[_MATCH_NMK:] = nmk
    return frame


def without_key(frame):
    """The frame (bytes) as it may leave the box in a file: unchanged, but with zeros in place of a network's key."""
    at = None
    if is_mme(frame):
        kind = mmtype(frame)
        at = _MATCH_NMK if kind == CM_SLAC_MATCH_CNF else KEYS.get(kind)
    if at is None:
        return frame
    end = min(at + _NMK, len(frame))
    return frame[:at] + bytes(max(0, end - at)) + frame[end:]
