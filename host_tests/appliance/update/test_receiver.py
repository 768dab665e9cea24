# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What is checked of an update before a byte of it is written; receiving one is in host_tests/update/test_slots.py."""

import binascii
import itertools
import json
import sys
import types

import pytest
from appliance.base import version
from appliance.base.refused import Refused
from appliance.update import receiver
from appliance.update.receiver import KIND, PAGE, numbers_of, parsed_manifest

GOOD = {
    "kind": KIND,
    "product": version.PRODUCT,
    "version": "0.2.0",
    "size": 3 * PAGE,
    "crc32": 7,
    "sha256": "0" * 64,
}


def page(**changes):
    """The first page of a bundle, sealed as the tool seals it; a change to None leaves the key out."""
    manifest = {key: value for key, value in (GOOD | changes).items() if value is not None}
    text = json.dumps(manifest).encode().ljust(PAGE - 9)
    return text + b"%08x\n" % binascii.crc32(text)


def refusal(data):
    with pytest.raises(Refused) as found:
        parsed_manifest(data)
    return found.value


def test_versions_are_compared_as_numbers():
    texts = ["0.9.9", "0.10.0", "0.10.1", "1.0.0", "10.0.0-beta.1", "10.1.0"]
    assert all(numbers_of(low) < numbers_of(high) for low, high in itertools.pairwise(texts))
    assert numbers_of("1") == (1, 0, 0) and numbers_of("x.y") == (0, 0, 0)


def test_a_whole_page_gives_its_manifest():
    assert parsed_manifest(page()) == GOOD


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "other update"}, "kind"),
        ({"product": "another box"}, "product"),
        ({"product": None}, "product"),
        ({"size": 0}, "damaged"),
        ({"size": PAGE + 1}, "damaged"),
        ({"crc32": -1}, "damaged"),
        ({"sha256": "0" * 63}, "damaged"),
        ({"version": "1." * 10}, "damaged"),
        ({"size": None}, "kind"),
        ({"version": None}, "kind"),
        ({"version": 2}, "kind"),
        ({"size": "many"}, "kind"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused_with_a_sentence(changes, code):
    found = refusal(page(**changes))
    assert found.code == code and found.text.endswith(".")


@pytest.mark.parametrize("at", [30, 100, PAGE - 10, PAGE - 9, PAGE - 1])
def test_one_wrong_bit_in_the_description_is_damage(at):
    data = bytearray(page())
    data[at] ^= 1
    assert refusal(bytes(data)).code == "damaged"


@pytest.mark.parametrize("data", [b"", bytes(PAGE), b"PK\x03\x04" * (PAGE // 4)])
def test_a_file_of_another_kind_is_told_as_such(data):
    assert refusal(data).code == "kind"


def test_a_library_is_there_as_a_folder_a_file_or_a_module_of_the_firmware(tmp_path):
    (tmp_path / "lib" / "folder").mkdir(parents=True)
    for name in ("source.py", "compiled.mpy"):
        (tmp_path / "lib" / name).write_text("")
    there = ["folder", "source", "compiled", "json"]
    assert receiver.missing_library(there, str(tmp_path)) is None
    assert receiver.missing_library([*there, "adafruit_nowhere", "nothing"], str(tmp_path)) == "adafruit_nowhere"


@pytest.mark.parametrize(("slots", "survival", "api"), [(3, 2, 2), (1, 4, 1), (None, 2, 0), (2, None, 0)])
def test_the_older_of_the_files_in_the_main_folder_decides_what_an_update_may_need(monkeypatch, slots, survival, api):
    kept = types.ModuleType("survival")
    if survival is not None:
        kept.API = survival
    monkeypatch.setitem(sys.modules, "survival", kept)
    assert receiver.roots_api(types.SimpleNamespace() if slots is None else types.SimpleNamespace(API=slots)) == api


def test_a_drive_without_survival_py_can_do_nothing_that_needs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "survival", None)
    assert receiver.roots_api(types.SimpleNamespace(API=9)) == 0
