# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The box's other languages: `python -m host_tests.tools.languages` (part of `make docs`).

From host_tests/languages/<language>.po it makes what the box has of a language:

    www/lang/keys.js.gz                  what is translated, the same for all: hashes of the English texts, and patterns
    www/lang/<language>.js.gz            the translations, in the order of the keys
    lib/appliance/display/languages/<language>.bin    the display's words, and the faults as in state/faults.txt

In a .po the English text is the key. On pages {0} stands for a number, a name, or another text; in a translation it is shown
as it came, and {t0} is translated itself. Texts with the context "display" are the display's; %d and %s are filled in by
the box. A fault's texts have no context: page and display share them.

`--check` writes nothing and prints what is missing, out of date or not in the sources any more.
"""

import argparse
import binascii
import gzip
import json
import re
import sys
import zlib
from pathlib import Path

from babel.messages.pofile import read_po

from host_tests.tools import sentences

ROOT = Path(__file__).resolve().parents[2]
DRIVE = ROOT / "CIRCUITPY"
FOLDER = ROOT / "host_tests" / "languages"
LANGUAGES = ("de", "nl", "fr")
DISPLAY = "display"
# As in www/translate.js.
HASH_LETTERS = 5
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_HOLE = re.compile(r"\{(t?)(\d)\}")
_FORMAT = re.compile(r"%(?:0?\d*[ds]|%)")


class Language:
    """``pages`` and ``display``, {English: translation}, of one .po."""

    def __init__(self, name, folder=FOLDER):
        self.name = name
        self.pages, self.display = {}, {}
        with open(folder / f"{name}.po", "rb") as file:
            for message in read_po(file, locale=name):
                if message.id:
                    texts = self.display if message.context == DISPLAY else self.pages
                    texts[message.id] = message.string


def hash_of(text):
    """FNV-1a over the characters' codes, its last digits to the base 36."""
    value = 0x811C9DC5
    for letter in text:
        value = (value ^ ord(letter)) * 0x01000193 & 0xFFFFFFFF
    return "".join(_DIGITS[value // 36**place % 36] for place in range(HASH_LETTERS - 1, -1, -1))


def holes(text):
    """The numbers of the places in ``text`` that are filled in, in order of number; the display's formats as they stand."""
    return sorted(number for _, number in _HOLE.findall(text)) or _FORMAT.findall(text)


def keys_of(pages):
    """(texts, patterns) of a language: those without places to fill in, those with the longest first."""
    texts = sorted(key for key in pages if not _HOLE.search(key))
    patterns = [key for key in pages if _HOLE.search(key)]
    return texts, sorted(patterns, key=lambda key: (-len(_HOLE.sub("", key)), key))


def _script(call, *values):
    return (call + json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1] + ");\n").encode()


def page_tables(languages):
    """{path: bytes, not yet compressed} for the pages."""
    texts, patterns = keys_of(languages[0].pages)
    stamp = "%08x" % binascii.crc32("\n".join(texts + patterns).encode())
    files = {"www/lang/keys.js": _script("takeKeys(", stamp, "".join(map(hash_of, texts)), patterns)}
    for language in languages:
        values = [language.pages[key] for key in texts + patterns]
        files[f"www/lang/{language.name}.js"] = _script("takeTexts(", stamp, language.name, values)
    return files


def display_tables(language):
    """{path: bytes, not yet compressed} for the display."""
    rows = {key: language.pages[key] for key in sentences.short_faults()} | language.display
    lines = [f"{key}\t{rows[key]}" for key in sorted(rows)]
    lines += [f"{code}\t{language.pages[meaning]}\t{language.pages[cure]}" for code, meaning, cure in sentences.fault_rows()]
    return {f"lib/appliance/display/languages/{language.name}.bin": "\n".join(lines).encode()}


def complaints(languages):
    """What is wrong with the translations, a line each, empty when all is well."""
    found = []
    for language in languages:
        where = f"host_tests/languages/{language.name}.po"
        for context, texts, wanted in (
            ("", language.pages, sentences.page_keys()),
            (f'msgctxt "{DISPLAY}"\n', language.display, sentences.display_keys()),
        ):
            found += [f"{where}: add\n\n{context}msgid {json.dumps(key, ensure_ascii=False)}\nmsgstr \"...\"\n"
                      for key in sorted(set(wanted) - set(texts))]  # fmt: skip
            for key, text in texts.items():
                if not text:
                    found.append(f"{where}: translate {key!r}")
                elif holes(key) != holes(text):
                    found.append(f"{where}: {text!r} does not have the same places to fill in as {key!r}")
        found += [f"{where}: remove {key!r}, nothing shows it any more" for key in sentences.gone(language.pages)]
        found += [f"{where}: remove {key!r} of the display, it has no such text"
                  for key in sorted(set(language.display) - set(sentences.display_keys()))]  # fmt: skip
        found += _differences(language, languages[0], where)
    found += sentences.not_covered(languages[0].pages)
    return found + _hash_faults(languages[0].pages)


def _differences(language, first, where):
    missing = set(first.pages) - set(language.pages)
    return [f"{where}: {first.name}.po has {key!r}, this one has not" for key in sorted(missing)] + [
        f"host_tests/languages/{first.name}.po: {language.name}.po has {key!r}, this one has not"
        for key in sorted(set(language.pages) - set(first.pages))
    ]


def _hash_faults(pages):
    seen = {}
    faults = []
    for key in keys_of(pages)[0]:
        other = seen.setdefault(hash_of(key), key)
        if other != key:
            faults.append(f"the hashes of {other!r} and {key!r} are the same: change a word")
    return faults


def stale(languages, drive=DRIVE):
    """[(path, bytes)] of the files that are not what the .po say."""
    found = []
    for path, data in page_tables(languages).items():
        place = drive / (path + ".gz")
        if not place.exists() or gzip.decompress(place.read_bytes()) != data:
            found.append((place, gzip.compress(data, 9, mtime=0)))
    for language in languages:
        for path, data in display_tables(language).items():
            place = drive / path
            if not place.exists() or zlib.decompress(place.read_bytes()) != data:
                found.append((place, zlib.compress(data, 9)))
    return found


def main(arguments):
    """Write the files, or look at them; gives the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="write nothing, print what is missing")
    chosen = options.parse_args(arguments)
    languages = [Language(name) for name in LANGUAGES]
    found = complaints(languages)
    for text in found:
        print(text)
    if found:
        return 1
    changed = stale(languages)
    for path, data in changed:
        print(f"{path.relative_to(ROOT)} is out of date" if chosen.check else f"{path.relative_to(ROOT)} {len(data)}")
        if not chosen.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return 1 if changed and chosen.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
