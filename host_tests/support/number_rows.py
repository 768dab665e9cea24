# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What a car tells and what the SmartEVSE gets: one row a rule. docs/protocol.md prints them, a test tries each.

    (name, what the car tells, the owner's profile, what is posted: SoC, full, capacity, request)

Numbers are (soc_percent, full_soc_percent, energy_capacity_wh, energy_request_wh); None: the car leaves it out.
"""

ROWS = (
    ("all fits", (42, 100, 28000, 16240), "", (42, 100, 28000, 16240)),
    ("the request is off by 2 % of the battery", (42, 100, 28000, 16800), "", (42, 100, 28000, 16800)),
    ("the request is off by a little more", (42, 100, 28000, 16801), "", (42, 100, 28000, -1)),
    ("the request is for 100 %, the limit is not (Ioniq)", (27, 94, 28000, 20440), "", (27, 94, 28000, -1)),
    ("the request is always the same (id.3 at 74 %)", (74, 100, 58000, 5300), "", (74, 100, 58000, -1)),
    ("the request is too large (Ampera-e)", (97, 100, 18700, 16700), "", (97, 100, 18700, -1)),
    ("the request is 0", (64, 100, 51000, 0), "", (64, 100, 51000, -1)),
    ("capacity missing: the request cannot be judged", (55, 100, None, 20000), "", (55, 100, -1, -1)),
    ("full missing: the request cannot be judged", (55, None, 75000, 20000), "", (55, -1, 75000, -1)),
    ("only the charge (Tesla)", (55, None, None, None), "", (55, -1, -1, -1)),
    ("full 0 (MG4)", (64, 0, 51000, 0), "", (64, -1, 51000, -1)),
    ("full below the charge", (85, 80, 51000, 0), "", (85, -1, 51000, -1)),
    ("capacity 0", (64, 100, 0, 0), "", (64, 100, -1, -1)),
    (
        "the profile fills what is unknown",
        (64, 0, None, 0),
        "capacity_wh=64000; full_soc=80",
        (64, 80, 64000, -1),
    ),
    (
        "the profile's limit is below the charge",
        (85, None, None, None),
        "capacity_wh=64000; full_soc=80",
        (85, -1, 64000, -1),
    ),
    (
        "the car's own number comes before the profile's",
        (64, 100, 51000, None),
        "capacity_wh=64000",
        (64, 100, 51000, -1),
    ),
    (
        "a profile that overrules comes first",
        (64, 100, 51000, None),
        "capacity_wh=64000; overrule=yes",
        (64, 100, 64000, -1),
    ),
    (
        "the request is judged by the profile's numbers",
        (55, None, None, 33750),
        "capacity_wh=75000; full_soc=100",
        (55, 100, 75000, 33750),
    ),
    ("nothing is known of the charge", (None, 100, 28000, 28000), "", (-1, 100, 28000, -1)),
    ("0 that was confirmed", (0, 100, 28000, 28000), "", (0, 100, 28000, 28000)),
)


def shown(numbers):
    """Numbers of a row as a person reads them; - for what is left out."""
    units = (" %", " %", " Wh", " Wh")
    return [
        "-" if value is None else "-1" if value == -1 else f"{value}{unit}"
        for value, unit in zip(numbers, units, strict=True)
    ]
