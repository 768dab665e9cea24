# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the shims share: the virtual clock, the chip, the network, and the books of who allocated.

The shims stand for C code of the firmware and for the world behind it. What they allocate is not the box's: between
``enter`` and ``leave`` bytes and time are booked as the world's.
"""

import gc
import time as interpreter_time


class Books:
    """``bytes`` and ``us`` that the world took; counted only while ``count_bytes`` or ``count_us`` is set.

    To ask for the bytes in use, the interpreter walks its whole heap: ``seen`` is what was told last.
    """

    def __init__(self):
        self.count_bytes = False
        self.count_us = False
        self.bytes = 0
        self.us = 0
        self.seen = 0
        self._bytes_before = 0
        self._us_before = 0
        self._depth = 0

    def enter(self, seen=None):
        """The world begins to work. ``seen``: the bytes in use, where they were just told."""
        self._depth += 1
        if self._depth > 1:
            return
        if self.count_bytes:
            self._bytes_before = gc.mem_alloc() if seen is None else seen
        if self.count_us:
            self._us_before = interpreter_time.ticks_us()

    def leave(self):
        """Back to the box."""
        self._depth -= 1
        if self._depth:
            return
        if self.count_us:
            self.us += interpreter_time.ticks_diff(interpreter_time.ticks_us(), self._us_before)
        if self.count_bytes:
            self.seen = gc.mem_alloc()
            self.bytes += self.seen - self._bytes_before


books = Books()
clock = None
chip = None
network = None
on_pass = None
sleeps = 0
displays = []
resets = 0
page_password = None
collections = 0


def pass_time(us):
    """Let virtual time pass while the box waits for C code."""
    books.enter()
    clock.advance(us)
    books.leave()
