# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Lines by Python file of a script for MicroPython, run on CPython and counted as the twin counts them.

    python -m host_tests.bench.counted_lines RESULT.json FOLDER PATHS SCRIPT [ARGUMENTS]

Prints what the script prints and writes {file: lines} of the files below FOLDER. PATHS is what MicroPython has as its
``sys.path``, with colons. The shims in it take the place of CPython's modules of the same name.
"""

import __future__

import gc
import importlib.machinery
import json
import runpy
import subprocess
import sys
import tempfile
import time
import traceback
import types
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Those that CPython's library still needs keep what they have imported.
SHIMMED = ("ipaddress", "select", "traceback")
HEAP = 1 << 26


class Loader(importlib.machinery.SourceFileLoader):
    """Annotations stay unevaluated, as on MicroPython, and nothing is read from a cache."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        flags = __future__.annotations.compiler_flag
        return compile(self.get_data(path), path, "exec", flags, dont_inherit=True)


def finder_below(paths):
    """A path hook for what lies below ``paths``."""

    def finder(path):
        if not path.startswith(tuple(paths)) or path.startswith(sys.prefix) or not Path(path).is_dir():
            raise ImportError
        return importlib.machinery.FileFinder(path, (Loader, [".py"]))

    return finder


def like_micropython(paths):
    """From here on an import finds what it would find on MicroPython."""
    memory = types.ModuleType("gc")
    memory.mem_alloc, memory.mem_free, memory.collect = (lambda: 0), (lambda: HEAP), (lambda: None)
    clock = types.ModuleType("time")
    clock.__dict__.update(time.__dict__)
    clock.ticks_us = lambda: time.monotonic_ns() // 1000
    clock.ticks_diff = lambda end, start: end - start
    machine = types.ModuleType("micropython")
    machine.const = lambda value: value
    machine.mem_info = machine.qstr_info = lambda: None
    sys.modules.update(gc=memory, time=clock, micropython=machine)
    for name in SHIMMED:
        sys.modules.pop(name, None)
    formatted = traceback.format_exception
    sys.print_exception = lambda error, file=None: (file or sys.__stdout__).write("".join(formatted(error)))
    sys.path[:0] = paths
    sys.path_hooks.insert(0, finder_below(paths))
    sys.path_importer_cache.clear()


def tracer(folder):
    """(trace function, {file: lines}) of the files below ``folder``."""
    lines, locals_of = {}, {}

    def local_trace_of(name):
        if not name.startswith(folder + "/"):
            return None
        lines[name] = 0

        def local_trace(_frame, event, _argument):
            if event == "line":
                lines[name] += 1
            return local_trace

        return local_trace

    def global_trace(frame, _event, _argument):
        name = frame.f_code.co_filename
        if name not in locals_of:
            locals_of[name] = local_trace_of(name)
        return locals_of[name]

    return global_trace, lines


def main(result, folder, paths, script, *arguments):
    for name in SHIMMED:
        __import__(name)
    like_micropython(paths.split(":"))
    sys.argv = [script, *arguments]
    global_trace, lines = tracer(folder)
    gc.disable()
    sys.settrace(global_trace)
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ending:
        if ending.code:
            raise
    finally:
        sys.settrace(None)
    Path(result).write_text(json.dumps(lines), encoding="utf-8")


def run(folder, script, *arguments, paths):
    """({Python file: lines}, what it printed) of a script that ends well."""
    with tempfile.TemporaryDirectory() as place:
        result = Path(place) / "lines.json"
        joined = ":".join(str(path) for path in paths)
        command = [sys.executable, "-m", __spec__.name, result, folder, joined, script, *arguments]
        command = [str(word) for word in command]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=3600)
        if done.returncode:
            raise RuntimeError(f"{script} did not run on CPython:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return json.loads(result.read_text()), done.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
