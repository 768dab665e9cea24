# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""A pytest plugin: tests and twin run the device's files with one file changed.

SOCBOX_DEVICE is a copy of CIRCUITPY, for the twin. SOCBOX_CHANGED is the file in it that differs: tests import that one from
the copy and all others from where they are, so that they are found compiled.
"""

import importlib.util
import os
import sys
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path

from host_tests.twin import world

COPY = Path(os.environ["SOCBOX_DEVICE"])
CHANGED = os.environ["SOCBOX_CHANGED"]
_ORIGINAL = str(world.CIRCUITPY / CHANGED)


class _NeverKept(SourceFileLoader):
    """Does not cache the compiled file, which will soon be gone."""

    def set_data(self, *_arguments, **_keywords):
        pass


class _Changed:
    @staticmethod
    def find_spec(name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.origin != _ORIGINAL:
            return None
        file = str(COPY / CHANGED)
        return importlib.util.spec_from_file_location(name, file, loader=_NeverKept(name, file))


sys.meta_path.insert(0, _Changed)
world.CIRCUITPY = COPY
