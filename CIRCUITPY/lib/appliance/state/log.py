# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What happened, as lines of text for people, in a bounded ring in RAM; and the time since the start.

When it is full it drops the oldest line and counts it, so that a reader knows whether something is missing. Nothing is
ever written to flash, because erasing stops both cores for up to 400 ms.
"""

from plc.ticks import ticks_diff

DEBUG, INFO, WARNING, ERROR = LEVELS = ("D", "I", "W", "E")
_LONGEST_TEXT = 400
# Sources of the time. A clock that is not within 2026 to 2099 was never set.
BROWSER, NTP = "browser", "ntp"
EARLIEST_S, LATEST_S = 1767225600, 4102444800


class Uptime:
    """Seconds and milliseconds since start, from a tick counter that wraps every 6.2 days."""

    def __init__(self, now):
        self._last = now
        self.seconds = 0
        self.millis = 0
        # Unix time at second 0, None while it is not known; its source, and when it was told.
        self.unix_zero_s = None
        self.clock = None
        self.told_s = 0
        self.times_told = 0

    def tell_time(self, unix_s, clock):
        """Take over the time: ``clock`` ("browser" or "ntp") says that it is ``unix_s``. False, and ignored, if that is
        impossible, or comes from a browser although a time server told it."""
        if not EARLIEST_S <= unix_s < LATEST_S or (clock == BROWSER and self.clock == NTP):
            return False
        self.unix_zero_s = unix_s - self.seconds
        self.clock = clock
        self.told_s = self.seconds
        self.times_told += 1
        return True

    @property
    def time_wanted(self):
        """True if a browser should tell the time: nobody did, or one did a day ago."""
        return self.unix_zero_s is None or self.clock == BROWSER and self.seconds - self.told_s > 86400

    def ms_at(self, ticks):
        """Milliseconds from the start to ``ticks``; below zero before it."""
        return self.seconds * 1000 + self.millis + ticks_diff(ticks, self._last)

    def advance(self, now):
        """Account for the time since the last call; allocates nothing."""
        elapsed = ticks_diff(now, self._last)
        if elapsed <= 0:
            return
        self._last = now
        self.millis += elapsed
        while self.millis >= 1000:
            self.millis -= 1000
            self.seconds += 1


class Log:
    """Ring of (sequence, seconds, millis, level, tag, text); every kept line also goes to the console."""

    def __init__(self, uptime, size=250, level=INFO, write=print):
        self._uptime = uptime
        self.size = size
        self._records = [None] * size  # type: list
        self._write = write
        self._usb = usb_console() if write is print else None
        self.level = level
        self.count = 0
        self.errors = 0

    @property
    def dropped(self):
        """How many of the oldest records the ring has forgotten."""
        return max(0, self.count - len(self._records))

    def add(self, level, tag, text):
        """Keep ``text``, one record for each of its lines."""
        if LEVELS.index(level) < LEVELS.index(self.level):
            return
        if level == ERROR:
            self.errors += 1
        for line in text.split("\n"):
            if line:
                self._keep(level, tag, line[:_LONGEST_TEXT])

    def _keep(self, level, tag, line, kept=True):
        seconds, millis = self._uptime.seconds, self._uptime.millis
        if kept:
            self._records[self.count % len(self._records)] = (self.count, seconds, millis, level, tag, line)
            self.count += 1
        line = "%d.%03d %s %s %s" % (seconds, millis, level, tag, line)
        if self._usb is not None and self._usb.connected:
            self._usb.write((line + "\r\n").encode())
        else:
            self._write(line)

    def detail(self, tag, text):
        """Keep a detail."""
        self.add(DEBUG, tag, text)

    def note(self, tag, text):
        """Keep something that happened."""
        self.add(INFO, tag, text)

    def caution(self, tag, text):
        """Keep something that went wrong without stopping the box."""
        self.add(WARNING, tag, text)

    def tell_console(self, tag, text):
        """Print a line without keeping it: a password, for somebody next to the box."""
        self._keep(INFO, tag, text, False)

    def fail(self, tag, text):
        """Keep something that should not have happened."""
        self.add(ERROR, tag, text)

    def trace(self, tag, error, note=""):
        """Keep an exception with its traceback."""
        self.add(ERROR, tag, note + format_exception(error))

    def records(self, since=0):
        """The kept records from sequence number ``since`` on, oldest first."""
        size = len(self._records)
        for number in range(max(since, self.count - size, 0), self.count):
            record = self._records[number % size]
            # A reader may be slow, and newer records overwrite the oldest meanwhile.
            if record[0] == number:
                yield record


def usb_console():
    """The USB console, set up to drop what it has no room for; None without one.

    On an ESP32-S3 a terminal that was closed, or whose computer sleeps, still counts as connected, and ``print`` would
    block for ever once 1024 bytes wait (CircuitPython issue 10814).
    """
    try:
        import usb_cdc

        usb_cdc.console.write_timeout = 0
        return usb_cdc.console
    except (ImportError, AttributeError):
        return None


def format_exception(error):
    """Traceback of ``error`` as text."""
    try:
        import traceback
    except ImportError:
        # MicroPython's way.
        import io
        import sys

        text = io.StringIO()
        sys.print_exception(error, text)  # type: ignore[attr-defined]
        return text.getvalue().strip()
    return "".join(traceback.format_exception(error)).strip()
