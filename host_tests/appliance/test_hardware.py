# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""What is around the program: paths of the drive, and what is given where something is missing."""

import sys
import types
from types import SimpleNamespace

import pytest
from appliance import hardware


@pytest.mark.parametrize(
    ("file", "drive", "owners"),
    [
        ("/lib/appliance/hardware.py", "", ""),
        ("/some/drive/lib/appliance/hardware.py", "/some/drive", "/some/drive"),
        ("/updates/run/lib/appliance/hardware.py", "/updates/run", ""),
        ("/some/drive/updates/run/lib/appliance/hardware.py", "/some/drive/updates/run", "/some/drive"),
    ],
)
def test_what_is_the_owners_lies_on_the_drive_and_not_in_the_version_that_runs(monkeypatch, file, drive, owners):
    monkeypatch.setattr(hardware, "__file__", file)
    assert hardware.drive_root() == drive
    assert hardware.owner_root(SimpleNamespace(MOUNT="/updates/run")) == owners
    assert hardware.owner_root(None) == drive


def test_settings_are_found_beside_the_program_and_named_even_when_there_are_none(monkeypatch, tmp_path):
    monkeypatch.setattr(hardware, "__file__", str(tmp_path) + "/lib/appliance/hardware.py")
    monkeypatch.chdir(tmp_path)
    assert hardware.settings_path() == "/settings.toml"
    (tmp_path / "settings.toml").write_text("")
    assert hardware.settings_path() == str(tmp_path) + "/settings.toml"


def test_a_drive_without_slots_and_a_board_without_storage_are_told_by_none(monkeypatch):
    for name in ("slots", "storage"):
        monkeypatch.setitem(sys.modules, name, None)
    assert hardware.installed_slots() is None and hardware.drive_opener() is None


def test_slots_are_those_of_the_start_or_none_and_are_not_loaded_for_the_question(monkeypatch):
    monkeypatch.delitem(sys.modules, "slots", raising=False)
    assert hardware.slots_of_start() is None and "slots" not in sys.modules
    monkeypatch.setitem(sys.modules, "slots", sys)
    assert hardware.slots_of_start() is sys


def test_a_module_that_is_needed_only_at_the_start_is_given_back(monkeypatch):
    package, module = types.ModuleType("appliance.attic"), types.ModuleType("appliance.attic.trunk")
    package.trunk = module
    monkeypatch.setitem(sys.modules, "appliance.attic", package)
    monkeypatch.setitem(sys.modules, "appliance.attic.trunk", module)
    hardware.forget("appliance.attic.trunk")
    assert "appliance.attic.trunk" not in sys.modules and not hasattr(package, "trunk")
