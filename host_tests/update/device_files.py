# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The modules in the root of the drive for tests on the host; that folder cannot be on the path: `code.py` is there."""

import importlib.util
from pathlib import Path

DRIVE = Path(__file__).resolve().parents[2] / "CIRCUITPY"


def module(name):
    """A fresh module of that name."""
    spec = importlib.util.spec_from_file_location(name, DRIVE / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made
