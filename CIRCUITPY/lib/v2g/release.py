# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How cars leave: what is known of them, and the words for the session log.

The ladder itself is a table of each standard (``v2g.din.LADDER``, ``v2g.iso2.LADDER``). No row of it asks who
made the car: what a car does decides how far down it comes, and how long it is given on the way.
"""

# rung: (words for the log, who is known to leave there)
RUNGS = (
    ("before any charging parameters", ""),
    ("before it was asked to", "BMW iX3: closes 0.3 s after the first ChargeParameterDiscoveryRes"),
    ("when asked to", "most: Hyundai, Audi, Polestar"),
    ("when told that it will not be charged", "VW ID.Buzz"),
    ("at the cable check", "Tesla"),
    ("when refused power", "none known; cars that look at nothing but the ResponseCode"),
)

# (what the car does, what the box does, who is known for it)
BEHAVIOURS = (
    ("closes the connection at once", "takes the reading it has as final", "BMW iX3"),
    ("stops the session when asked", "leaves TCP open, 5 s at most, until the car closes it", "most"),
    (
        "closes late, or resets the connection",
        "keeps the network until its own FIN is acknowledged: 1 s at least, 3 s at most",
        "VW MEB: loses its way back to AC when TCP or network end too early",
    ),
    ("keeps asking after the shutdown", "10 rounds and 3 s, at most 8 s, then the next rung", "Tesla, VW ID.Buzz"),
    ("asks slowly, or hardly at all", "at most 8 s, whatever the rounds", ""),
    ("repeats what was refused", "closes after three refusals in a row, six where the car reported 0 %", "Clara"),
    ("says nothing more after a refusal", "closes 3 s later", "pyPLC"),
    ("says nothing more", "20 s after the reading: FIN, end, delivery", ""),
    ("starts matching over", "treats it as gone, does not answer for 10 s", "Stellantis, Tesla after sleep"),
    ("goes on to the cable check and beyond", "refuses, with isolation Invalid and 0 V", "Tesla"),
)

_NOT_THE_LADDER = ("link lost", "the car did not leave in time", "the car started over")


def departure(how, session):
    """Words for when a car left; ``how``: the event that ended it, ``session``: a v2g.session.Session."""
    if session is None:
        return RUNGS[0][0]
    place = "rung %d" % session.rung
    if how is None or how in _NOT_THE_LADDER or (not session.rung and session.reading is not None):
        return place  # not by the ladder: a car that was read in a refused request stands on none of its rungs
    return place + ", " + RUNGS[session.rung][0]
