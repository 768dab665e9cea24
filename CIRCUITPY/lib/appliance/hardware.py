# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What surrounds the program: paths on the drive, CircuitPython's own modules.

A board or a drive may lack any of these; each function says what it returns then.
"""

import os
import sys


def drive_root():
    """The root from which this version was started, without a slash at the end: the drive's, or a mounted slot's."""
    return __file__.rsplit("/lib/", 1)[0] if "/lib/" in __file__ else ""


def owner_root(slots):
    """The root of the drive itself, where the owner's files are: a version from a slot is mounted on a folder of it."""
    root = drive_root()
    mount = None if slots is None else slots.MOUNT
    return root[: -len(mount)] if mount and root.endswith(mount) else root


def slots_of_start():
    """The module ``slots`` if the start had to choose a version, else None: then nothing was mounted, no start failed, and
    the module is not needed before an update."""
    return sys.modules.get("slots")


def installed_slots():
    """The module ``slots``, or None on a drive without."""
    try:
        import slots

        return slots
    except ImportError:
        return None


def settings_path():
    """The path of settings.toml."""
    root = drive_root()
    for path in (root + "/settings.toml", "/settings.toml", "settings.toml"):
        try:
            os.stat(path)
            return path
        except OSError:
            continue
    return "/settings.toml"


def settings_files(slots):
    """Paths of all files with settings: settings.toml, and those of ``storage.records``, which need not exist."""
    saved = owner_root(slots) + "/saved/%d/settings.bin"
    return [settings_path()] + [saved % number for number in range(1, 5)]


def drive_opener():
    """``storage.remount``, or None where the drive can be written without it."""
    try:
        import storage

        return storage.remount
    except ImportError:
        return None


def api_release():
    """CircuitPython's version as text."""
    try:
        return os.uname().release
    except AttributeError:
        # MicroPython, in the tests: newer than anything that is asked for.
        return "99.0.0"


def forget(name):
    """Remove the module ``name``, or a name in a module, so that its memory can be collected. What other modules imported
    from it stays."""
    room, _, short = name.rpartition(".")
    package = sys.modules.get(room)
    sys.modules.pop(name, None)
    if hasattr(package, short):
        delattr(package, short)
