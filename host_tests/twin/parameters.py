# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The parameter block (PIB) of a modem: two copies of its module, and the messages that read and write it.

    flash     what the modem starts from; a commit puts another module there, or nothing changes
    memory    what it works with: the flash's module at its start, with the key that its host set since

    module of a QCA7000      header (96) | manifest | header (96) | parameter block      a chain of images
    of older modems          parameter block, with its own length and checksum

The block is this project's own: the documented fields at their places, and a pattern between them that makes every
lost, doubled or misplaced byte show. Layouts: open-plc-utils, nvm/nvm.h `nvm_header2`, pib/pib.h `simple_pib` and
docbook's SLAC configuration; that the module is a chain: plc/Identity2.c, and plctool -P takes nothing else. Messages:
plc/ModuleRead.c, ModuleSession.c, ModuleWrite.c, ModuleCommit.c there. What no document decides is a choice, listed
in docs/modem-model.md. Runs on CPython and on MicroPython.
"""

import hashlib

BLOCK_BYTES = 8080  # of firmware 1.1.0.727 (open-plc-utils issue 48)
LONGEST_PIECE = 1400

# ---- fields of the parameter block

LENGTH_AT = 0x04
CHECKSUM_AT = 0x08
MAC_AT = 0x0C
DAK_AT = 0x12
MANUFACTURER_AT = 0x24
NMK_AT = 0x64
USER_AT = 0x74
NETWORK_AT = 0xB4
CCO_AT = 0xF4
NID_AT = 0xF8
ROLE_AT = 0x1653
LOW_SPEED_AT = 0x1C98
HIGH_SPEED_AT = 0x1C9C
TEXT_BYTES = 64

NOBODY, CAR, CHARGER = 0, 1, 2  # SLAC_EnableMode
# Role -> CCoSelection: a car's modem never coordinates a network, a charger's always does.
CCO = {NOBODY: 0, CAR: 1, CHARGER: 2}

# ---- fields of the header in front of each image of a chain

HEADER_BYTES = 96
VERSION = 0x00010001
IMAGE_LENGTH_AT = 0x10
IMAGE_CHECKSUM_AT = 0x14
NEXT_AT = 0x1C
PREVIOUS_AT = 0x20
IMAGE_TYPE_AT = 0x24
MODULE_ID_AT = 0x28
HEADER_CHECKSUM_AT = 0x5C
MANIFEST, PIB = 0x0E, 0x0F
NONE = 0xFFFFFFFF

FORMS = ("chain", "manifest", "flat")

# ---- messages

READ_MEMORY, READ_FLASH, START_SESSION, WRITE, COMMIT = 0x00, 0x01, 0x10, 0x11, 0x12
PARAMETERS = 0x7002
COMMIT_NO_RESET = 2

# MSTATUS and the status of one module; only "not zero" is documented.
DONE, REFUSED = 0x0000, 0x0001

# Time from the request to the confirm. Nobody here has measured one; the tools allow 5 s, 60 s, 90 s and 90 s.
OPERATION_US = {
    READ_MEMORY: 4_000,
    READ_FLASH: 12_000,
    START_SESSION: 60_000,
    WRITE: 180_000,
    COMMIT: 900_000,
}
SESSION_ENDS_US = 30 * 60 * 1_000_000


def word(data, at, size):
    """Little-endian number."""
    value = 0
    for index in range(size):
        value |= data[at + index] << (8 * index)
    return value


def number(value, size):
    return bytes([(value >> (8 * index)) & 0xFF for index in range(size)])


def checksum(data):
    """The complement of all words of 32 bits, put together by exclusive or."""
    value = 0
    for at in range(0, len(data), 1024):
        value ^= int.from_bytes(data[at : at + 1024], "little")
    # One half upon the other, as often as it takes: thousands of octets one by one would be a tenth of a box's start.
    for bits in (4096, 2048, 1024, 512, 256, 128, 64, 32):
        value = value >> bits ^ value & (1 << bits) - 1
    return value ^ 0xFFFFFFFF


def nid_of(nmk):
    """Preferred network identifier of a key, security level 0."""
    digest = nmk
    for _ in range(5):
        digest = hashlib.sha256(digest).digest()
    return digest[:6] + bytes((digest[6] >> 4,))


def new_block(mac, role, length=BLOCK_BYTES):
    """A parameter block for a modem of this address, as it would leave its maker."""
    block = bytearray(length)
    for at in range(length):
        block[at] = (at * 7 + (at >> 8)) & 0xFF
    block[0:MAC_AT] = b"\x05\x07" + bytes(MAC_AT - 2)
    block[MAC_AT:DAK_AT] = mac
    block[DAK_AT : DAK_AT + 18] = bytes([0xD0 ^ octet for octet in mac]) + b"device key" + b"\0\0"
    nmk = b"factory's secret"
    block[NMK_AT:USER_AT] = nmk
    for at, text in (
        (MANUFACTURER_AT, b"socbox twin"),
        (USER_AT, (b"", b"PEV", b"EVSE")[role]),
        (NETWORK_AT, b""),
    ):
        block[at : at + TEXT_BYTES] = text + bytes(TEXT_BYTES - len(text))
    block[CCO_AT] = CCO[role]
    block[CCO_AT + 1 : NID_AT] = bytes(NID_AT - CCO_AT - 1)
    block[NID_AT : NID_AT + 7] = nid_of(nmk)
    if length > HIGH_SPEED_AT + 4:
        block[ROLE_AT] = role
        block[LOW_SPEED_AT : LOW_SPEED_AT + 8] = number(10240, 4) + number(102400, 4)
    return bytes(block)


def _header(kind, image, next_at, previous_at):
    header = bytearray(HEADER_BYTES)
    header[0:4] = number(VERSION, 4)
    header[IMAGE_LENGTH_AT : IMAGE_LENGTH_AT + 8] = number(len(image), 4) + number(checksum(image), 4)
    header[NEXT_AT : NEXT_AT + 12] = number(next_at, 4) + number(previous_at, 4) + number(kind, 4)
    header[MODULE_ID_AT : MODULE_ID_AT + 2] = number(PARAMETERS, 2)
    header[HEADER_CHECKSUM_AT:] = number(checksum(header), 4)
    return bytes(header)


def module_of(block, form="chain"):
    """The module that a modem gives for a block."""
    if form == "flat":
        block = bytearray(block)
        block[LENGTH_AT : LENGTH_AT + 2] = number(len(block), 2)
        block[CHECKSUM_AT : CHECKSUM_AT + 4] = bytes(4)
        block[CHECKSUM_AT : CHECKSUM_AT + 4] = number(checksum(block), 4)
        return bytes(block)
    if form == "chain":
        return _header(PIB, block, NONE, NONE) + block
    manifest = b"what the maker says of this block" + bytes(87)
    second_at = HEADER_BYTES + len(manifest)
    return _header(MANIFEST, manifest, second_at, NONE) + manifest + _header(PIB, block, NONE, 0) + block


def block_at(module):
    """(where the block begins, how long it is) in a module that is whole, None in any other."""
    if len(module) < HEADER_BYTES:
        return None
    if word(module, 0, 4) != VERSION:
        whole = word(module, LENGTH_AT, 2) == len(module) and checksum(module) == 0
        return (0, len(module)) if whole else None
    at, previous = 0, NONE
    while at + HEADER_BYTES <= len(module):
        header = module[at : at + HEADER_BYTES]
        length = word(header, IMAGE_LENGTH_AT, 4)
        image = module[at + HEADER_BYTES : at + HEADER_BYTES + length]
        if word(header, 0, 4) != VERSION or checksum(header) or word(header, PREVIOUS_AT, 4) != previous:
            return None
        if len(image) != length or checksum(image) != word(header, IMAGE_CHECKSUM_AT, 4):
            return None
        if word(header, IMAGE_TYPE_AT, 4) == PIB:
            return at + HEADER_BYTES, length
        at, previous = word(header, NEXT_AT, 4), at
    return None


def changed(module, changes):
    """The module with other bytes in its block, and the checksums that it must have; `changes`: {offset: bytes}."""
    begin, length = block_at(module)
    block = bytearray(module[begin : begin + length])
    for at, data in changes.items():
        block[at : at + len(data)] = data
    if begin == 0:
        return module_of(block, "flat")
    header = bytearray(module[begin - HEADER_BYTES : begin])
    header[IMAGE_CHECKSUM_AT : IMAGE_CHECKSUM_AT + 4] = number(checksum(block), 4)
    header[HEADER_CHECKSUM_AT:] = bytes(4)
    header[HEADER_CHECKSUM_AT:] = number(checksum(header), 4)
    return module[: begin - HEADER_BYTES] + bytes(header) + bytes(block) + module[begin + length :]


class Parameters:
    """The modules of one modem; they are made when somebody first asks for them.

    `form`: what the module is made of, one of FORMS. `first_reads_refused`: so many reads after each start are
    refused. `any_piece`: False, only such pieces are given as the maker's tool asks for, 1400 bytes from a multiple
    of 1400. `refuse`: operations that are always refused. `writable`: False for a modem whose firmware came from
    its host. `commits`: modules that were put into flash. `resets_itself`:
    the modem restarts after a commit without being asked (open-plc-utils' FlashDevice2.c says that it does not).
    """

    def __init__(self, mac, role):
        self.form = "chain"
        self.first_reads_refused = 0
        self.any_piece = True
        self.refuse = ()
        self.writable = True
        self.resets_itself = False
        self.commits = 0
        self.running_role = role
        self._mac = bytes(mac)
        self._key = None
        self._flash = None
        self._memory = None
        self._reads = 0
        self._session = None
        self._written = {}

    @property
    def flash(self):
        if self._flash is None:
            self._flash = self._keyed(module_of(new_block(self._mac, self.running_role), self.form))
        return self._flash

    @flash.setter
    def flash(self, module):
        """What the modem will start from; it counts at its next start."""
        self._flash = bytes(module)

    @property
    def memory(self):
        if self._memory is None:
            self._memory = self.flash
        return self._memory

    @memory.setter
    def memory(self, module):
        """What the modem gives, while it works on as it started."""
        self._memory = bytes(module)

    @property
    def role(self):
        """SLAC_EnableMode of the running block."""
        return self.running_role

    @role.setter
    def role(self, role):
        self.running_role = role
        if self._flash is not None:
            self._flash = self._memory = changed(
                self._flash, {ROLE_AT: bytes((role,)), CCO_AT: bytes((CCO[role],))}
            )

    def field(self, at, size=1):
        """Bytes of the running block."""
        begin, _ = block_at(self.memory)
        return bytes(self.memory[begin + at : begin + at + size])

    def start(self):
        """The firmware starts, with what is in flash."""
        self._memory = None
        self._session = None
        self._reads = 0
        if self._flash is not None:
            place = block_at(self._flash)
            role = self.field(ROLE_AT) if place is not None and place[1] > ROLE_AT else b""
            self.running_role = role[0] if role and role[0] in CCO else NOBODY

    def set_key(self, nmk, nid):
        """The host set a key: it is in both copies, so that it outlives a reset."""
        self._key = (bytes(nmk), bytes(nid))
        if self._flash is not None:
            self._memory = self._keyed(self.memory)
            self._flash = self._keyed(self._flash)

    def _keyed(self, module):
        if self._key is None or block_at(module) is None:
            return module
        return changed(module, {NMK_AT: self._key[0], NID_AT: self._key[1]})

    # ---- the messages; bodies begin behind the OUI (byte 20 of the frame)

    def execute(self, body, now_us):
        """(confirm's body, true when the modem restarts after it) of one VS_MODULE_OPERATION.REQ."""
        operation = word(body, 5, 2)
        handler = {
            READ_MEMORY: self._read,
            READ_FLASH: self._read,
            START_SESSION: self._start_session,
            WRITE: self._write,
            COMMIT: self._commit,
        }.get(operation)
        if handler is None or body[4] != 1 or operation in self.refuse:
            return self._confirm(REFUSED, operation, b""), False
        status, fields, restarts = handler(operation, body, now_us)
        return self._confirm(status, operation, fields), restarts

    @staticmethod
    def _confirm(status, operation, fields):
        head = number(status, 2) + bytes(6) + b"\x01" + number(operation, 2)
        return head + number(len(fields) + 8, 2) + bytes(4) + fields

    def _read(self, operation, body, now_us):
        module, sub_module, length, offset = (
            word(body, 13, 2),
            word(body, 15, 2),
            word(body, 17, 2),
            word(body, 19, 4),
        )
        data = self.memory if operation == READ_MEMORY else self.flash
        self._reads += 1
        right = module == PARAMETERS and sub_module == 0 and length <= LONGEST_PIECE and offset <= len(data)
        whole = offset % LONGEST_PIECE == 0 and length == LONGEST_PIECE
        if not right or self._reads <= self.first_reads_refused or not (whole or self.any_piece):
            return REFUSED, bytes(body[13:23]), False
        piece = data[offset : offset + length]
        return DONE, bytes(body[13:17]) + number(len(piece), 2) + number(offset, 4) + piece, False

    def _start_session(self, operation, body, now_us):
        session = bytes(body[13:17])
        module, length, check = word(body, 18, 2), word(body, 22, 4), word(body, 26, 4)
        right = body[17] == 1 and module == PARAMETERS and self.writable and LONGEST_PIECE <= length <= 65536
        if right:
            self._session = (session, length, check, now_us)
            self._written = {}
        status = DONE if right else REFUSED
        return status, session + b"\x01" + number(status, 2) + bytes(2), False

    def _in_session(self, session, now_us):
        mine = self._session
        return mine is not None and mine[0] == session and now_us - mine[3] < SESSION_ENDS_US

    def _write(self, operation, body, now_us):
        session, length, offset = bytes(body[13:17]), word(body, 22, 2), word(body, 24, 4)
        data = bytes(body[28 : 28 + length])
        right = self._in_session(session, now_us) and body[17] == 0 and word(body, 18, 2) == PARAMETERS
        right = right and len(data) == length <= LONGEST_PIECE and offset + length <= self._session[1]
        if right:
            self._written[offset] = data
        return (DONE if right else REFUSED), bytes(body[13:28]), False

    def _commit(self, operation, body, now_us):
        session, code = bytes(body[13:17]), word(body, 17, 4)
        status = REFUSED
        if self._in_session(session, now_us):
            module = b""
            while self._written.get(len(module)):
                module += self._written[len(module)]
            whole = len(module) == self._session[1] and checksum(module) == self._session[2]
            if whole and block_at(module) is not None:
                status = DONE
                self._flash = module
                self.commits += 1
                self._session = None
        fields = session + number(code, 4) + b"\x01" + number(status, 2) + bytes(2)
        return status, fields, self.resets_itself and status == DONE and not code & COMMIT_NO_RESET
