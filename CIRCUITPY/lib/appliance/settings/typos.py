# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Guesses which key a mistyped one was meant to be. Loaded for the first of them."""

from appliance.settings.schema import KEY, SCHEMA


def _distance(one, other):
    """The edit distance of two words, small for a mistyped key and large for a foreign one."""
    previous = list(range(len(other) + 1))
    for at, letter in enumerate(one):
        current = [at + 1]
        for column in range(len(other)):
            change = previous[column] + (0 if other[column] == letter else 1)
            current.append(min(change, previous[column + 1] + 1, current[column] + 1))
        previous = current
    return previous[-1]


def hint_for(key):
    """The end of a sentence about an unknown key."""
    best, best_distance = None, 4
    for row in SCHEMA:
        if abs(len(key) - len(str(row[KEY]))) >= best_distance:
            continue  # 0.2 s of the device's time for each key, and a file may be full of mistakes
        distance = _distance(key.upper(), row[KEY])
        if distance < best_distance:
            best, best_distance = row[KEY], distance
    return "; did you mean %s?" % (best,) if best else ""
