# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Signed updates on a whole box whose drive has the publisher's key: it tells whose an update is before it takes it."""

import functools
import json
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from host_tests.tools import bundle, publisher_key
from host_tests.twin.world import CIRCUITPY
from host_tests.update.boxes import NEW, UpdatedBox, made

FREE = {"charge_lines": False}
LONGEST_PIECE_MS = 50


@functools.lru_cache
def key(number):
    """A publisher's key; another number is another publisher."""
    return rsa.generate_private_key(65537, 2048)


@functools.lru_cache
def update(version=NEW, signer=0):
    """A bundle; `signer` None leaves it unsigned."""
    return made(version, key=None if signer is None else key(signer))


@pytest.fixture
def drive(tmp_path):
    """A drive as the publisher's zip makes it."""
    path = tmp_path / "drive"
    shutil.copytree(CIRCUITPY, path, ignore=shutil.ignore_patterns("__pycache__"))
    (path / publisher_key.PUBLIC).write_bytes(publisher_key.public_half(key(0)))
    return path


@pytest.fixture
def box(drive):
    with UpdatedBox(circuitpy=drive, device_options=FREE) as box:
        yield box


def check(box, data):
    return box.ask("POST", "/api/update/check", data[: bundle.PAGE])


def slot(box, name):
    return next(row for row in box.state()["slots"] if row["slot"] == name)


def with_manifest(data, **changes):
    manifest = dict(bundle.manifest_of(data), **changes)
    return bundle.head_page(json.dumps(manifest).encode()) + data[bundle.PAGE :]


def test_the_publishers_update_is_installed_without_a_question_and_remembered_as_his(box):
    status, document = check(box, update())
    assert (status, document["publisher"], document["question"]) == (200, "own", None)
    assert document["text"] == "Signed by the publisher of this box's software."
    assert box.send(update())["publisher"] == "own"
    assert "Signed by the publisher of this box's software" in box.device.console_text()
    box.install()
    box.wait_for_page()
    assert box.runs() == NEW and slot(box, "a")["publisher"] == "own"
    # Next, another publisher's comes beside it: each slot keeps its own.
    assert box.send(update("0.2.1", 1))["code"] == "publisher"
    assert box.send(update("0.2.1", 1), agreed="publisher")["publisher"] == "other"
    box.install()
    box.wait_for_page()
    assert (box.runs(), slot(box, "a")["publisher"], slot(box, "b")["publisher"]) == ("0.2.1", "own", "other")


@pytest.mark.parametrize(("signer", "code", "words"), [(1, "other", "someone other"), (None, "unsigned", "Not signed")])
def test_anybody_elses_is_taken_only_when_the_owner_says_so(box, signer, code, words):
    data = update(signer=signer)
    status, document = check(box, data)
    assert (status, document["publisher"]) == (200, code)
    cycles = box.device.drive.flash_cycles
    refusal = box.send(data)
    assert refusal["code"] == "publisher" and words in refusal["error"] == document["question"]
    assert box.device.drive.flash_cycles == cycles, "nothing is written before the owner decided"
    assert box.send(data, agreed="room,publisher")["publisher"] == code


def test_a_box_without_a_key_says_that_nobody_can_tell_and_asks_nothing():
    with UpdatedBox(device_options=FREE) as box:
        for data in (update(), update(signer=None)):
            status, document = check(box, data)
            assert (status, document["publisher"], document["question"]) == (200, "no_key", None)
            assert "no publisher's key" in document["text"]
        assert box.send(update(signer=None))["publisher"] == "no_key"


def test_an_old_version_is_asked_about_whoever_signed_it(box):
    assert check(box, update("0.0.9"))[1]["publisher"] == "own"
    assert box.send(update("0.0.9"))["code"] == "older"


def test_an_old_signed_version_does_not_pass_for_a_new_one(box):
    refusal = box.send(with_manifest(update("0.0.9"), version=NEW))
    assert refusal["code"] == "publisher" and "changed after it was signed" in refusal["error"]


def test_what_is_exchanged_behind_the_signature_is_not_installed(box):
    data = bytearray(update())
    data[300_000] ^= 1
    assert box.send(bytes(data))["state"] == "written"
    assert box.install()["code"] == "damaged"
    assert not slot(box, "a")["version"]
    # With a check sum made to fit, it is no longer what was signed.
    image = bytes(data[bundle.PAGE :])
    fitted = with_manifest(bytes(data), sha256=bundle.hashlib.sha256(image).hexdigest(), crc32=bundle.binascii.crc32(image))
    assert box.send(fitted)["code"] == "publisher"


