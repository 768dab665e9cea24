# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Every CircuitPython-only name that device code uses has a row: what its C code refuses, blocks and keeps, and a test.

    python -m host_tests.checks.conformance        prints what is missing or stale; status 1 if anything is

The rows are in conformance_rows/*.toml, the page docs/conformance.md is printed from them (`make docs`). The names
come from the syntax tree: ``wifi.radio`` directly, ``self._radio.connect`` through holders.toml, which says in
which variables objects of the firmware are kept. A member that only the firmware's classes have, on a variable that
holders.toml does not know, is reported too: so nobody uses a call of the firmware without having read it up.
"""

import ast
import functools
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEVICE = ROOT / "CIRCUITPY"
TESTS = ROOT / "host_tests"
FAKES = TESTS / "twin" / "circuitpython"
ROWS = Path(__file__).with_name("conformance_rows")

# What CPython has not at all, and what CircuitPython has under a name of CPython's with rules of its own.
MODULES = frozenset(
    """
    adafruit_bus_device alarm analogio bitmaptools board busdisplay busio countio digitalio displayio espidf fontio
    fourwire i2cdisplaybus mdns microcontroller neopixel_write nvm paralleldisplaybus pwmio rtc socketpool storage
    supervisor terminalio usb_cdc vectorio watchdog wifi hashlib select traceback
    """.split()
)
OS_NAMES = frozenset("getenv mkdir remove stat statvfs sync uname urandom".split())
FIELDS = ("name", "source", "at", "refuses", "blocks", "survives", "test")
# An answer too: nobody found the file, so nobody may rely on it.
NOT_FOUND = "not found"


class Uses:
    """What one file uses: ``names`` {dotted name: line}, ``unknown`` [(line, receiver, member)]."""

    def __init__(self, text, holders, members):
        self._tree = ast.parse(text)
        self._holders = holders
        self._members = members
        self._imports = {}
        self.names = {}
        self.unknown = []
        self._read_imports()
        # Of a name in dots only the whole counts: digitalio.Direction.INPUT, not digitalio.Direction.
        inside = {node.value for node in ast.walk(self._tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Attribute):
                self._attribute(node, node in inside)
            elif isinstance(node, ast.Call):
                self._asked(node)

    def _read_imports(self):
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.split(".")[0]
                    if top in MODULES or top == "os":
                        self._imports[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
                for alias in node.names:
                    name = node.module + "." + alias.name
                    self._imports[alias.asname or alias.name] = name
                    self._found(name, node)

    def _found(self, name, node):
        if name.startswith("os.") and name.split(".")[1] not in OS_NAMES:
            return
        self.names.setdefault(name, node.lineno)

    def _dotted(self, node):
        """The dotted name of a module's member, None for anything else."""
        if isinstance(node, ast.Name):
            return self._imports.get(node.id)
        if isinstance(node, ast.Attribute):
            above = self._dotted(node.value)
            return above and above + "." + node.attr
        return None

    def _class_of(self, node):
        """The firmware's class of the object in a variable, or None."""
        dotted = self._dotted(node)
        receiver = dotted or ast.unparse(node)
        return self._holders.get(receiver)

    def _attribute(self, node, is_inside):
        kind = self._class_of(node.value)
        if kind is not None:
            if node.attr in self._members.get(kind, ()):
                self._found(kind + "." + node.attr, node)
            return
        dotted = self._dotted(node)
        if dotted is not None:
            if not is_inside:
                self._found(dotted, node)
        elif node.attr in self._members["only the firmware"]:
            self.unknown.append((node.lineno, ast.unparse(node.value), node.attr))

    def _asked(self, call):
        """``getattr(microcontroller, "watchdog", None)`` is a use as well; ``hasattr`` is only a question. An import by name
        stands for them all."""
        if not isinstance(call.func, ast.Name):
            return
        if call.func.id == "__import__":
            self._found("__import__", call)
        if call.func.id == "getattr" and len(call.args) > 1:
            dotted, name = self._dotted(call.args[0]), call.args[1]
            if dotted is not None and isinstance(name, ast.Constant):
                self._found(dotted + "." + name.value, call)


def fake_members():
    """{class: public members} of the twin's fakes, as "wifi.Radio"; {"module": ...} for what belongs to no class."""
    members = {}
    for path in FAKES.rglob("*.py"):
        module = ".".join(path.relative_to(FAKES).with_suffix("").parts)
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                members[f"{module}.{node.name}"] = set(_members_of(node))
    for kind, base in (("busio.SPI", "busio._Lockable"), ("busio.I2C", "busio._Lockable")):
        members[kind] |= members[base]
    return members


def _members_of(node):
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
            yield item.name


def own_names():
    """Every name that device code defines itself: attributes, functions, methods."""
    names = set()
    for path in DEVICE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


@functools.cache
def holders():
    """({receiver: class}, {class: members}) of holders.toml and the fakes."""
    table = tomllib.loads((ROWS / "holders.toml").read_text())
    members = fake_members()
    for kind, names in table["members"].items():
        members.setdefault(kind, set()).update(names.split())
    classes = {receiver: kind for kind, receivers in table["held"].items() for receiver in receivers}
    common = own_names() | set(dir(list)) | set(dir(str)) | set(dir(dict)) | set(dir(memoryview))
    common |= set(table["ours"]["members"].split())
    fakes = {name for kind, names in members.items() if not kind.startswith("sys.") for name in names}
    members["only the firmware"] = fakes - common
    return classes, members


def uses(directory=DEVICE):
    """({name: "file:line"}, [complaint]) of all device code."""
    classes, members = holders()
    names, complaints = {}, []
    for path in sorted(directory.rglob("*.py")):
        place = path.relative_to(directory)
        found = Uses(path.read_text(), classes, members)
        for name, line in found.names.items():
            names.setdefault(name, f"{place}:{line}")
        for line, receiver, member in found.unknown:
            complaints.append(
                f"{place}:{line}: whose is {receiver}.{member}? Say it in conformance_rows/holders.toml"
            )
    return names, complaints


def read_rows():
    """[(module's title, [row])] in the order of the files, each row a dict with FIELDS."""
    groups = []
    for path in sorted(ROWS.glob("*.toml")):
        if path.name != "holders.toml":
            table = tomllib.loads(path.read_text())
            groups.append((table["title"], table["row"]))
    return groups


def test_names():
    """Names of all tests: {function: file}."""
    names = {}
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                names[node.name] = path
    return names


def complaints_of(names, groups, tests):
    """What is missing, stale or incomplete, as sentences."""
    rows = [row for _, group in groups for row in group]
    known = {}
    complaints = []
    for row in rows:
        name = row.get("name", "?")
        missing = [field for field in FIELDS if not str(row.get(field, "")).strip()]
        if missing:
            complaints.append(f"{name}: its row lacks {', '.join(missing)}")
        if name in known:
            complaints.append(f"{name}: has two rows")
        known[name] = row
        for test in row.get("test", "").split():
            if test not in tests:
                complaints.append(f"{name}: there is no {test}")
    for name in sorted(set(names) - set(known)):
        complaints.append(f"{names[name]}: {name} has no row: read its C code and say what it does")
    for name in sorted(set(known) - set(names)):
        complaints.append(f"{name}: has a row, but device code uses it no more")
    return complaints


def printed():
    """The tables of docs/conformance.md."""
    head = ("name", "read in", "refuses", "blocks", "what survives", "test")
    text = ""
    for title, rows in read_rows():
        lines = [head, ("---",) * len(head)]
        for row in rows:
            source = row["source"] if row["at"] == NOT_FOUND else f"{row['source']} @{row['at']}"
            tests = ", ".join(f"`{test}`" for test in row["test"].split())
            lines.append((f"`{row['name']}`", source, row["refuses"], row["blocks"], row["survives"], tests))
        text += f"### {title}\n\n"
        text += "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
        text += "\n"
    return text.rstrip("\n") + "\n"


def main():
    names, complaints = uses()
    complaints += complaints_of(names, read_rows(), test_names())
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
