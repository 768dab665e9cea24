# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The house of the device code: who may import whom, and how large a file, a function, a constructor may be.

    python -m host_tests.checks.house [CIRCUITPY]       prints file:line: rule: what breaks it; status 1 if anything does

Rooms stand in rows. A module imports from its own room and from rows below it, never from above and never from
another room of its row, so that there are no circles and every room can be read, and tested, with what is below it.
"""

import ast
import sys
from pathlib import Path

# From the top of the house to its ground. A file of appliance/ that stands in no room is a room of its own; box.py and
# box_*.py are one.
ROWS = (
    ("start",),
    ("box", "door", "refusal"),
    ("asking",),
    ("uplink",),
    ("early", "hardware", "loop", "story", "watchdog"),
    ("diary", "display", "jobs", "modem", "mqtt", "pieces", "selftest", "smartevse", "update", "web"),
    ("network", "settings"),
    ("state", "storage"),
    ("base", "bus"),
    ("v2g",),
    ("plc",),
)
# Files in the root of the drive that anybody may import: they are there whatever version runs.
ROOT_FILES = ("slots", "survival")

MOST_LINES = 500
MOST_LINES_OF_A_FUNCTION = 40
MOST_ARGUMENTS = 6
MOST_IMPORTS = 12
BOX = "lib/appliance/box"

# What may break a limit, and why. One that breaks it no more must go.
EXCEPTIONS = {
    ("imports", "lib/appliance/box.py"): "it wires everything, and does nothing else",
    ("imports", "lib/appliance/start.py"): "its table is the order in which everything is loaded",
    ("function", "lib/v2g/exi.py _decode"): "one loop that keeps its own stack: a board has little of it",
    ("function", "lib/v2g/exi.py _encode"): "one loop that keeps its own stack, as above",
    ("function", "lib/v2g/exi.py _put_long"): "one loop over bits, as above",
}


class Module:
    """One file: its place on the drive, its room, its tree."""

    def __init__(self, drive, path):
        self.place = path.relative_to(drive).as_posix()
        parts = self.place.removesuffix(".py").split("/")
        self.name = ".".join(parts[1:]) if parts[0] == "lib" else parts[0]
        self.name = self.name.removesuffix(".__init__")
        self.room = room_of(self.name)
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)

    def functions(self):
        """(full name, node) of every function that stands in no other one."""

        def walk(node, prefix):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.FunctionDef):
                    yield prefix + child.name, child
                elif isinstance(child, ast.ClassDef):
                    yield from walk(child, child.name + ".")
                else:
                    yield from walk(child, prefix)

        yield from walk(self.tree, "")


def room_of(name):
    """The room of a module by its dotted name; "" for what is not ours, or in the root of the drive."""
    parts = name.split(".")
    if parts[0] in ("plc", "v2g"):
        return parts[0]
    room = parts[1] if parts[0] == "appliance" and len(parts) > 1 else ""
    return "box" if room.startswith("box_") else room


def row_of(room):
    """0 is the top; None for a room that has no row yet."""
    return next((number for number, row in enumerate(ROWS) if room in row), None)


def modules(drive):
    """Every Module of our own on a drive."""
    drive = Path(drive)
    paths = [*drive.glob("*.py")]
    for layer in ("plc", "v2g", "appliance"):
        paths += (drive / "lib" / layer).rglob("*.py")
    return [Module(drive, path) for path in sorted(paths)]


def imports(module, names):
    """(line, name) of each module among ``names`` that ``module`` imports, wherever it does so; a name in a table, which
    is handed to ``__import__`` later, counts as well.
    """
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in names:
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in names:
                    yield node.lineno, inner
                elif node.module in names:
                    yield node.lineno, node.module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for word in node.value.split():
                if word in names and "." in word:
                    yield node.lineno, word


def directions(every):
    """Imports that go up or sideways: (place, line, text)."""
    names = {module.name for module in every}
    for module in every:
        if not module.room:
            continue
        if row_of(module.room) is None:
            yield module.place, 1, f"{module.room} has no row in the house: give it one in ROWS"
            continue
        for line, name in imports(module, names):
            room = room_of(name)
            if name in ROOT_FILES or room in (module.room, "") and name.startswith(("plc", "v2g", "appliance")):
                continue
            if not room:
                yield module.place, line, f"{name}: of the drive's root only {' and '.join(ROOT_FILES)}"
            elif row_of(room) is None:
                continue
            elif row_of(room) == row_of(module.room):
                yield module.place, line, f"{name}: {module.room} and {room} stand side by side"
            elif row_of(room) < row_of(module.room):
                yield module.place, line, f"{name}: {room} stands above {module.room}"


def handed_box(every):
    """Parameters and attributes below the box that are the box: (place, line, text)."""
    for module in every:
        if module.place.startswith(BOX):
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.arg) and node.arg == "box" or isinstance(node, ast.Attribute) and node.attr == "_box":
                yield module.place, node.lineno, "a part is handed what it needs, never the box"


def length(function):
    """Lines of a function without its docstring."""
    count = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        count -= first.end_lineno - first.lineno + 1
    return count


def sizes(every):
    """What is over a limit: (rule, place or place and function, line, text)."""
    names = {module.name for module in every}
    for module in every:
        lines = module.text.count("\n")
        if lines > MOST_LINES:
            yield "lines", module.place, 1, f"{lines} lines, at most {MOST_LINES}"
        count = len({name for _, name in imports(module, names)})
        if count > MOST_IMPORTS:
            yield "imports", module.place, 1, f"imports {count} of our modules, at most {MOST_IMPORTS}"
        for name, function in module.functions():
            where = f"{module.place} {name}"
            if length(function) > MOST_LINES_OF_A_FUNCTION:
                text = f"{name} has {length(function)} lines, at most {MOST_LINES_OF_A_FUNCTION}"
                yield "function", where, function.lineno, text
            arguments = function.args.args[1:] + function.args.kwonlyargs
            if function.name == "__init__" and len(arguments) > MOST_ARGUMENTS:
                text = f"{name} takes {len(arguments)} arguments, at most {MOST_ARGUMENTS}"
                yield "constructor", where, function.lineno, text


def findings(drive, exceptions=None):
    """[(place, line, rule, text)] of everything that breaks a rule, and of exceptions that are needed no more."""
    exceptions = EXCEPTIONS if exceptions is None else exceptions
    every = modules(drive)
    found = [(place, line, "one-way", text) for place, line, text in directions(every)]
    found += [(place, line, "handed-box", text) for place, line, text in handed_box(every)]
    used = set()
    for rule, where, line, text in sizes(every):
        if (rule, where) in exceptions:
            used.add((rule, where))
        else:
            found.append((where.split(" ")[0], line, rule, text))
    found += [(where, 0, rule, "an exception that is needed no more") for rule, where in set(exceptions) - used]
    return sorted(found)


# ---- the picture


def sentence_of(module):
    """The first sentence of a module's docstring, without its full stop."""
    text = " ".join((ast.get_docstring(module.tree) or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".")


def rooms(every):
    """{room: (its sentence, rooms that it imports)}, from the top of the house down."""
    names = {module.name for module in every}
    found = {}
    for module in every:
        if module.room:
            others = found.setdefault(module.room, [None, set()])
            if module.name in (module.room, "appliance." + module.room):
                others[0] = sentence_of(module)
            others[1] |= {room_of(name) for _, name in imports(module, names)} - {module.room, ""}
    order = [room for row in ROWS for room in row]
    return {room: (found[room][0], sorted(found[room][1], key=order.index)) for room in order if room in found}


def picture(drive):
    """The rooms in their rows; each may use the rows below its own."""
    there = rooms(modules(drive))
    lines = ["   ".join(room for room in row if room in there) for row in ROWS]
    lines = [line for line in lines if line]
    width = max(map(len, lines))
    arrow = "\n" + "|".center(width).rstrip() + "\n" + "v".center(width).rstrip() + "\n"
    return arrow.join(line.center(width).rstrip() for line in lines) + "\n"


def main(arguments):
    drive = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2] / "CIRCUITPY"
    found = findings(drive)
    for place, line, rule, text in found:
        print(f"{drive.name}/{place}:{line}: {rule}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
