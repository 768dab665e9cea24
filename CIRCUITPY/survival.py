# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What should outlive a restart and may be lost. Like ``code.py`` this file never comes with an update over the network.

Up to CircuitPython 10.2.1 every reset clears RTC memory, so it is kept in NVM. On the ESP32-S3 each read of NVM reads 8 kB,
and each write, even of one byte, erases and rewrites all of it: in 0.12 s, some 240,000 times in a chip's life, and a power
cut meanwhile leaves zeros. So the block is read once, changed in memory, and written as a whole, only if it has changed;
ordinary starts, joins and reconnects write nothing.

    magic, version | counters and marks | secrets | left for later | text of the last error | CRC-32

``code.py``, ``safemode.py``, ``slots.py``, ``recovery.py`` and the versions of the box share it, older ones and newer ones:
what is here keeps its place, its name and its meaning for ever. New parts come after it, and ``API`` grows by one.
"""

import binascii

API = 1

SIZE = 1024
_MAGIC = b"SV"
_VERSION = 1
_CHECK_AT = 1020
_LENGTH_AT = 128
_TEXT_AT = 130
_MOST_TEXT = 880

# Bytes. Which place of slots.py was started last; failed starts in a row of the three places.
RUNNING, FAILED = 3, 4
SAFE_MODES = 7
# Watchdog resets in a row that ended, or may have ended, a join that hung; 1 while a marked join is under way.
HANGS, JOINING = 8, 9
# 1: the next start is made once without the settings that were saved on the page.
ONCE = 10
# 1: a version that has not proved itself was started.
TRYING = 11
# Four bytes with the number of each slot's version, and one with its state (slots.py).
NUMBER_A, STATE_A, NUMBER_B, STATE_B = 12, 16, 17, 21
# Passwords of access point and pages and the key of the cookies, as appliance/storage/secrets.py has them.
SECRETS, SECRETS_SIZE = 32, 34
# SPI mode and clock that were found for the modem, as appliance/modem/setting.py has them.
SPI, SPI_SIZE = 66, 3

# Reasons of the last reset, as far as they matter.
POWER, WATCHDOG, OTHER = "power", "watchdog", "other"
# From this count on the pause after a safe mode stays the same, and nothing is written.
MOST_SAFE_MODES = 5
MOST_HANGS = 2
_RTC_MAGIC = b"SJ"


class Survival:
    """``nvm`` and ``rtc`` are like bytearrays, or None where the board has none; ``reason`` is one of the three above."""

    def __init__(self, nvm, rtc, reason):
        self.reason = reason
        # True if the block was lost by a power cut or a defect of the flash.
        self.lost = False
        # True if the last reset ended a join that hung, which is no failed start.
        self.hung_join = False
        # True while this run goes without the settings that were saved on the page.
        self.without_settings = False
        self._nvm = nvm
        self._rtc = rtc
        self._block = bytearray(SIZE)
        self._stored = bytes(SIZE)
        self._read()
        self._judge_join()

    def _read(self):
        if self._nvm is None:
            return
        try:
            stored = bytes(self._nvm[0:SIZE])
        except Exception as error:
            print("NVM cannot be read:", error)
            self._nvm = None
            return
        if len(stored) < SIZE:
            self._nvm = None
        elif stored[0:2] == _MAGIC and self._check_sum(stored) == stored[_CHECK_AT:SIZE]:
            self._block[:] = stored
            self._stored = stored
        else:
            self.lost = stored != self._stored

    def _check_sum(self, block):
        return (binascii.crc32(memoryview(block)[0:_CHECK_AT]) & 0xFFFFFFFF).to_bytes(4, "little")

    # ---- bytes, numbers, text: changed here, kept by ``save``

    def byte(self, at):
        """The byte at ``at``."""
        return self._block[at]

    def set_byte(self, at, value):
        """Change one byte."""
        self._block[at] = value

    def part(self, at, size):
        """Some bytes."""
        return bytes(self._block[at : at + size])

    def set_part(self, at, data):
        """Change some bytes."""
        self._block[at : at + len(data)] = data

    def error(self):
        """What ended the last failed start: a sentence or a traceback, or ""."""
        length = min(int.from_bytes(self.part(_LENGTH_AT, 2), "little"), _MOST_TEXT)
        try:
            return str(self.part(_TEXT_AT, length), "utf-8")
        except UnicodeError:
            return ""

    def set_error(self, text):
        """Keep what ended a start; only the end of a long text."""
        data = text.encode("utf-8")[-_MOST_TEXT:]
        while data and data[0] & 0xC0 == 0x80:
            # Not from the middle of a character.
            data = data[1:]
        self.set_part(_LENGTH_AT, len(data).to_bytes(2, "little") + data)

    def save(self):
        """Write the block if it has changed; takes 0.12 s. Raises nothing."""
        block = self._block
        if block[3:_CHECK_AT] == self._stored[3:_CHECK_AT]:
            return
        block[0:2] = _MAGIC
        block[2] = max(block[2], _VERSION)
        block[_CHECK_AT:SIZE] = self._check_sum(block)
        # Whatever lies there after a write that failed: the next ``save`` tries again.
        self._stored = b""
        if self._nvm is not None:
            try:
                self._nvm[0:SIZE] = bytes(block)
            except Exception as error:
                print("NVM cannot be written:", error)
                return
        self._stored = bytes(block)

    # ---- joins: wifi.radio.connect stands still for ever when no DHCP server answers, and only the watchdog ends it

    def _judge_join(self):
        stayed = marked = False
        if self._rtc is not None:
            try:
                stayed = bytes(self._rtc[0:2]) == _RTC_MAGIC
                marked = stayed and self._rtc[2] != 0
                self._rtc[0:3] = _RTC_MAGIC + b"\0"
            except Exception as error:
                print("no RTC memory:", error)
                self._rtc = None
        marked = marked or self.byte(JOINING) != 0
        self.set_byte(JOINING, 0)
        if self.reason != WATCHDOG:
            return
        self.hung_join = marked
        if marked:
            self.set_byte(HANGS, min(self.byte(HANGS) + 1, MOST_HANGS))
        elif not stayed and self.byte(HANGS) == 0:
            # No join was marked, because there was no reason to; it may have been one all the same.
            self.set_byte(HANGS, 1)

    def hangs(self):
        """Watchdog resets in a row, this last one too, that ended or may have ended a join: 0 to MOST_HANGS."""
        return self.byte(HANGS) if self.reason == WATCHDOG else 0

    def begin_join(self, asked=False):
        """Before a call that may never come back. In NVM only when the last reset may have ended such a one, or when
        somebody ``asked`` for this join and will want to know."""
        if self._rtc is not None:
            self._rtc[2] = 1
        if asked or self.byte(HANGS):
            self.set_byte(JOINING, 1)
            self.save()

    def end_join(self):
        """The join returned, with any result."""
        if self._rtc is not None:
            self._rtc[2] = 0
        self.set_byte(JOINING, 0)
        self.set_byte(HANGS, 0)
        self.save()

    # ---- safe mode

    def count_safe_mode(self):
        """Count a safe mode. Returns how many came in a row."""
        self.set_byte(SAFE_MODES, min(self.byte(SAFE_MODES) + 1, MOST_SAFE_MODES))
        self.save()
        return self.byte(SAFE_MODES)


def _board():
    """(NVM, RTC memory, why the chip was reset) of this board."""
    nvm = rtc = None
    # Where only the program was started again, the last reset was judged before. A watchdog that leads to safe mode is the
    # firmware's own, for interrupts: no join stood still.
    reason = OTHER
    try:
        import alarm

        rtc = alarm.sleep_memory
    except Exception as error:
        print("no RTC memory:", error)
    try:
        import microcontroller
        import supervisor

        nvm = microcontroller.nvm
        told = microcontroller.cpu.reset_reason
        started_by_reset = supervisor.runtime.run_reason == supervisor.RunReason.STARTUP
        if started_by_reset and supervisor.runtime.safe_mode_reason == supervisor.SafeModeReason.NONE:
            if told == microcontroller.ResetReason.WATCHDOG:
                reason = WATCHDOG
            elif told == microcontroller.ResetReason.POWER_ON:
                reason = POWER
        elif supervisor.runtime.run_reason == supervisor.RunReason.AUTO_RELOAD:
            # A computer has written to the drive: the same new chances as after switching on.
            reason = POWER
    except Exception as error:
        print("no NVM:", error)
    return nvm, rtc, reason


_kept = None


def kept():
    """The Survival of this run."""
    global _kept
    if _kept is None:
        _kept = Survival(*_board())
    return _kept
