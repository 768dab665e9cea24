# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Whose update it is: what the publisher signed is known for it, and nothing else is, whatever was done to it.

Keys and signatures are made by `cryptography` and by openssl, so that the box is not its own judge. Where a test forges a
padded block it signs it with the right key all the same: what has to stop it is the comparison, not the arithmetic.
"""

import functools
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from appliance.update import publisher
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from host_tests.support.steps import to_the_end
from host_tests.tools import publisher_key

MANIFEST = {
    "kind": "socbox update",
    "product": "socbox",
    "version": "0.2.0",
    "circuitpython": "10.1.0",
    "roots": 0,
    "sha256": hashlib.sha256(b"the volume").hexdigest(),
    "changes": "- better\n- größer",
    "size": 8192,
}
SIZE = 256


@functools.lru_cache
def key(number):
    """A publisher's key; another number is another publisher."""
    return rsa.generate_private_key(65537, 2048)


def raw(block, private=None):
    """The signature whose padded block is `block`, which only the key's owner can make."""
    numbers = (private or key(0)).private_numbers()
    return pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(SIZE, "big").hex()


def signed(private=None, **changes):
    manifest = dict(MANIFEST, **changes)
    return dict(manifest, signature=publisher_key.signature_of(private or key(0), manifest))


@pytest.fixture
def drive(tmp_path):
    (tmp_path / "publisher.pem").write_bytes(publisher_key.public_half(key(0)))
    return tmp_path


def verdict(manifest, drive, module=publisher):
    """(code, number of steps)"""
    return to_the_end(module.judged(manifest, str(drive)))


def code_of(manifest, drive):
    return verdict(manifest, drive)[0]


def test_what_the_publisher_signed_is_known_for_it(drive):
    assert code_of(signed(), drive) == publisher.OWN
    assert publisher.question_of(publisher.OWN) is None


def test_it_is_found_out_in_many_small_steps(drive):
    assert verdict(signed(), drive)[1] >= 20


def test_another_publishers_signature_is_somebody_elses(drive):
    assert code_of(signed(key(1)), drive) == publisher.OTHER
    assert "someone other" in publisher.question_of(publisher.OTHER)


def test_no_signature_is_told_apart_from_a_wrong_one(drive):
    assert code_of(MANIFEST, drive) == publisher.UNSIGNED
    assert publisher.question_of(publisher.UNSIGNED).startswith("Not signed")


def test_a_box_without_a_key_says_so_and_asks_nothing(tmp_path):
    for manifest in (MANIFEST, signed()):
        assert code_of(manifest, tmp_path) == publisher.NO_KEY
    assert publisher.question_of(publisher.NO_KEY) is None
    assert "no publisher's key" in publisher.TEXTS[publisher.NO_KEY]


@pytest.mark.parametrize("bit", [*range(0, 2048, 61), 2047])
def test_each_flipped_bit_of_the_signature_spoils_it(drive, bit):
    manifest = signed()
    number = int(manifest["signature"], 16) ^ (1 << bit)
    assert code_of(dict(manifest, signature=f"{number:0512x}"), drive) == publisher.OTHER


FIELDS = (
    ("kind", "socbox updatE"),
    ("product", "socbow"),
    ("version", "0.2.1"),
    ("sha256", MANIFEST["sha256"][:-1] + ("0" if MANIFEST["sha256"][-1] != "0" else "1")),
    ("circuitpython", "10.1.1"),
    ("roots", 1),
    ("changes", MANIFEST["changes"] + " "),
    ("changes", MANIFEST["changes"].replace("ö", "o")),
)


@pytest.mark.parametrize(("name", "value"), FIELDS)
def test_a_change_of_anything_that_is_signed_spoils_it(drive, name, value):
    assert code_of(dict(signed(), **{name: value}), drive) == publisher.OTHER


def test_a_signature_of_another_version_does_not_carry_over(drive):
    old = signed(version="0.1.0")
    assert code_of(old, drive) == publisher.OWN, "an old one stays signed: the box asks because it is older"
    assert code_of(dict(signed(), signature=old["signature"]), drive) == publisher.OTHER


def test_text_cannot_move_from_one_field_to_the_next(drive):
    manifest = signed(circuitpython="10.1.0,1:0", roots=0)
    assert code_of(dict(manifest, circuitpython="10.1.0", roots="0,1:0"), drive) == publisher.OTHER


def modulus():
    return key(0).public_key().public_numbers().n


