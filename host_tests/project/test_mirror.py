# SPDX-FileCopyrightText: 2026 socbox contributors
# SPDX-License-Identifier: MIT
"""Each module of the device has its tests at the same place below host_tests, or is listed with what tests it instead."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "CIRCUITPY" / "lib"
TESTS = ROOT / "host_tests"

# What needs a whole box, or nothing but its users: (module, tests that fail when it is broken)
ELSEWHERE = {
    # An exception with two fields: those who raise and catch it.
    "appliance/base/refused.py": "appliance/web/test_modem.py",
    # Constants: what an update and a start compare them with.
    "appliance/base/version.py": "update/test_bundle.py",
    # Wiring of display, button and light: a box that has them, or lacks them.
    "appliance/box_display.py": "session/test_display.py",
    # Wiring of the documents, of what an owner opens, and of the web server: a whole box that is asked for each.
    "appliance/box_documents.py": "session/test_api_document.py",
    "appliance/box_opened.py": "appliance/test_box_pages.py",
    "appliance/box_library.py": "appliance/test_box_pages.py",
    "appliance/box_web.py": "appliance/test_box_pages.py",
    # Which of the set-up screens is due: with what they show.
    "appliance/display/setup_stage.py": "appliance/display/test_setup_views.py",
    # Draws a code on the glass, where a reader reads it.
    "appliance/display/code_panel.py": "appliance/display/test_setup_views.py",
    # Wiring of the self-test: what it reports of a whole box.
    "appliance/box_test.py": "session/test_bring_up.py",
    # What is written and what is read are judged by each other.
    "appliance/storage/writing.py": "appliance/storage/test_records.py",
    # What the next start begins with: by what that reads.
    "appliance/modem/keeping.py": "appliance/modem/test_wiring.py",
    # What is read and what is in force, and what the keeper gives away and takes back.
    "appliance/settings/reading.py": "appliance/settings/test_settings.py",
    "appliance/settings/copies.py": "appliance/settings/test_service.py",
    # The question to the SmartEVSE and the delivery share one server in their tests.
    "appliance/smartevse/question.py": "appliance/smartevse/test_delivery.py",
    # What the self-test found.
    "appliance/state/report.py": "appliance/test_selftest.py",
    # What takes turns in the loop: with it.
    "appliance/pieces.py": "appliance/test_loop.py",
    # Cars and the SmartEVSE while most of the box is being loaded.
    "appliance/asking.py": "session/test_door.py",
    "appliance/door.py": "session/test_door.py",
    "appliance/uplink.py": "session/test_door.py",
    # The first second after power-on: a modem that answers while the rest is being loaded.
    "appliance/early.py": "session/test_early_key.py",
}


def modules():
    """Paths below lib/ of every module."""
    paths = sorted(path for layer in ("plc", "v2g", "appliance") for path in (LIB / layer).rglob("*.py"))
    return [path.relative_to(LIB).as_posix() for path in paths if path.name != "__init__.py"]


def mirrored(module):
    path = TESTS / module
    return path.with_name("test_" + path.name).is_file()


@pytest.mark.parametrize("module", modules())
def test_a_module_has_its_tests_at_its_place_or_is_listed(module):
    assert mirrored(module) != (module in ELSEWHERE)


def test_the_list_names_modules_and_tests_that_exist():
    assert set(ELSEWHERE) <= set(modules())
    assert {place for place in ELSEWHERE.values() if not (TESTS / place).is_file()} == set()
