# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""hashlib: `new("sha1" | "sha256")` only, without hexdigest; SHA-256 since CircuitPython 10.1.0 (commit 3453683042).

Follows shared-bindings/hashlib/__init__.c and shared-module/hashlib/__init__.c.
"""

import hashlib as _host

from twin_device import device


class Hash:
    def __init__(self, name, data):
        self._hash = _host.new(name, data)
        self.digest_size = self._hash.digest_size

    def update(self, data):
        device.spend(20 + len(data) // 20)
        self._hash.update(data)

    def digest(self):
        return self._hash.digest()


def new(name, data=b""):
    if name != "sha1" and (name != "sha256" or device.version < (10, 1)):
        raise ValueError("Unsupported hash algorithm")
    device.spend(30 + len(data) // 20)
    return Hash(name, data)
