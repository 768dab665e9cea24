# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""HomePlug management messages as the car writes them and as it insists on reading them.

Builders give complete Ethernet frames (bytes, no FCS, padded to 60). Checkers take a received frame and
give a list of complaints, empty when every constant is the one of ISO 15118-3 table A.2 .. A.7; a strict
car drops a message that earns a complaint. Offsets count from the first byte of the destination MAC.
"""

import hashlib

ETHERTYPE_HOMEPLUG = b"\x88\xe1"
BROADCAST = b"\xff\xff\xff\xff\xff\xff"
LOCAL_MODEM = b"\x00\xb0\x52\x00\x00\x01"
ZERO17 = bytes(17)
GROUPS = 58

SLAC_PARM_REQ = 0x6064
SLAC_PARM_CNF = 0x6065
START_ATTEN_CHAR_IND = 0x606A
ATTEN_CHAR_IND = 0x606E
ATTEN_CHAR_RSP = 0x606F
MNBC_SOUND_IND = 0x6076
VALIDATE_REQ = 0x6078
VALIDATE_CNF = 0x6079
SLAC_MATCH_REQ = 0x607C
SLAC_MATCH_CNF = 0x607D
SET_KEY_REQ = 0x6008
SET_KEY_CNF = 0x6009


def mme(destination, source, mmtype, payload):
    """A CM_* frame (MMV 1, no fragments), zero-padded to the 60 bytes of the shortest Ethernet frame."""
    head = destination + source + ETHERTYPE_HOMEPLUG + b"\x01" + bytes([mmtype & 0xFF, mmtype >> 8, 0, 0])
    frame = head + payload
    return frame + bytes(60 - len(frame)) if len(frame) < 60 else frame


def mmtype_of(frame):
    """MMTYPE of a HomePlug frame, None for anything else."""
    if len(frame) < 20 or bytes(frame[12:14]) != ETHERTYPE_HOMEPLUG:
        return None
    return frame[15] | frame[16] << 8


# ---- what the car sends


def slac_parm_req(mac, run_id):
    return mme(BROADCAST, mac, SLAC_PARM_REQ, b"\x00\x00" + run_id)


def start_atten_char_ind(mac, run_id, sounds=10, timeout=6):
    return mme(BROADCAST, mac, START_ATTEN_CHAR_IND, bytes([0, 0, sounds, timeout, 1]) + mac + run_id)


def mnbc_sound_ind(mac, run_id, countdown, filling):
    """`filling`: the 16 "random" bytes; Ioniq sends FF, Tesla the same bytes in every sound."""
    payload = b"\x00\x00" + ZERO17 + bytes([countdown]) + run_id + bytes(8) + filling
    return mme(BROADCAST, mac, MNBC_SOUND_IND, payload)


def atten_char_rsp(mac, evse_mac, run_id, result=0):
    payload = b"\x00\x00" + mac + run_id + ZERO17 + ZERO17 + bytes([result])
    return mme(evse_mac, mac, ATTEN_CHAR_RSP, payload)


def validate_req(mac, evse_mac, timer=0, result=1):
    return mme(evse_mac, mac, VALIDATE_REQ, bytes([0, timer, result]))


def slac_match_req(mac, evse_mac, run_id):
    payload = b"\x00\x00\x3e\x00" + ZERO17 + mac + ZERO17 + evse_mac + run_id + bytes(8)
    return mme(evse_mac, mac, SLAC_MATCH_REQ, payload)


def set_key_req(mac, nid, nmk, my_nonce=b"\x00\x00\x00\x00"):
    """To the car's own modem only; it never goes on the air."""
    payload = b"\x01" + my_nonce + bytes(4) + b"\x04\x00\x00\x00\x00" + nid + b"\x01" + nmk
    return mme(LOCAL_MODEM, mac, SET_KEY_REQ, payload)


# ---- what the car insists on


def _hex(piece):
    return "".join([f"{value:02X}" for value in piece])


def _want(problems, frame, offset, wanted, what):
    found = bytes(frame[offset : offset + len(wanted)])
    if found != wanted:
        problems.append(f"@{offset} {what} is {_hex(found)}, must be {_hex(wanted)}")


