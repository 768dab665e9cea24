# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What the parts of the virtual car write down: frames to send, events, complaints and dangers."""

_MOST_COMPLAINTS = 500  # a flood of the same fault must not eat the interpreter's heap


class Ledger:
    """One per car, shared by its SLAC, IP, TCP and session parts."""

    def __init__(self):
        self.frames = []
        self.events = []
        self.complaints = []
        self.unsafe = []

    def send(self, frame):
        self.frames.append(frame)

    def event(self, *items):
        self.events.append(items)

    def complain(self, text):
        """The peer deviated; the text says from what."""
        if len(self.complaints) < _MOST_COMPLAINTS:
            self.complaints.append(text)

    def danger(self, text):
        """A response that would let a car close its contactors."""
        self.unsafe.append(text)
        self.events.append(("unsafe", text))


def earlier(one, other):
    """The nearer of two points in time (ms), where None means never."""
    if one is None:
        return other
    if other is None:
        return one
    return min(one, other)
