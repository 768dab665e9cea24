# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Each rule for device code catches what it is for, in any layout, and leaves its neighbours alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from host_tests.checks import device_rules

ROOT = Path(__file__).resolve().parents[2]
HEADER = "# SPDX-FileCopyrightText: 2026 socbox contributors\n# SPDX-License-Identifier: MIT\n"

# (rule, place, code that must be caught)
PLANTED = [
    ("match", "v2g", "match (\n x\n):\n  case 1: pass"),
    ("star-display", "v2g", "a = [\n  *\n  b, 1]"),
    ("star-display", "v2g", "a = 1, * b"),
    ("star-display", "v2g", "def f(x):\n  return (1,\n    *x)"),
    ("star-display", "v2g", "for a in *b, 2: pass"),
    ("star-display", "v2g", "a = {*b}"),
    ("dict-unpacking", "appliance", "a = {'x': 1, ** \\\n b}"),
    ("positional-only", "plc", "def f(a, \n /, b): pass"),
    ("positional-only", "plc", "f = lambda a, /: a"),
    ("except-star", "plc", "try: f()\nexcept * OSError: pass"),
    ("absent-builtin", "appliance", "try: f()\nexcept (\n  OSError,\n  FileNotFoundError): pass"),
    ("absent-builtin", "", "try: f()\nexcept ConnectionResetError as e: pass"),
    ("absent-builtin", "", "raise PermissionError"),
    ("absent-builtin", "plc", "a = ( format )(1, 'x')"),
    ("absent-builtin", "plc", "a = vars(b)"),
    ("absent-builtin", "v2g", "errors = [UnicodeDecodeError]"),
    ("absent-on-micropython", "plc", "try: f()\nexcept ( TimeoutError ): pass"),
    ("absent-module", "appliance", "import json, dataclasses"),
    ("absent-module", "appliance", "from enum \\\n import Enum"),
    ("absent-module", "appliance", "def f():\n  import urllib.parse as p"),
    ("absent-module", "v2g", "if x:\n  from typing import Any"),
    ("import-direction", "plc", "def f():\n    from v2g import exi"),
    ("import-direction", "plc", "import appliance.web as w"),
    ("import-direction", "v2g", "from appliance . web import x"),
    ("root-import", "", "def f():\n    from appliance.storage import records"),
    ("root-import", "", "try:\n    from plc import ticks\nexcept ImportError: pass"),
    ("impure-import", "plc", "import struct, busio"),
    ("impure-import", "v2g", "try:\n import supervisor\nexcept ImportError: pass"),
    ("impure-import", "v2g", "from time import sleep as s"),
    ("impure-import", "plc", "import random"),
    ("relative-import", "v2g", "from . import exi"),
    ("relative-import", "v2g", "from ..plc import mme"),
    ("from-bytes-signed", "v2g", "a = int . from_bytes(b, 'big', signed\n=True)"),
    ("slice-step", "v2g", "a = b[ : : -1 ]"),
    ("slice-step", "v2g", "a = b[1:9:n]"),
    ("slice-step", "v2g", "a[::2] = b"),
    ("slice-deletion", "plc", "buffer = bytearray(9)\ndel buffer [\n 2 : 4 ]"),
    ("slice-deletion", "plc", "def f(self): del self.buffer[:3]"),
    ("absent-method", "v2g", "a = b'x' . \\\n ljust(60)"),
    ("absent-method", "appliance", "a = str(1).zfill (2)"),
    ("absent-method", "appliance", "a = b.removeprefix('x')"),
    ("absent-method", "appliance", "a = memoryview(b).tobytes()"),
    ("absent-method", "appliance", "a = h.hexdigest()"),
    ("absent-method", "appliance", "a = T._fields"),
    ("keyword-argument", "appliance", "a = b.split(\n  sep = ',')"),
    ("keyword-argument", "appliance", "a = sum(b, start=1)"),
    ("keyword-argument", "appliance", "a = zip(b, c, strict=True)"),
    ("keyword-argument", "appliance", "a = int('1', base=16)"),
    ("keyword-argument", "appliance", "a = b.decode(encoding='utf-8')"),
    ("decode-errors", "appliance", "a = b.decode('utf-8', 'replace')"),
    ("codec", "appliance", "a = b.encode( 'latin-1' )"),
    ("nested-f-string", "v2g", "a = f'{f\"{b}\"}'"),
    ("nested-f-string", "", "a = f'{c(f\"{b:02x}\")}'"),
    ("lambda-in-f-string", "appliance", "a = f'''{\n(lambda: 1)()}'''"),
    ("parenthesised-with", "appliance", "with (a as b, c as d): pass"),
    ("parenthesised-with", "appliance", "with (  # why\n  open(x) as f\n): pass"),
    ("parenthesised-with", "appliance", "with (a(), b()): pass"),
    ("absent-attribute", "plc", "import struct\na = struct . Struct('>H')"),
    ("absent-attribute", "plc", "import struct as s\ntry: f()\nexcept s.error: pass"),
    ("absent-attribute", "plc", "from struct import iter_unpack"),
    ("absent-attribute", "plc", "import hashlib\na = (\n hashlib\n).sha256(b)"),
    ("absent-attribute", "appliance", "import os\na = os.path.join('a', 'b')"),
    ("absent-attribute", "appliance", "import time\na = time.strftime('%H')"),
    ("absent-attribute", "appliance", "from collections import (\n  OrderedDict,\n  defaultdict)"),
    ("absent-attribute", "appliance", "import re\na = re.findall('x', b)"),
    ("absent-attribute", "appliance", "import json\ntry: f()\nexcept json.JSONDecodeError: pass"),
    ("struct-format", "plc", "import struct\na = struct.pack( '>B?', 1, True)"),
    ("float", "v2g", "a = 1."),
    ("float", "plc", "a = 1e3"),
    ("float", "plc", "a = 5j"),
    ("float", "v2g", "a = b \\\n / c"),
    ("float", "v2g", "a /= 2"),
    ("float", "v2g", "a = float(b)"),
    ("float-kept", "appliance", "a = float('%d.%03d' % (b, c))"),
    ("float-kept", "appliance", "a = b / 1000"),
    ("float-kept", "", "f({'a': b /\n 1000})"),
    ("float-kept", "appliance", "a /= 1000"),
    ("print", "plc", "print ('x')"),
    ("print", "v2g", "clock.sleep(1)"),
    ("pattern", "appliance", "import re\na = re.compile(r'\\bx')"),
    ("pattern", "appliance", "import re\na = re . match('a{2}', b)"),
    ("pattern", "appliance", "from re import search as s\na = s(b'(?P<n>x)', c)"),
    ("pattern", "appliance", "import re\na = re.sub('x(?=y)', '', b)"),
    ("union-in-isinstance", "appliance", "a = isinstance(b, int\n | str)"),
    ("union-in-isinstance", "appliance", "a = issubclass(b, (bytes | str, int))"),
    ("run-time-generic", "appliance", "Names = list [str]"),
    ("inheritance", "appliance", "class A(B,\n C): pass"),
    ("inheritance", "appliance", "class A(metaclass=M): pass"),
    ("special-method", "appliance", "class A:\n  def __index__ (self): return 1"),
    ("function-attribute", "appliance", "def f(): pass\nf . count = 1"),
    ("function-attribute", "appliance", "a = b.__qualname__"),
    ("format-field", "appliance", "a = '{0.name}'.format(b)"),
    ("format-field", "appliance", "a = ('{b'\n  '[1]}').format(b=c)"),
    ("named-character", "appliance", "a = 'x\\N{DEGREE SIGN}'"),
    ("deque", "appliance", "from collections import deque\na = deque( () )"),
    ("deque", "appliance", "import collections\na = collections.deque([], maxlen=3)"),
    ("json-keyword", "appliance", "import json\na = json.dumps(b, indent\n=2)"),
    ("emitter", "appliance", "import micropython\n@ micropython . viper\ndef f(): pass"),
]

