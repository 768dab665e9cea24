# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Names that device code defines and nothing on the drive uses: dead code that tests alone would keep alive.

    python -m host_tests.checks.unused [CIRCUITPY]       prints file:line: name; status 1 if any

A name is used when any file on the drive reads it, imports it, or holds it in a string: methods that a table names are
called as ``"_" + name`` and ``"_on_" + name``; the table of addresses has ``GET=reads.name``. Two things of the same
name pass for one.
"""

import ast
import re
import sys
from pathlib import Path

# Who uses what nothing on the drive does.
CALLED_FROM_OUTSIDE = {
    "readblocks": "the firmware, on a block device that is mounted",
    "writeblocks": "as readblocks",
    "ioctl": "as readblocks",
    "ascent": "adafruit_display_text, of a font",
    "descent": "as ascent",
    "get_bounding_box": "as ascent",
    "get_glyph": "as ascent",
    "_send_bytes": "adafruit_httpserver, with the header of an answer",
    "ROOTS": "the bundle that an update is checked against",
    "SPI_SIZE": "the layout of the NVM, which other versions share",
}


def defined(tree):
    """(name, line) of functions, classes, constants and of what a class keeps in ``self``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                yield node.attr, node.lineno
    for node in tree.body:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    yield name.id, node.lineno


def used(tree):
    """Names that a file reads, imports or spells in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.replace("_", "").isalnum():
                yield from (node.value, "_" + node.value, "_on_" + node.value)
            yield from re.findall(r"\b(?:GET|POST)=\w+\.(\w+)", node.value)


def findings(drive, excused=None):
    """[(file, line, name)]; a name in ``excused`` that is used after all is one as well, at line 0."""
    excused = CALLED_FROM_OUTSIDE if excused is None else excused
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(Path(drive).rglob("*.py"))}
    read = {name for tree in trees.values() for name in used(tree)}
    found = []
    for path, tree in trees.items():
        for name, line in sorted(set(defined(tree))):
            if name not in read and name not in excused and not name.startswith("__"):
                found.append((path.relative_to(drive).as_posix(), line, name))
    return found + [("excused", 0, name) for name in sorted(read & set(excused))]


def main(arguments):
    drive = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2] / "CIRCUITPY"
    found = findings(drive)
    for file, line, name in found:
        print(f"{drive.name}/{file}:{line}: {name}: nothing on the drive uses it")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