def test_a_file_that_will_be_refused_is_refused_before_it_is_sent(box):
    for changes, code in (
        ({"product": "toaster"}, "product"),
        ({"circuitpython": "11.2.0"}, "circuitpython"),
        ({"size": 2048 * 1024}, "large"),
        ({"libraries": ["adafruit_nonesuch"]}, "library"),
    ):
        status, document = check(box, with_manifest(update(), **changes))
        assert (status, document["code"]) == (409, code)
    assert check(box, b"PK\x03\x04" * 1024)[1]["code"] == "kind"
    assert check(box, update()[:100])[1]["code"] == "damaged"
    assert check(box, b"")[1]["code"] == "kind"
    assert box.state()["state"] == "idle"


def test_a_key_inside_an_update_is_not_taken_for_the_boxs(box, drive):
    files = dict(bundle.drive_files(version=NEW), **{"lib/publisher.pem": publisher_key.public_half(key(1))})
    files["www/publisher.pem"] = files["lib/publisher.pem"]
    assert box.send(bundle.update(files), agreed="room,publisher")["state"] == "written"
    box.install()
    box.wait_for_page()
    assert box.runs() == NEW
    assert check(box, update("0.2.1", 1))[1]["publisher"] == "other"
    assert check(box, update("0.2.1"))[1]["publisher"] == "own"


def test_a_version_that_fails_is_taken_back_whoever_signed_it(box):
    planted = {"lib/appliance/box.py": lambda text: "raise ValueError('planted')\n" + text}
    assert box.send(made(NEW, planted, key(0)))["publisher"] == "own"
    box.install()
    assert box.world.run_until(lambda: box.device.console_text().count("starting lib") == 2, 120)
    box.wait_for_page()
    assert box.runs() == "0.1.0" and "0.2.0 did not run well" in " ".join(box.ask("GET", "/api/status")[1]["notes"])


def gaps_ms(box, data):
    """(answer, ms of the longest pass, s until the answer) of a check."""
    box.device.probe.reset()
    started_s = box.now_s
    document = check(box, data)[1]
    return document, box.device.probe.worst.us / 1000, box.now_s - started_s


def test_no_pass_waits_long_while_the_signature_is_checked(drive, figures):
    with UpdatedBox(circuitpy=drive) as box:
        box.state()
        check(box, update("0.2.1"))
        document, worst_ms, took_s = gaps_ms(box, update())
        assert document["publisher"] == "own"
        figures(f"signature of an update: {took_s:.2f} s of device time, longest pass {worst_ms:.0f} ms")
        assert worst_ms <= LONGEST_PIECE_MS, box.device.probe.worst
        assert took_s < 1.0


def test_all_multiplications_planted_in_one_pass_are_noticed(drive):
    """The defect that the test before this one is for."""
    path = drive / "lib/appliance/update/rsa.py"
    path.write_text(path.read_text().replace("        yield\n", "        if _ == 15:\n            yield\n"))
    with UpdatedBox(circuitpy=drive) as box:
        box.state()
        check(box, update("0.2.1"))
        document, worst_ms, _ = gaps_ms(box, update())
        assert document["publisher"] == "own" and worst_ms > LONGEST_PIECE_MS


def test_a_car_that_comes_while_it_is_checked_is_read(drive):
    with UpdatedBox(circuitpy=drive) as box:
        box.state()
        box.world.plug(box.world.new_car(soc_percent=55))
        while not box.world.smartevse.posts and box.now_s < 200:
            check(box, update())
            box.world.run(0.2)
        assert box.world.smartevse.posts[-1]["values"]["current_soc"] == 55
        box.world.run(3)
        assert check(box, update())[1]["publisher"] == "own"


def test_no_check_begins_while_a_car_is_there(drive):
    with UpdatedBox(circuitpy=drive) as box:
        box.state()
        box.world.plug(box.world.new_car(soc_percent=55))
        assert box.world.run_until(lambda: box.world.checkpoints.get(303), 60)
        status, document = check(box, update())
        assert (status, document["code"]) == (503, "car")
