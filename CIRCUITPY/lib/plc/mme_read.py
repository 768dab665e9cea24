# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""VS_MODULE_OPERATION as far as it reads the modem's parameters: bytes and offsets, see ``plc.mme``.

Numbers are little-endian.
"""

from plc.const import const
from plc.mme import LOCAL_MODEM, MIN_FRAME, is_mme, mmtype, new

VS_MODULE_OPERATION_REQ = 0xA0B0
VS_MODULE_OPERATION_CNF = 0xA0B1

PARAMETERS = const(0x7002)  # module id of the parameter block

OPERATIONS = const(24)  # how many follow, always 1
OPERATION = const(25)
OPERATION_LENGTH = const(27)
_READ_MODULE = const(33)
_READ_LENGTH = const(37)
_READ_OFFSET = const(39)
_READ_FIELDS = const(18)  # bytes from OPERATION on
MODULE_STATUS = const(20)  # CNF, 2 bytes
MODULE_OPERATION = const(29)
_READ_CNF_LENGTH = const(41)
_READ_CNF_OFFSET = const(43)
_READ_CNF_DATA = const(47)


def module_read_req(source_mac, offset, length):
    """VS_MODULE_OPERATION.REQ: give ``length`` bytes, 1400 at most, of the modem's parameter module from ``offset`` on.

    It reads what the modem works with, as open-plc-utils' ModuleRead.c and Tinkerforge's pib_manager.cpp do.
    """
    frame = new(LOCAL_MODEM, source_mac, VS_MODULE_OPERATION_REQ)
    frame[OPERATIONS] = 1
    frame[OPERATION_LENGTH] = _READ_FIELDS
    frame[_READ_MODULE] = PARAMETERS & 0xFF
    frame[_READ_MODULE + 1] = PARAMETERS >> 8
    frame[_READ_LENGTH] = length & 0xFF
    frame[_READ_LENGTH + 1] = length >> 8
    frame[_READ_OFFSET] = offset & 0xFF
    frame[_READ_OFFSET + 1] = offset >> 8
    return frame


def is_module_answer(frame):
    """True for VS_MODULE_OPERATION.CNF: an answer about the modem's parameters, in which its keys may be."""
    return is_mme(frame) and mmtype(frame) == VS_MODULE_OPERATION_CNF


def module_read(frame):
    """(offset, data) of a VS_MODULE_OPERATION.CNF to a read; data is None when the modem refused. None: no such answer.

    ``data`` is a view into ``frame``. It may hold the modem's keys: it must reach neither log nor report.
    """
    if len(frame) < MIN_FRAME or frame[MODULE_OPERATION] or frame[MODULE_OPERATION + 1]:
        return None
    offset = frame[_READ_CNF_OFFSET] | frame[_READ_CNF_OFFSET + 1] << 8
    if frame[MODULE_STATUS] or frame[MODULE_STATUS + 1]:
        return offset, None
    length = frame[_READ_CNF_LENGTH] | frame[_READ_CNF_LENGTH + 1] << 8
    if _READ_CNF_DATA + length > len(frame):
        return None
    return offset, frame[_READ_CNF_DATA : _READ_CNF_DATA + length]
