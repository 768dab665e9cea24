# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modules in the root of the drive for tests on the host; that folder cannot be on the path: `code.py` is there."""

import importlib.util
import sys
from pathlib import Path

DRIVE = Path(__file__).resolve().parents[2] / "CIRCUITPY"


def module(name, drive=DRIVE, **others):
    """A fresh module of that name. `others`: what it finds when it imports a module of these names; None: nothing."""
    spec = importlib.util.spec_from_file_location(name, drive / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    before = {one: sys.modules.get(one) for one in others}
    sys.modules.update(others)
    try:
        spec.loader.exec_module(made)
    finally:
        for one, was in before.items():
            if was is None:
                del sys.modules[one]
            else:
                sys.modules[one] = was
    return made
