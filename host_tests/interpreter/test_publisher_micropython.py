# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Signatures on MicroPython, whose big numbers are the board's."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from host_tests.interpreter import micropython
from host_tests.tools import publisher_key

SCRIPT = Path(__file__).with_name("run_publisher.py")
# A page of code and constants, and some numbers of 256 octets.
MOST_LOADED = 12_000
MOST_BESIDE = 8_000
MANIFEST = {
    "kind": "socbox update",
    "product": "socbox",
    "version": "0.2.0",
    "circuitpython": "10.1.0",
    "roots": 0,
    "sha256": "5a" * 32,
    "changes": "- größer, \U0001f600 \x07",
}


def cases(own, other):
    """{name: (manifest, verdict)}"""
    right = publisher_key.signature_of(own, MANIFEST)
    signed = dict(MANIFEST, signature=right)
    return {
        "right": (signed, "own"),
        "other": (dict(MANIFEST, signature=publisher_key.signature_of(other, MANIFEST)), "other"),
        "unsigned": (MANIFEST, "unsigned"),
        "version": (dict(signed, version="0.2.1"), "other"),
        "bit": (dict(MANIFEST, signature=f"{int(right, 16) ^ 1:0512x}"), "other"),
        "zero": (dict(MANIFEST, signature="00" * 256), "other"),
        "large": (dict(MANIFEST, signature="ff" * 256), "other"),
        "short": (dict(MANIFEST, signature=right[2:]), "other"),
        "odd": (dict(MANIFEST, signature=right[1:]), "other"),
        "digits": (dict(MANIFEST, signature="g" * 512), "other"),
        "number": (dict(MANIFEST, signature=5), "other"),
        "list": (dict(MANIFEST, signature=[right]), "other"),
        "beyond": (dict(MANIFEST, signature="ä" * 512), "other"),
    }


def run(tmp_path, manifests):
    """({name: (verdict, steps)}, heap of the modules, heap of a verdict)"""
    (tmp_path / "cases.json").write_text(json.dumps(manifests, ensure_ascii=False), encoding="utf-8")
    done = micropython.run(SCRIPT, tmp_path, tmp_path / "cases.json")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    loaded, most = next((int(row[1]), int(row[2])) for row in rows if row[0] == "heap")
    return {row[1]: (row[2], int(row[3])) for row in rows if row[0] == "verdict"}, loaded, most


def test_micropython_judges_as_cpython_does(tmp_path, figures):
    own, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    (tmp_path / "publisher.pem").write_bytes(publisher_key.public_half(own))
    known = cases(own, other)
    verdicts, loaded, most = run(tmp_path, {name: row[0] for name, row in known.items()})
    assert {name: verdict for name, (verdict, _) in verdicts.items()} == {name: row[1] for name, row in known.items()}
    assert verdicts["right"][1] >= 20
    figures(f"signatures on MicroPython (64 bit): {loaded} bytes of heap loaded, {most} beside them while one is checked")
    assert 0 < loaded < MOST_LOADED and 0 < most < MOST_BESIDE


def test_a_drive_without_a_key_and_one_with_a_damaged_one(tmp_path):
    own = rsa.generate_private_key(65537, 2048)
    manifest = {"signed": dict(MANIFEST, signature=publisher_key.signature_of(own, MANIFEST))}
    assert run(tmp_path, manifest)[0]["signed"][0] == "no_key"
    for content in (b"", b"-----BEGIN PUBLIC KEY-----\n####\n", publisher_key.public_half(own)[:150], bytes(range(256))):
        (tmp_path / "publisher.pem").write_bytes(content)
        assert run(tmp_path, manifest)[0]["signed"][0] == "bad_key", content
