# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modem's parameter block (PIB): its layout, whether it is valid, and how to make it a charger's.

A modem returns its parameters as a chain of images, each after a header of 96 bytes; one image is the block. Older modems
return the block alone, with its own length and checksum. Layouts: open-plc-utils, nvm/nvm.h `nvm_header2`, pib/pib.h
`simple_pib`, docbook on SLAC; checksums: tools/checksum32.c, pib/setpib.c. The block has two keys of the modem (DAK,
NMK), which are never extracted here.
"""

import binascii

from plc.const import const

CHARGER, CAR, NEITHER = 2, 1, 0

MAC_AT = const(0x0C)
USER_AT = const(0x74)
CCO_AT = const(0xF4)
ROLE_AT = const(0x1653)
_LENGTH_AT = const(0x04)
_CHECKSUM_AT = const(0x08)
_MANUFACTURER_AT = const(0x24)
_NMK_AT = const(0x64)
_NETWORK_AT = const(0xB4)
_NID_AT = const(0xF8)
_NID_END = const(0xFF)
_LOW_SPEED_AT = const(0x1C98)
_HIGH_SPEED_AT = const(0x1C9C)
_TEXT_BYTES = const(64)
_SHORTEST = const(0x1CA0)

_HEADER_BYTES = const(96)
_IMAGE_LENGTH_AT = const(0x10)
_IMAGE_CHECKSUM_AT = const(0x14)
_NEXT_AT = const(0x1C)
_PREVIOUS_AT = const(0x20)
_TYPE_AT = const(0x24)
_HEADER_CHECKSUM_AT = const(0x5C)
_VERSION = const(0x00010001)
_IMAGE_PIB = const(0x0F)
_NONE = 0xFFFFFFFF

ROLE_NAMES = {NEITHER: "neither", CAR: "car", CHARGER: "charger"}
_CCO_NAMES = {0: "auto", 1: "never", 2: "always"}

# name: (offset in the block, what it says, value of a charger)
_CHARGERS_BYTES = (
    (CCO_AT, "Leads the network (CCoSelection): a car's modem never does, a charger's always", 2),
    (ROLE_AT, "Listens for cars (SLAC_EnableMode): 1 is a car's, 2 a charger's", 2),
)


def word(data, at):
    """32 bits, little-endian."""
    return int.from_bytes(data[at : at + 4], "little")


def name_of(mac):
    """A MAC as its owner reads it."""
    return ":".join(["%02x" % byte for byte in mac])


def checksum(data):
    """The complement of the exclusive or of all 32-bit words; 0 for data that includes its own checksum.

    Computed by combining the two halves as large integers again and again: some milliseconds on the device, where a loop
    over the words takes half a second.
    """
    size = 4
    while size < len(data):
        size *= 2
    left = bytes(data) + bytes(size - len(data))
    while size > 4:
        size //= 2
        number = int.from_bytes(left[:size], "little") ^ int.from_bytes(left[size:], "little")
        left = number.to_bytes(size, "little")
    return word(left, 0) ^ 0xFFFFFFFF


def place(module):
    """(start, length) of the block. Raises ValueError with a sentence if the parameters are not valid."""
    if len(module) < _SHORTEST:
        raise ValueError("The parameters are too short: %d bytes." % len(module))
    if word(module, 0) != _VERSION:
        if module[_LENGTH_AT] | module[_LENGTH_AT + 1] << 8 != len(module) or checksum(module):
            raise ValueError("The parameters are damaged, or in a format that the box does not know.")
        return 0, len(module)
    at, previous = 0, _NONE
    while at + _HEADER_BYTES < len(module):
        header = module[at : at + _HEADER_BYTES]
        length = word(header, _IMAGE_LENGTH_AT)
        image = module[at + _HEADER_BYTES : at + _HEADER_BYTES + length]
        if word(header, 0) != _VERSION or checksum(header) or word(header, _PREVIOUS_AT) != previous:
            raise ValueError("A header of the parameters is damaged.")
        if len(image) != length or checksum(image) != word(header, _IMAGE_CHECKSUM_AT):
            raise ValueError("The checksum of the parameters is wrong.")
        if word(header, _TYPE_AT) == _IMAGE_PIB:
            return at + _HEADER_BYTES, length
        at, previous = word(header, _NEXT_AT), at
        if at <= previous:
            break
    raise ValueError("What the modem returned contains no parameter block.")


def _text(block, at):
    """Printable text of a field, cut at the first zero."""
    text = ""
    for byte in block[at : at + _TEXT_BYTES]:
        if byte == 0:
            break
        text += chr(byte) if 32 <= byte < 127 else "?"
    return text


class Block:
    """One set of parameters. ``module``: all the bytes that the modem returned.

    ``fault``: None, or a sentence why nothing made from it may be written; ``role``: CHARGER, CAR, NEITHER or None.
    """

    def __init__(self, module, modem_mac):
        self.module = bytes(module)
        self.role = None
        self.mac = None
        self.fault = None
        self._at = 0
        self._length = 0
        try:
            self._at, self._length = place(self.module)
        except ValueError as error:
            self.fault = str(error)
            return
        block = self.block
        if self._length < _SHORTEST:
            self.fault = "The parameter block is too short: %d bytes." % self._length
            return
        self.mac = bytes(block[MAC_AT : MAC_AT + 6])
        role, cco = block[ROLE_AT], block[CCO_AT]
        if role not in ROLE_NAMES or cco not in _CCO_NAMES:
            self.fault = "Where the modem's role should be, the parameters have values that the box does not know."
            return
        self.role = role
        if modem_mac is not None and self.mac != bytes(modem_mac):
            self.fault = "The address in the parameters is not the one the modem uses."

    @property
    def check(self):
        """Eight hexadecimal digits (CRC-32) to tell modules apart."""
        return "%08x" % (binascii.crc32(self.module) & 0xFFFFFFFF)

    @property
    def block(self):
        """The bytes of the block alone."""
        return self.module[self._at : self._at + self._length]

    def fields(self):
        """What people may see of it, as (name, text); no key is among them."""
        if self.mac is None:
            return []
        block = self.block
        return [
            ("Set up for", ROLE_NAMES.get(self.role, "unknown")),
            ("Leads the network", _CCO_NAMES.get(block[CCO_AT], "unknown")),
            ("Address", name_of(self.mac)),
            ("Maker's text", _text(block, _MANUFACTURER_AT)),
            ("User's text", _text(block, USER_AT)),
            ("Network's text", _text(block, _NETWORK_AT)),
            ("Link speeds", "%d and %d kbit/s" % (word(block, _LOW_SPEED_AT), word(block, _HIGH_SPEED_AT))),
            ("Version", "%d.%d" % (block[0], block[1])),
            ("Length", "%d bytes, the block in it %d" % (len(self.module), self._length)),
            ("CRC-32 of the whole", self.check),
        ]

    def for_charger(self):
        """The module of a charger made of this one: the same but for the bytes of the role and the check sums."""
        block = bytearray(self.block)
        for at, _, value in _CHARGERS_BYTES:
            block[at] = value
        if self._at == 0:
            _seal(block, _CHECKSUM_AT)
            return bytes(block)
        header = bytearray(self.module[self._at - _HEADER_BYTES : self._at])
        _put(header, _IMAGE_CHECKSUM_AT, checksum(block))
        _seal(header, _HEADER_CHECKSUM_AT)
        before, behind = self.module[: self._at - _HEADER_BYTES], self.module[self._at + self._length :]
        return before + bytes(header) + bytes(block) + behind

    def differences(self, other):
        """Bytes in which another module of the same length differs: rows (offset, old, new, what it is).

        The offset counts from the block's beginning, as documents and tools have it; None is outside of it.
        """
        names = {self._at + at: text for at, text, _ in _CHARGERS_BYTES}
        for start in self._checksums():
            for at in range(start, start + 4):
                names[at] = "Checksum"
        rows = []
        for at in range(len(self.module)):
            if self.module[at] != other[at]:
                offset = at - self._at if self._at <= at < self._at + self._length else None
                rows.append((offset, self.module[at], other[at], names.get(at, "")))
        return rows

    def _checksums(self):
        """Where in the module the check sums lie that cover the block."""
        if self._at == 0:
            return (_CHECKSUM_AT,)
        header = self._at - _HEADER_BYTES
        return header + _IMAGE_CHECKSUM_AT, header + _HEADER_CHECKSUM_AT

    def same_but_keys(self, other):
        """True if another module differs at most in the key that the box sets for each car and in check sums."""
        return len(self.module) == len(other) and self._without_keys() == Block(other, None)._without_keys()

    def _without_keys(self):
        if self.mac is None:
            return None
        module = bytearray(self.module)
        at = self._at
        module[at + _NMK_AT : at + USER_AT] = bytes(USER_AT - _NMK_AT)
        module[at + _NID_AT : at + _NID_END] = bytes(_NID_END - _NID_AT)
        for start in self._checksums():
            _put(module, start, 0)
        return module


def _put(data, at, value):
    data[at : at + 4] = value.to_bytes(4, "little")


def _seal(data, at):
    """Mend the checksum that ``data`` carries at ``at``."""
    _put(data, at, 0)
    _put(data, at, checksum(data))