# Code beside the rules: none of it may be refused.
ALLOWED = [
    ("plc", "a, *b = c\nf(*b, **d)\ng = [1, 2] + list(b)"),
    ("plc", "a = {'x': 1}\na.update(b)\nc = a | b"),
    ("plc", "def f(a, *, b): return (yield from b)"),
    ("plc", "try: f()\nexcept (OSError, ValueError) as e: raise KeyError from e"),
    ("appliance", "try: f()\nexcept (ConnectionError, BrokenPipeError, TimeoutError): pass"),
    (
        "appliance",
        "try:\n from typing import Any\nexcept ImportError: pass\ndef f(a: 'Any') -> list[int]: pass",
    ),
    ("", "import slots\nfrom appliance import box, start"),
    ("appliance", "a.settimeout(b / 1000)\nc.brightness = d / 100\nlog('%.1f' % (e / 1000))\nf = '%s %.1f' % (g, h / 9)"),
    ("plc", "try:\n from micropython import const\nexcept ImportError:\n def const(x): return x"),
    ("appliance", "from v2g import exi\nfrom plc import mme\nimport wifi\nimport adafruit_requests"),
    ("v2g", "from plc.errors import PeerError\nfrom v2g import exi\na = exi.decode(schema, data)"),
    ("plc", "a = b[1:2]\nc = b[:]\nd = b[1:2:]\nlog = []\ndel log[:3]\ndel a[1]"),
    ("plc", "import hashlib\na = hashlib.new('sha256', b) if hasattr(hashlib, 'new') else hashlib.sha256(b)"),
    ("plc", "import hashlib\ndef f(b):\n if hasattr(hashlib, 'new'): return 1\n return hashlib.sha256(b)"),
    ("appliance", "import time\ntry: ticks = time.ticks_ms\nexcept AttributeError: ticks = None"),
    (
        "appliance",
        "a = b.decode('utf-8')\nc = d.split(',', 1)\ne = sorted(b, key=len)\nf = max(b, default=0)",
    ),
    (
        "appliance",
        "with a as b, (c) as d: pass\nwith (e): pass\nwith (f)() as g: pass\nwith (x, y)[0] as z: pass",
    ),
    ("appliance", "a = 1.5\nprint(f'{a:.1f} {b!r} {c / 2:.1f}')"),
    ("plc", "a = b // 2 % 3\nc = 1_000 << 4"),
    ("appliance", "import re\na = re.compile(r'^(?:a|b)+[0-9]*$')\nd = c.format('{0}')"),
    ("appliance", "from collections import OrderedDict, deque\na = deque((), 8)"),
    ("appliance", "a = isinstance(b, (int, str)) or c | d"),
    (
        "appliance",
        "class A(B):\n  def __len__(self): return 1\n  @property\n  def title(self): return self.a.title",
    ),
    ("appliance", "import json\na = json.dumps(b, separators=(',', ':'))\nd = r'\\N{x}'\ne = '\\\\N{x}'"),
    ("appliance", "def f(vars): return vars(1)"),
]


