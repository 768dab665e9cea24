# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The meter of lines in C (`line_meter.c`), built when it is first wanted; None where there is no C compiler.

Every line of the device's program goes through the meter, so it decides how long the tests take. `cost.Meter` counts the
same in Python; `twin_tests/test_line_meter.py` holds them together.
"""

import hashlib
import importlib.machinery
import importlib.util
import os
import subprocess
import sysconfig
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
BUILT = Path(__file__).parents[2] / "build" / "line_meter"
# "python": count in Python, as where nothing can be compiled.
CHOICE = "SOCBOX_LINE_METER"


def load():
    """The class `Meter` of the C file, or None."""
    module = extension(SOURCE)
    if module is None:
        return None
    # None: this Python traces all that is metered.
    module.Meter.mark = staticmethod(module.Mark) if hasattr(module, "Mark") else None
    return module.Meter


def extension(source):
    """The module that a C file makes, None where that cannot be had."""
    if os.environ.get(CHOICE) == "python":
        return None
    name = source.stem + "_c"
    key = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    path = BUILT / f"{name}-{key}{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not path.exists() and not build(source, path):
        return None
    loader = importlib.machinery.ExtensionFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def build(source, path):
    """Compile to `path`; False where that cannot be done. Several processes may try at once."""
    compiler = os.environ.get("CC", "cc")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / path.name
            command = [compiler, "-O2", "-fPIC", "-shared", f"-I{sysconfig.get_path('include')}", "-o", made, source]
            done = subprocess.run(command, capture_output=True, timeout=120, check=False)
            if done.returncode:
                return False
            made.replace(path)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return True
