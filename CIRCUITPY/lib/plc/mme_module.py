# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""VS_MODULE_OPERATION for writing: a session, its pieces, the commit, and the reset that puts them into effect.

The modem keeps its old parameters until the commit. Fields and offsets as in open-plc-utils' ModuleSession.c, ModuleWrite.c
and ModuleCommit.c; numbers are little-endian. A file of its own because only an owner who changes the modem's parameters
needs it loaded.
"""

from plc import mme
from plc.const import const
from plc.mme_read import (
    MODULE_OPERATION,
    MODULE_STATUS,
    OPERATION,
    OPERATION_LENGTH,
    OPERATIONS,
    PARAMETERS,
    VS_MODULE_OPERATION_REQ,
)

START_SESSION, WRITE, COMMIT = 0x10, 0x11, 0x12
PIECE_BYTES = 1400

VS_RS_DEV_REQ = 0xA01C

_SESSION = const(33)

_SESSION_MODULES = const(37)
_SESSION_MODULE = const(38)
_SESSION_LENGTH = const(42)
_SESSION_CHECKSUM = const(46)
_SESSION_FIELDS = const(25)
_SESSION_FRAME = const(158)  # room for ten modules, as the maker's tool sends it

_WRITE_MODULE = const(38)
_WRITE_LENGTH = const(42)
_WRITE_OFFSET = const(44)
_WRITE_DATA = const(48)
_WRITE_FIELDS = const(23)

_COMMIT_FIELDS = const(36)

_CNF_SESSION = const(37)
_CNF_SESSION_STATUS = const(42)
_CNF_WRITE_LENGTH = const(46)
_CNF_WRITE_OFFSET = const(48)
_CNF_COMMIT_STATUS = const(46)


def _put(frame, at, value, size):
    for index in range(size):
        frame[at + index] = value >> (8 * index) & 0xFF


def _get(frame, at, size):
    value = 0
    for index in range(size):
        value |= frame[at + index] << (8 * index)
    return value


def _request(source_mac, operation, session, fields, size):
    frame = bytearray(size)
    head = mme.vendor_req(source_mac, VS_MODULE_OPERATION_REQ)
    frame[:OPERATIONS] = head[:OPERATIONS]
    frame[OPERATIONS] = 1
    _put(frame, OPERATION, operation, 2)
    _put(frame, OPERATION_LENGTH, fields, 2)
    frame[_SESSION : _SESSION + 4] = session
    return frame


def session_req(source_mac, session, length, checksum):
    """Begins to write ``length`` bytes of parameters with ``checksum``. ``session``: 4 bytes of our choice."""
    frame = _request(source_mac, START_SESSION, session, _SESSION_FIELDS, _SESSION_FRAME)
    frame[_SESSION_MODULES] = 1
    _put(frame, _SESSION_MODULE, PARAMETERS, 2)
    _put(frame, _SESSION_LENGTH, length, 4)
    _put(frame, _SESSION_CHECKSUM, checksum, 4)
    return frame


def write_req(source_mac, session, offset, data):
    """One piece: ``data`` for ``offset``. The frame always has room for PIECE_BYTES, as the maker's tool sends it."""
    frame = _request(source_mac, WRITE, session, _WRITE_FIELDS + PIECE_BYTES, _WRITE_DATA + PIECE_BYTES)
    _put(frame, _WRITE_MODULE, PARAMETERS, 2)
    _put(frame, _WRITE_LENGTH, len(data), 2)
    _put(frame, _WRITE_OFFSET, offset, 4)
    frame[_WRITE_DATA : _WRITE_DATA + len(data)] = data
    return frame


def commit_req(source_mac, session):
    """Make what was written the modem's parameters."""
    return _request(source_mac, COMMIT, session, _COMMIT_FIELDS, mme.MIN_FRAME)


def reset_req(source_mac):
    """Restart the modem. On SPI it may restart without an answer."""
    return mme.vendor_req(source_mac, VS_RS_DEV_REQ)


def written(frame, operation, session):
    """What a VS_MODULE_OPERATION.CNF answers to ``operation`` of ``session``: None if it answers another request, False
    if the modem refused; else True, or after WRITE (offset, length) of what it took."""
    if len(frame) < mme.MIN_FRAME or _get(frame, MODULE_OPERATION, 2) != operation:
        return None
    if _get(frame, MODULE_STATUS, 2):
        return False
    if bytes(frame[_CNF_SESSION : _CNF_SESSION + 4]) != session:
        return None
    if operation == WRITE:
        return _get(frame, _CNF_WRITE_OFFSET, 4), _get(frame, _CNF_WRITE_LENGTH, 2)
    status_at = _CNF_SESSION_STATUS if operation == START_SESSION else _CNF_COMMIT_STATUS
    return _get(frame, status_at, 2) == 0
