# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Takes the place of ``re``: this interpreter's matches lack ``groups()``, which CircuitPython's have."""

import re as interpreter


class Match:
    def __init__(self, match):
        self._match = match

    def group(self, number=0):
        return self._match.group(number)

    def groups(self):
        found = []
        while True:
            try:
                found.append(self._match.group(len(found) + 1))
            except IndexError:
                return tuple(found)


def _wrapped(match):
    return None if match is None else Match(match)


def match(pattern, text):
    return _wrapped(interpreter.match(pattern, text))


def search(pattern, text):
    return _wrapped(interpreter.search(pattern, text))


class Pattern:
    def __init__(self, pattern):
        self._pattern = interpreter.compile(pattern)

    def match(self, text):
        return _wrapped(self._pattern.match(text))

    def search(self, text):
        return _wrapped(self._pattern.search(text))

    def split(self, text):
        return self._pattern.split(text)


compile = Pattern


def __getattr__(name):
    return getattr(interpreter, name)
