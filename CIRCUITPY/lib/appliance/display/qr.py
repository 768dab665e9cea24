# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes for the display, made in the background: one takes a twentieth of a second, in many pieces."""

_MOST_KEPT = 3
# What shows a code and the words beside it.
_PARTS = ("appliance.display.setup_views", "appliance.display.code_panel")


class Codes:
    """A piece of each pass that makes codes, and a slow piece that loads what they need.

    ``get(text)`` gives the modules as a tuple of rows, each a string of "1" for dark and "0" for light, or None while
    they are still to be made. ``made()`` is called when one more is there.
    """

    def __init__(self, made, tell):
        self._made = made
        self._tell = tell
        self._kept = []
        self._wanted = []
        self._making = None
        self._needed = False
        self._ready = False
        # Makes the next one; None while what computes codes is not loaded.
        self._new_code = None
        self._broken = False

    def get(self, text):
        """The modules of ``text``; asks for them when they are not there."""
        for known, rows in self._kept:
            if known == text:
                return rows
        if text not in self._wanted and not self._broken:
            self._wanted.append(text)
        return None

    def ready(self):
        """True when what shows codes and their words is loaded; asks for it when it is not."""
        self._needed = True
        return self._ready

    def poll(self, _now):
        """Do a piece of a code, some milliseconds; True when there was one. Allocates nothing when there is none."""
        if not self._wanted or self._new_code is None:
            return False
        try:
            self._make()
        except ValueError as error:
            self._give_up(error)
        return True

    def due(self, _now):
        """True when what draws and computes codes is to be loaded."""
        return self._new_code is None and not self._broken and (self._needed or bool(self._wanted))

    def run(self, _now):
        """Load it: half a second, once, and at once, because somebody waits for a code at the first start."""
        try:
            for name in _PARTS:
                __import__(name)
            self._ready = True
            from appliance.display import qr_encoder

            self._new_code = qr_encoder.Code
        except ImportError as error:
            # Name and password stand beside the code, so a file that is missing costs the comfort only.
            self._broken = True
            self._give_up(error)
        self._made()

    def _give_up(self, error):
        self._wanted = []
        self._making = None
        self._tell("no QR code: %s" % error)

    def _make(self):
        text = self._wanted[0]
        if self._making is None:
            self._making = self._new_code(text)
        elif self._making.go_on():
            self._kept.append((text, self._making.rows))
            if len(self._kept) > _MOST_KEPT:
                self._kept.pop(0)
            self._making = None
            self._wanted.pop(0)
            self._made()
