# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""os: files of the drive, settings, random bytes. No path, environ, fsync, replace.

Follows shared-bindings/os/__init__.c, shared-module/os/getenv.c and ports/espressif/common-hal/os/__init__.c.
"""

from collections import namedtuple

from twin_device import device

from host_tests.twin.drive import find_setting, parsed_setting

sep = "/"
_Uname = namedtuple("uname_result", "sysname nodename release version machine")


def _getenv(key, default=None):
    text = device.drive.settings_text()
    read, value = (0, None) if text is None else find_setting(text, key)
    device.spend(device.costs.file_open_us + device.costs.letter_us * read)
    is_old = device.version < (10, 2)
    try:
        found = parsed_setting(value)
    except ValueError:
        if is_old:
            raise
        found = None
    if found is None:
        return default
    value, quoted = found
    # Before 10.2 a bare value had to be an integer and came back as one: ValueError.
    return int(value, 0) if is_old and not quoted else value


getenv = _getenv
listdir = device.drive.listdir
stat = device.drive.stat
statvfs = device.drive.statvfs
remove = unlink = device.drive.remove
rename = device.drive.rename
mkdir = device.drive.mkdir
rmdir = device.drive.rmdir


def getcwd():
    return device.drive.working_directory


def chdir(path):
    device.drive.existing(path)
    device.drive.working_directory = device.drive.absolute(path)


def sync():
    """The block layer has no cache: nothing left to do."""


def utime(path, times):
    device.drive.existing(path)


def urandom(size):
    device.spend(20)
    return device.random_bytes(size)


def uname():
    version = ".".join(map(str, device.version))
    return _Uname(
        "ESP32S3", "ESP32S3", version, f"{version} on 2026-01-01", f"{device.board_id} with ESP32S3"
    )
