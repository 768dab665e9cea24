# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What is around the program: the drive's paths, CircuitPython's own modules.

A board or a drive may lack any of it, and every function says what it gives then.
"""

import os
import sys


def drive_root():
    """The root of the drive that this program was started from, without a slash at its end."""
    return __file__.rsplit("/lib/", 1)[0] if "/lib/" in __file__ else ""


def owner_root(slots):
    """The root of the drive that holds what is the owner's: a version from a slot is mounted on a folder of it."""
    root = drive_root()
    mount = None if slots is None else slots.MOUNT
    return root[: -len(mount)] if mount and root.endswith(mount) else root


def slots_of_start():
    """The module ``slots`` where the start had something to pick, else None: nothing was mounted then, no start failed, and
    it need not be there before somebody updates."""
    return sys.modules.get("slots")


def installed_slots():
    """The module ``slots``, or None on a drive without."""
    try:
        import slots

        return slots
    except ImportError:
        return None


def settings_path():
    """Where settings.toml lies."""
    root = drive_root()
    for path in (root + "/settings.toml", "/settings.toml", "settings.toml"):
        try:
            os.stat(path)
            return path
        except OSError:
            continue
    return "/settings.toml"


def settings_files(slots):
    """All that settings come from: settings.toml, and the files of ``storage.records``, which may not be there."""
    saved = owner_root(slots) + "/saved/%d/settings.bin"
    return [settings_path()] + [saved % number for number in range(1, 5)]


def drive_opener():
    """``storage.remount``, or None where the drive needs no such thing."""
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
        # The MicroPython of the tests: any version will do.
        return "99.0.0"


def forget(name):
    """Give back a module, or something in one, that is needed only at the start or not at all. What others took from it
    stays."""
    room, _, short = name.rpartition(".")
    package = sys.modules.get(room)
    sys.modules.pop(name, None)
    if hasattr(package, short):
        delattr(package, short)