def forms():
    """{what is odd about it: a signature that is no right one, or no number at all}"""
    right = signed()["signature"]
    number = int(right, 16)
    return {
        "an octet short": right[2:],
        "an octet long": "00" + right,
        "half a digit": right[:-1],
        "empty": "",
        "n itself": f"{modulus():0512x}",
        "n less one": f"{modulus() - 1:0512x}",
        "all ones": "ff" * SIZE,
        "all zero": "00" * SIZE,
        "one": f"{1:0512x}",
        "no digits": "g" * 512,
        "with spaces": " ".join((right[:255], right[255:510])),
        "with a sign": "+" + right[1:],
        "with underscores": "_" + right[1:],
        "a number": number,
        "a list": [right],
        "a dict": {"signature": right},
        "true": True,
        "letters beyond ASCII": "ä" * 512,
    }


@pytest.mark.parametrize("name", forms())
def test_what_is_no_signature_is_not_taken_for_one(drive, name):
    assert code_of(dict(MANIFEST, signature=forms()[name]), drive) == publisher.OTHER


INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def blocks():
    """{what is wrong: a padded block that a lax reader takes for a right one}"""
    digest = hashlib.sha256(publisher_key.signed_text(MANIFEST)).digest()
    end = b"\0" + INFO + digest
    return {
        "the FF run is short, octets follow the hash": b"\0\1" + b"\xff" * 8 + end + b"\x55" * (SIZE - 10 - len(end)),
        "no FF at all, octets follow the hash": b"\0\1" + end + b"\x55" * (SIZE - 2 - len(end)),
        "one octet follows the hash": b"\0\1" + b"\xff" * (SIZE - 3 - len(end)) + end + b"\0",
        "octets before the hash": b"\0\1" + b"\xff" * 8 + b"\0" + b"\x55" * (SIZE - 11 - len(INFO + digest)) + INFO + digest,
        "the hash alone at the end": b"\0" + b"\x55" * (SIZE - 33) + digest,
        "a zero in the FF run": b"\0\1" + b"\xff" * 90 + b"\0" + b"\xff" * (SIZE - 93 - len(end)) + end,
        "FE in the FF run": b"\0\1\xfe" + b"\xff" * (SIZE - 3 - len(end)) + end,
        "block type 2": b"\0\2" + b"\xff" * (SIZE - 2 - len(end)) + end,
        "block type 0": b"\0\0" + b"\xff" * (SIZE - 2 - len(end)) + end,
        "begins with 1": b"\1\1" + b"\xff" * (SIZE - 2 - len(end)) + end,
        "no DigestInfo": b"\0\1" + b"\xff" * (SIZE - 35) + b"\0" + digest,
        "DigestInfo without NULL": padded(bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + digest),
        "DigestInfo of SHA-512/256": padded(INFO.replace(b"\x04\x02\x01", b"\x04\x02\x06") + digest),
        "length in the long form": padded(bytes.fromhex("308131300d060960864801650304020105000420") + digest),
        "digest of nothing": padded(INFO + hashlib.sha256(b"").digest()),
        "all zero": bytes(SIZE),
    }


def padded(info):
    return b"\0\1" + b"\xff" * (SIZE - 3 - len(info)) + b"\0" + info


def test_a_block_that_is_padded_by_hand_is_the_right_one(drive):
    digest = hashlib.sha256(publisher_key.signed_text(MANIFEST)).digest()
    assert code_of(dict(MANIFEST, signature=raw(padded(INFO + digest))), drive) == publisher.OWN


@pytest.mark.parametrize("name", blocks())
def test_a_wrongly_padded_block_is_not_the_publishers_though_his_key_made_it(drive, name):
    assert code_of(dict(MANIFEST, signature=raw(blocks()[name])), drive) == publisher.OTHER


def with_defect(right, wrong):
    """publisher.py with something else in place of a piece of its text."""
    source = Path(publisher.__file__).read_text()
    assert source.count(right) == 1
    module = type(publisher)("planted")
    exec(compile(source.replace(right, wrong), "planted", "exec"), module.__dict__)
    return module


def test_a_planted_comparison_of_the_last_32_octets_is_noticed(drive):
    whole = '_OCTETS, "big") == _block(_signed(manifest))'
    planted = with_defect(whole, '_OCTETS, "big")[-32:] == _block(_signed(manifest))[-32:]')
    assert verdict(signed(), drive, planted)[0] == publisher.OWN
    forged = {name: dict(MANIFEST, signature=raw(block)) for name, block in blocks().items()}
    taken = {name for name, manifest in forged.items() if verdict(manifest, drive, planted)[0] == publisher.OWN}
    assert {"the hash alone at the end", "no DigestInfo", "octets before the hash"} <= taken


