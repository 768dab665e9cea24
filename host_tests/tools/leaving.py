# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How cars leave the box, for docs/protocol.md. Words alone, so they take no room on the board: what the box does is
in the ladders of ``v2g.din`` and ``v2g.iso2`` and in the limits of ``v2g.plug_in``.
"""

# Who is known to leave there, by the rung of the ladder.
LEAVE_THERE = (
    "",
    "BMW iX3: closes 0.3 s after the first ChargeParameterDiscoveryRes",
    "most: Hyundai, Audi, Polestar",
    "VW ID.Buzz",
    "Tesla",
    "none known; cars that look at nothing but the ResponseCode",
)

# (what the car does, what the box does, who is known for it)
BEHAVIOURS = (
    ("closes the connection at once", "takes the reading it has as final", "BMW iX3"),
    ("stops the session when asked", "leaves TCP open, 5 s at most, until the car closes it", "most"),
    (
        "closes late, or resets the connection",
        "keeps the network until its own FIN is acknowledged: 1 s at least, 3 s at most, but no number back beyond its 20 s",
        "VW MEB: loses its way back to AC when TCP or network end too early",
    ),
    ("keeps asking after the shutdown", "10 rounds and 3 s, at most 8 s, then the next rung", "Tesla, VW ID.Buzz"),
    ("asks slowly, or hardly at all", "at most 8 s, whatever the rounds", ""),
    ("repeats what was refused", "closes after three refusals in a row, six where the car reported 0 %", "Clara"),
    ("says nothing more after a refusal", "closes 3 s later; 10 s where the car told nothing yet", "pyPLC"),
    ("says nothing more", "20 s after the reading: FIN, end, delivery", ""),
    ("starts matching over", "treats it as gone, does not answer for 10 s", "Stellantis, Tesla after sleep"),
    ("goes on to the cable check and beyond", "refuses, with isolation Invalid and 0 V", "Tesla"),
)
