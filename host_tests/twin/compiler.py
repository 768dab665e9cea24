# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Code of what the twin runs: each source compiled once, and kept in `build/twin_code` for the next process."""

import __future__

import hashlib
import importlib.util
import marshal
import os
from pathlib import Path

from host_tests.twin import line_marks

KEPT = Path(__file__).parents[2] / "build" / "twin_code"
# Less is compiled sooner than it is found.
_WORTH_KEEPING = 1000
_MAKER = importlib.util.MAGIC_NUMBER + Path(line_marks.__file__).read_bytes() + Path(__file__).read_bytes()

_of_device = {}
_of_host = {}


def compile_device(source, filename, mark=None):
    """Code of device source. Annotations stay unevaluated, as on the device. `mark`: what it is marked with (`line_marks`),
    None: not at all."""
    key = (filename, hash(source))
    if (*key, mark) not in _of_device:
        if key not in _of_device:
            _of_device[key] = _kept(source, filename, _both)
        code, marked = _of_device[key]
        _of_device[*key, mark] = code if mark is None else line_marks.filled(marked, code, mark)
    return _of_device[*key, mark]


def compile_host(path):
    """Code of a host file (a fake, or Blinka's)."""
    if path not in _of_host:
        _of_host[path] = _kept(path.read_text(), str(path), _plain)
    return _of_host[path]


def _both(source, filename):
    flags = __future__.annotations.compiler_flag
    code = compile(source, filename, "exec", flags=flags, dont_inherit=True)
    return code, line_marks.marked(code) if line_marks.KNOWN else None


def _plain(source, filename):
    return compile(source, filename, "exec", dont_inherit=True)


def _kept(source, filename, make):
    """What `make` made of it before, or makes."""
    text = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
    if len(text) < _WORTH_KEEPING:
        return make(source, filename)
    name = hashlib.sha256(b"\0".join((_MAKER, make.__name__.encode(), filename.encode(), text))).hexdigest()
    path = KEPT / name
    try:
        return marshal.loads(path.read_bytes())
    except (OSError, ValueError, EOFError, TypeError):
        made = make(source, filename)
    KEPT.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{name}.{os.getpid()}")
    new.write_bytes(marshal.dumps(made))
    new.replace(path)
    return made
