# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Exceptions with CircuitPython's behaviour: `OSError(116)` has an errno and stays a plain OSError.

CPython gives `.errno` only to two-argument OSErrors and turns some numbers into FileNotFoundError, TimeoutError and
the like, none of which exists on the device. Device code sees these classes under their built-in names.
"""

import builtins

EPERM = 1
ENOENT = 2
EIO = 5
EBADF = 9
EAGAIN = 11
ENOMEM = 12
EACCES = 13
EEXIST = 17
ENODEV = 19
ENOTDIR = 20
EISDIR = 21
EINVAL = 22
ENOSPC = 28
EROFS = 30
EPIPE = 32
EOPNOTSUPP = 95
ECONNRESET = 104
ENOBUFS = 105
ECONNREFUSED = 111
EADDRINUSE = 112
ECONNABORTED = 113
ETIMEDOUT = 116
EHOSTUNREACH = 118
EINPROGRESS = 119
EALREADY = 120
EISCONN = 127
ENOTCONN = 128
ENOTEMPTY = 90

# What `import errno` offers on the device; the others are numbers only.
MODULE_NAMES = (
    "EPERM ENOENT EIO EBADF EAGAIN ENOMEM EACCES EEXIST ENODEV EISDIR EINVAL EOPNOTSUPP EADDRINUSE ECONNABORTED "
    "ECONNRESET ENOBUFS ENOTCONN ETIMEDOUT ECONNREFUSED EHOSTUNREACH EALREADY EINPROGRESS"
).split()

_TEXTS = {
    EPERM: "Operation not permitted",
    ENOENT: "No such file/directory",
    EIO: "Input/output error",
    EACCES: "Permission denied",
    EEXIST: "File exists",
    ENODEV: "No such device",
    EINVAL: "Invalid argument",
    ENOSPC: "No space left on device",
    EROFS: "Read-only filesystem",
}


class DeviceOSError(builtins.OSError):
    """OSError as CircuitPython has it."""

    def __init__(self, *args):
        super().__init__(*args)
        if args and isinstance(args[0], int):
            self.errno = args[0]

    def __str__(self):
        if len(self.args) == 1 and isinstance(self.args[0], int):
            number = self.args[0]
            text = _TEXTS.get(number)
            if text is None:
                text = next((name for name in MODULE_NAMES if globals()[name] == number), None)
            return f"[Errno {number}] {text}" if text else str(number)
        return super().__str__()


class DeviceConnectionError(DeviceOSError):
    """ConnectionError as CircuitPython has it."""


class DeviceBrokenPipeError(DeviceConnectionError):
    """BrokenPipeError as CircuitPython has it."""

    def __init__(self, *args):
        super().__init__(*(args or (EPIPE,)))


class DeviceTimeoutError(DeviceOSError):
    """TimeoutError as CircuitPython has it."""


for _class, _name in (
    (DeviceOSError, "OSError"),
    (DeviceConnectionError, "ConnectionError"),
    (DeviceBrokenPipeError, "BrokenPipeError"),
    (DeviceTimeoutError, "TimeoutError"),
):
    _class.__name__ = _class.__qualname__ = _name
