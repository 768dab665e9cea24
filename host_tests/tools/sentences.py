# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Finds what a page or the display shows in words, in the sources: for `host_tests.tools.languages`.

HTML, the table of settings and the faults are read as they are. In JavaScript and Python every literal that looks like words
must be part of a key, unless it is listed in NOT_SHOWN of `not_shown`. A single word in small letters looks like a name of
the program's own: those are found by the browser test, which lists every text on a page that was not translated.
"""

import ast
import functools
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DRIVE = ROOT / "CIRCUITPY"
sys.path.insert(0, str(DRIVE / "lib"))

from appliance.display import setup_views, views  # noqa: E402
from appliance.mqtt import causes  # noqa: E402
from appliance.settings import schema  # noqa: E402
from appliance.smartevse import listeners  # noqa: E402
from appliance.state import faults  # noqa: E402
from v2g.plug_in import RUNGS  # noqa: E402

from host_tests.support.steps import to_the_end  # noqa: E402
from host_tests.tools.not_shown import FROM_THE_FIRMWARE, NOT_SHOWN  # noqa: E402

WWW = DRIVE / "www"
LIB = DRIVE / "lib"
# As in www/translate.js.
ATTRIBUTES = ("aria-label", "title", "placeholder", "alt")
LEFT_ALONE = ("code", "pre", "script", "noscript", "style", "textarea")
_VOID = ("meta", "link", "img", "input", "br")
# Modules whose sentences reach a page. The display's own are found by ``say``.
MODULES = (
    "appliance/base/url.py", "appliance/selftest.py", "appliance/story.py", "appliance/modem", "appliance/mqtt/session.py",
    "appliance/mqtt/trial.py", "appliance/settings/checks.py", "appliance/settings/copies.py",
    "appliance/settings/reading.py", "appliance/settings/service.py", "appliance/settings/settings.py",
    "appliance/settings/toml.py", "appliance/smartevse", "appliance/state/cars.py", "appliance/state/status.py",
    "appliance/state/faults.py", "appliance/storage", "appliance/update", "appliance/web",
    "plc/qca7005.py", "v2g/connection.py", "v2g/plug_in.py", "v2g/secc.py", "v2g/session.py",
)  # fmt: skip
# Lines of HTTP, not sentences.
_WITHOUT = ("responses.py", "routes.py", "access.py")
# What a script consists of, as far as its strings are concerned: comments, strings, templates.
_SCRIPT = re.compile(r"(?<!\\)//[^\n]*|/\*.*?\*/|(\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)", re.S)
# What is filled in by the program: %d, ${name}, {0}.
_HOLES = re.compile(r"%(?:0?\d*[ds]|\.\df|%)|\$\{[^}]*\}|\{t?\d\}")
_LETTERS = re.compile(r"[A-Za-zÀ-ÿ]{2}")
# Looks like words: two of them, or one that begins with a capital letter.
_WORDS = re.compile(r"[A-Za-z]{2,}[,.:;]? [A-Za-z0-9(]|^[A-Z][a-z]+[.?!]?$")


def fold(text):
    """White space as a page shows it."""
    return " ".join(text.split())


# ---- HTML


class _Texts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []
        self._open = []

    def _is_alone(self):
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        alone = tag in LEFT_ALONE or values.get("translate") == "no" or self._is_alone()
        if not alone:
            self.found += [values[name] for name in ATTRIBUTES if values.get(name)]
        if tag not in _VOID:
            self._open.append((tag, alone))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not self._is_alone():
            self.found.append(data)


def html_texts(text):
    """The texts and attributes of a page that are to be translated."""
    parser = _Texts()
    parser.feed(text)
    return [fold(found) for found in parser.found if _LETTERS.search(found)]


# ---- literals


def js_literals(text):
    """The strings of a script, those of templates with ${...} in them."""
    strings = [match.group(1)[1:-1] for match in _SCRIPT.finditer(text) if match.group(1)]
    return [string.encode("latin-1", "backslashreplace").decode("unicode_escape") for string in strings]


def py_literals(text):
    """The strings of a module, without its documentation: strings that stand alone, behind an attribute as well."""
    tree = ast.parse(text)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
    ]


def _scripts():
    return sorted(WWW.glob("*.js"))


def _modules():
    for name in MODULES:
        path = LIB / name
        paths = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from [path for path in paths if path.parent.name != "web" or path.name not in _WITHOUT]


@functools.cache
def literals():
    """[(path, text)] of everything in scripts and modules that looks like words and is shown."""
    found = [(path, text) for path in _scripts() for text in js_literals(path.read_text())]
    found += [(path, text) for path in _modules() for text in py_literals(path.read_text())]
    shown = [(path.relative_to(ROOT).as_posix(), fold(text)) for path, text in found]
    return [(path, text) for path, text in shown if _WORDS.search(text) and text not in NOT_SHOWN and text != "use strict"]


@functools.cache
def every_text():
    """All texts of the sources in one, for what is looked for in them."""
    texts = [text for path in _scripts() for text in js_literals(path.read_text())]
    texts += [text for path in _modules() for text in py_literals(path.read_text())]
    return "\n".join([fold(text) for text in texts] + page_keys() + list(FROM_THE_FIRMWARE))


# ---- tables


def fault_rows():
    """(code, what it means, what to do) of every fault."""
    lines = (LIB / "appliance" / "state" / "faults.txt").read_text().splitlines()
    return [tuple(line.split("\t")) for line in lines]


def short_faults():
    """The short texts of every fault."""
    rows = list(faults.TABLE.values()) + list(causes.ROWS.values()) + list(listeners.ROWS.values())
    return sorted({row[1] for row in rows})


def setting_texts():
    """Groups, labels and helps of the settings."""
    words = to_the_end(schema.words())[0]
    return [text for row in schema.SCHEMA for text in (row[schema.GROUP], *words[row[schema.KEY]])]


@functools.cache
def page_keys():
    """Every text that stands in the sources as a whole and is shown on a page."""
    found = [text for path in sorted(WWW.glob("*.html")) for text in html_texts(path.read_text())]
    found += [text for row in fault_rows() for text in row[1:]] + list(RUNGS)
    return list(dict.fromkeys(found + short_faults() + setting_texts()))


@functools.cache
def display_keys():
    """Every text of the display: what its modules hand to ``say``, and those of its tables."""
    found = [heading for heading, *_ in views.STAGES.values() if heading] + list(setup_views.TITLES.values())
    found += [text for row in views.KEPT_WAITING.values() for text in row] + [views.PRESENT]
    for path in sorted((LIB / "appliance" / "display").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "say":
                found += [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
    return [text for text in dict.fromkeys(found) if isinstance(text, str) and _LETTERS.search(text) and text != "socbox"]


# ---- both ways


def _pattern_of(literal):
    """A literal as a pattern that finds the keys it is part of; None without words."""
    parts = [part for part in _HOLES.split(literal) if _LETTERS.search(part)]
    return ".*".join(re.escape(fold(part)) for part in parts) if parts else None


def not_covered(pages):
    """Literals that look like words and are part of no key, as lines that say what to do."""
    keys = "\n".join(pages)
    found = []
    for path, text in literals():
        pattern = _pattern_of(text)
        if pattern is not None and not re.search(pattern, keys):
            found.append(
                f'{path}: {text!r} is in no language: add msgid "{json_key(text)}" to host_tests/languages/*.po, '
                "with {0}, {1} where something is filled in, or the text to NOT_SHOWN in host_tests/tools/not_shown.py"
            )
    return sorted(set(found))


def json_key(text):
    """A first guess at the key of a literal."""
    count = iter(range(10))
    return _HOLES.sub(lambda _: "{%d}" % next(count), text)


def _stands_in(chunk, everything):
    """True when a part of a key is in the sources, put together from three texts at most."""
    words = chunk.split()
    for _ in range(3):
        count = next((count for count in range(len(words), 0, -1) if " ".join(words[:count]) in everything), 0)
        words = words[count:]
        if not words or not count:
            break
    return not words


def gone(pages):
    """Keys of which some words stand nowhere in the sources."""
    everything = every_text().lower()
    found = []
    for key in pages:
        parts = re.split(r"\{\d\}|[().;:,…]+", key)
        if not all(_stands_in(fold(part).lower(), everything) for part in parts if _LETTERS.search(part)):
            found.append(key)
    return sorted(found)
