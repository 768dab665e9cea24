# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The display's words in the language of the setting LANGUAGE. English costs nothing, another one is a file beside it.

The file is text, compressed as ``zlib`` does: lines with an English text, a tab and the translation, and lines with a
fault's code, what it means and what to do. What is not in it is shown in English, with %d and %s where they are.
"""

from appliance.state import faults

ENGLISH = ("en", "auto")
_FOLDER = __file__.rsplit("/", 1)[0] + "/languages/"

_language = ENGLISH[0]
_words = None
# The fault that was read last, as in state.faults: the screen asks again and again.
_read = (None, None)


def choose(language):
    """Use ``language`` from now on, as LANGUAGE has it; True when that is another one."""
    global _language, _words, _read
    if language in ENGLISH:
        language = ENGLISH[0]
    if language == _language:
        return False
    _language, _words, _read = language, None, (None, None)
    if language != ENGLISH[0]:
        rows = [line.split("\t") for line in _lines()]
        _words = {row[0]: row[1] for row in rows if len(row) == 2}
    return True


def _lines():
    """The lines of the language's file: 16 kB for a moment. Empty without one, or where the firmware has no ``zlib``."""
    try:
        import zlib

        with open(_FOLDER + _language + ".bin", "rb") as file:
            return str(zlib.decompress(file.read()), "utf-8").split("\n")
    except Exception:
        # Whatever is wrong with it, the display still has English.
        return []


def say(text):
    """``text`` in the language of the display."""
    return text if _words is None else _words.get(text, text)


def short(code):
    """A fault, in 21 letters at most."""
    return say(faults.short(code))


def sentences(code):
    """(what a fault means, what to do). Reads a file, unless it is the fault of the last time."""
    global _read
    if _words is None:
        return faults.sentences(code)
    if _read[0] != code:
        start = code + "\t"
        found = [tuple(line.split("\t")[1:]) for line in _lines() if line.startswith(start)]
        _read = (code, found[0] if found and len(found[0]) == 2 else faults.sentences(code))
    return _read[1]
