# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Lists made from the texts of the device's code: `python -m host_tests.tools.names`, part of `make docs`.

CIRCUITPY/lib/appliance/base/names.txt: those that stand in more than one place, one a line; names.py beside it says what
for. Sentences are none: what has a blank or is filled in stands in one place.

CIRCUITPY/lib/appliance/web/report_words.txt: the short plain words of all texts, and of the names in a traceback; the report
for help keeps them, even where one is somebody's password (diagnostics.py beside it).
"""

import ast
import collections
import re
import sys
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2] / "CIRCUITPY" / "lib"
sys.path.insert(0, str(LIBRARY))

from v2g import apphand, din, iso2  # noqa: E402

FILE = LIBRARY / "appliance" / "base" / "names.txt"
# MicroPython keeps shorter ones once in any case.
LONGEST_SHORT = 10


def texts_of(source):
    """Every text of a module but its docstrings."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def content():
    """What the file should have."""
    found = collections.Counter(text for path in LIBRARY.rglob("*.py") for text in texts_of(path.read_text()))
    # Those of the schemas are kept as names in any case, but only once they are loaded.
    found.update({name for module in (apphand, din, iso2) for name in module.SCHEMA[4] if name in found})
    names = [text for text in found if found[text] > 1 and len(text) > LONGEST_SHORT and not set(text) & set(" %\n")]
    return "\n".join([*sorted(names), ""])


WORDS = LIBRARY / "appliance" / "web" / "report_words.txt"
# diagnostics.MOST_PLAIN
LONGEST_WORD = 8
_WORD = re.compile(r"(?<![A-Za-z0-9])[a-z]{1,%d}(?![A-Za-z0-9])" % LONGEST_WORD)


def _report_texts():
    for path in sorted(LIBRARY.parent.rglob("*.py")):
        source = path.read_text()
        yield path.stem
        yield from texts_of(source)
        yield from re.findall(r"\bdef (\w+)", source)
    for path in LIBRARY.rglob("*.txt"):
        if path not in (FILE, WORDS):
            yield path.read_text()


def report_words():
    """What that file should have: each word between two line ends."""
    return "\n".join(["", *sorted({word for text in _report_texts() for word in _WORD.findall(text)}), ""])


def main():
    FILE.write_text(content())
    WORDS.write_text(report_words())


if __name__ == "__main__":
    sys.exit(main())
