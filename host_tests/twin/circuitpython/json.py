# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""json: a parser that takes commas and colons for blanks, any value for a key and any bracket for the other; UTF-8 as it is,
floats with the digits that the board has of them.

Follows extmod/modjson.c @c25c1233ed.
"""

import json as _host
import re

from host_tests.twin.circuitpython import _floats

_BLANKS = ",: \t\n\r"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"n": ("null", None), "f": ("false", False), "t": ("true", True)}
_NUMBER = re.compile(r"[-0-9][-+0-9.eE]*")
# The end of a text, as the parser sees it.
_END = "\0"


class _Text:
    """What is left to parse."""

    def __init__(self, text):
        self.text = text + _END
        self.at = 0

    def next(self):
        """One character; the end again and again."""
        letter = self.text[self.at]
        if letter != _END:
            self.at += 1
        return letter

    def value(self, first):
        """A value that is neither list nor object."""
        if first == '"':
            return self._string()
        if first in _WORDS:
            word, value = _WORDS[first]
            if not self.text.startswith(word, self.at - 1):
                _fail()
            self.at += len(word) - 1
            return value
        found = _NUMBER.match(self.text, self.at - 1)
        if not found:
            _fail()
        self.at = found.end()
        return _floats.board(float(found[0])) if set(found[0]) & set(".eE") else int(found[0])

    def _string(self):
        pieces = []
        while True:
            letter = self.next()
            if letter == _END:
                _fail()
            if letter == '"':
                return "".join(pieces)
            if letter == "\\":
                letter = self.next()
                letter = self._code() if letter == "u" else _ESCAPES.get(letter, letter)
            pieces.append(letter)

    def _code(self):
        number = 0
        for _ in range(4):
            digit = (ord(self.next()) | 0x20) - ord("0") & 0xFF
            number = number << 4 | (digit - 39 & 0xFF if digit > 9 else digit)
        return chr(number & 0xFFFF)


def _fail():
    raise ValueError("syntax error in JSON")


def _parsed(text):
    """The first value of a _Text."""
    above, top = [], None
    key = _fail
    while True:
        letter = text.next()
        if letter == _END:
            _fail()
        if letter in _BLANKS:
            continue
        if letter in "}]":
            if top is None:
                _fail()
            if not above:
                return top
            top = above.pop()
            continue
        is_new = letter in "[{"
        value = ([] if letter == "[" else {}) if is_new else text.value(letter)
        if top is None:
            if not is_new:
                return value
            top = value
            continue
        if isinstance(top, list):
            top.append(value)
        elif key is _fail:
            if is_new:
                _fail()
            key = value
        else:
            top[key] = value
            key = _fail
        if is_new:
            above.append(top)
            top = value


def _text(text):
    """What is no UTF-8 makes a text all the same."""
    return _Text(text if isinstance(text, str) else bytes(text).decode("utf-8", "surrogateescape"))


def loads(text):
    text = _text(text)
    value = _parsed(text)
    while text.text[text.at].isspace():
        text.at += 1
    if text.text[text.at] != _END:
        _fail()
    return value


def load(stream):
    """The first value; what comes behind it stays unread."""
    return _parsed(_text(stream.read()))


def _has_float(value):
    if isinstance(value, dict):
        value = list(value.values())
    return any(map(_has_float, value)) if isinstance(value, (list, tuple)) else isinstance(value, float)


def dumps(value, *, separators=None):
    if not _has_float(value):
        return _host.dumps(value, ensure_ascii=False, separators=separators)
    if isinstance(value, float):
        return _floats.shown(value)
    comma, colon = separators or (", ", ": ")
    if isinstance(value, dict):
        pairs = [dumps(str(key)) + colon + dumps(item, separators=separators) for key, item in value.items()]
        return "{" + comma.join(pairs) + "}"
    return "[" + comma.join([dumps(item, separators=separators) for item in value]) + "]"


def dump(value, stream, *, separators=None):
    stream.write(dumps(value, separators=separators))
