# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""SHA-256 in whatever way the interpreter offers it."""

import hashlib

from plc import digest

# FIPS 180-4, the example of one block.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_digest_at_once_and_in_pieces():
    assert digest.sha256(b"abc").hex() == ABC
    pieces = digest.new_sha256()
    pieces.update(b"a")
    pieces.update(b"bc")
    assert pieces.digest().hex() == ABC


def test_where_hashlib_has_the_class_only(monkeypatch):
    class Lacking:
        sha256 = staticmethod(hashlib.sha256)

    monkeypatch.setattr(digest, "hashlib", Lacking)
    assert digest.sha256(b"abc").hex() == ABC
    assert digest.new_sha256().digest() == hashlib.sha256().digest()
