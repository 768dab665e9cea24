# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""hashlib: `new("sha1" | "sha256")` only, without hexdigest."""

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
    if name not in ("sha1", "sha256"):
        raise ValueError("Unsupported hash algorithm")
    device.spend(30 + len(data) // 20)
    return Hash(name, data)
