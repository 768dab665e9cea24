# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""How loudly the last car was heard, group by group of carriers, and what that means.

Means that were recorded: 8 to 23 dB at public chargers, 23 to 33 dB with a bare QCA7005, 36 to 51 dB of cars in
other parking spaces; TS 70121 calls more than 40 dB poor.
"""

# Means up to this many dB, the word, and what to do.
_WORDS = (
    (35, "good", "Nothing needs to be done."),
    (
        42,
        "weak",
        "Shorten the wires from the modem to CP and PE, and check that there is only one coupling.",
    ),
    (
        255,
        "very weak",
        "Perhaps this was a car in another parking space. If it was yours: is the modem wired to CP and PE?",
    ),
)


def mean_db(values):
    """The mean of the groups, None without any."""
    return sum(values) // len(values) if values else None


def attenuation_document(values):
    """For the page: ``values`` are the dB of 58 groups, or None before the first car."""
    if not values:
        return None
    mean = mean_db(values)
    document = {"groups_db": list(values), "mean_db": mean}
    for limit, word, action in _WORDS:
        if mean <= limit:
            document["word"], document["action"] = word, action
            break
    return document
