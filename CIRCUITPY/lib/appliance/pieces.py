# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The pieces of work that take turns in ``appliance.loop``. Loaded with the box: ``appliance.door`` has no pieces."""

from plc.ticks import expired, ticks_add, ticks_diff

# How long a piece that failed is left out.
REST_MS = 10000


class _Place:
    """A piece, its name, and the tick until which it is left out after a failure."""

    def __init__(self, name, piece):
        self.name = name
        self.piece = piece
        self.rests_until = None

    def rests(self, now):
        """True while it is left out."""
        if expired(self.rests_until, now):
            self.rests_until = None
        return self.rests_until is not None


class Pieces:
    """``took``: the Histogram of how long slow pieces ran, which have ``due(now)`` and ``run(now)``; None for pieces that
    have ``poll(now)``. ``failed(name, error)`` gets what a piece raises."""

    def __init__(self, took, ticks, failed):
        self.places = []
        self._took = took
        self._ticks = ticks
        self._failed = failed
        self._turn = 0

    def add(self, name, piece):
        self.places.append(_Place(name, piece))

    def one(self, now):
        """Run the next piece that has something to do; False if none has."""
        for _ in range(len(self.places)):
            self._turn = (self._turn + 1) % len(self.places)
            place = self.places[self._turn]
            if place.rests_until is not None and place.rests(now):
                continue
            try:
                if self._took is None:
                    if place.piece.poll(now):
                        return True
                elif place.piece.due(now):
                    place.piece.run(now)
                    self._took.add(ticks_diff(self._ticks(), now))
                    return True
            except Exception as error:
                place.rests_until = ticks_add(now, REST_MS)
                self._failed(place.name, error)
                return True
        return False
