# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Checks who published an update: its signature is RSA with 2048 bits, PKCS#1 v1.5, SHA-256 (RFC 8017, 8.2.2), and the
public key is on the drive.

The key is ``publisher.pem`` in the drive's main folder, where only copying over USB puts anything: an update over the
network writes a slot and cannot bring a key of its own. The signature is in the manifest and covers the `FIELDS`, among them
the SHA-256 of the volume. A change of what it does not cover can only make the box refuse the file or the version not start.

The expected padded block is built and compared as a whole. The received one is not parsed, so it cannot be parsed wrongly.
"""

import binascii

from plc.digest import sha256

FILE = "/publisher.pem"
FIELDS = ("kind", "product", "version", "sha256", "circuitpython", "roots", "changes")

OWN, OTHER, UNSIGNED, NO_KEY, BAD_KEY = "own", "other", "unsigned", "no_key", "bad_key"
# A slot stores an index into this list, so the order must stay. 0: installed by a version without signatures.
CODES = (None, OWN, OTHER, UNSIGNED, NO_KEY, BAD_KEY)
# Without a key nobody wants signatures: the owner decides alone.
UNASKED = (OWN, NO_KEY)
TEXTS = {
    OWN: "Signed by the publisher of this box's software.",
    OTHER: "Signed by someone other than the publisher of this box's software, or changed after it was signed.",
    UNSIGNED: "Not signed: anybody may have made this file.",
    NO_KEY: "This version has no publisher's key: whose update this is cannot be checked.",
    BAD_KEY: "The publisher's key on the drive (publisher.pem) is damaged: whose update this is cannot be checked.",
}
_QUESTION = " Install it only if you trust whoever gave it to you. Install it?"

_OCTETS = 256
_MOST_FILE = 2048
_NOT_THERE = 2
# A public key of 2048 bits with e = 65537 as its file has it (RFC 5280, 4.1; RFC 8017, A.1.1): around the modulus it is
# always the same.
_KEY_BEGINS = binascii.unhexlify("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
_KEY_ENDS = binascii.unhexlify("0203010001")
# What stands before a SHA-256 in the padded block (RFC 8017, 9.2, note 1).
_DIGEST_INFO = binascii.unhexlify("3031300d060960864801650304020105000420")


def question_of(code):
    """The code of the question that the owner must answer before he installs it, or None."""
    return None if code in UNASKED else TEXTS[code] + _QUESTION


def judged(manifest, root):
    """Generator, 10 ms of device time a step at most; its value is one of `CODES` for a manifest as a dict."""
    try:
        modulus = _modulus(root)
    except ValueError:
        return BAD_KEY
    if modulus is None:
        return NO_KEY
    if manifest.get("signature") is None:
        return UNSIGNED
    signature = _number(manifest["signature"])
    if signature is None or signature >= modulus:
        return OTHER
    yield
    from appliance.update.rsa import power_65537

    yield
    result = yield from power_65537(signature, modulus)
    yield
    return OWN if result.to_bytes(_OCTETS, "big") == _block(_signed(manifest)) else OTHER


def _modulus(root):
    """The modulus of the publisher's key; None without a key. Raises ValueError if the file is no such key."""
    try:
        with open(root + FILE, "rb") as file:
            lines = file.read(_MOST_FILE).split(b"\n")
    except OSError as error:
        if error.errno == _NOT_THERE:
            return None
        raise ValueError("cannot be read")
    key = binascii.a2b_base64(b"".join([line.strip() for line in lines if not line.startswith(b"-----")]))
    modulus = key[len(_KEY_BEGINS) : -len(_KEY_ENDS)]
    if len(modulus) != _OCTETS or key != _KEY_BEGINS + modulus + _KEY_ENDS:
        raise ValueError("another kind of key")
    return int.from_bytes(modulus, "big")


def _number(text):
    """The signature, 512 hexadecimal digits, as a number; None for anything else."""
    try:
        octets = binascii.unhexlify(text)
    except (ValueError, TypeError):
        return None
    return int.from_bytes(octets, "big") if len(octets) == _OCTETS else None


def _signed(manifest):
    """What is signed (bytes): each field as its length in octets, a colon, its text and a comma, so that different
    manifests never give the same."""
    text = b""
    for name in FIELDS:
        field = str(manifest.get(name, "")).encode()
        text += ("%d:" % len(field)).encode() + field + b","
    return text


def _block(data):
    """The padded block of a valid signature of ``data`` (RFC 8017, 9.2)."""
    end = b"\0" + _DIGEST_INFO + sha256(data)
    return b"\0\1" + b"\xff" * (_OCTETS - 2 - len(end)) + end
