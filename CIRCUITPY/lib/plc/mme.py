# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""HomePlug management messages (MMEs): the header, and the messages between this host and its own modem.

Every offset of a management frame stands here or in a file beside it that is loaded when needed: ``mme_slac`` (messages
between car and charger), ``mme_read`` and ``mme_module`` (the modem's parameters). Offsets count from the first byte of the
Ethernet frame. Numbers are big-endian except MMTYPE, the two length words of MATCH and the fields of vendor messages.
Builders return a new ``bytearray`` of at least 60 bytes, without FCS.
"""

from struct import pack_into

from plc.const import const
from plc.digest import sha256

ETHERTYPE = b"\x88\xe1"
BROADCAST = b"\xff\xff\xff\xff\xff\xff"
LOCAL_MODEM = b"\x00\xb0\x52\x00\x00\x01"  # the attached modem takes it and never forwards it to the power line

CM_SET_KEY_REQ = 0x6008
CM_SET_KEY_CNF = 0x6009
CM_GET_KEY_CNF = 0x600D
VS_SW_VER_REQ = 0xA000
VS_SW_VER_CNF = 0xA001
VS_HOST_ACTION_IND = 0xA062
VS_HOST_ACTION_RSP = 0xA063
VS_PL_LINK_STATUS_REQ = 0xA0B8
VS_PL_LINK_STATUS_CNF = 0xA0B9

MIN_FRAME = const(60)
_VENDOR_OUI = b"\x00\xb0\x52"
_VENDOR_TYPES = const(0xA000)  # MMTYPEs from here on are a vendor's: its OUI follows
_MAC = const(6)
_NONCE = const(4)

# ---- offsets; names begin with the message that has the field there

_SOURCE = const(6)
_ETHERTYPE = const(12)
_VERSION_OF_MME = const(14)  # 1 in the standard's messages, 0 in a vendor's
_MMTYPE = const(15)
_HEADER = const(19)  # its length; the fields of a message begin here
_OUI = const(17)  # of vendor messages only; the standard's messages have their fragmentation field there

_SET_KEY_TYPE = const(19)
_SET_KEY_NMK = const(41)
_SET_KEY_RESULT = const(19)
_SET_KEY_ECHO = const(24)  # CNF: the nonce of the REQ
_GET_KEY_NMK = const(41)

_VS_STATUS = const(20)
_LINK = const(21)
_VERSION_LENGTH = const(22)
_VERSION = const(23)

# message of the own modem -> shortest frame that carries every field we read
LAYOUT = {
    CM_SET_KEY_CNF: _SET_KEY_ECHO + _NONCE,
    VS_SW_VER_CNF: _VERSION,
    VS_HOST_ACTION_IND: _VS_STATUS + 1,
    VS_PL_LINK_STATUS_CNF: _LINK + 1,
}

# message -> offset of the network's key in it; ``mme_slac`` has the one of MATCH
KEYS = {CM_SET_KEY_REQ: _SET_KEY_NMK, CM_GET_KEY_CNF: _GET_KEY_NMK}


def is_mme(frame):
    """True for a HomePlug AV frame with a complete header."""
    return len(frame) >= _HEADER and frame[_ETHERTYPE] == 0x88 and frame[_ETHERTYPE + 1] == 0xE1


def mmtype(frame):
    """MMTYPE of a ``frame`` for which ``is_mme`` is true."""
    return frame[_MMTYPE] | frame[_MMTYPE + 1] << 8


def source(frame):
    """MAC of the sender: a copy (bytes), because the receive buffer is reused."""
    return bytes(frame[_SOURCE : _SOURCE + _MAC])


def nid_from_nmk(nmk):
    """Network identifier (7 bytes) that HomePlug derives from the network membership key ``nmk`` (16 bytes).

    Five rounds of SHA-256. The upper nibble of the last byte is the security level: 0, simple connect, as SLAC
    uses it [V2G3-A09-93].
    """
    digest = nmk
    for _ in range(5):
        digest = sha256(digest)
    return digest[:6] + bytes((digest[6] >> 4,))


def new(destination, source_mac, kind, size=MIN_FRAME):
    """A frame of ``size`` bytes (at least MIN_FRAME) with its header; the rest is zeros. ``kind``: its MMTYPE."""
    frame = bytearray(size)
    frame[:_SOURCE] = destination
    frame[_SOURCE:_ETHERTYPE] = source_mac
    frame[_ETHERTYPE:_VERSION_OF_MME] = ETHERTYPE
    frame[_MMTYPE] = kind & 0xFF
    frame[_MMTYPE + 1] = kind >> 8
    if kind < _VENDOR_TYPES:
        frame[_VERSION_OF_MME] = 1
    else:
        frame[_OUI : _OUI + 3] = _VENDOR_OUI
    return frame


def set_key_req(source_mac, nonce, nmk, nid):
    """CM_SET_KEY.REQ for the attached modem. ``nonce`` (4 bytes) comes back in the CNF."""
    frame = new(LOCAL_MODEM, source_mac, CM_SET_KEY_REQ)
    # key type 1: an NMK; our nonce, (the modem's), PID 4: from the host; (PRN, PMN, CCo capability), NID, EKS 1: NMK
    pack_into("B4s4xB4x7sB16s", frame, _SET_KEY_TYPE, 1, nonce, 4, nid, 1, nmk)
    return frame


def set_key_result(frame):
    """(accepted, echoed nonce). QCA chips report success as 1; the HomePlug text says 0."""
    return frame[_SET_KEY_RESULT] == 1, bytes(frame[_SET_KEY_ECHO : _SET_KEY_ECHO + _NONCE])


def vendor_req(source_mac, kind):
    """A VS_*.REQ (MMTYPE ``kind``) without fields, for the attached modem."""
    return new(LOCAL_MODEM, source_mac, kind)


def firmware_version(frame):
    """Version text of VS_SW_VER.CNF up to its first zero, "?" for what is not printable ASCII; "" if refused."""
    if frame[_VS_STATUS] != 0:
        return ""
    text = ""
    for byte in bytes(frame[_VERSION : _VERSION + frame[_VERSION_LENGTH]]):
        if byte == 0:
            break
        text += chr(byte) if 32 <= byte < 127 else "?"
    return text


def host_action(frame):
    """The action that the modem asks of its host in VS_HOST_ACTION.IND; 0 means that its firmware has just started."""
    return frame[_VS_STATUS]


def host_action_rsp(source_mac, modem_mac):
    """VS_HOST_ACTION.RSP with status 0: the modem need not ask again (open-plc-utils, plc/HostActionResponse.c)."""
    return new(modem_mac, source_mac, VS_HOST_ACTION_RSP)


def link_is_up(frame):
    """Whether VS_PL_LINK_STATUS.CNF reports a link; None if the firmware does not support the request (status not 0)."""
    return frame[_LINK] == 1 if frame[_VS_STATUS] == 0 else None
