# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""os: files of the drive, settings, random bytes. No path, environ, fsync, replace.

Follows shared-bindings/os/__init__.c, shared-module/os/getenv.c (from 10.2 on supervisor/shared/settings.c) and
ports/espressif/common-hal/os/__init__.c.
"""

from collections import namedtuple

from twin_device import device

from host_tests.twin.settings_toml import as_getenv

sep = "/"
_Uname = namedtuple("uname_result", "sysname nodename release version machine")


def _getenv(key, default=None):
    found = device.drive.find_setting(key)
    device.spend(device.costs.file_open_us + device.costs.letter_us * found.read)
    return as_getenv(found, device.version, default)


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
