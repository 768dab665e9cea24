# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""VS_MODULE_OPERATION for reading the modem's parameters: bytes and offsets, see ``plc.mme``. Numbers are little-endian."""

from struct import pack_into, unpack_from

from plc.const import const
from plc.mme import LOCAL_MODEM, MIN_FRAME, is_mme, mmtype, new

VS_MODULE_OPERATION_REQ = 0xA0B0
VS_MODULE_OPERATION_CNF = 0xA0B1

PARAMETERS = const(0x7002)  # module id of the parameter block

OPERATIONS = const(24)  # number of operations that follow: always 1
OPERATION = const(25)
OPERATION_LENGTH = const(27)
_READ_FIELDS = const(18)  # number of bytes from OPERATION on
MODULE_STATUS = const(20)  # CNF, 2 bytes
MODULE_OPERATION = const(29)
_READ_CNF_LENGTH = const(41)
_READ_CNF_DATA = const(47)


def module_read_req(source_mac, offset, length):
    """VS_MODULE_OPERATION.REQ for ``length`` bytes (1400 at most) of the modem's parameters from ``offset`` on.

    It reads the parameters in use, as open-plc-utils' ModuleRead.c and Tinkerforge's pib_manager.cpp do.
    """
    frame = new(LOCAL_MODEM, source_mac, VS_MODULE_OPERATION_REQ)
    # how many operations, which (0: read), its length, (reserved), module, length and offset of what is read
    pack_into("<BHH4xIHI", frame, OPERATIONS, 1, 0, _READ_FIELDS, PARAMETERS, length, offset)
    return frame


def is_module_answer(frame):
    """True for VS_MODULE_OPERATION.CNF: an answer about the modem's parameters, which may contain its keys."""
    return is_mme(frame) and mmtype(frame) == VS_MODULE_OPERATION_CNF


def module_read(frame):
    """(offset, data) of a VS_MODULE_OPERATION.CNF that answers a read, (offset, None) if the modem refused; else None.

    ``data`` is a view into ``frame``. It may contain the modem's keys and must never reach a log or report.
    """
    if len(frame) < MIN_FRAME or frame[MODULE_OPERATION] or frame[MODULE_OPERATION + 1]:
        return None
    length, offset = unpack_from("<HH", frame, _READ_CNF_LENGTH)
    if frame[MODULE_STATUS] or frame[MODULE_STATUS + 1]:
        return offset, None
    if _READ_CNF_DATA + length > len(frame):
        return None
    return offset, frame[_READ_CNF_DATA : _READ_CNF_DATA + length]
