# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Which private names of Adafruit's libraries the device code uses, and why: they may change in any release.

    python -m host_tests.checks.libraries [CIRCUITPY]       prints uses without a reason and reasons without a use
"""

import ast
import importlib.util
import sys
from pathlib import Path

from host_tests.tools.bundle import IN_THE_FIRMWARE

# (file below lib/appliance, name in adafruit_httpserver's Response): why nothing public does it
PRIVATE_USES = {
    ("web/responses.py", "_send"): "replaced: the library's own waits for the client until everything is sent",
    ("web/responses.py", "_send_headers"): "writes status and headers, the only function that does",
    ("web/responses.py", "_send_bytes"): "replaced: what every answer has in its header goes into it as it is",
    ("web/responses.py", "_request"): "which connection the answer goes to, and whether it was HEAD or HTTP/1.0",
    ("web/responses.py", "_body"): "what the constructor was given; nothing public gives it back",
    ("web/responses.py", "_headers"): "`Transfer-Encoding` depends on the client, so it is added when the answer leaves",
    ("web/responses.py", "_content_type"): "handed on to `_send_headers`, as the library's own responses do",
    ("web/connection.py", "_send"): "the server calls it; ours is not the library's server",
}


def names_of(tree):
    """Private names that a module defines: methods, functions, attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def insides(module):
    """The private names of an installed library."""
    place = importlib.util.find_spec(module)
    paths = Path(place.origin).parent.glob("*.py") if place.submodule_search_locations else [Path(place.origin)]
    return {name for path in paths for name in names_of(ast.parse(path.read_text())) if is_private(name)}


def imported(tree):
    """{name in this file: library} of what comes from Adafruit's libraries."""
    found = {}
    for node in ast.walk(tree):
        module = getattr(node, "module", None) or ""
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            name = (module or alias.name).split(".")[0]
            if name.startswith("adafruit_"):
                found[alias.asname or alias.name] = name
    return found


def private_in(tree, known):
    """Private names of libraries that a file uses. ``known`` is {library: its private names}.

    In a subclass of a library's class every such name is the library's, and so is one of any object but ``self``, unless
    the file has that name itself.
    """
    names = imported(tree)
    everywhere = set().union(*known.values())
    for kind in [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]:
        libraries = {names[base.id] for base in kind.bases if isinstance(base, ast.Name) and base.id in names}
        there = set().union(*(known[library] for library in libraries))
        for node in ast.walk(kind):
            name = getattr(node, "attr", None) or getattr(node, "name", None) or ""
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                name = node.id
            if is_private(name) and name in there:
                yield name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and isinstance(node.value, ast.Name):
            if node.value.id != "self" and node.attr in everywhere:
                yield node.attr


def uses(drive):
    """{(file, name)} over all files of the appliance; nothing else knows a library."""
    appliance = Path(drive) / "lib" / "appliance"
    files = {path: ast.parse(path.read_text()) for path in sorted(appliance.rglob("*.py"))}
    libraries = {library for tree in files.values() for library in imported(tree).values()} - IN_THE_FIRMWARE
    known = {library: insides(library) for library in libraries}
    return {(path.relative_to(appliance).as_posix(), use) for path, tree in files.items() for use in private_in(tree, known)}


def findings(drive):
    """Sentences about what the table above lacks, and what it has too much."""
    found = uses(drive)
    lines = [f"{file}: {name} of a library is used without a reason" for file, name in sorted(found - set(PRIVATE_USES))]
    return lines + [f"{file}: {name} has a reason and no use" for file, name in sorted(set(PRIVATE_USES) - found)]


def main(arguments):
    drive = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2] / "CIRCUITPY"
    found = findings(drive)
    print("".join(line + "\n" for line in found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