def found(code, place):
    return {name for _, name, _ in device_rules.check(HEADER + code + "\n", place)}


@pytest.mark.parametrize(("rule", "place", "code"), PLANTED)
def test_planted_code_is_caught(rule, place, code):
    compile(code, rule, "exec")
    assert rule in found(code, place)


@pytest.mark.parametrize(("place", "code"), ALLOWED)
def test_neighbouring_code_passes(place, code):
    compile(code, place, "exec")
    assert found(code, place) == set()


@pytest.mark.parametrize("text", ["", "import gc\n", "#!x\n" + HEADER, HEADER.replace("MIT", "GPL")])
def test_missing_header_is_caught(text):
    assert "spdx-header" in {name for _, name, _ in device_rules.check(text, "plc")}


def test_layer_rules_stay_in_their_layer():
    for rule, _, code in PLANTED:
        if device_rules.RULES[rule][2] is not None:
            assert rule not in found(code, "appliance")


def test_every_rule_is_planted():
    assert {rule for rule, _, _ in PLANTED} | {"spdx-header"} == set(device_rules.RULES)


def test_a_finding_has_its_line_and_reason(tmp_path, capsys):
    folder = tmp_path / "CIRCUITPY" / "lib" / "plc"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text(HEADER + "a = 1\nb = 2.5\n", encoding="utf-8")
    (folder / "b.py").write_text(HEADER + "def f(:\n", encoding="utf-8")
    assert device_rules.main([tmp_path / "CIRCUITPY"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("CIRCUITPY/lib/plc/a.py:4: float: 2.5: ")
    assert lines[1].startswith("CIRCUITPY/lib/plc/b.py:3: syntax: ")


def test_the_tree_is_clean():
    command = [sys.executable, "-m", "host_tests.checks.device_rules"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")
    names = {path.name for path, _ in device_rules.device_files(ROOT / "CIRCUITPY")}
    assert {"exi.py", "mme.py"} <= names
