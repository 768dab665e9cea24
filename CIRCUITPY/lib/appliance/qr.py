# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""QR codes for the display, made in the background: one takes half a second of computing.

Small ones only: version 3 has 29 modules, which at two pixels each and a margin fit a display 64 pixels high.
"""

# Bytes that fit each version at the lowest level of correction (ISO/IEC 18004, table 7).
CAPACITY = ((1, 17), (2, 32), (3, 53))
_MOST_KEPT = 3


def version_for(text):
    """The smallest version that takes ``text``; ValueError when it is too long for a small code."""
    length = len(text.encode("utf-8"))
    for version, capacity in CAPACITY:
        if length <= capacity:
            return version
    raise ValueError("too long for a small QR code: " + text)


def modules(text):
    """The code as a tuple of rows, each a string of "1" for dark and "0" for light."""
    import adafruit_miniqr

    code = adafruit_miniqr.QRCode(qr_type=version_for(text), error_correct=adafruit_miniqr.L)
    code.add_data(text.encode("utf-8"))
    code.make()
    matrix = code.matrix
    size = range(matrix.width)
    return tuple(["".join(["1" if matrix[row, column] else "0" for column in size]) for row in size])


class Codes:
    """Slow piece. ``get(text)`` gives the modules, or None while they are still to be made.

    ``made()`` is called when one more is there.
    """

    def __init__(self, made, tell):
        self._made = made
        self._tell = tell
        self._kept = []
        self._wanted = []
        self._needed = False
        self._loaded = False
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
        """True when what draws codes is loaded; asks for it when it is not."""
        self._needed = True
        return self._loaded

    def due(self, _now):
        """True when a code is to be made, or what draws it to be loaded."""
        return bool(self._wanted) or (self._needed and not self._loaded)

    def run(self, _now):
        """Load the library, or make one code."""
        try:
            if not self._loaded:
                self._load()
                return
            text = self._wanted.pop(0)
            self._kept.append((text, modules(text)))
            if len(self._kept) > _MOST_KEPT:
                self._kept.pop(0)
            self._made()
        except (ImportError, ValueError, RuntimeError) as error:
            # Name and password stand beside the code, so the library's absence costs the comfort only.
            self._broken = isinstance(error, ImportError)
            self._wanted = []
            self._tell("no QR code: %s" % error)

    def _load(self):
        """Load what draws; the next step loads what computes. Each takes a tenth of a second."""
        from appliance import code_panel

        self._loaded = code_panel is not None
        self._made()
