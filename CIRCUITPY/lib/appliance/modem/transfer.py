# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Reads the modem's parameters, or writes them and reads them back to check.

    READING ------------------------------------------------------------------> DONE
    OPENING -> WRITING -> COMMITTING -> RESETTING -> CHECKING -> DONE            writing
       ^---------'            |             ^
     modem restarted          '-------------'  no answer: what became of it, the check will tell

Until the commit the modem keeps its old parameters, so everything before it may stop at any frame and be started again.
After the commit nothing is assumed: the modem is restarted, and what it then returns is compared. Time-outs are those of
open-plc-utils (plc.h) and of Tinkerforge's WARP4 (pib_manager.cpp); a request without an answer is repeated.
"""

from plc import mme, mme_module, mme_read
from plc.const import const
from plc.ticks import expired, ticks_add

READING, OPENING, WRITING = "reading", "opening", "writing"
COMMITTING, RESETTING, CHECKING = "committing", "resetting", "checking"
DONE, FAILED = "done", "failed"

# state: (ms until a request without an answer counts as lost, how often it is sent)
_PATIENCE = {
    READING: (5000, 4),
    OPENING: (60000, 3),
    WRITING: (90000, 3),
    COMMITTING: (90000, 1),
    RESETTING: (10000, 3),
    CHECKING: (5000, 8),
}
_REFUSED_AGAIN_MS = const(500)
_REFUSALS = const(16)
_RESTARTS = const(3)
_GONE_MS = const(60000)
_LONGEST = const(32768)
_PIECE = const(1400)

_TEXTS = {
    READING: "The modem does not let its parameters be read.",
    OPENING: "The modem does not let its parameters be written. Nothing was changed.",
    WRITING: "The modem did not take the parameters. Nothing was changed.",
    RESETTING: "The modem did not restart. Turn its power off and on, then read its parameters again.",
    CHECKING: "After the change the modem cannot be read. Turn its power off and on, then read its parameters again.",
}
GONE = "The modem no longer answers. Turn its power off and on, then read its parameters again."
UNCHANGED = "The modem has kept its old parameters. Nothing was changed."
OTHER = "The modem's parameters are not the ones that were written. Write the kept file back."


class Transfer:
    """One reading or writing, moved by ``poll`` and ``receive``.

    ``modem`` is the driver, ``mac`` the box's address on the power line. With ``new`` and ``old`` (modules) it
    writes; ``same(one, other)`` tells whether two modules are equal but for what may differ. ``state`` is one of
    the words above, ``failure`` a sentence, ``module`` what was read, ``modem_mac`` who answered, ``bytes_done``
    how far the state has come.
    """

    def __init__(self, modem, mac, random_bytes, new=None, old=None, same=None):
        self.state = READING if new is None else OPENING
        self.failure = None
        self.module = b""
        self.modem_mac = None
        self.bytes_done = 0
        self._modem = modem
        self._mac = mac
        self._random_bytes = random_bytes
        self._new = new
        self._old = old
        self._same = same
        self._generation = modem.generation
        self._session = b""
        self._data = bytearray()
        self._sent = 0
        self._refusals = 0
        self._restarts = 0
        self._due = None  # of the next sending; None: at once
        self._gone_at = None

    @property
    def over(self):
        """True when it is done or has failed."""
        return self.state in (DONE, FAILED)

    # ---- time

    def poll(self, now):
        """Send what is due; True when something happened."""
        if self.over:
            return False
        if not self._modem.ready:
            if self._gone_at is None:
                self._gone_at = ticks_add(now, _GONE_MS)
            elif expired(self._gone_at, now):
                self.fail(GONE)
            return False
        self._gone_at = None
        if self._modem.generation != self._generation:
            self._generation = self._modem.generation
            self._restarted()
            return True
        if self._due is not None and not expired(self._due, now):
            return False
        if self._sent == _PATIENCE[self.state][1]:
            self._silent()
            return True
        if self._modem.send(self._request()):
            self._sent += 1
            self._due = ticks_add(now, _PATIENCE[self.state][0])
        return True

    def _request(self):
        state = self.state
        if state in (READING, CHECKING):
            return mme_read.module_read_req(self._mac, len(self._data), _PIECE)
        if state == OPENING:
            # A new number each time, so that a session whose answer was lost is not in the way.
            from appliance.modem.block import checksum

            self._session = bytes(self._random_bytes(4))
            return mme_module.session_req(self._mac, self._session, len(self._new), checksum(self._new))
        if state == WRITING:
            at = self.bytes_done
            return mme_module.write_req(self._mac, self._session, at, self._new[at : at + _PIECE])
        if state == COMMITTING:
            return mme_module.commit_req(self._mac, self._session)
        return mme_module.reset_req(self._mac)

    def _enter(self, state):
        self.state = state
        self.bytes_done = 0
        self._data = bytearray()
        self._next()

    def _silent(self):
        """The last of the requests had no answer."""
        if self.state == COMMITTING:
            self._enter(RESETTING)
        else:
            self.fail(_TEXTS[self.state])

    def _restarted(self):
        """The modem has restarted, by our reset or by itself."""
        if self.state in (COMMITTING, RESETTING):
            self._enter(CHECKING)
            return
        self._restarts += 1
        if self._restarts > _RESTARTS:
            self.fail(_TEXTS[self.state])
        else:
            self._enter(OPENING if self.state == WRITING else self.state)

    def fail(self, text):
        """Break off; before the commit this leaves the modem as it was."""
        self.state = FAILED
        self.failure = text

    # ---- answers

    def receive(self, frame, now):
        """True if ``frame`` is an answer about the parameters; it may contain keys and must not be recorded."""
        if not mme_read.is_module_answer(frame):
            return False
        if self.state in (READING, CHECKING):
            self._take_piece(mme_read.module_read(frame), frame, now)
        elif self.state == OPENING:
            answer = mme_module.written(frame, mme_module.START_SESSION, self._session)
            if answer:
                self._enter(WRITING)
            elif answer is not None:
                self._refused(now)
        elif self.state == WRITING:
            self._take_written(mme_module.written(frame, mme_module.WRITE, self._session), now)
        elif self.state == COMMITTING:
            if mme_module.written(frame, mme_module.COMMIT, self._session) is not None:
                # Even if refused: what the modem has is read and compared.
                self._enter(RESETTING)
        return True

    def _refused(self, now):
        self._refusals += 1
        if self._refusals == _REFUSALS:
            self.fail(_TEXTS[self.state])
            return
        self._sent = 0
        self._due = ticks_add(now, _REFUSED_AGAIN_MS)

    def _take_written(self, answer, now):
        at = self.bytes_done
        if answer is False:
            self._refused(now)
        elif answer is not None and answer == (at, min(_PIECE, len(self._new) - at)):
            if at + answer[1] == len(self._new):
                self._enter(COMMITTING)
                return
            self.bytes_done = at + answer[1]
            self._next()

    def _take_piece(self, answer, frame, now):
        if answer is None:
            return
        offset, data = answer
        if data is None and self._data:
            # A module that ends with a whole piece has nothing behind it.
            self._end(frame)
        elif data is None:
            self._refused(now)
        elif offset == len(self._data) and self._sent:
            self._data += data
            self.bytes_done = len(self._data)
            if len(self._data) > _LONGEST:
                self.fail(_TEXTS[READING])
            elif len(data) < _PIECE:
                self._end(frame)
            else:
                self._next()

    def _next(self):
        self._sent = 0
        self._refusals = 0
        self._due = None

    def _end(self, frame):
        """All of it is read."""
        self.modem_mac = mme.source(frame)
        self.module = bytes(self._data)
        if self.state == READING or self._same(self.module, self._new):
            self.state = DONE
        else:
            self.fail(UNCHANGED if self._same(self.module, self._old) else OTHER)
