# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""The publisher's key: made once, for its owner's eyes, found by what signs, and its public half on every drive."""

import binascii
import io
import json
import shutil
import stat
import subprocess
import zipfile

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from host_tests.tools import bundle, deploy, publisher_key


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(publisher_key.VARIABLE, raising=False)
    return tmp_path


@pytest.fixture
def path(home):
    """A key in the usual place."""
    assert publisher_key.main([]) == 0
    return home / ".config/socbox/publisher.key"


def bundled(out, *arguments):
    """(manifest, {name in the zip: bytes}) of what `make bundle` makes."""
    assert bundle.main(["--out", str(out), *arguments]) == 0
    with zipfile.ZipFile(io.BytesIO(next(out.glob("*.zip")).read_bytes())) as zipped:
        files = {name: zipped.read(name) for name in zipped.namelist()}
    return bundle.manifest_of(next(out.glob("*.update")).read_bytes()), files


def test_it_is_made_for_its_owners_eyes_and_says_what_to_do_with_it(home, capsys):
    assert publisher_key.main([]) == 0
    path = home / ".config/socbox/publisher.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = capsys.readouterr().out
    assert str(path) in text and "Keep a copy" in text and "publisher.pem" in text
    assert "make bundle and make deploy find it there" in text
    key = publisher_key.load(path)
    assert (key.key_size, key.public_key().public_numbers().e) == (2048, 65537)


def test_one_that_is_there_is_never_overwritten(path, capsys):
    before = path.read_bytes()
    assert publisher_key.main([]) == 1
    assert path.read_bytes() == before and "not overwritten" in capsys.readouterr().err


def test_it_is_not_put_into_the_repository(home, capsys):
    inside = bundle.ROOT / "publisher.key"
    assert publisher_key.main(["--out", str(inside)]) == 1
    assert not inside.exists() and "inside the repository" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(home, capsys):
    (home / "file").write_text("")
    assert publisher_key.main(["--out", str(home / "file" / "publisher.key")]) == 1
    assert str(home / "file") in capsys.readouterr().err


def test_elsewhere_it_says_how_it_is_found(home, capsys, monkeypatch):
    path = home / "elsewhere.key"
    assert publisher_key.main(["--out", str(path)]) == 0
    assert f"SOCBOX_KEY={path}" in capsys.readouterr().out
    monkeypatch.setenv(publisher_key.VARIABLE, str(path))
    assert publisher_key.chosen_key().public_key() == publisher_key.load(path).public_key()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_openssl_reads_both_halves(path):
    done = subprocess.run(["openssl", "pkey", "-in", path, "-check", "-pubout"], capture_output=True, check=False)
    assert done.returncode == 0 and b"Key is valid" in done.stdout + done.stderr
    assert publisher_key.public_half(publisher_key.load(path)) in done.stdout


def test_a_passphrase_protects_it(home, monkeypatch):
    said = iter(["correct horse", "correct horse", "wrong", "correct horse"])
    monkeypatch.setattr(publisher_key.getpass, "getpass", lambda _prompt: next(said))
    assert publisher_key.main(["--passphrase"]) == 0
    assert b"ENCRYPTED" in publisher_key.place().read_bytes()
    with pytest.raises(publisher_key.NoKey, match="passphrase is wrong"):
        publisher_key.chosen_key()
    assert publisher_key.chosen_key().key_size == 2048


def test_two_different_passphrases_make_nothing(home, monkeypatch, capsys):
    said = iter(["one", "another"])
    monkeypatch.setattr(publisher_key.getpass, "getpass", lambda _prompt: next(said))
    assert publisher_key.main(["--passphrase"]) == 1
    assert not publisher_key.place().exists() and "Nothing was made" in capsys.readouterr().err


def test_a_bundle_is_signed_where_a_key_is_and_brings_its_public_half_to_the_drive(path, home, capsys):
    manifest, files = bundled(home / "dist")
    assert "signed; the sha256 of the key's publisher.pem is" in capsys.readouterr().out
    public = serialization.load_pem_public_key(files["publisher.pem"])
    public.verify(
        bytes.fromhex(manifest["signature"]), publisher_key.signed_text(manifest), padding.PKCS1v15(), hashes.SHA256()
    )
    listed = {row[0]: row[1:3] for row in json.loads(files["files.json"])["files"]}
    assert listed["publisher.pem"] == [len(files["publisher.pem"]), binascii.crc32(files["publisher.pem"])]
    assert not any(b"PRIVATE" in data for name, data in files.items() if not name.endswith(".py"))


def test_the_same_version_has_the_same_signature_each_time(path, home):
    assert bundled(home / "one")[0]["signature"] == bundled(home / "two")[0]["signature"]


def test_without_a_key_a_bundle_is_unsigned_and_says_so(home, capsys):
    manifest, files = bundled(home / "dist")
    assert "signature" not in manifest and "publisher.pem" not in files
    assert "unsigned: make key" in capsys.readouterr().out


def test_with_a_key_it_can_be_left_unsigned(path, home):
    manifest, files = bundled(home / "dist", "--unsigned")
    assert "signature" not in manifest and "publisher.pem" not in files


@pytest.mark.parametrize("how", ["--key", "variable"])
def test_a_key_that_was_named_and_is_not_there_makes_no_unsigned_bundle(home, how, monkeypatch, capsys):
    arguments = ["--out", str(home / "dist")]
    if how == "variable":
        monkeypatch.setenv(publisher_key.VARIABLE, str(home / "nowhere"))
    else:
        arguments += ["--key", str(home / "nowhere")]
    assert bundle.main(arguments) == 1
    assert not (home / "dist").exists() and "nowhere" in capsys.readouterr().err


def test_a_key_of_another_kind_is_not_signed_with(home):
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for number, key in enumerate((rsa.generate_private_key(65537, 3072), ec.generate_private_key(ec.SECP256R1()))):
        path = home / str(number)
        path.write_bytes(key.private_bytes(*form))
        with pytest.raises(publisher_key.NoKey, match="no RSA key of 2048 bits"):
            publisher_key.load(path)
    path.write_text("nothing of the kind")
    with pytest.raises(publisher_key.NoKey, match="cannot be read as a key"):
        publisher_key.load(path)


def test_deploy_brings_the_public_half_and_keeps_the_one_that_is_there(path, home):
    drive = home / "drive"
    drive.mkdir()
    assert deploy.main([str(drive), "--no-circup"]) == 0
    public = publisher_key.public_half(publisher_key.load(path))
    assert (drive / "publisher.pem").read_bytes() == public
    path.unlink()
    assert deploy.main([str(drive), "--no-circup"]) == 0
    assert (drive / "publisher.pem").read_bytes() == public
