# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The texts that stand in more than one place of the device's code: `python -m host_tests.tools.names`, part of `make docs`.

It writes CIRCUITPY/lib/appliance/base/names.txt, one a line; names.py beside it says what for. Sentences are none: what has
a blank or is filled in stands in one place.
"""

import ast
import collections
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


def main():
    FILE.write_text(content())


if __name__ == "__main__":
    sys.exit(main())
