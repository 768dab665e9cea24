# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""HomePlug management messages (MMEs) of ISO 15118-3 and the few vendor ones of the QCA7005.

Only bytes and offsets live here; what to do with a message is ``slac``'s business. Offsets count from
the first byte of the Ethernet frame. Everything is big-endian but MMTYPE and the two length words of
MATCH, which are little-endian. Builders return a new ``bytearray``, at least 60 bytes, without FCS.

Deliberately absent: CM_AMP_MAP (no recorded car sends it) and everything that writes the PIB.
"""

import hashlib

ETHERTYPE = b"\x88\xe1"
BROADCAST = b"\xff\xff\xff\xff\xff\xff"
LOCAL_MODEM = b"\x00\xb0\x52\x00\x00\x01"  # handled by the attached modem, never sent on the power line
NO_MAC = b"\x00\x00\x00\x00\x00\x00"

CM_SET_KEY_REQ = 0x6008
CM_SET_KEY_CNF = 0x6009
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
VS_SW_VER_REQ = 0xA000
VS_SW_VER_CNF = 0xA001
VS_PL_LINK_STATUS_REQ = 0xA0B8
VS_PL_LINK_STATUS_CNF = 0xA0B9

GROUPS = 58  # carrier groups of one attenuation profile
RUN_ID_BYTES = 8

_MIN_FRAME = 60
_VENDOR_OUI = b"\x00\xb0\x52"
_VALIDATE_NOT_REQUIRED = 4

# message -> (shortest frame that carries every field we read, offset of the RunID or None)
# A frame below its length is malformed; only lengths, MACs and RunID are checked, never the ids and
# reserved bytes, because some EV stacks fill them (open-plc-utils issue 157).
LAYOUT = {
    CM_SLAC_PARM_REQ: (29, 21),
    CM_START_ATTEN_CHAR_IND: (38, 30),
    CM_MNBC_SOUND_IND: (47, 39),
    CM_ATTEN_CHAR_RSP: (70, 27),
    CM_VALIDATE_REQ: (22, None),
    CM_SLAC_MATCH_REQ: (77, 69),
    CM_ATTEN_PROFILE_IND: (85, None),
    CM_SET_KEY_CNF: (28, None),
    VS_SW_VER_CNF: (23, None),
    VS_PL_LINK_STATUS_CNF: (22, None),
}


def is_mme(frame):
    """True for a HomePlug AV frame long enough to have a type."""
    return len(frame) > 18 and frame[12] == 0x88 and frame[13] == 0xE1


def mmtype(frame):
    """MMTYPE of a frame that ``is_mme``."""
    return frame[15] | frame[16] << 8


def source(frame):
    """MAC of the sender, as bytes that outlive the receive buffer."""
    return bytes(frame[6:12])


def run_id(frame, kind):
    """The RunID of SLAC message ``kind``, echoed untouched whatever it looks like ("TESLA EV")."""
    at = LAYOUT[kind][1]
    return bytes(frame[at : at + RUN_ID_BYTES])


def sha256(data):
    """SHA-256 digest; CircuitPython has only ``hashlib.new``, MicroPython only the class."""
    if hasattr(hashlib, "new"):
        return hashlib.new("sha256", data).digest()
    return hashlib.sha256(data).digest()


def nid_from_nmk(nmk):
    """Network identifier (7 bytes) that HomePlug derives from a network membership key (16 bytes).

    Five rounds of SHA-256; the upper nibble of the last byte is the security level, 0 = simple connect,
    the one SLAC uses [V2G3-A09-93].
    """
    digest = nmk
    for _ in range(5):
        digest = sha256(digest)
    return digest[:6] + bytes((digest[6] >> 4,))


def _new(destination, source_mac, kind, size):
    frame = bytearray(max(size, _MIN_FRAME))
    frame[0:6] = destination
    frame[6:12] = source_mac
    frame[12:14] = ETHERTYPE
    frame[14] = 0 if kind >= 0xA000 else 1
    frame[15] = kind & 0xFF
    frame[16] = kind >> 8
    if kind >= 0xA000:
        frame[17:20] = _VENDOR_OUI
    return frame


def set_key_req(source_mac, nonce, nmk, nid):
    """CM_SET_KEY.REQ for the attached modem. ``nonce`` (4 bytes) comes back in the CNF."""
    frame = _new(LOCAL_MODEM, source_mac, CM_SET_KEY_REQ, _MIN_FRAME)
    frame[19] = 1  # key type NMK
    frame[20:24] = nonce
    frame[28] = 4  # protocol id: HLE
    frame[33:40] = nid
    frame[40] = 1  # new encryption key select: NMK
    frame[41:57] = nmk
    return frame


def set_key_result(frame):
    """(accepted, echoed nonce). QCA chips report success as 1; the HomePlug text says 0."""
    return frame[19] == 1, bytes(frame[24:28])


def vendor_req(source_mac, kind):
    """A VS_*.REQ without fields, for the attached modem."""
    return _new(LOCAL_MODEM, source_mac, kind, _MIN_FRAME)


def firmware_version(frame):
    """Version text of VS_SW_VER.CNF, printable ASCII only, cut at the first zero; "" when refused."""
    if frame[20] != 0:
        return ""
    text = ""
    for byte in bytes(frame[23 : 23 + frame[22]]):
        if byte == 0:
            break
        text += chr(byte) if 32 <= byte < 127 else "?"
    return text


def link_is_up(frame):
    """The link bit of VS_PL_LINK_STATUS.CNF (status must be 0)."""
    return frame[20] == 0 and frame[21] == 1


def slac_parm_cnf(source_mac, ev_mac, run):
    """Strict cars compare every constant here: 10 sounds, 600 ms, answer to this EV (OPU issue 30)."""
    frame = _new(ev_mac, source_mac, CM_SLAC_PARM_CNF, _MIN_FRAME)
    frame[19:25] = BROADCAST
    frame[25] = 10
    frame[26] = 6
    frame[27] = 1
    frame[28:34] = ev_mac
    frame[36:44] = run
    return frame


def atten_char_ind(source_mac, ev_mac, run, sounds, averages):
    """``averages`` are 58 bytes in dB; ``sounds`` is how many profiles they average."""
    frame = _new(ev_mac, source_mac, CM_ATTEN_CHAR_IND, 129)
    frame[21:27] = ev_mac
    frame[27:35] = run
    frame[69] = sounds
    frame[70] = GROUPS
    frame[71:129] = averages
    return frame


def validate_cnf(source_mac, ev_mac):
    """This box has no control pilot, so validation is always "not required" [V2G3-A09-72]."""
    frame = _new(ev_mac, source_mac, CM_VALIDATE_CNF, _MIN_FRAME)
    frame[21] = _VALIDATE_NOT_REQUIRED
    return frame


def match_is_for(frame, own_mac):
    """True when CM_SLAC_MATCH.REQ names this EVSE and has the standard's length field (62)."""
    return frame[21] == 0x3E and frame[22] == 0 and bytes(frame[63:69]) == own_mac


def match_ev_mac(frame):
    """The EV MAC inside CM_SLAC_MATCH.REQ."""
    return bytes(frame[40:46])


def slac_match_cnf(source_mac, ev_mac, run, nid, nmk):
    """Hands the car the key of our network; its length field is 86."""
    frame = _new(ev_mac, source_mac, CM_SLAC_MATCH_CNF, 109)
    frame[21] = 0x56
    frame[40:46] = ev_mac
    frame[63:69] = source_mac
    frame[69:77] = run
    frame[85:92] = nid
    frame[93:109] = nmk
    return frame
