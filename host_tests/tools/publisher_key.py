# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Makes the key with which a publisher signs updates: `python -m host_tests.tools.publisher_key` (or `make key`).

It lies outside the repository, in ~/.config/socbox/publisher.key or where SOCBOX_KEY says, for its owner's eyes only, and is
never overwritten. `--passphrase` asks for one, which is then asked for whenever something is signed.

RSA of 2048 bits, e = 65537, in the usual files: `openssl rsa -in publisher.key -text` reads it. What is signed is in
`signed_text`; a signature is PKCS#1 v1.5 over SHA-256, so the same update always gets the same one.
"""

import argparse
import getpass
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

BITS = 2048
EXPONENT = 65537
VARIABLE = "SOCBOX_KEY"
USUAL = "~/.config/socbox/publisher.key"
# Its name on the drive, where the box looks for it.
PUBLIC = "publisher.pem"
# As in update/publisher.py on the box.
FIELDS = ("kind", "product", "version", "sha256", "circuitpython", "roots", "changes")

MADE = """{path}
is a new key to sign updates with. {found}

  - Keep a copy of the file where nobody else can read it, and not on this computer alone. Who has it can sign in your name;
    who has lost it can only copy a new key to every box over USB.
  - Its public half is no secret. make bundle puts it into the zip as {public} and make deploy onto the drive: a box
    that was set up with either knows your updates from others.
  - Never put it into a repository.
"""


class NoKey(Exception):
    """A file that was named is not there, or is no key to sign with; the text says so."""


def place():
    """Where the key is, or would be."""
    return Path(os.environ.get(VARIABLE) or USUAL).expanduser()


def make(path, passphrase=None):
    """A new key in `path`. Raises FileExistsError for one that is there."""
    key = rsa.generate_private_key(EXPONENT, BITS)
    cipher = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, cipher)
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o700)
    # Never readable by anybody else, not even before a chmod.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return key


def load(path):
    """The key in `path`. Raises NoKey."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NoKey(f"{path}: {error.strerror}") from error
    passphrase = getpass.getpass(f"Passphrase of {path}: ").encode() if b"ENCRYPTED" in data else None
    try:
        key = serialization.load_pem_private_key(data, passphrase)
    except (ValueError, TypeError) as error:
        raise NoKey(f"{path} cannot be read as a key, or the passphrase is wrong") from error
    numbers = key.public_key().public_numbers() if isinstance(key, rsa.RSAPrivateKey) else None
    if numbers is None or key.key_size != BITS or numbers.e != EXPONENT:
        raise NoKey(f"{path} is no RSA key of {BITS} bits with e = {EXPONENT}, the only kind that a box knows")
    return key


def public_half(key):
    """The file publisher.pem."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def signed_text(manifest):
    """The bytes that are signed: each field's length, a colon, its text, a comma."""
    fields = [str(manifest[name]).encode() for name in FIELDS]
    return b"".join(b"%d:%s," % (len(field), field) for field in fields)


def signature_of(key, manifest):
    """As it stands in the manifest: 512 hexadecimal digits."""
    return key.sign(signed_text(manifest), padding.PKCS1v15(), hashes.SHA256()).hex()


def chosen_key(path=None):
    """The key in `path`, else in the usual place, None where none is. Raises NoKey when one was named and is not there."""
    if path is None and not os.environ.get(VARIABLE) and not place().exists():
        return None
    return load(path or place())


def main(arguments):
    """Make it; gives the exit status."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, metavar="FILE", help=f"instead of {USUAL} or ${VARIABLE}")
    options.add_argument("--passphrase", action="store_true", help="protect it with a passphrase")
    chosen = options.parse_args(arguments)
    path = (chosen.out or place()).expanduser().absolute()
    root = Path(__file__).resolve().parents[2]
    if path.is_relative_to(root):
        print(f"{path} is inside the repository, where it could be published with it.", file=sys.stderr)
        return 1
    passphrase = None
    if chosen.passphrase:
        passphrase = getpass.getpass("Passphrase: ")
        if not passphrase or getpass.getpass("Once more: ") != passphrase:
            print("Those were two different ones, or none. Nothing was made.", file=sys.stderr)
            return 1
    try:
        make(path, passphrase)
    except FileExistsError:
        print(f"{path} is there already. It is not overwritten: boxes may know it.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{path}: {error.strerror}", file=sys.stderr)
        return 1
    found = "make bundle and make deploy find it there."
    if path != place():
        found = f"make bundle and make deploy find it with {VARIABLE}={path} before them."
    print(MADE.format(path=path, public=PUBLIC, found=found), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
