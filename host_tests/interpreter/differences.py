# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Where CPython, MicroPython (unix) and CircuitPython differ, as probes that both hosts can run.

`docs/interpreters.md` is printed from these rows and `test_differences.py` runs them, so the page stays true. Run by
MicroPython, the file prints "number outcome" for each row of both tables.

A probe is Python source that leaves `r`; its outcome is `repr(r)` or the name of the exception. What CircuitPython 10
does cannot be run here: SAME stands for "as MicroPython", anything else is from its sources and manuals.
"""

SAME = "as MicroPython"
CPYTHON_LIKE = "as CPython"

GROUP, WHAT, PROBE, CPYTHON, MICROPYTHON, CIRCUITPYTHON, AVOIDED = range(7)

RULES = "refused by `host_tests.checks.device_rules`"

# fmt: off
DIFFERENCES = (
    # Silent ones first: the same source, another result.
    ("silent", "a dict has no order", "r = list({'z': 1, 'y': 2, 'x': 3, 'w': 4, 'b': 5}) == ['z', 'y', 'x', 'w', 'b']",
     "True", "False", SAME, "order that is seen comes from tuples of rows; JSON is read by name"),
    ("silent", "`sorted` is not stable", "r = sorted(range(20), key=lambda i: 0) == list(range(20))",
     "True", "False", SAME, "the device code sorts nothing"),
    ("silent", "a bool is not an int", "r = isinstance(True, int)", "True", "False", SAME,
     "`exi.py` tells booleans by the type in the table, never by `isinstance`"),
    ("silent", "`super()` follows the first base only",
     "class A:\n def f(s): return 'A'\nclass B(A):\n def f(s): return 'B' + super().f()\n"
     "class C(A):\n def f(s): return 'C' + super().f()\nclass D(B, C): pass\nr = D().f()",
     "'BCA'", "'BA'", SAME, "single inheritance only; " + RULES),
    ("silent", "`__slots__` does not keep attributes out", "class A:\n __slots__ = ('a',)\no = A()\no.b = 1\nr = o.b",
     "AttributeError", "1", SAME, "not used"),
    ("silent", "`__format__` is not called", "class A:\n def __format__(s, f): return 'F'\nr = f'{A()}' == 'F'",
     "True", "False", SAME, "not used"),
    ("silent", "`__missing__` is not called", "class A(dict):\n def __missing__(s, k): return 5\nr = A()[1]",
     "5", "KeyError", SAME, "not used"),
    ("silent", "changing a dict in its own loop goes unnoticed",
     "d = {1: 1}\nfor k in d:\n d[k + 10] = 1\n if len(d) > 3: break\nr = 'unnoticed'", "RuntimeError", "'unnoticed'",
     SAME, "loops over a dict only read it"),
    ("silent", "annotations are not evaluated", "def f(a: nowhere): return 1\nr = f(1)", "NameError", "1", SAME,
     "no annotations in device code"),
    ("silent", "`struct.pack` cuts a value that is too large", "import struct\nr = struct.pack('B', 300)",
     "error", "b','", "OverflowError", "values are range-checked where they enter, and masked"),
    ("silent", "`re` has no repeat counts", "import re\nr = re.match('a{2}', 'aa') is None", "False", "True", SAME,
     "the device code uses no `re`; the library's route patterns keep to what works"),
    ("silent", "`encode` ignores the codec", "r = '\\u00e9'.encode('latin-1')", "b'\\xe9'", "b'\\xc3\\xa9'", SAME,
     "UTF-8 everywhere"),
    ("silent", "`upper` knows ASCII only", "r = '\\u00e9'.upper() == '\\u00c9'", "True", "False", SAME,
     "only names of settings and hex digits change case"),
    ("silent", "bad JSON has no exception class of its own",
     "import json\nr = hasattr(json, 'JSONDecodeError')", "True", "False", SAME, "`except ValueError` fits all"),
    ("silent", "JSON takes any value for a key, and blanks for commas", "import json\nr = json.loads('{1: [2 3]}')",
     "JSONDecodeError", "{1: [2, 3]}", SAME, "what is done with keys asks whether they are texts"),
    ("silent", "floats are doubles on both hosts, 30 bits on the board, shown with six digits",
     "r = 16777217.0 == 16777216.0", "False", "False", "True",
     "no floats for energy or time, nor in JSON; ticks are ms in an int; " + RULES),
    ("silent", "ints are 62 bits without heap here, 30 bits on the board", "r = (1 << 61) + 1", "2305843009213693953",
     "2305843009213693953", CPYTHON_LIKE, "hot paths stay below 2**30; checksums are taken in pieces"),
    # Absent names: an error, but only at the moment the line runs.
    ("absent", "the subclasses of OSError",
     "try: raise OSError(2, '')\nexcept FileNotFoundError: r = 'caught'", "'caught'", "NameError", SAME,
     "`except OSError`, told apart by `errno`; " + RULES),
    ("absent", "TimeoutError, ConnectionError, BrokenPipeError",
     "try: raise OSError(110, '')\nexcept TimeoutError: r = 'caught'", "'caught'", "NameError",
     "exist; OSError(110) is none of them", "`except OSError` and `errno.ETIMEDOUT`; " + RULES),
    ("absent", "the text of an OSError", "r = OSError(1, 'text').strerror", "'text'", "AttributeError", "not relied on",
     "`str(error)`, `error.errno`"),
    ("absent", "`struct.Struct`, `struct.error`", "import struct\nr = (struct.Struct, struct.error) and 1", "1",
     "AttributeError", SAME, "`struct.pack_into`, `unpack_from`; lengths are checked before"),
    ("absent", "`hashlib.new`", "import hashlib\nr = len(hashlib.new('sha256', b'').digest())", "32", "AttributeError",
     CPYTHON_LIKE + ", and it is the only way", "`mme.sha256` and `entropy.sha256` take what is there"),
    ("absent", "`hexdigest`", "import hashlib\nr = len(hashlib.sha256(b'').hexdigest())", "64", "AttributeError", SAME,
     "`binascii.hexlify`"),
    ("absent", "methods of bytes and str: `ljust`, `zfill`, `removeprefix`, `title`, `isalnum`",
     "r = [n for n in ('ljust', 'zfill', 'removeprefix', 'title', 'isalnum') if hasattr('', n)]",
     "['ljust', 'zfill', 'removeprefix', 'title', 'isalnum']", "[]", SAME, "`%` formats, slices; " + RULES),
    ("absent", "methods of bytearray: `clear`, `pop`, `insert`",
     "r = [n for n in ('clear', 'pop', 'insert') if hasattr(bytearray(), n)]", "['clear', 'pop', 'insert']", "[]", SAME,
     "buffers keep their size, positions move; " + RULES),
    ("absent", "`del` of a part of a bytearray", "b = bytearray(3)\ndel b[0:1]\nr = len(b)", "2", "TypeError", SAME,
     "the rest is kept by a slice; " + RULES),
    ("absent", "methods of memoryview: `tobytes`, `tolist`", "r = memoryview(b'a').tobytes()", "b'a'", "AttributeError",
     SAME, "`bytes(view)`"),
    ("absent", "attributes of functions", "def f(): pass\nf.x = 1\nr = f.x", "1", "AttributeError", SAME,
     "state lives in objects"),
    ("absent", "`vars`, `format`, `ascii`", "r = (vars, format, ascii) and 1", "1", "NameError", SAME, RULES),
    ("absent", "`typing`, `functools`, `itertools`, `enum`, `dataclasses`, `logging`",
     "import typing, functools, itertools, enum, dataclasses, logging\nr = 1", "1", "ImportError", SAME,
     "not imported; " + RULES),
    ("absent", "`random.shuffle`", "import random\nr = random.shuffle([])", "None", "AttributeError", SAME, "not used"),
    ("absent", "`__cause__` of an exception", "r = ValueError().__cause__", "None", "AttributeError",
     CPYTHON_LIKE, "`raise error` again instead of chains"),
    # Other syntax.
    ("syntax", "`match`", "match 1:\n case 1: r = 1", "1", "SyntaxError", SAME, "tables; " + RULES),
    ("syntax", "unpacking in displays", "r = [*[1], *(2,)]", "[1, 2]", "SyntaxError", SAME, "`+`; " + RULES),
    ("syntax", "unpacking in dict displays", "r = {**{1: 2}}", "{1: 2}", "SyntaxError", SAME, "`update`; " + RULES),
    ("syntax", "an f-string in the braces of another", "b = 1\nr = f\"{f'{b}'}\"", "'1'", "'1'", "NameError",
     "`%` formats; " + RULES),
    ("syntax", "positional-only parameters", "def f(a, /): return a\nr = f(1)", "1", "SyntaxError", SAME, RULES),
    ("syntax", "slices with a step", "r = b'abcd'[::2]", "b'ac'", "NotImplementedError", SAME,
     "loops over indexes; " + RULES),
    ("syntax", "attributes in `str.format`", "r = '{0.real}'.format(1)", "'1'", "NotImplementedError", SAME,
     "`%` formats; " + RULES),
    ("syntax", "keyword arguments of C functions", "r = 'a b'.split(sep=' ')", "['a', 'b']", "TypeError", SAME,
     "positional; " + RULES),
    ("syntax", "a type union in `isinstance`", "r = isinstance(1, int | str)", "True", "TypeError", SAME,
     "a tuple of types; " + RULES),
    ("syntax", "signed `int.from_bytes`", "r = int.from_bytes(b'\\xff', 'big', signed=True)", "-1", "TypeError",
     "NotImplementedError", "sign bits are taken off by hand; " + RULES),
    ("syntax", "`bytes.decode(errors=)`", "r = b'a'.decode('utf-8', errors='replace')", "'a'", "TypeError", SAME,
     "`except UnicodeError`; " + RULES),
    ("syntax", "joining memoryviews", "r = b''.join([memoryview(b'a')])", "b'a'", "TypeError", SAME, "`bytes(view)` first"),
    ("syntax", "`bytes.find` of a memoryview", "r = b'abc'.find(memoryview(b'b'))", "1", "TypeError", SAME,
     "`bytes(view)` first"),
    ("syntax", "`json.dumps` with `indent` or `sort_keys`", "import json\nr = json.dumps({}, sort_keys=True)", "'{}'",
     "TypeError", SAME, "the page's script makes it pretty"),
    ("syntax", "`deque` without a length", "from collections import deque\nr = len(deque([1]))", "1", "TypeError", SAME,
     "not used: rings of a fixed size"),
    ("syntax", "metaclasses", "class M(type): pass\nclass A(metaclass=M): pass\nr = 1", "1", "TypeError", SAME, RULES),
    # What Adafruit's libraries, or code.py, find on the board and not here: the shims.
    ("shim", "`match.groups()`", "import re\nr = re.match('(a)', 'a').groups()", "('a',)", "AttributeError",
     CPYTHON_LIKE, "adafruit_httpserver reads routes with it; `shims/regular.py`"),
    ("shim", "`time.monotonic`, `monotonic_ns`", "import time\nr = time.monotonic() >= 0", "True", "AttributeError",
     CPYTHON_LIKE, "adafruit_httpserver; `shims/virtual_time.py`. Our own code takes `supervisor.ticks_ms`"),
    ("shim", "module `traceback`", "import traceback\nr = 1", "1", "ImportError", CPYTHON_LIKE,
     "adafruit_httpserver, `code.py`; `shims/traceback.py`. `log.py` has a way without it"),
    ("shim", "module `typing` for libraries that ask `sys.implementation.name`",
     "import sys\nr = sys.implementation.name == 'circuitpython'", "False", "False", "True",
     "adafruit_connection_manager; `shims/system.py` gives the board's name"),
    ("shim", "`ipaddress`", "import ipaddress\nr = str(ipaddress.ip_address('1.2.3.4'))", "'1.2.3.4'", "ImportError",
     "`ip_address` for IPv4 only", "`shims/ipaddress.py`"),
)

# What an idle pass may not do. (what, preparation, statement, it takes heap, how it is avoided)
ALLOCATIONS = (
    ("a call with positional or keyword arguments", "def f(a, b=0): return a", "f(1, b=2)", False, "free"),
    ("a loop over `range`, a tuple, a list, a bytearray", "t = (1, 2)\nl = [1]\nb = bytearray(2)",
     "for i in range(3): pass\n for i in t: pass\n for i in l: pass\n for i in b: pass", False, "free"),
    ("`try` without an exception, `with`", "class C:\n def __enter__(s): return s\n def __exit__(s, a, b, c): pass\nc = C()",
     "try: pass\n except OSError: pass\n with c: pass", False, "free"),
    ("an empty tuple as the answer \"nothing\"", "e = ()", "for i in e: pass", False,
     "`take_frames` and `take_events` give `()`"),
    ("a method that is kept or handed over", "class C:\n def m(s): pass\nc = C()", "f = c.m", True,
     "made once, when the box is wired"),
    ("a function made inside", "", "f = lambda: i", True, "functions of the module"),
    ("a slice, also of a memoryview", "v = memoryview(bytearray(9))", "v[1:3]", True, "only when there are bytes"),
    ("a list, a tuple, a dict with content", "a = 1", "(a, 2)", True, "only for events"),
    ("a loop over `dict.items()`", "d = {1: 2}", "for i in d.items(): pass", True, "tuples of rows"),
    ("a text made by `%` or an f-string", "a = 12345678", "'%d' % a", True, "only for a line of the log"),
    ("arithmetic on floats", "a = 1.5", "a * 2", True, "ints of ms; on the board a float takes no heap, but loses digits"),
    ("an exception", "", "try: int('x')\n except ValueError: pass", True, "asked before, not caught after"),
    ("`*args`", "def f(*a): pass", "f(1)", True, "not on the way of a pass"),
    ("a generator", "def g(): yield 1", "for i in g(): pass", True, "only for the pages"),
)
# fmt: on


def outcome(source):
    """`repr(r)` of what the probe left, or the name of the exception it ended with."""
    names = {}
    try:
        exec(source, names)
    except Exception as error:
        return type(error).__name__
    return repr(names["r"])


def bytes_of(preparation, statement):
    """Bytes of heap that the statement takes inside a function (MicroPython only)."""
    import gc

    names = {}
    exec(preparation + "\ni = 0\ndef probe():\n " + statement + "\n", names)
    probe = names["probe"]
    probe()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    probe()
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken


def main():
    for number, row in enumerate(DIFFERENCES):
        print("difference", number, outcome(row[PROBE]))
    for number, row in enumerate(ALLOCATIONS):
        print("allocation", number, bytes_of(row[1], row[2]))


if __name__ == "__main__":
    main()
