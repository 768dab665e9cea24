# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""settings.toml as the firmware reads it: byte by byte, a key at a time, and nothing of what CPython knows about text.

Follows shared-module/os/getenv.c of CircuitPython up to 10.1 and supervisor/shared/settings.c of 10.2 (pull request 10819).
A line ends at a line feed or a zero byte and nowhere else: a file whose lines end in carriage returns is one line. A key
that only a line feed follows takes the line behind it for its own.
"""

import re

RAW_VALUES = (10, 2)
# Of settings_get_int and settings_get_bool, with the zero at the end.
_SMALL_BUFFER = 16
_MOST_CHARACTER = 0x110000

_BLANKS = re.compile(rb"[ \t\v\f\r]*")
_LINE = re.compile(rb"[^\n\0]*[\n\0]?")
_BARE = re.compile(rb"[^\n\0#]*")
_PLAIN = re.compile(rb'[^\n\0"\\]*')
_STRTOUL_16 = re.compile(r"[ \t\n\v\f\r]*([+-]?)(?:0[xX])?([0-9a-fA-F]+)")
_STRTOL = re.compile(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)[ \t\n\v\f\r]*")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
_ESCAPES = {b"b": b"\b", b"r": b"\r", b"n": b"\n", b"t": b"\t", b"v": b"\v", b"f": b"\f"}
_HEX = {b"u": 4, b"U": 8}
_NOTHING = (b"", b"\0")


class BadValue(ValueError):
    """What stands behind the = of a key means nothing."""


class Found:
    """``value``: the bytes, None where the key is not there or means nothing; ``bad``: it is there and means nothing.
    ``quoted``: it stood in double quotes. ``read``: how many bytes the firmware read."""

    def __init__(self, read, value=None, quoted=False, bad=False):
        self.read = read
        self.value = value
        self.quoted = quoted
        self.bad = bad

    def text(self):
        """UnicodeError for what is not UTF-8; halves of characters pass, as on the device."""
        return self.value.decode("utf-8", "surrogatepass")


def find(data, key, version):
    """What the firmware of a version finds for a key in a file's bytes."""
    wanted = key.encode()
    at = 0
    while at < len(data):
        at, here = _key_at(data, at, wanted)
        if here:
            return _value(data, at, version)
    return Found(at)


def read_setting(text, key, version=(10, 1, 4)):
    """(text, whether it was quoted) of a key in a settings.toml, None when it is not there; BadValue."""
    found = find(text.encode() if isinstance(text, str) else text, key, version)
    if found.bad:
        raise BadValue(key)
    return None if found.value is None else (found.text(), found.quoted)


def as_getenv(found, version, default=None):
    """What ``os.getenv`` gives: text, before 10.2 int for a bare value. ValueError, of which UnicodeError is one."""
    is_old = version < RAW_VALUES
    if found.bad and is_old:
        raise ValueError("Invalid byte")
    if found.value is None:
        return default
    if is_old and not found.quoted:
        # mp_parse_num_integer: a bare value has to be an integer, and 010 is ten.
        text = found.value.decode("latin-1").strip()
        return int(text, 10 if text.isdigit() else 0)
    return found.text()


def whole_number(text):
    """As strtol with base 0 (a leading zero is octal), nothing but blanks behind it; None for anything else."""
    match = _STRTOL.fullmatch(text)
    if match is None:
        return None
    sign, digits = match.groups()
    octal = digits[:1] == "0" and digits[1:2] not in ("x", "X")
    try:
        number = int(digits, 8 if octal else 0)
    except ValueError:
        return None
    return -number if sign == "-" else number


def own_number(found):
    """What settings_get_int makes of it for the firmware itself; None: it complains and takes its own."""
    if found.value is None or found.quoted or len(found.value) >= _SMALL_BUFFER:
        return None
    return whole_number(found.value.decode("latin-1"))


def own_flag(found):
    """The same for settings_get_bool, of 10.2 and later."""
    return None if found.quoted else {b"true": True, b"false": False}.get(found.value)


def own_decimal(found):
    """The same for settings_get_float, of 10.3 and later (pull request 10975; its source could not be read)."""
    if found.value is None or found.quoted or len(found.value) >= _SMALL_BUFFER:
        return None
    text = found.value.decode("latin-1")
    return float(text) if _DECIMAL.fullmatch(text) else None


def own_text(found):
    """The same for settings_get_str."""
    return found.value.decode("utf-8", "replace") if found.value is not None and found.quoted else None


def _next_line(data, at):
    return _LINE.match(data, at).end()


def _key_at(data, at, key):
    """(where to go on, whether that is behind the = of the key). The line may begin with blanks; [ ends everything."""
    at = _BLANKS.match(data, at).end()
    if data[at : at + 1] in (b"[", *_NOTHING):
        return len(data), False
    for count, letter in enumerate(key):
        character = data[at + count : at + count + 1]
        if character != bytes((letter,)):
            behind = at + count + 1
            return (behind if character == b"\n" else _next_line(data, behind)), False
    at += len(key)
    if data[at : at + 1].isspace():
        # A line feed as well.
        at = _BLANKS.match(data, at + 1).end()
    if data[at : at + 1] == b"=":
        return at + 1, True
    return (at + 1 if data[at : at + 1] == b"\n" else _next_line(data, at + 1)), False


def _value(data, at, version):
    at = _BLANKS.match(data, at).end()
    first = data[at : at + 1]
    if first == b'"':
        return _quoted(data, at + 1)
    if version >= RAW_VALUES and (first in _NOTHING or first == b"\n"):
        return Found(at + 1, bad=True)
    value = _BARE.match(data, at).group()
    read = _next_line(data, at)
    return Found(read, value.rstrip(b" \t\r") if version >= RAW_VALUES else value)


def _quoted(data, at):
    """From behind the first quote on."""
    value = b""
    while True:
        piece = _PLAIN.match(data, at)
        value += piece.group()
        at = piece.end() + 1
        ended_by = data[at - 1 : at]
        if ended_by == b'"':
            at = _BLANKS.match(data, at).end()
            if data[at : at + 1] in (b"#", b"\n", *_NOTHING):
                return Found(_next_line(data, at), value, True)
            return Found(at + 1, bad=True)
        letter = data[at : at + 1]
        if ended_by != b"\\" or letter in (b"\n", *_NOTHING):
            return Found(at, bad=True)
        at += 1
        if letter in _HEX:
            code = data[at : at + _HEX[letter]].ljust(_HEX[letter], b"\0")
            at += len(code)
            number = _STRTOUL_16.fullmatch(code.decode("latin-1"))
            number = -1 if number is None or number[1] == "-" else int(number[2], 16)
            if not 0 <= number < _MOST_CHARACTER:
                return Found(at, bad=True)
            value += chr(number).encode("utf-8", "surrogatepass")
        else:
            value += _ESCAPES.get(letter, letter)
