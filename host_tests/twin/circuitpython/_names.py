# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Enumeration members as CircuitPython shows them: objects that compare by identity and print with their path."""


class Name:
    def __init__(self, owner, name):
        self._text = f"{owner}.{name}"
        self.name = name

    def __repr__(self):
        return self._text


def names(owner, module, words):
    """Add a member for each word to the class `owner`."""
    for word in words.split():
        member = Name(f"{module}.{owner.__name__}", word)
        setattr(owner, word, member)
