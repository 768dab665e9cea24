# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Reads and writes lines of ``settings.toml``.

Not with ``os.getenv``, which scans the file at every call, returns types that differ between CircuitPython versions, and
ignores a typo silently. Here an unusable line is reported, and only that line is lost.
"""

from appliance.base.text import HEX, LETTERS, PLAIN, consists_of
from appliance.settings.checks import is_surrogate, shown
from appliance.settings.schema import KIND, NUMBER, Mistake, row_of

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_HEX_ESCAPES = {"u": 4, "U": 8}
_LONGEST_LINE = 400
# The shipped file has 8 kB. A line takes 2 ms of device time, so this stays below the watchdog's 60 s.
_LONGEST_FILE = 32768
LINES_A_PIECE = 16


def _unescape(text, at):
    """(character of the escape at ``text[at]``, after the backslash; where it ends)."""
    letter = text[at]
    digits = _HEX_ESCAPES.get(letter)
    if digits is None:
        if letter in LETTERS and letter not in _ESCAPES:
            # CircuitPython would drop the backslash, but whoever wrote "pass\word" meant it.
            raise Mistake("a backslash must be written twice")
        return _ESCAPES.get(letter, letter), at + 1
    code = text[at + 1 : at + 1 + digits]
    if len(code) != digits or not consists_of(code, HEX):
        raise Mistake("\\" + letter + " must be followed by " + str(digits) + " hexadecimal digits")
    number = int(code, 16)
    if number > 0x10FFFF or is_surrogate(number):
        raise Mistake("\\" + letter + code + " is not a character")
    return chr(number), at + 1 + digits


def _quoted(text):
    """(string, rest) of ``text``, which begins with a quote."""
    quote = '"' if text.startswith('"') else "'"
    result = ""
    at = 1
    while True:
        end = text.find(quote, at)
        mark = text.find("\\", at) if quote == '"' else -1
        if 0 <= mark < len(text) - 1 and (end < 0 or mark < end):
            letter, after = _unescape(text, mark + 1)
            result, at = result + text[at:mark] + letter, after
        elif end < 0:
            raise Mistake("the closing " + quote + " is missing")
        else:
            return result + text[at:end], text[end + 1 :]


def parse_line(text):
    """One line of settings.toml as (key, value, quoted), or None for an empty line or a comment.

    ``value`` is always text; ``quoted`` tells whether it stood in quotes. Raises Mistake.
    """
    text = text.strip()
    if not text or text.startswith("#"):
        return None
    if text.startswith("["):
        raise Mistake("sections are not used here; CircuitPython ignores everything below one")
    if "=" not in text:
        raise Mistake("a line reads KEY = value; the = is missing")
    key, text = text.split("=", 1)
    key = key.strip()
    text = text.strip()
    if not key:
        raise Mistake("the name before the = is missing")
    if not text or text.startswith("#"):
        raise Mistake(shown(key) + " has no value")
    if text.startswith('"') or text.startswith("'"):
        value, rest = _quoted(text)
        rest = rest.strip()
        if rest and not rest.startswith("#"):
            raise Mistake("there is something after the closing quote of " + shown(key))
        return key, value, True
    return key, text.split("#", 1)[0].strip(), False


def read(lines, take, settings):
    """Parses an iterable of lines (bytes; None: the rest is left out). ``take(settings, key, text, quoted)`` gets what a
    line sets and may raise Mistake; ``settings.complain(number, text)`` gets the mistakes, number 0 for the whole file. A
    generator that yields every few lines."""
    for number, line in enumerate(lines, 1):
        if not number % LINES_A_PIECE:
            yield
        if line is None:
            size = _LONGEST_FILE // 1024
            settings.complain(0, "settings.toml is too long; what comes after its first %d kB is not read" % size)
            return
        try:
            text = text_of(line, number == 1).strip()
            if text.startswith("["):
                settings.complain(
                    0, "settings.toml has a [section]; CircuitPython and the box ignore everything below it"
                )
                return
            parsed = parse_line(text)
            if parsed:
                take(settings, *parsed)
        except Mistake as mistake:
            settings.complain(number, str(mistake))


def lines_of(file):
    """The lines of a file opened for bytes. To bound memory and time the rest of a very long line is skipped, and None
    stands for the rest of a very long file."""
    total = 0
    begins = True
    while True:
        line = file.readline(_LONGEST_LINE + 1)
        total += len(line)
        if not line:
            return
        if total > _LONGEST_FILE:
            yield None
            return
        if begins:
            yield line
        begins = line[-1:] == b"\n"


def text_of(line, first=False):
    """One line (bytes) as text, without the byte order mark that the first may have. Raises Mistake."""
    if first and line.startswith(b"\xef\xbb\xbf"):
        line = line[3:]
    if len(line) > _LONGEST_LINE:
        raise Mistake("the line is too long")
    try:
        text = line.decode("utf-8")
        # CPython's decoder refuses half a character, the device's does not.
        if b"\xed" in line and any(is_surrogate(ord(letter)) for letter in text):
            raise ValueError
        return text
    except ValueError:
        # UnicodeError is one.
        raise Mistake("the line is not UTF-8 text; save the file as UTF-8")


_NEEDS_ESCAPE = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def toml_line(key, value):
    """One line of a settings.toml that CircuitPython and this reader understand."""
    row = row_of(key)
    if row is not None and row[KIND] == NUMBER:
        return "%s = %s" % (key, value)
    text = str(value)
    if text.strip(PLAIN) or '"' in text or "\\" in text:
        text = "".join([_escaped(letter) for letter in text])
    return '%s = "%s"' % (key, text)


def _escaped(letter):
    if letter < " " and letter not in _NEEDS_ESCAPE:
        return "\\u%04x" % ord(letter)
    return _NEEDS_ESCAPE.get(letter, letter)
