# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What each module of a list takes of the heap: run_heap.py NAME ...; a module comes behind those that it imports.

Prints "NAME bytes" for each: what lives more after its import than before. Names that it brings are in it; the table of
names, which MicroPython doubles now and then, is in the row of the module that was there when it grew.
"""

import gc
import sys

import firmware

firmware.install()


def live():
    """Bytes that live now."""
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


for name in sys.argv[1:]:
    before = live()
    try:
        __import__(name)
    except Exception as error:
        print("failed", name, repr(error))
        continue
    print(name, live() - before)
