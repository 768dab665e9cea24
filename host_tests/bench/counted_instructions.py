# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Machine instructions by Python file of a script on MicroPython: the same number however busy the computer is.

Valgrind's callgrind counts them. `instructions.c` lends each Python file a C function through which MicroPython's virtual
machine is entered for it, and the profiler adds what every other function takes to that of its caller. So a file's account
has its byte code and all that C code does for it, and neither the files that it calls nor what is charged for otherwise.

MicroPython looks for each new text among the names that the program has, all of them one after the other. That is much of
what a line with texts takes, and another kind of work, so it is told apart. How long a search for memory takes depends on
how long ago the last collection was, so files have their share of all of them.
"""

import os
import re
import string
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from host_tests.interpreter import micropython

SOURCE = Path(__file__).with_name("instructions.c")
INTERPRETER = next(Path(sysconfig.get_paths()["purelib"]).glob("micropython_run.*.so"), None)
# Those of instructions.c begin with zz_; no name of C begins otherwise than one of these.
OTHERS = [*sorted(set(string.ascii_letters + "_0(.") - {"z"}), "zi", "zl"]
TIMEOUT_S = 3600

_NAME = re.compile(r"fn=\((\d+)\)(?: (.+))?")
_FILE = re.compile(r"zz_(file|name)_(\d+)")


def build(folder):
    """The library for LD_PRELOAD, made in ``folder``."""
    path = Path(folder) / "instructions.so"
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"], check=True)
    return path


def of_functions(profile):
    """{C function: instructions of its own} of a file that callgrind wrote."""
    names, found, current, of_a_call = {}, {}, None, False
    for line in profile.splitlines():
        name = _NAME.match(line.removeprefix("c"))
        if name:
            if name[2]:
                names[name[1]] = name[2]
            if not line.startswith("c"):
                current = names[name[1]]
        elif line.startswith("calls="):
            of_a_call = True
        elif line[:1] in set("0123456789+-*"):
            if not of_a_call:
                found[current] = found.get(current, 0) + int(line.split()[1])
            of_a_call = False
    return found


def of_files(profile, names):
    """{Python file: [instructions, those of searches for names]} of what callgrind and instructions.c wrote.

    Of the searches for memory each file has the average as often as it asked for some."""
    rows = [line.split(" ", 3) for line in names.splitlines()]
    files = {int(number): path for number, _, _, path in rows}
    of_function = of_functions(profile)
    found = {}
    for column, name in enumerate(("zz_take_one", "zz_take_more"), 1):
        asked = sum(int(row[column]) for row in rows)
        for row in rows:
            count = int(row[column])
            if count:
                found.setdefault(row[3], [0, 0])[0] += of_function.get(name, 0) * count / asked
    for function, instructions in of_function.items():
        entry = _FILE.match(function)
        if entry:
            path = files.get(int(entry[2], 4))
            found.setdefault(path, [0, 0])[entry[1] == "name"] += instructions
    return found


def run(script, *arguments, paths, heap="64M"):
    """(`of_files`, what it printed) of a script that ends well."""
    with tempfile.TemporaryDirectory() as folder:
        profile, names = Path(folder) / "profile", Path(folder) / "names"
        environment = dict(
            os.environ,
            MICROPYPATH=":".join([str(path) for path in paths] + [".frozen"]),
            LD_PRELOAD=str(build(folder)),
            LD_BIND_NOW="1",
            INSTRUCTIONS_OF=str(INTERPRETER.resolve()),
            INSTRUCTIONS_NAMES=str(names),
        )
        launcher = "import sys, micropython_unix; sys.exit(micropython_unix.main())"
        done = subprocess.run(
            ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}"]
            + [f"--fn-skip={first}*" for first in OTHERS]
            + [sys.executable, "-c", launcher, "-X", "heapsize=" + heap, str(script)]
            + [str(argument) for argument in arguments],
            cwd=micropython.ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
        if done.returncode:
            raise RuntimeError(f"{script} did not run under valgrind:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return of_files(profile.read_text(), names.read_text()), done.stdout