def _check_head(frame, mac, length):
    """Destination, version, fragmentation and length; with a wrong length nothing else is looked at."""
    problems = []
    if len(frame) != length:
        return [f"length is {len(frame)}, must be {length}"]
    _want(problems, frame, 0, mac, "destination")
    _want(problems, frame, 14, b"\x01", "MMV")
    _want(problems, frame, 17, b"\x00\x00", "FMI")
    if frame[6] & 1:
        problems.append("@6 source is a group address")
    return problems


def check_slac_parm_cnf(frame, mac, run_id):
    """Big vendors' ECUs compare @25..@35 byte for byte, and RunID may not be touched (Taycan goes quiet)."""
    problems = _check_head(frame, mac, 60)
    if len(frame) != 60:
        return problems
    _want(problems, frame, 19, BROADCAST, "M-sound target")
    _want(problems, frame, 25, b"\x0a", "number of sounds")
    _want(problems, frame, 26, b"\x06", "time out")
    _want(problems, frame, 27, b"\x01", "response type")
    _want(problems, frame, 28, mac, "forwarding station")
    _want(problems, frame, 34, b"\x00\x00", "application and security type")
    _want(problems, frame, 36, run_id, "RunID")
    _want(problems, frame, 44, bytes(16), "padding")
    return problems


def check_atten_char_ind(frame, mac, run_id, sounds):
    problems = _check_head(frame, mac, 129)
    if len(frame) != 129:
        return problems
    _want(problems, frame, 19, b"\x00\x00", "application and security type")
    _want(problems, frame, 21, mac, "source address")
    _want(problems, frame, 27, run_id, "RunID")
    _want(problems, frame, 35, ZERO17, "source id")
    _want(problems, frame, 52, ZERO17, "response id")
    if not 1 <= frame[69] <= sounds:
        problems.append(f"@69 number of sounds is {frame[69]}, must be 1..{sounds}")
    _want(problems, frame, 70, b"\x3a", "number of groups")
    if not any(frame[71:129]):
        problems.append("@71 every group says 0 dB")
    return problems


def mean_attenuation_db(frame):
    """Average over the 58 groups of a CM_ATTEN_CHAR.IND, in hundredths of a dB, rounded down."""
    return sum(frame[71:129]) * 100 // GROUPS


def check_validate_cnf(frame, mac):
    problems = _check_head(frame, mac, 60)
    if len(frame) != 60:
        return problems
    _want(problems, frame, 19, b"\x00", "signal type")
    if frame[21] > 4:
        problems.append(f"@21 result is {frame[21]}, must be 0..4")
    return problems


def check_slac_match_cnf(frame, mac, evse_mac, run_id):
    problems = _check_head(frame, mac, 109)
    if len(frame) != 109:
        return problems
    _want(problems, frame, 6, evse_mac, "sender")
    _want(problems, frame, 19, b"\x00\x00", "application and security type")
    _want(problems, frame, 21, b"\x56\x00", "MVF length")
    _want(problems, frame, 23, ZERO17, "EV id")
    _want(problems, frame, 40, mac, "EV MAC")
    _want(problems, frame, 46, ZERO17, "EVSE id")
    _want(problems, frame, 63, evse_mac, "EVSE MAC")
    _want(problems, frame, 69, run_id, "RunID")
    _want(problems, frame, 77, bytes(8), "reserved")
    _want(problems, frame, 92, b"\x00", "reserved")
    if frame[91] & 0xF0:
        problems.append("@91 NID level is not simple connect")
    if not any(frame[93:109]):
        problems.append("@93 NMK is all zero")
    return problems


def match_key(frame):
    """(NID, NMK) of a CM_SLAC_MATCH.CNF."""
    return bytes(frame[85:92]), bytes(frame[93:109])


def nid_of(nmk):
    """Network identifier that belongs to a key: five rounds of SHA-256, 52 bits, level 0."""
    digest = nmk
    for _ in range(5):
        digest = hashlib.sha256(digest).digest()
    return digest[0:6] + bytes([digest[6] >> 4])


def check_set_key_cnf(frame, mac, my_nonce=b"\x00\x00\x00\x00"):
    """Answer of the car's own modem; QCA chips say 1 for success."""
    problems = _check_head(frame, mac, 60)
    if len(frame) != 60:
        return problems
    _want(problems, frame, 19, b"\x01", "result")
    _want(problems, frame, 24, my_nonce, "echo of the nonce")
    return problems