def beyond_n():
    """(manifest, key): its signature is the right number plus n, which means the same modulo n and fits 256 octets."""
    private = rsa.generate_private_key(65537, 2048)
    while private.public_key().public_numbers().n > 14 << 2044:
        private = rsa.generate_private_key(65537, 2048)
    n = private.public_key().public_numbers().n
    manifests = (signed(private, changes=str(number)) for number in range(10_000))
    manifest = next(found for found in manifests if int(found["signature"], 16) + n < 1 << 2048)
    return dict(manifest, signature=f"{int(manifest['signature'], 16) + n:0512x}"), private


def test_a_number_beyond_n_is_no_signature_and_a_planted_one_is_noticed(tmp_path):
    manifest, private = beyond_n()
    (tmp_path / "publisher.pem").write_bytes(publisher_key.public_half(private))
    assert code_of(manifest, tmp_path) == publisher.OTHER
    lax = with_defect("signature is None or signature >= modulus", "signature is None")
    assert verdict(manifest, tmp_path, lax)[0] == publisher.OWN


def pem(private):
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_half():
    return publisher_key.public_half(key(0))


# What is wrong, and what gives that content of publisher.pem.
DAMAGED_KEYS = {
    "empty": lambda: b"",
    "cut": lambda: public_half()[:200],
    "another letter in its head": lambda: public_half().replace(b"MIIB", b"MIIC"),
    "another exponent": lambda: pem(rsa.generate_private_key(3, 2048)),
    "a key of 3072 bits": lambda: pem(rsa.generate_private_key(65537, 3072)),
    "a key of 1024 bits": lambda: pem(rsa.generate_private_key(65537, 1024)),
    "a key of another kind": lambda: pem(ec.generate_private_key(ec.SECP256R1())),
    "a private key": lambda: key(0).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ),
    "not text": lambda: bytes(range(256)),
    "long": lambda: b"A" * 100_000,
}


@pytest.mark.parametrize("name", DAMAGED_KEYS)
def test_a_key_that_is_none_is_said_to_be_damaged_and_the_owner_is_asked(tmp_path, name):
    (tmp_path / "publisher.pem").write_bytes(DAMAGED_KEYS[name]())
    assert code_of(signed(), tmp_path) == publisher.BAD_KEY
    assert "damaged" in publisher.question_of(publisher.BAD_KEY)


@pytest.mark.parametrize("change", [lambda text: text.replace(b"\n", b"\r\n"), lambda text: text.strip()])
def test_a_key_that_an_editor_saved_is_still_the_key(drive, change):
    (drive / "publisher.pem").write_bytes(change(publisher_key.public_half(key(0))))
    assert code_of(signed(), drive) == publisher.OWN


def test_every_verdict_has_words_and_keeps_its_number():
    assert publisher.CODES == (None, "own", "other", "unsigned", "no_key", "bad_key"), "slots have kept the numbers"
    assert set(publisher.TEXTS) == set(publisher.CODES[1:])


def test_the_tool_signs_what_the_box_checks():
    assert publisher_key.FIELDS == publisher.FIELDS
    assert publisher_key.signed_text(MANIFEST) == publisher._signed(MANIFEST)


def test_cryptography_finds_the_box_right(drive):
    manifest = signed()
    public = serialization.load_pem_public_key((drive / "publisher.pem").read_bytes())
    public.verify(
        bytes.fromhex(manifest["signature"]), publisher._signed(manifest), padding.PKCS1v15(), hashes.SHA256()
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_what_openssl_signed_is_known_and_what_the_tool_signed_openssl_knows(tmp_path):
    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "own.key")
    openssl("pkey", "-in", "own.key", "-pubout", "-out", "publisher.pem")
    text = "".join(f"{len(str(MANIFEST[name]).encode())}:{MANIFEST[name]}," for name in publisher.FIELDS)
    (tmp_path / "text").write_text(text)
    openssl("dgst", "-sha256", "-sign", "own.key", "-out", "signature", "text")
    signature = (tmp_path / "signature").read_bytes()
    assert code_of(dict(MANIFEST, signature=signature.hex()), tmp_path) == publisher.OWN
    own = publisher_key.load(tmp_path / "own.key")
    (tmp_path / "ours").write_bytes(bytes.fromhex(publisher_key.signature_of(own, MANIFEST)))
    assert "Verified OK" in openssl("dgst", "-sha256", "-verify", "publisher.pem", "-signature", "ours", "text")


def test_only_what_is_named_here_is_told_to_be_signed():
    """The sentences are for owners: no word of the trade."""
    for text in publisher.TEXTS.values():
        assert not re.search(r"RSA|SHA|PKCS|hash|manifest", text)
