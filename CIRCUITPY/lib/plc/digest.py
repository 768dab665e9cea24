# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SHA-256: CircuitPython has only ``hashlib.new``, MicroPython only the class."""

import hashlib


def new_sha256():
    """An empty SHA-256 object with ``update(data)`` and ``digest()``."""
    return hashlib.new("sha256") if hasattr(hashlib, "new") else hashlib.sha256()


def sha256(data):
    """Digest of ``data``, 32 bytes."""
    if hasattr(hashlib, "new"):
        return hashlib.new("sha256", data).digest()
    return hashlib.sha256(data).digest()
