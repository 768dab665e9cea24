# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Loads modules one per step, so that a car never waits for more than one."""


class Parts:
    """``names`` of modules, in an order in which each import loads one file only."""

    def __init__(self, names):
        self._left = list(names)

    def load(self):
        """Load the next one; False if all are loaded. Raises what the import raises; the next call tries it again."""
        if not self._left:
            return False
        __import__(self._left[0])
        self._left.pop(0)
        return True


class LoadedPiece:
    """Slow piece that stands in for another, ``piece``: from when ``ready()`` is true the modules ``names`` are loaded, then
    ``make()`` makes it. An error goes to ``tell(error)``, and nothing is tried again."""

    def __init__(self, names, ready, make, tell):
        self.piece = None
        self._parts = Parts(names)
        self._ready = ready
        self._make = make
        self._tell = tell
        self._failed = False

    def get(self):
        """The piece, made now if there is none yet. Raises what ``make`` raises."""
        if self.piece is None:
            self.piece = self._make()
        return self.piece

    def due(self, now):
        """True when there is something to load or the piece has something to do. Allocates nothing."""
        if self.piece is not None:
            return self.piece.due(now)
        return not self._failed and self._ready()

    def run(self, now):
        """Load one file, make the piece, or have it run."""
        if self.piece is not None:
            self.piece.run(now)
            return
        try:
            if not self._parts.load():
                self.get()
        except Exception as error:
            self._failed = True
            self._tell(error)
