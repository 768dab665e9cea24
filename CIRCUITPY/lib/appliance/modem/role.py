# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Asks the modem, once after each of its starts, whether it is set up for a charger or for a car.

The byte that tells it, SLAC_EnableMode, lies at 0x1653 of the modem's parameter block. The block is one image in a
chain of them; each has a header in front, and those are read first (open-plc-utils, nvm/nvm.h and plc/Identity2.c;
the offset: its docbook on SLAC). Older modems give the block alone. Nothing is written, and nobody is asked
while a car is in a session. ``NoModem`` is who there is to ask where none can be opened.
"""

from plc import mme_read
from plc.const import const
from plc.ticks import expired, ticks_add

CHARGER, CAR, NEITHER = "charger", "car", "neither"
_ROLES = {0: NEITHER, 1: CAR, 2: CHARGER}

_ROLE_AT = const(0x1653)
_HEADER_BYTES = const(96)
_HEADER_READ = const(40)  # up to the type of its image
_NEXT_AT = const(0x1C)
_TYPE_AT = const(0x24)
_VERSION = b"\x01\0\x01\0"
_IMAGE_PIB = const(0x0F)
_LONGEST_CHAIN = const(0x2000)  # the manifest in front of the block has some hundred bytes

# A modem that has just started refuses at first; WARP4 asks 16 times, 0.5 s apart.
_ASK_AGAIN_MS = const(500)
_TRIES = const(16)
_PIECE = const(1400)  # the maker's tool asks for such pieces only, from multiples of it


class NoModem:
    """Stands in for a modem whose bus cannot be opened. In this file because a separate one might be missing just then."""

    ready = False
    generation = 0
    status = "NOT_OPENED"
    setting = None
    setting_text = "not opened"
    counts = {}

    def poll(self, now):
        """Nothing to move."""

    def receive(self):
        """Nothing comes."""

    def send(self, frame):
        """Drops the frame; True, so that frames do not pile up."""
        return True


class Role:
    """A piece of the loop that also takes the modem's answers (``receive``). ``tell(role)`` gets one of the words above,
    or None if the modem does not answer."""

    def __init__(self, modem, mac, may_ask, tell):
        self.role = None
        self._modem = modem
        self._mac = mac
        self._may_ask = may_ask
        self._tell = tell
        self._generation = 0
        self._tries = 0
        self._again_at = None
        self._header_at = 0
        self._wanted = None  # (offset, bytes) of the question that is open
        self._whole_pieces = False

    def poll(self, now):
        """Ask, or ask again, when it is time; True when something was sent."""
        if self._modem.generation != self._generation:
            self._begin()
        if self._wanted is None or not self._may_ask():
            return False
        if self._again_at is not None and not expired(self._again_at, now):
            return False
        if self._tries == _TRIES:
            self._end(None)
            return True
        self._again_at = ticks_add(now, _ASK_AGAIN_MS)
        self._tries += 1
        offset, length = self._wanted
        if self._whole_pieces:
            offset, length = offset - offset % _PIECE, _PIECE
        return self._modem.send(mme_read.module_read_req(self._mac, offset, length))

    def _begin(self):
        self._generation = self._modem.generation
        self._tries = 0
        self._again_at = None
        self._header_at = 0
        self._whole_pieces = False
        self._wanted = (0, _HEADER_READ)

    def _end(self, role):
        self._wanted = None
        self.role = role
        self._tell(role)

    def receive(self, frame, now):
        """True if ``frame`` answers a read of the parameters: then it is handled, and must not be recorded."""
        if not mme_read.is_module_answer(frame):
            return False
        answer = mme_read.module_read(frame)
        if answer is not None and self._wanted is not None:
            if answer[1] is None:
                # Refused: too early, or this modem only takes requests like those of the maker's tool.
                self._whole_pieces = not self._whole_pieces
            else:
                self._take(answer[0], answer[1])
        return True

    def _take(self, offset, data):
        wanted, length = self._wanted
        start = wanted - offset
        if start < 0 or start + length > len(data):
            return
        data = data[start : start + length]
        self._again_at = None
        if length == 1:
            self._end(_ROLES.get(data[0]))
        elif bytes(data[:4]) != _VERSION:
            # No header: the block itself, if it is the first thing that came.
            self._ask_role(0 if self._header_at == 0 else None)
        elif data[_TYPE_AT] == _IMAGE_PIB:
            self._ask_role(self._header_at + _HEADER_BYTES)
        else:
            behind = int.from_bytes(data[_NEXT_AT : _NEXT_AT + 4], "little")
            if self._header_at < behind < _LONGEST_CHAIN:
                self._header_at = behind
                self._wanted = (behind, _HEADER_READ)
            else:
                self._ask_role(None)

    def _ask_role(self, block_at):
        if block_at is None:
            self._end(None)
        else:
            self._wanted = (block_at + _ROLE_AT, 1)
