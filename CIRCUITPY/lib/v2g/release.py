# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How cars leave: the words for the session log.

The ladder itself is a table of each standard (``v2g.din.LADDER``, ``v2g.iso2.LADDER``). No row of it asks who
made the car: what a car does decides how far down it comes, and how long it is given on the way. Which cars do what is
known to host_tests/tools/leaving.py, for the docs.
"""

# Words for the log, by the rung of the ladder.
RUNGS = (
    "before any charging parameters",
    "before it was asked to",
    "when asked to",
    "when told that it will not be charged",
    "at the cable check",
    "when refused power",
)

_NOT_THE_LADDER = ("link lost", "the car did not leave in time", "the car started over")


def departure(how, session):
    """Words for when a car left; ``how``: the event that ended it, ``session``: a v2g.session.Session."""
    if session is None:
        return RUNGS[0]
    place = "rung %d" % session.rung
    if how is None or how in _NOT_THE_LADDER or (not session.rung and session.reading is not None):
        return place  # not by the ladder: a car that was read in a refused request stands on none of its rungs
    return place + ", " + RUNGS[session.rung]
