# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Refuse in device code what CircuitPython 10 lacks or does differently without saying so.

    python -m host_tests.checks.device_rules [CIRCUITPY]        prints file:line: rule: why; status 1 if any

Host tests run on CPython, where all of it works: an absent exception class, for one, is a NameError only at
the moment it is needed. The rules read the syntax tree, so that formatting hides nothing. What a tree cannot
show (order of a dict, a sort that must be stable, memoryview in a join) is left to runs on MicroPython.
"""

import ast
import builtins
import io
import re
import sys
import tokenize
from pathlib import Path

LAYERS = ("plc", "v2g", "appliance")  # each may import itself and what stands before it
HEADER = ("# SPDX-FileCopyrightText: ", "# SPDX-License-Identifier: MIT")


def _words(text):
    return frozenset(text.split())


# Modules that a plc or v2g file may use: no hardware, no clock, no randomness, on all three interpreters.
PURE_MODULES = _words("array binascii collections errno gc hashlib io json math micropython re struct sys")
DEVICE_MODULES = PURE_MODULES | _words(
    """
    __future__ adafruit_bus_device adafruit_pixelbuf alarm analogio atexit bitbangio bitmaptools board
    builtins busdisplay busio codeop countio digitalio displayio dualbank epaperdisplay espidf espnow fontio
    fourwire framebufferio getpass i2cdisplaybus ipaddress keypad locale mdns memorymap microcontroller
    msgpack neopixel_write nvm os paralleldisplaybus pulseio pwmio rainbowio random rtc select socketpool ssl
    storage supervisor terminalio time touchio traceback usb_cdc usb_hid vectorio warnings watchdog wifi zlib
    adafruit_connection_manager adafruit_display_text adafruit_displayio_ssd1306 adafruit_httpserver
    adafruit_minimqtt adafruit_requests adafruit_st7789 adafruit_ticks
    slots recovery survival
    """
)
DEVICE_BUILTINS = _words(
    """
    ArithmeticError AssertionError AttributeError BaseException BrokenPipeError ConnectionError EOFError
    Exception GeneratorExit ImportError IndentationError IndexError KeyError KeyboardInterrupt LookupError
    MemoryError NameError NotImplementedError OSError OverflowError RuntimeError StopAsyncIteration
    StopIteration SyntaxError SystemExit TimeoutError TypeError UnicodeError ValueError ZeroDivisionError
    Ellipsis NotImplemented abs all any bin bool bytearray bytes callable chr classmethod complex delattr dict
    dir divmod enumerate eval exec filter float frozenset getattr globals hasattr hash hex id input int
    isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print
    property range repr reversed round set setattr slice sorted staticmethod str sum super tuple type zip
    """
)
NOT_ON_MICROPYTHON = _words("BrokenPipeError ConnectionError TimeoutError")

# Of these modules only the names listed exist on the device.
PRESENT_ATTRIBUTES = {
    "collections": _words("OrderedDict deque namedtuple"),
    "hashlib": _words("new"),
    "json": _words("dump dumps load loads"),
    "os": _words(
        """chdir getcwd getenv listdir mkdir remove rename rmdir sep stat statvfs sync uname unlink urandom
        utime"""
    ),
    "random": _words("choice getrandbits randint random randrange seed uniform"),
    "re": _words("DEBUG compile match search sub"),
    "struct": _words("calcsize pack pack_into unpack unpack_from"),
    "time": _words("localtime mktime monotonic monotonic_ns sleep struct_time time"),
}
ABSENT_METHODS = _words(
    """
    bit_count bit_length capitalize casefold expandtabs format_map hexdigest isalnum isascii isdecimal
    isidentifier isnumeric isprintable istitle ljust maketrans removeprefix removesuffix rjust swapcase title
    tobytes tolist translate zfill _replace _asdict
    """
)
NO_KEYWORDS = _words(
    "count decode encode endswith find int join replace rsplit split startswith strip sum zip"
)
IGNORED_SPECIALS = _words(
    "__class_getitem__ __format__ __getattribute__ __index__ __init_subclass__ __missing__ __set_name__"
)
CODECS = _words("utf-8 utf8 ascii")
PATTERN_TRAPS = re.compile(r"\\[bB]|\{\d|\(\?[^:]")


class Source:
    """One file: its tree, where it belongs, and what a rule wants to know about a node."""

    def __init__(self, text, place):
        self.text = text
        self.place = place  # "plc", "v2g", "appliance", or "" for the files in the root of the drive
        self.tree = ast.parse(text)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.nodes = list(ast.walk(self.tree))
        self.tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        self.own_names = set(self._own_names())
        self.imported = {
            alias.asname or alias.name.split(".")[0]
            for node in self.of(ast.Import, ast.ImportFrom)
            for alias in node.names
        }
        self.modules = {}  # local name -> module, of "import x" and "import x as y"
        for node in self.of(ast.Import):
            for alias in node.names:
                self.modules[alias.asname or alias.name.split(".")[0]] = alias.name

    def of(self, *kinds):
        return (node for node in self.nodes if isinstance(node, kinds))

    def calls(self):
        """``(call, name, is dotted)`` of every call of a plain or dotted name."""
        for node in self.of(ast.Call):
            if isinstance(node.func, ast.Name):
                yield node, node.func.id, False
            elif isinstance(node.func, ast.Attribute):
                yield node, node.func.attr, True

    def is_of_module(self, call):
        owner = getattr(call.func, "value", None)
        return isinstance(owner, ast.Name) and owner.id in self.imported

    def module_of(self, node):
        """Name of the module when ``node`` is one, else ''."""
        return self.modules.get(node.id, "") if isinstance(node, ast.Name) else ""

    def above(self, node):
        while node in self.parents:
            child, node = node, self.parents[node]
            yield child, node

    def is_guarded(self, node):
        """Whether the code asks first: inside a try that expects the lack, or under a hasattr()."""
        for child, parent in self.above(node):
            if isinstance(parent, ast.Try) and child in parent.body:
                caught = {name.id for handler in parent.handlers for name in _names(handler.type)}
                if caught & {"AttributeError", "ImportError", "NameError"}:
                    return True
            if isinstance(parent, ast.If | ast.IfExp) and _asks(parent):
                return True
            for block in (getattr(parent, "body", None), getattr(parent, "orelse", None)):
                before = block[: block.index(child)] if isinstance(block, list) and child in block else []
                if any(isinstance(e, ast.If) and _asks(e) and _leaves(e.body) for e in before):
                    return True
        return False

    def is_annotation(self, node):
        return any(
            child is getattr(parent, "annotation", None) or child is getattr(parent, "returns", None)
            for child, parent in self.above(node)
        )

    def _own_names(self):
        for node in self.nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                yield node.id
            elif isinstance(node, ast.arg):
                yield node.arg
            elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                yield node.name
            elif isinstance(node, ast.alias):
                yield node.asname or node.name.split(".")[0]


def _asks(branch):
    return any(name.id == "hasattr" for name in _names(branch.test))


def _leaves(body):
    return isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _names(node):
    return [name for name in ast.walk(node) if isinstance(name, ast.Name)] if node is not None else []


RULES = {}


def rule(name, why, layers=None):
    """Register a finder: it yields nodes, or line numbers, or pairs of either with a detail."""

    def register(finder):
        RULES[name] = (finder, why, layers)
        return finder

    return register


@rule("match", "no match statement")
def _(source):
    return source.of(ast.Match)


@rule("star-display", "no [*a], {*a}, (1, *a), return 1, *a: add the parts")
def _(source):
    for node in source.of(ast.List, ast.Tuple, ast.Set):
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and any(
            isinstance(e, ast.Starred) for e in node.elts
        ):
            yield node


@rule("dict-unpacking", "no {**a}: copy and update")
def _(source):
    return (node for node in source.of(ast.Dict) if None in node.keys)


@rule("positional-only", "no / in parameters")
def _(source):
    return (source.parents[node] for node in source.of(ast.arguments) if node.posonlyargs)


@rule("except-star", "no except*")
def _(source):
    return source.of(ast.TryStar)


@rule("absent-builtin", "does not exist on the device: a NameError at the moment it is needed")
def _(source):
    for node in source.of(ast.Name):
        absent = (
            hasattr(builtins, node.id) and node.id not in DEVICE_BUILTINS and not node.id.startswith("__")
        )
        if absent and isinstance(node.ctx, ast.Load) and node.id not in source.own_names:
            if not source.is_guarded(node) and not source.is_annotation(node):
                yield node, node.id


@rule(
    "absent-on-micropython",
    "catch OSError: this class is missing on the MicroPython of the tests",
    ("plc", "v2g"),
)
def _(source):
    return ((node, node.id) for node in source.of(ast.Name) if node.id in NOT_ON_MICROPYTHON)


def _imports(source):
    for node in source.of(ast.Import):
        for alias in node.names:
            yield node, alias.name.split(".")[0]
    for node in source.of(ast.ImportFrom):
        if not node.level:
            yield node, node.module.split(".")[0]


@rule("absent-module", "no such module on CircuitPython 10 for the ESP32-S3, nor among the libraries in use")
def _(source):
    for node, module in _imports(source):
        if module not in DEVICE_MODULES and module not in LAYERS and not source.is_guarded(node):
            yield node, module


@rule("import-direction", "imports go appliance -> v2g -> plc")
def _(source):
    for node, module in _imports(source):
        if source.place and module in LAYERS and LAYERS.index(module) > LAYERS.index(source.place):
            yield node, module


@rule("root-import", "what must run when lib/ does not imports no more of it than the program's beginning")
def _(source):
    for node, module in _imports(source):
        begins = getattr(node, "module", None) == "appliance" and {a.name for a in node.names} <= {"box", "start"}
        if not source.place and module in LAYERS and not begins:
            yield node, module


@rule(
    "impure-import", "plc and v2g know no hardware, clock or randomness: it is handed to them", ("plc", "v2g")
)
def _(source):
    for node, module in _imports(source):
        if module in DEVICE_MODULES and module not in PURE_MODULES and module != "__future__":
            yield node, module


@rule("relative-import", "name the package")
def _(source):
    return (node for node in source.of(ast.ImportFrom) if node.level)


@rule("from-bytes-signed", "int.from_bytes has no signed=")
def _(source):
    for node, name, _ in source.calls():
        if name == "from_bytes" and any(keyword.arg == "signed" for keyword in node.keywords):
            yield node


@rule("slice-step", "slices have no step")
def _(source):
    for node in source.of(ast.Slice):
        if node.step is not None and not (
            isinstance(node.step, ast.Constant) and node.step.value in (1, None)
        ):
            yield node


@rule("slice-deletion", "bytearray has no del x[a:b] (a list that the file makes has)")
def _(source):
    lists = set()
    for node in source.of(ast.Assign):
        made = _label(node.value.func) if isinstance(node.value, ast.Call) else ""
        if isinstance(node.value, ast.List | ast.ListComp) or made == "list":
            lists.update(_label(target) for target in node.targets)
    for node in source.of(ast.Delete):
        for target in node.targets:
            sliced = isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice)
            if sliced and _label(target.value) not in lists:
                yield node


def _label(node):
    """The name under which a variable or an attribute is known in its file."""
    return getattr(node, "id", getattr(node, "attr", ""))


@rule("absent-method", "no such method on the device (or not on each of the three interpreters)")
def _(source):
    for node in source.of(ast.Attribute):
        called = isinstance(source.parents.get(node), ast.Call) and source.parents[node].func is node
        if node.attr == "_fields" or (called and node.attr in ABSENT_METHODS):
            if not source.is_guarded(node):
                yield node, node.attr


@rule("keyword-argument", "takes no keyword arguments on the device")
def _(source):
    for node, name, _ in source.calls():
        ours = source.is_of_module(node) or name in source.own_names
        if name in NO_KEYWORDS and node.keywords and not ours:
            yield node, name


@rule("decode-errors", "decode() has no error handler, any wrong octet raises: decode octet by octet")
def _(source):
    for node, name, method in source.calls():
        if method and name == "decode" and len(node.args) > 1 and not source.is_of_module(node):
            yield node


@rule("codec", "encode() and decode() ignore the codec and use UTF-8")
def _(source):
    for node, name, method in source.calls():
        if method and name in ("encode", "decode") and node.args and isinstance(node.args[0], ast.Constant):
            if str(node.args[0].value).lower() not in CODECS:
                yield node, repr(node.args[0].value)


@rule("nested-f-string", "no f-string within another's braces: a NameError on CircuitPython")
def _(source):
    for outer in source.of(ast.JoinedStr):
        fields = (part.value for part in outer.values if isinstance(part, ast.FormattedValue))
        yield from (node for field in fields for node in ast.walk(field) if isinstance(node, ast.JoinedStr))


@rule("lambda-in-f-string", "no lambda inside an f-string")
def _(source):
    for node in source.of(ast.FormattedValue):
        if any(isinstance(inner, ast.Lambda) for inner in ast.walk(node.value)):
            yield node


@rule("parenthesised-with", "no with (a as b, c as d)")
def _(source):
    for node in source.of(ast.With, ast.AsyncWith):
        if len(node.items) > 1 or node.items[0].optional_vars is not None:
            if _is_in_parentheses(source.tokens, node):
                yield node


def _is_in_parentheses(tokens, node):
    """Whether one pair of parentheses holds all that stands between ``with`` and the colon."""
    skipped = (tokenize.NL, tokenize.COMMENT)
    rest = [t for t in tokens if t.start >= (node.lineno, node.col_offset) and t.type not in skipped]
    if rest[0].string == "async":
        rest = rest[1:]
    depth = 0
    for i, token in enumerate(rest[1:], 1):
        depth += token.string in ("(", "[", "{")
        depth -= token.string in (")", "]", "}")
        if not depth:
            return i > 1 and rest[1].string == "(" and rest[i + 1].string == ":"
    return False


@rule("absent-attribute", "no such name in the module on the device: ask first, with hasattr() or try")
def _(source):
    for node in source.of(ast.Attribute):
        present = PRESENT_ATTRIBUTES.get(source.module_of(node.value))
        if present is not None and node.attr not in present and not source.is_guarded(node):
            yield node, f"{source.module_of(node.value)}.{node.attr}"
    for node in source.of(ast.ImportFrom):
        present = PRESENT_ATTRIBUTES.get(node.module)
        for alias in node.names:
            if present is not None and alias.name not in present and not source.is_guarded(node):
                yield node, f"{node.module}.{alias.name}"


@rule("struct-format", "struct has no ? and n, N, e codes")
def _(source):
    for node in source.of(ast.Call):
        if (
            isinstance(node.func, ast.Attribute)
            and source.module_of(node.func.value) == "struct"
            and node.args
        ):
            form = node.args[0]
            if (
                isinstance(form, ast.Constant)
                and isinstance(form.value, str)
                and set(form.value) & set("?nNe")
            ):
                yield node, repr(form.value)


@rule(
    "float", "whole numbers in base units here: floats have 22 bits of mantissa on the device", ("plc", "v2g")
)
def _(source):
    for node in source.of(ast.Constant):
        if isinstance(node.value, float | complex):
            yield node, repr(node.value)
    for node in source.nodes:
        if isinstance(getattr(node, "op", None), ast.Div):
            yield node, "/"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield node, "float()"


def _is_handed_over(source, node):
    """Whether a quotient goes straight where the firmware takes a float, or into a text."""
    parent = source.parents[node]
    if isinstance(parent, ast.Tuple):
        parent = source.parents[parent]
    if isinstance(parent, ast.Assign):
        return [_label(target) for target in parent.targets] == ["brightness"]
    if isinstance(parent, ast.Call):
        return _label(parent.func) in ("settimeout", "sleep")
    formatted = isinstance(parent, ast.BinOp) and isinstance(getattr(parent.left, "value", None), str)
    return formatted or isinstance(parent, ast.FormattedValue)


@rule(
    "float-kept",
    "a float has 22 bits on the device and six digits in its JSON: keep whole numbers, hand over or format a fraction",
)
def _(source):
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            yield node, "float()"
        elif isinstance(getattr(node, "op", None), ast.Div) and not _is_handed_over(source, node):
            yield node, "/"


@rule("spdx-header", "the file starts with the two SPDX lines")
def _(source):
    lines = source.text.splitlines()[:2]
    if len(lines) < 2 or not lines[0].startswith(HEADER[0]) or lines[1] != HEADER[1]:
        yield 1


@rule("print", "nothing below appliance prints or waits", ("plc", "v2g"))
def _(source):
    for node, name, method in source.calls():
        if (name in ("print", "input") and not method) or name in ("sleep", "sleep_ms", "sleep_us"):
            yield node, name


@rule("pattern", r"re has no \b, {n}, lookahead, named groups: no error, it just does not match")
def _(source):
    imported = {
        alias.asname or alias.name
        for node in source.of(ast.ImportFrom)
        if node.module == "re"
        for alias in node.names
    }
    for node, name, method in source.calls():
        of_re = source.module_of(node.func.value) == "re" if method else name in imported
        pattern = node.args[0] if node.args else None
        if of_re and isinstance(pattern, ast.Constant) and isinstance(pattern.value, str | bytes):
            text = pattern.value if isinstance(pattern.value, str) else pattern.value.decode("latin-1")
            if PATTERN_TRAPS.search(text) or "\b" in text:
                yield node, repr(pattern.value)


@rule("union-in-isinstance", "isinstance takes a tuple, not a | b")
def _(source):
    for node, name, method in source.calls():
        if name in ("isinstance", "issubclass") and not method and len(node.args) > 1:
            if any(isinstance(getattr(inner, "op", None), ast.BitOr) for inner in ast.walk(node.args[1])):
                yield node


@rule("run-time-generic", "list[int] outside an annotation fails on the device")
def _(source):
    for node in source.of(ast.Subscript):
        generic = isinstance(node.value, ast.Name) and node.value.id in (
            "list",
            "dict",
            "tuple",
            "set",
            "type",
        )
        if generic and node.value.id not in source.own_names and not source.is_annotation(node):
            yield node


@rule("inheritance", "one base class and no metaclass: super() follows the first base only")
def _(source):
    return (node for node in source.of(ast.ClassDef) if len(node.bases) > 1 or node.keywords)


@rule("special-method", "the device never calls it")
def _(source):
    return ((node, node.name) for node in source.of(ast.FunctionDef) if node.name in IGNORED_SPECIALS)


@rule("function-attribute", "functions have no attributes of their own")
def _(source):
    functions = {
        node.name for node in source.of(ast.FunctionDef) if not isinstance(source.parents[node], ast.ClassDef)
    }
    for node in source.of(ast.Attribute):
        named = isinstance(node.value, ast.Name) and node.value.id in functions
        if (named and isinstance(node.ctx, ast.Store)) or node.attr in ("__qualname__", "__mro__"):
            yield node


@rule("format-field", "str.format has no {0.name} and {0[1]}")
def _(source):
    for node, name, method in source.calls():
        if method and name == "format" and isinstance(node.func.value, ast.Constant):
            if re.search(r"\{\w*[.\[]", str(node.func.value.value)):
                yield node


@rule("named-character", r"no \N{...} in strings")
def _(source):
    for token in source.tokens:
        if token.type == tokenize.STRING and re.search(r"(?<!\\)(\\\\)*\\N\{", token.string):
            if "r" not in token.string.split(token.string[-1])[0].lower():
                yield token.start[0]


@rule("deque", "deque needs the iterable and the length")
def _(source):
    return (node for node, name, _ in source.calls() if name == "deque" and len(node.args) < 2)


@rule("json-keyword", "json.dumps has separators= only")
def _(source):
    for node, name, method in source.calls():
        if method and name in ("dump", "dumps") and source.module_of(node.func.value) == "json":
            yield from ((node, keyword.arg) for keyword in node.keywords if keyword.arg != "separators")


@rule("emitter", "the S3 build has no native or viper code")
def _(source):
    for node in source.of(ast.FunctionDef):
        for decorator in node.decorator_list:
            if getattr(decorator, "attr", getattr(decorator, "id", "")) in ("native", "viper"):
                yield node


def check(text, place):
    """Findings in one file: sorted ``(line, rule, why)``."""
    try:
        source = Source(text, place)
    except SyntaxError as error:
        return [(error.lineno or 1, "syntax", str(error.msg))]
    findings = set()
    for name, (finder, why, layers) in RULES.items():
        if layers is None or place in layers:
            for found in finder(source):
                where, detail = found if isinstance(found, tuple) else (found, "")
                line = where if isinstance(where, int) else where.lineno
                findings.add((line, name, f"{detail}: {why}" if detail else why))
    return sorted(findings)


def device_files(drive):
    """``(path, place)`` of our own Python files on a drive; libraries that circup put there are not ours."""
    drive = Path(drive)
    for path in sorted(drive.glob("*.py")):
        yield path, ""
    for layer in LAYERS:
        for path in sorted((drive / "lib" / layer).rglob("*.py")):
            yield path, layer


def main(arguments):
    drive = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2] / "CIRCUITPY"
    count = 0
    for path, place in device_files(drive):
        for line, name, why in check(path.read_text(encoding="utf-8"), place):
            print(f"{path.relative_to(drive.parent)}:{line}: {name}: {why}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
