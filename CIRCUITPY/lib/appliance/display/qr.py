# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes for the display, made in the background: one takes a twentieth of a second, in many pieces. Loaded with what
shows them, when a screen first wants one."""

_MOST_KEPT = 3


class Codes:
    """A piece of each pass that makes codes.

    ``get(text)`` gives the modules as a tuple of rows, each a string of "1" for dark and "0" for light, or None while
    they are still to be made. ``made()`` is called when one more is there, ``tell(text)`` gets why there is none.
    """

    def __init__(self, made, tell):
        self._made = made
        self._tell = tell
        self._kept = []
        self._wanted = []
        self._making = None
        self._new_code = None
        try:
            from appliance.display.qr_encoder import Code

            self._new_code = Code
        except ImportError as error:
            # Name and password stand beside the code, so a file that is missing costs the comfort only.
            self._give_up(error)

    def get(self, text):
        """The modules of ``text``; asks for them when they are not there."""
        for known, rows in self._kept:
            if known == text:
                return rows
        if text not in self._wanted and self._new_code is not None:
            self._wanted.append(text)
        return None

    def poll(self, _now):
        """Do a piece of a code, some milliseconds; True when there was one. Allocates nothing when there is none."""
        if not self._wanted:
            return False
        try:
            self._make()
        except ValueError as error:
            self._give_up(error)
        return True

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
            del self._kept[:-_MOST_KEPT]
            self._making = None
            self._wanted.pop(0)
            self._made()
